"""A tanh layer, a linear one, and 1/N of the sum of absolute errors."""

import numpy as np

PARAMETERS = "W1 b1 W2 b2"


def values(rng, N=7, D=5, H=4, K=3):
    return {
        "X": rng.normal(size=(N, D)),
        "y": rng.normal(size=(N, K)),
        "W1": rng.normal(size=(D, H)),
        "b1": rng.normal(size=H),
        "W2": rng.normal(size=(H, K)),
        "b2": rng.normal(size=K),
    }


def forward(X, y, W1, b1, W2, b2):
    z1 = X @ W1 + b1
    h1 = np.tanh(z1)
    z2 = h1 @ W2 + b2
    loss = np.sum(np.abs(z2 - y)) / len(X)
    return locals()


FORWARDS = [forward]


def backward(X, y, W1, b1, W2, b2):
    N = len(X)
    z1 = X @ W1 + b1
    h1 = np.tanh(z1)
    z2 = h1 @ W2 + b2

    dz2 = np.sign(z2 - y) / N
    dW2, db2 = h1.T @ dz2, dz2.sum(axis=0)
    dz1 = (1 - h1**2) * (dz2 @ W2.T)
    dW1, db1 = X.T @ dz1, dz1.sum(axis=0)
    return locals()


MISTAKES = {
    "dz2 = np.sign(z2 - y) / N": [
        (36, "dz2 = (z2 - y) / N"),
        (36, "dz2 = 2 * (z2 - y) / N"),
        (2, "dz2 = np.sign(y - z2) / N"),
        (3, "dz2 = np.sign(z2 - y)"),
    ],
    "dz1 = (1 - h1**2) * (dz2 @ W2.T)": [
        (14, "dz1 = dz2 @ W2.T"),
        (16, "dz1 = h1 * (dz2 @ W2.T)"),
    ],
}
