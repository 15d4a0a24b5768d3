"""A backward pass as a plain loop over the batch, one sample at a time."""

import numpy as np

import autograd_lite as ag

from ..by_hand import sigmoid

PARAMETERS = "W1 b1 W2 b2"


def values(rng, N=7, D=5, H=4, K=3):
    return {
        "X": rng.normal(size=(N, D)),
        "Y": rng.normal(size=(N, K)),
        "W1": rng.normal(size=(D, H)),
        "b1": rng.normal(size=H),
        "W2": rng.normal(size=(H, K)),
        "b2": rng.normal(size=K),
    }


def forward(X, Y, W1, b1, W2, b2):
    z1 = X @ W1 + b1
    h1 = ag.sigmoid(z1)
    z2 = h1 @ W2 + b2
    loss = np.sum((z2 - Y) ** 2) / (2 * len(X))
    return locals()


def forward_in_a_loop(X, Y, W1, b1, W2, b2):
    loss = 0
    for x, y in zip(X, Y):
        z2 = ag.sigmoid(x @ W1 + b1) @ W2 + b2
        loss = loss + np.sum((z2 - y) ** 2) / 2
    loss = loss / len(X)
    return {"loss": loss}


FORWARDS = [forward, forward_in_a_loop]


def backward(X, Y, W1, b1, W2, b2):
    N = len(X)
    dW1, db1, dW2, db2 = (np.zeros_like(p) for p in (W1, b1, W2, b2))
    for x, y in zip(X, Y):
        z1 = x @ W1 + b1
        h1 = sigmoid(z1)
        z2 = h1 @ W2 + b2
        dz2 = z2 - y
        dW2 += np.outer(h1, dz2)
        db2 += dz2
        dh1 = W2 @ dz2
        dz1 = dh1 * h1 * (1 - h1)
        dW1 += np.outer(x, dz1)
        db1 += dz1
    dW1, db1, dW2, db2 = dW1 / N, db1 / N, dW2 / N, db2 / N
    return locals()


MISTAKES = {
    "z1 = x @ W1 + b1": [
        (29, "dW1, db1, dW2, db2 = (0 * g for g in (dW1, db1, dW2, db2)); z1 = x @ W1 + b1"),
    ],
    "dW2 += np.outer(h1, dz2)": [
        (29, "dW2 = np.outer(h1, dz2)"),
    ],
    "db2 += dz2": [(29, "db2 = dz2")],
    "dz1 = dh1 * h1 * (1 - h1)": [
        (12, "dz1 = dh1 * sigmoid(h1) * (1 - sigmoid(h1))"),
        (13, "dz1 = dh1 * z1 * (1 - z1)"),
        (14, "dz1 = dh1"),
    ],
    "dW1 += np.outer(x, dz1)": [(29, "dW1 = np.outer(x, dz1)")],
    "db1 += dz1": [
        (29, "db1 = dz1"),
        (29, "db1 += dz1; break"),
    ],
    "dW1, db1, dW2, db2 = dW1 / N, db1 / N, dW2 / N, db2 / N": [
        (3, "pass"),
        (3, "dW1, dW2 = dW1 / N, dW2 / N"),
    ],
}
