"""Rows scaled to length 1 before they are compared with a target: a path through the norm."""

import numpy as np

PARAMETERS = "W b"


def values(rng, N=7, D=5, K=3):
    return {
        "X": rng.normal(size=(N, D)),
        "T": rng.normal(size=(N, K)),
        "W": rng.normal(size=(D, K)),
        "b": rng.normal(size=K),
    }


def forward(X, T, W, b):
    h = np.tanh(X @ W + b)
    r = np.sqrt(np.sum(h * h, axis=1, keepdims=True))
    o = h / r
    loss = -np.sum(o * T) / len(X)
    return locals()


def forward_with_norm(X, T, W, b):
    h = np.tanh(X @ W + b)
    o = h / np.linalg.norm(h, axis=1, keepdims=True)
    loss = -np.mean(np.sum(o * T, axis=1))
    return locals()


FORWARDS = [forward, forward_with_norm]


def backward(X, T, W, b):
    N = len(X)
    h = np.tanh(X @ W + b)
    r = np.sqrt(np.sum(h * h, axis=1, keepdims=True))

    do = -T / N
    dr = -np.sum(do * h, axis=1, keepdims=True) / r**2
    dh = do / r + dr * h / r
    dz = dh * (1 - h**2)
    dW = X.T @ dz
    db = dz.sum(axis=0)
    return locals()


MISTAKES = {
    "do = -T / N": [
        (2, "do = T / N"),
        (3, "do = -T"),
    ],
    "dr = -np.sum(do * h, axis=1, keepdims=True) / r**2": [
        ((2, 31), "dr = np.sum(do * h, axis=1, keepdims=True) / r**2"),
        (31, "dr = -np.sum(do * h, axis=1, keepdims=True) / r"),
    ],
    "dh = do / r + dr * h / r": [
        (30, "dh = do / r"),
        ((1, 31), "dh = do / r + 2 * dr * h / r"),
    ],
    "dz = dh * (1 - h**2)": [
        (14, "dz = dh"),
        (16, "dz = dh * (1 - h)"),
    ],
}
