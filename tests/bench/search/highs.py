#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same search as a mixed-integer programme for HiGHS, through scipy.

    bench_search write S11 1 >instance.json
    highs.py instance.json [time limit in seconds]

Prints the optimum, the bound and the processor time as JSON, to be compared
with what bench_search says of the instance.  Each sample has one variable for every
exit it may leave at and one label is chosen for every exit: the natural
model, not tuned.
"""
import json
import sys
import time

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix


class Rows:
    """Constraints low <= A x <= high, row by row."""

    def __init__(self):
        self.at, self.column, self.value = [], [], []
        self.low, self.high = [], []

    def add(self, terms, low, high):
        for column, value in terms:
            self.at.append(len(self.low))
            self.column.append(column)
            self.value.append(value)
        self.low.append(low)
        self.high.append(high)

    def constraint(self, columns):
        shape = (len(self.low), columns)
        matrix = coo_matrix((self.value, (self.at, self.column)), shape=shape)
        return LinearConstraint(matrix.tocsr(), self.low, self.high)


def model(p):
    """Variables: label[e][c] (integer; the last one drops the exit), then for
    each sample and exit: reaches it, leaves there, pays its head."""
    bins, right = p["bin"], p["right"]
    n, early = p["n"], p["exits"] - 1
    tops = p["thresholds"]
    first = np.concatenate(([0], np.cumsum([t + 1 for t in tops])))
    labels = int(first[-1])
    columns = labels + 3 * n * (early + 1)
    cost = np.zeros(columns)
    rows, correct = Rows(), []

    def reach(i, e):
        return labels + 3 * (i * (early + 1) + e)

    for e in range(early):
        rows.add([(first[e] + c, 1) for c in range(tops[e] + 1)], 1, 1)
    for i in range(n):
        rows.add([(reach(i, 0), 1)], 1, 1)
        for e in range(early + 1):
            here, leave = reach(i, e), reach(i, e) + 1
            cost[here] += p["segment"][e]
            if right[e][i]:
                correct.append((leave, 1))
            if e == early:
                rows.add([(leave, 1), (here, -1)], 0, 0)
                continue
            # Who is here leaves if the label accepts, or goes on.
            accepts = [(first[e] + c, -1) for c in range(bins[e][i])]
            rows.add([(leave, 1)] + accepts, -np.inf, 0)
            rows.add([(leave, 1), (here, -1)], -np.inf, 0)
            rows.add([(leave, 1), (here, -1)] + accepts, -1, np.inf)
            rows.add([(reach(i, e + 1), 1), (here, -1), (leave, 1)], 0, 0)
            cost[leave + 1] = p["head"][e]
            rows.add([(leave + 1, 1), (here, -1), (first[e] + tops[e], 1)],
                     0, np.inf)
    rows.add(correct, p["floor"], np.inf)
    integer = np.zeros(columns)
    integer[:labels] = 1
    return cost, rows.constraint(columns), integer


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        p = json.load(f)
    limit = float(sys.argv[2]) if len(sys.argv) > 2 else 3600.0
    cost, constraint, integer = model(p)
    start = time.process_time()
    r = milp(cost, constraints=constraint, integrality=integer,
             bounds=Bounds(0, 1), options={"time_limit": limit})
    print(json.dumps({"cost": r.fun, "bound": r.mip_dual_bound,
                      "seconds": time.process_time() - start,
                      "proved": r.status == 0, "message": r.message}))


if __name__ == "__main__":
    main()
