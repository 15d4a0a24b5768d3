"""A tanh layer and a linear one, the mean squared error of all entries, and a ridge penalty."""

import numpy as np

PARAMETERS = "W1 b1 W2 b2"
LAM = 0.37


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
    penalty = LAM / 2 * (np.sum(W1**2) + np.sum(W2**2))
    loss = np.mean((z2 - y) ** 2) + penalty
    return locals()


def forward_with_products(X, y, W1, b1, W2, b2):
    z1 = X @ W1 + b1
    h1 = np.tanh(z1)
    z2 = h1 @ W2 + b2
    e = y - z2
    loss = (e * e).sum() / e.size + 0.5 * LAM * (W1 * W1).sum() + 0.5 * LAM * (W2 * W2).sum()
    return locals()


FORWARDS = [forward, forward_with_products]


def backward(X, y, W1, b1, W2, b2):
    N, lam = len(X), LAM
    z1 = X @ W1 + b1
    h1 = np.tanh(z1)
    z2 = h1 @ W2 + b2

    dz2 = 2 * (z2 - y) / y.size
    dW2 = h1.T @ dz2
    db2 = dz2.sum(axis=0)
    dh1 = dz2 @ W2.T
    dz1 = dh1 * (1 - h1**2)
    dW1 = X.T @ dz1
    db1 = dz1.sum(axis=0)
    dW1, dW2 = dW1 + lam * W1, dW2 + lam * W2
    return locals()


MISTAKES = {
    "dz2 = 2 * (z2 - y) / y.size": [
        (1, "dz2 = (z2 - y) / y.size"),
        (2, "dz2 = 2 * (y - z2) / y.size"),
        (3, "dz2 = 2 * (z2 - y)"),
        (3, "dz2 = 2 * (z2 - y) / N"),
        (3, "dz2 = 2 * (z2 - y) / y.size / N"),
    ],
    "dW2 = h1.T @ dz2": [
        (35, "dW2 = h1.T @ z2"),
        (3, "dW2 = h1.T @ dz2 / N"),
        (2, "dW2 = -h1.T @ dz2"),
    ],
    "db2 = dz2.sum(axis=0)": [
        (4, "db2 = dz2"),
        (5, "db2 = dz2.mean(axis=0)"),
        (6, "db2 = np.full(b2.shape, dz2.sum())"),
        (7, "db2 = np.sum(dz2, axis=1)"),
        (8, "db2 = dz2.sum(axis=0, keepdims=True)"),
    ],
    "dh1 = dz2 @ W2.T": [
        (33, "W2 = W2 - 0.2 * (dW2 + lam * W2); dh1 = dz2 @ W2.T"),
        (2, "dh1 = -dz2 @ W2.T"),
    ],
    "dz1 = dh1 * (1 - h1**2)": [
        (14, "dz1 = dh1"),
        ((16, 12), "dz1 = dh1 * (1 - np.tanh(h1) ** 2)"),
        (16, "dz1 = dh1 * h1"),
        (16, "dz1 = dh1 * (1 - h1)"),
        ((16, 13), "dz1 = dh1 * (1 - z1**2)"),
        (34, "dz1 = 1 - h1**2"),
        ((2, 16), "dz1 = dh1 * (h1**2 - 1)"),
    ],
    "dW1 = X.T @ dz1": [
        ((14, 22, 34), "dW1 = X.T @ dh1"),
        (35, "dW1 = X.T @ z1"),
    ],
    "db1 = dz1.sum(axis=0)": [
        (4, "db1 = dz1"),
        (5, "db1 = dz1.mean(axis=0)"),
        (7, "db1 = dz1.sum(axis=1)"),
    ],
    "dW1, dW2 = dW1 + lam * W1, dW2 + lam * W2": [
        (23, "pass"),
        (24, "dW1, dW2 = dW1 + 2 * lam * W1, dW2 + 2 * lam * W2"),
        (24, "dW1, dW2 = dW1 + lam / 2 * W1, dW2 + lam / 2 * W2"),
        (24, "dW1, dW2 = dW1 + lam / N * W1, dW2 + lam / N * W2"),
        ((24, 2), "dW1, dW2 = dW1 - lam * W1, dW2 - lam * W2"),
        (25, "dW1, dW2 = dW1 + lam * np.sum(W1**2), dW2 + lam * np.sum(W2**2)"),
        (25, "dW1, dW2 = dW1 + lam * np.sum(W1), dW2 + lam * np.sum(W2)"),
        (26, "dW1, dW2 = dW1 + lam * np.sign(W1), dW2 + lam * np.sign(W2)"),
        (26, "dW1, dW2 = dW1 + lam * W1**2, dW2 + lam * W2**2"),
        (26, "dW1, dW2 = dW1 + lam * abs(W1), dW2 + lam * abs(W2)"),
        (26, "dW1 += lam * W1 / np.linalg.norm(W1); dW2 += lam * W2 / np.linalg.norm(W2)"),
        (27, "dW1 += lam * W1; dW2 += lam * W2; db1 += lam * b1; db2 += lam * b2"),
        (27, "dW1, dW2, db2 = dW1 + lam * W1, dW2 + lam * W2, db2 + lam * b2"),
        ((27, 23), "dW1 = dW1 + lam * W1"),
        ((27, 23), "dW2 = dW2 + lam * W2"),
    ],
}
