#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Thresholds as FrugalGPT's optimiser sets them, through scipy.

    bench_search write S12 1 >instance.json
    frugal.py instance.json BUDGET

All exits are kept.  A grid of 40 shares an exit, each a quantile of the
samples that the exits before refused, and Nelder-Mead from the best of them:
most right answers within a budget of mean cost.  A plan is judged one sample
after the other in Python, as the released script does, and once more with
numpy alone.  Prints one line of JSON: accuracy, and the time of both.
"""
import json
import sys
import time

import numpy as np
from scipy.optimize import brute, fmin

WORSE = 10000.0


class Cascade:
    def __init__(self, p, budget):
        early = p["exits"] - 1
        self.score = np.array(p["score"]).T
        self.right = np.array(p["right"], dtype=float).T
        heads = p["head"][:early] + [0]
        self.path = np.cumsum(np.array(p["segment"]) + np.array(heads))
        self.path[-1] += p["head"][early]
        self.budget = budget
        self.judge = self.by_numpy
        self.judged = 0

    def thresholds(self, shares):
        """The score that so large a share of the survivors reach."""
        left = np.full(len(self.score), True)
        found = []
        for e, share in enumerate(shares):
            if not left.any():
                found.append(np.inf)
                continue
            share = min(max(share, 0), 1)
            found.append(np.quantile(self.score[left, e], 1 - share))
            left &= self.score[:, e] < found[-1]
        return np.array(found)

    def by_loops(self, threshold):
        right = cost = 0
        for i, row in enumerate(self.score):
            at = len(threshold)
            for e, t in enumerate(threshold):
                if row[e] >= t:
                    at = e
                    break
            right += self.right[i, at]
            cost += self.path[at]
        return right, cost

    def by_numpy(self, threshold):
        accept = self.score >= threshold
        at = np.where(accept.any(axis=1), accept.argmax(axis=1),
                      len(threshold))
        return self.right[np.arange(len(at)), at].sum(), self.path[at].sum()

    def objective(self, shares):
        self.judged += 1
        right, cost = self.judge(self.thresholds(shares))
        return WORSE if cost > self.budget * len(self.score) else -right

    def search(self, judge):
        self.judge, self.judged = judge, 0
        start = time.process_time()
        ranges = [(1e-5, 1 - 1e-5)] * self.score.shape[1]
        _, value, _, _ = brute(self.objective, ranges, Ns=40, finish=fmin,
                               full_output=True)
        return value, time.process_time() - start


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        p = json.load(f)
    c = Cascade(p, float(sys.argv[2]))
    out = {}
    for name, judge in (("loops", c.by_loops), ("numpy", c.by_numpy)):
        value, seconds = c.search(judge)
        out[name] = {"seconds": seconds, "judged": c.judged,
                     "accuracy": -value / p["n"] if value < WORSE else None}
    print(json.dumps(out))


if __name__ == "__main__":
    main()
