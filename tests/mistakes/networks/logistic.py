"""Logistic regression: a vector of weights, one bias, and the mean binary cross-entropy."""

import numpy as np

import autograd_lite as ag

from ..by_hand import sigmoid

PARAMETERS = "w b"


def values(rng, N=7, D=5):
    return {
        "X": rng.normal(size=(N, D)),
        "y": (np.arange(N) % 3 == 0).astype(float),
        "w": rng.normal(size=D),
        "b": np.array(0.3),
    }


def forward(X, y, w, b):
    z = X @ w + b
    p = ag.sigmoid(z)
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    return locals()


def forward_of_logits(X, y, w, b):
    z = X @ w + b
    loss = np.mean(np.logaddexp(0, z) - y * z)
    return locals()


FORWARDS = [forward, forward_of_logits]


def backward(X, y, w, b):
    N = len(X)
    z = X @ w + b
    p = sigmoid(z)

    dp = (-y / p + (1 - y) / (1 - p)) / N
    dz = dp * p * (1 - p)
    dw = X.T @ dz
    db = dz.sum()
    return locals()


MISTAKES = {
    "dp = (-y / p + (1 - y) / (1 - p)) / N": [
        (2, "dp = (y / p - (1 - y) / (1 - p)) / N"),
        (2, "dp = (-y / p - (1 - y) / (1 - p)) / N"),
        (3, "dp = -y / p + (1 - y) / (1 - p)"),
    ],
    "dz = dp * p * (1 - p)": [
        ((14, 22), "dz = dp"),
        (15, "dz = (p - y) * p * (1 - p) / N"),
        (12, "dz = dp * sigmoid(p) * (1 - sigmoid(p))"),
        (13, "dz = dp * z * (1 - z)"),
        ((20, 35), "dz = p / N"),
    ],
    "dw = X.T @ dz": [
        ((11, 4), "dw = X * dz[:, None]"),
        ((11, 4), "dw = X.T * dz"),
        ((14, 22, 34), "dw = X.T @ dp"),
        (3, "dw = X.T @ dz / N"),
        (8, "dw = X.T @ dz[:, None]"),
        (37, "dw = X.T @ dz; dw[0] = dw[1]"),
    ],
    "db = dz.sum()": [
        (4, "db = dz"),
        (5, "db = dz.mean()"),
        (8, "db = np.array([dz.sum()])"),
    ],
}
