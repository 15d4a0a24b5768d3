"""A quadratic form x^T A x + b^T x whose matrix is not symmetric."""

import numpy as np

PARAMETERS = "x A b"


def values(rng, n=5):
    return {"x": rng.normal(size=n), "A": rng.normal(size=(n, n)), "b": rng.normal(size=n)}


def forward(x, A, b):
    loss = x @ A @ x + b @ x
    return locals()


def forward_by_sums(x, A, b):
    loss = np.sum(x * (A @ x)) + np.sum(b * x)
    return locals()


FORWARDS = [forward, forward_by_sums]


def backward(x, A, b):
    dx = A @ x + A.T @ x + b
    dA = np.outer(x, x)
    db = x
    return locals()


MISTAKES = {
    "dx = A @ x + A.T @ x + b": [
        (32, "dx = 2 * A @ x + b"),
        (32, "dx = A @ x + b"),
        (32, "dx = A.T @ x + b"),
        (32, "dx = 2 * A.T @ x + b"),
        ((28, 30), "dx = A @ x + A.T @ x"),
        (2, "dx = A @ x + A.T @ x - b"),
        (37, "dx = A @ x + A.T @ x + b; dx[3] = dx[2]"),
    ],
    "dA = np.outer(x, x)": [
        (1, "dA = 2 * np.outer(x, x)"),
        (11, "dA = x * x"),
    ],
}
