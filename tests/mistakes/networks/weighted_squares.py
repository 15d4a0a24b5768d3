"""Least squares with a weight matrix that is not symmetric: r^T A r of the residuals, each row."""

import numpy as np

PARAMETERS = "w A"


def values(rng, N=7, D=5):
    return {
        "X": rng.normal(size=(N, D)),
        "y": rng.normal(size=N),
        "w": rng.normal(size=D),
        "A": rng.normal(size=(N, N)),
    }


def forward(X, y, w, A):
    r = y - X @ w
    loss = r @ A @ r / len(X)
    return locals()


FORWARDS = [forward]


def backward(X, y, w, A):
    N = len(X)
    r = y - X @ w

    dr = (A + A.T) @ r / N
    dw = -X.T @ dr
    dA = np.outer(r, r) / N
    return locals()


MISTAKES = {
    "dr = (A + A.T) @ r / N": [
        (32, "dr = 2 * A @ r / N"),
        (32, "dr = A @ r / N"),
        (32, "dr = 2 * A.T @ r / N"),
        (3, "dr = (A + A.T) @ r"),
    ],
    "dw = -X.T @ dr": [(2, "dw = X.T @ dr")],
    "dA = np.outer(r, r) / N": [(3, "dA = np.outer(r, r)")],
}
