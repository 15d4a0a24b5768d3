"""The article's network with biases: sigmoid after both layers, 1/(2N) of the squared error."""

import numpy as np

import autograd_lite as ag

from ..by_hand import sigmoid

PARAMETERS = "W1 b1 W2 b2"


def values(rng, N=7, D=5, H=4, K=3):
    return {
        "X": rng.normal(size=(N, D)),
        "y": rng.uniform(size=(N, K)),
        "W1": rng.normal(size=(D, H)),
        "b1": rng.normal(size=H),
        "W2": rng.normal(size=(H, K)),
        "b2": rng.normal(size=K),
    }


def forward(X, y, W1, b1, W2, b2):
    z1 = X @ W1 + b1
    h1 = ag.sigmoid(z1)
    z2 = h1 @ W2 + b2
    h2 = ag.sigmoid(z2)
    loss = np.sum((y - h2) ** 2) / (2 * len(X))
    return locals()


def forward_by_exponentials(X, y, W1, b1, W2, b2):
    h1 = 1 / (1 + np.exp(-(X @ W1 + b1)))
    h2 = 1 / (1 + np.exp(-(h1 @ W2 + b2)))
    loss = 0.5 * np.mean(np.sum((h2 - y) ** 2, axis=1))
    return locals()


FORWARDS = [forward, forward_by_exponentials]


def backward(X, y, W1, b1, W2, b2):
    N = len(X)
    z1 = X @ W1 + b1
    h1 = sigmoid(z1)
    z2 = h1 @ W2 + b2
    h2 = sigmoid(z2)

    dh2 = (h2 - y) / N
    dz2 = dh2 * h2 * (1 - h2)
    dW2 = h1.T @ dz2
    db2 = dz2.sum(axis=0)
    dh1 = dz2 @ W2.T
    dz1 = dh1 * h1 * (1 - h1)
    dW1 = X.T @ dz1
    db1 = dz1.sum(axis=0)
    return locals()


MISTAKES = {
    "dh2 = (h2 - y) / N": [
        (1, "dh2 = 2 * (h2 - y) / N"),
        (1, "dh2 = (h2 - y) / (2 * N)"),
        (2, "dh2 = (y - h2) / N"),
        (3, "dh2 = h2 - y"),
        (3, "dh2 = (h2 - y) / N**2"),
        (3, "dh2 = (h2 - y) / y.size"),
    ],
    "dz2 = dh2 * h2 * (1 - h2)": [
        (12, "dz2 = dh2 * sigmoid(h2) * (1 - sigmoid(h2))"),
        (13, "dz2 = dh2 * z2 * (1 - z2)"),
        (14, "dz2 = dh2"),
        (34, "dz2 = h2 * (1 - h2)"),
        (2, "dz2 = -dh2 * h2 * (1 - h2)"),
    ],
    "dW2 = h1.T @ dz2": [
        ((9, 10), "dW2 = dz2.T @ h1"),
        (35, "dW2 = h1.T @ h2"),
        ((14, 22, 34), "dW2 = h1.T @ dh2"),
        (3, "dW2 = h1.T @ dz2 / N"),
        (37, "dW2 = h1.T @ dz2; dW2[:, 0] = dW2[:, 1]"),
    ],
    "db2 = dz2.sum(axis=0)": [
        (4, "db2 = dz2"),
        (5, "db2 = dz2.mean(axis=0)"),
        (6, "db2 = dz2.sum()"),
        (7, "db2 = dz2.sum(axis=1)"),
        (8, "db2 = dz2.sum(axis=0, keepdims=True)"),
    ],
    "dh1 = dz2 @ W2.T": [
        (33, "W2 = W2 - 0.3 * dW2; dh1 = dz2 @ W2.T"),
        (35, "dh1 = h2 @ W2.T"),
        ((14, 34), "dh1 = dh2 @ W2.T"),
        (2, "dh1 = -dz2 @ W2.T"),
    ],
    "dz1 = dh1 * h1 * (1 - h1)": [
        (12, "dz1 = dh1 * sigmoid(h1) * (1 - sigmoid(h1))"),
        (13, "dz1 = dh1 * z1 * (1 - z1)"),
        (14, "dz1 = dh1"),
        (34, "dz1 = h1 * (1 - h1)"),
        ((34, 16), "dz1 = dh1 * (1 - h1)"),
    ],
    "dW1 = X.T @ dz1": [
        ((9, 10), "dW1 = dz1.T @ X"),
        (35, "dW1 = X.T @ h1"),
        ((14, 22, 34), "dW1 = X.T @ dh1"),
        (37, "dW1 = X.T @ dz1; dW1[2, 1] = dW1[1, 2]"),
    ],
    "db1 = dz1.sum(axis=0)": [
        (4, "db1 = dz1"),
        (5, "db1 = dz1.mean(axis=0)"),
        (6, "db1 = np.full(b1.shape, dz1.sum())"),
        (7, "db1 = dz1.sum(axis=1)"),
        (8, "db1 = dz1.sum(axis=0).reshape(-1, 1)"),
    ],
}
