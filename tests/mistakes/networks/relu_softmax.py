"""A relu layer, and the mean cross-entropy of a softmax, with integer labels."""

import numpy as np

import autograd_lite as ag

from ..by_hand import one_hot, softmax

PARAMETERS = "W1 b1 W2 b2"


def values(rng, N=7, D=5, H=4, K=3):
    return {
        "X": rng.normal(size=(N, D)),
        "labels": np.arange(N) * 2 % K,
        "W1": rng.normal(size=(D, H)),
        "b1": rng.normal(size=H),
        "W2": rng.normal(size=(H, K)),
        "b2": rng.normal(size=K),
    }


def forward(X, labels, W1, b1, W2, b2):
    z1 = X @ W1 + b1
    h1 = ag.relu(z1)
    z2 = h1 @ W2 + b2
    p = ag.softmax(z2)
    loss = -np.mean(np.log(p[np.arange(len(X)), labels]))
    return locals()


def forward_of_logits(X, labels, W1, b1, W2, b2):
    z1 = X @ W1 + b1
    h1 = ag.relu(z1)
    z2 = h1 @ W2 + b2
    loss = np.mean(ag.cross_entropy(z2, labels))
    return locals()


def forward_by_exponentials(X, labels, W1, b1, W2, b2):
    z1 = X @ W1 + b1
    h1 = np.maximum(z1, 0)
    z2 = h1 @ W2 + b2
    e = np.exp(z2)
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.sum(one_hot(labels, z2.numpy()) * np.log(p)) / len(X)
    return locals()


FORWARDS = [forward, forward_of_logits, forward_by_exponentials]


def backward(X, labels, W1, b1, W2, b2):
    N = len(X)
    z1 = X @ W1 + b1
    h1 = np.maximum(z1, 0)
    z2 = h1 @ W2 + b2
    p = softmax(z2)
    y = one_hot(labels, p)

    dz2 = (p - y) / N
    dW2 = h1.T @ dz2
    db2 = dz2.sum(axis=0)
    dh1 = dz2 @ W2.T
    dz1 = dh1 * (z1 > 0)
    dW1 = X.T @ dz1
    db1 = dz1.sum(axis=0)
    return locals()


MISTAKES = {
    "dz2 = (p - y) / N": [
        ((20, 2), "dz2 = (y - p) / N"),
        (3, "dz2 = p - y"),
        (3, "dz2 = (p - y) / y.size"),
        ((15, 19), "dz2 = (p - y) * p * (1 - p) / N"),
        ((18, 20), "dz2 = -(y / p) * p * (1 - p) / N"),
        (19, "dz2 = p * ((p - y) - np.sum((p - y) * p, axis=1, keepdims=True)) / N"),
        (20, "dz2 = p / N"),
        (20, "dz2 = (p - np.roll(y, 1, axis=1)) / N"),
        (20, "dz2 = (p - one_hot(labels - 1, p)) / N"),
    ],
    "dW2 = h1.T @ dz2": [
        ((9, 10), "dW2 = np.dot(dz2.T, h1)"),
        (35, "dW2 = h1.T @ p"),
    ],
    "db2 = dz2.sum(axis=0)": [
        (4, "db2 = dz2"),
        (5, "db2 = dz2.mean(axis=0)"),
        (7, "db2 = dz2.sum(axis=1)"),
        (8, "db2 = dz2.sum(axis=0, keepdims=True)"),
    ],
    "dh1 = dz2 @ W2.T": [
        (33, "W2 = W2 - 0.5 * dW2; dh1 = dz2 @ W2.T"),
        (35, "dh1 = z2 @ W2.T"),
    ],
    "dz1 = dh1 * (z1 > 0)": [
        ((17, 14), "dz1 = dh1"),
        (17, "dz1 = dh1 * (z1 < 0)"),
        (17, "dz1 = dh1 * (dh1 > 0)"),
        (17, "dz1 = dh1 * h1"),
        (17, "dz1 = dh1 * z1"),
        ((34, 17, 35), "dz1 = (z1 > 0).astype(z1.dtype)"),
    ],
    "dW1 = X.T @ dz1": [
        ((9, 10), "dW1 = dz1.T @ X"),
        ((14, 17, 22, 34), "dW1 = X.T @ dh1"),
        (37, "dW1 = X.T @ dz1; dW1[3] = dW1[2]"),
    ],
    "db1 = dz1.sum(axis=0)": [
        (4, "db1 = dz1"),
        (5, "db1 = dz1.mean(axis=0)"),
        (6, "db1 = dz1.sum()"),
        (8, "db1 = dz1.sum(axis=0)[:, None]"),
    ],
}
