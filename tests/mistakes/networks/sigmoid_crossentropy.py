"""Tanh, then independent sigmoids with binary cross-entropy, and a penalty divided by 2N."""

import numpy as np

import autograd_lite as ag

from ..by_hand import sigmoid

PARAMETERS = "W1 b1 W2 b2"
LAM = 0.8


def values(rng, N=7, D=5, H=4, K=3):
    return {
        "X": rng.normal(size=(N, D)),
        "y": rng.integers(0, 2, size=(N, K)).astype(float),
        "W1": rng.normal(size=(D, H)),
        "b1": rng.normal(size=H),
        "W2": rng.normal(size=(H, K)),
        "b2": rng.normal(size=K),
    }


def forward(X, y, W1, b1, W2, b2):
    N = len(X)
    z1 = X @ W1 + b1
    h1 = np.tanh(z1)
    z2 = h1 @ W2 + b2
    p = ag.sigmoid(z2)
    error = -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p)) / N
    penalty = LAM / (2 * N) * (np.sum(W1**2) + np.sum(W2**2))
    loss = error + penalty
    return locals()


def forward_of_logits(X, y, W1, b1, W2, b2):
    N = len(X)
    z2 = np.tanh(X @ W1 + b1) @ W2 + b2
    loss = (np.sum(ag.softplus(z2) - y * z2) + LAM * np.sum(W1**2) / 2) / N
    loss = loss + LAM * np.sum(W2**2) / (2 * N)
    return locals()


FORWARDS = [forward, forward_of_logits]


def backward(X, y, W1, b1, W2, b2):
    N, lam = len(X), LAM
    z1 = X @ W1 + b1
    h1 = np.tanh(z1)
    z2 = h1 @ W2 + b2
    p = sigmoid(z2)

    dz2 = (p - y) / N
    dW2 = np.dot(h1.T, dz2)
    db2 = np.sum(dz2, axis=0)
    dh1 = np.dot(dz2, W2.T)
    dz1 = (1 - np.power(h1, 2)) * dh1
    dW1 = np.dot(X.T, dz1)
    db1 = np.sum(dz1, axis=0)
    dW1 += lam / N * W1
    dW2 += lam / N * W2
    return locals()


MISTAKES = {
    "dz2 = (p - y) / N": [
        (15, "dz2 = (p - y) * p * (1 - p) / N"),
        ((20, 2), "dz2 = (y - p) / N"),
        (3, "dz2 = p - y"),
        (3, "dz2 = (p - y) / y.size"),
        ((20, 35), "dz2 = p / N"),
    ],
    "dW2 = np.dot(h1.T, dz2)": [
        ((37, 30), "dW2 = np.dot(h1[1:].T, dz2[1:])"),
        (37, "dW2 = np.dot(h1.T, dz2); dW2[3, 0] *= 10"),
    ],
    "db2 = np.sum(dz2, axis=0)": [
        (6, "db2 = np.sum(dz2)"),
        (8, "db2 = np.sum(dz2, axis=0, keepdims=True).T"),
    ],
    "dh1 = np.dot(dz2, W2.T)": [(33, "W2 = W2 - 0.7 * (dW2 + lam / N * W2); dh1 = dz2 @ W2.T")],
    "dz1 = (1 - np.power(h1, 2)) * dh1": [
        (16, "dz1 = (1 - h1) * dh1"),
        ((16, 13), "dz1 = (1 - np.power(z1, 2)) * dh1"),
        ((16, 34), "dz1 = (1 - np.power(h1, 2))"),
        (14, "dz1 = dh1"),
    ],
    "dW1 += lam / N * W1": [
        ((27, 23), "pass"),
        ((24, 27), "dW1 += lam * W1"),
        ((25, 27), "dW1 += lam / N * np.sum(W1)"),
        ((26, 27), "dW1 += lam / N * np.sign(W1)"),
        (23, "lam = 0"),
        (24, "lam = lam * N; dW1 += lam / N * W1"),
        (24, "lam = 2 * lam; dW1 += lam / N * W1"),
        (24, "lam = lam / N; dW1 += lam / N * W1"),
    ],
    "dW2 += lam / N * W2": [
        ((27, 23), "pass"),
        (27, "dW2 += lam / N * W2; db2 += lam / N * b2"),
        (27, "dW2 += lam / N * W2; db2 += lam / N * b2; db1 += lam / N * b1"),
    ],
}
