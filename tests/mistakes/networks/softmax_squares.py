"""One layer, a softmax, and 1/(2N) of the squared distance to a distribution."""

import numpy as np

import autograd_lite as ag

from ..by_hand import softmax

PARAMETERS = "W b"


def values(rng, N=7, D=5, K=3):
    return {
        "X": rng.normal(size=(N, D)),
        "y": rng.dirichlet(np.ones(K), size=N),
        "W": rng.normal(size=(D, K)),
        "b": rng.normal(size=K),
    }


def forward(X, y, W, b):
    z = X @ W + b
    p = ag.softmax(z)
    loss = np.sum((p - y) ** 2) / (2 * len(X))
    return locals()


FORWARDS = [forward]


def backward(X, y, W, b):
    N = len(X)
    z = X @ W + b
    p = softmax(z)

    dp = (p - y) / N
    dz = p * (dp - np.sum(dp * p, axis=1, keepdims=True))
    dW = X.T @ dz
    db = dz.sum(axis=0)
    return locals()


MISTAKES = {
    "dp = (p - y) / N": [
        (1, "dp = 2 * (p - y) / N"),
        (2, "dp = (y - p) / N"),
        (3, "dp = p - y"),
        ((35, 20), "dp = p"),
    ],
    "dz = p * (dp - np.sum(dp * p, axis=1, keepdims=True))": [
        (18, "dz = dp * p * (1 - p)"),
        ((14, 22, 34), "dz = dp"),
    ],
    "dW = X.T @ dz": [
        ((9, 10), "dW = (X.T @ dz).T"),
        (35, "dW = X.T @ z"),
        (37, "dW = X.T @ dz; dW[4, 2] = 0"),
    ],
    "db = dz.sum(axis=0)": [
        (4, "db = dz"),
        (7, "db = dz.sum(axis=1)"),
    ],
}
