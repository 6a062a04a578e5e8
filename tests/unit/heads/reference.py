#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reference values of test_logistic.c: the same rows, fitted by scikit-learn.

Debian: python3-sklearn.  Prints the loss with its penalty at the optimum, the
share of right answers on the rows, and a weight.
"""
import numpy as np
from sklearn.linear_model import LogisticRegression

N, WIDTH, CLASSES, L2 = 400, 6, 3, 1e-2


def rows():
    """The numbers that test_logistic.c draws, in its order."""
    seed, out = 1, []
    for _ in range(N * WIDTH):
        seed = (seed * 1664525 + 1013904223) % 2**32
        out.append((seed >> 8) / 2**24 - 0.5)
    x = np.array(out).reshape(N, WIDTH)
    y = np.arange(N) % CLASSES
    x[np.arange(N), y] += 0.6
    return x, y


x, y = rows()
fit = LogisticRegression(C=1 / (N * L2), tol=1e-10, max_iter=10000).fit(x, y)
p = fit.predict_proba(x)
loss = -np.log(p[np.arange(N), y]).mean() + L2 / 2 * (fit.coef_**2).sum()
print(f"objective {loss:.9f} right {np.mean(fit.predict(x) == y):.4f} "
      f"weight00 {fit.coef_[0, 0]:.6f}")
