"""An autoencoder whose decoder uses the encoder's weights, transposed."""

import numpy as np

import autograd_lite as ag

from ..by_hand import sigmoid

PARAMETERS = "W b c"


def values(rng, N=7, D=5, H=4):
    return {
        "X": rng.normal(size=(N, D)),
        "W": rng.normal(size=(D, H)),
        "b": rng.normal(size=H),
        "c": rng.normal(size=D),
    }


def forward(X, W, b, c):
    z = X @ W + b
    h = ag.sigmoid(z)
    r = h @ W.T + c
    loss = np.sum((r - X) ** 2) / (2 * len(X))
    return locals()


FORWARDS = [forward]


def backward(X, W, b, c):
    N = len(X)
    z = X @ W + b
    h = sigmoid(z)
    r = h @ W.T + c

    dr = (r - X) / N
    dc = dr.sum(axis=0)
    dW = dr.T @ h
    dh = dr @ W
    dz = dh * h * (1 - h)
    dW += X.T @ dz
    db = dz.sum(axis=0)
    return locals()


MISTAKES = {
    "dr = (r - X) / N": [
        (1, "dr = 2 * (r - X) / N"),
        (2, "dr = (X - r) / N"),
        (3, "dr = r - X"),
        (3, "dr = (r - X) / X.size"),
    ],
    "dc = dr.sum(axis=0)": [
        (4, "dc = dr"),
        (5, "dc = dr.mean(axis=0)"),
    ],
    "dW = dr.T @ h": [((28, 30), "dW = np.zeros_like(W)")],
    "dz = dh * h * (1 - h)": [
        (12, "dz = dh * sigmoid(h) * (1 - sigmoid(h))"),
        (13, "dz = dh * z * (1 - z)"),
        (14, "dz = dh"),
    ],
    "dW += X.T @ dz": [
        ((28, 30), "dW = X.T @ dz"),
        ((28, 30), "pass"),
    ],
    "db = dz.sum(axis=0)": [(7, "db = dz.sum(axis=1)")],
}
