#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write tails.csv: reference values from scipy (Debian's python3-scipy).

    python3 make_tails.py > tails.csv

binomial n p a            P(Bin(n, p) <= a)
upper    n level a        Clopper and Pearson's upper limit of a share
signed   n rate mean d    P(A - B <= d), by its sum over all counts
boos     n eps delta a b  Berger and Boos: 0.05 delta + the worst tail over a
                          fine grid of rates, each tail by its sum
"""
import numpy as np
from scipy.stats import beta, binom


def top(n, delta, k):
    return 1.0 if k == n else beta.ppf(1 - 0.05 * delta, k + 1, n - k)


def signed(n, rate, mean, d):
    m = np.arange(0, n + 1)
    part = (rate + mean) / (2 * rate)
    return float(np.sum(binom.pmf(m, n, rate) *
                        binom.cdf(np.floor((m + d) / 2), m, part)))


def boos(n, eps, delta, a, b):
    high = top(n, delta, a + b)
    rates = np.linspace(eps, high, 400) if high > eps else []
    return 0.05 * delta + max([signed(n, q, eps, a - b) for q in rates],
                              default=0)


print("kind,x1,x2,x3,x4,x5,value")
for n in (1, 2, 7, 50, 237, 4000, 1000000):
    for p in (1e-6, 0.003, 0.01, 0.2, 0.5, 0.97):
        mean, sd = n * p, (n * p * (1 - p)) ** 0.5
        at = {0, n - 1, int(mean)}
        at |= {int(mean + z * sd) for z in (-6, -3, -1, 1, 3)}
        for a in sorted(x for x in at if 0 <= x < n):
            print(f"binomial,{n},{p},{a},,,{binom.cdf(a, n, p):.17g}")
for n in (1, 10, 600, 100000):
    for a in sorted(x for x in {0, 1, n // 100, n // 10, n - 1} if x < n):
        for level in (0.1, 0.005, 1e-6):
            v = beta.ppf(1 - level, a + 1, n - a)
            print(f"upper,{n},{level},{a},,,{v:.17g}")
for n in (1, 5, 100, 3000):
    for rate, mean in ((0.02, 0.01), (0.3, 0.01), (0.05, 0.05), (0.9, 0.2)):
        c, sd = n * mean, (n * (rate - mean * mean)) ** 0.5
        for d in sorted({int(c + z * sd) for z in (-4, -2, -1, 0, 2)} | {0, n}):
            v = signed(n, rate, mean, d)
            print(f"signed,{n},{rate},{mean},{d},,{v:.17g}")
for n, eps in ((60, 0.1), (600, 0.01), (2000, 0.01), (3000, 0.05)):
    for a, b in ((0, 0), (1, 0), (4, 2), (12, 11), (40, 30), (90, 60)):
        if top(n, 0.1, a + b) <= 0.5 and a - b + 1 <= (n - 1) * eps:
            v = boos(n, eps, 0.1, a, b)
            print(f"boos,{n},{eps},0.1,{a},{b},{v:.17g}")
