"""Three tanh layers as a loop over lists of weights, so that a mistake is made in every layer."""

import numpy as np

PARAMETERS = "W1 W2 W3 b1 b2 b3"


def values(rng, N=7, D=5, H=4, J=6, K=3):
    sizes = {"W1": (D, H), "W2": (H, J), "W3": (J, K), "b1": H, "b2": J, "b3": K}
    return {
        "X": rng.normal(size=(N, D)),
        "y": rng.normal(size=(N, K)),
        **{name: 0.6 * rng.normal(size=size) for name, size in sizes.items()},
    }


def forward(X, y, W1, W2, W3, b1, b2, b3):
    h = X
    for W, b in [(W1, b1), (W2, b2), (W3, b3)]:
        h = np.tanh(h @ W + b)
    loss = np.sum((h - y) ** 2) / (2 * len(X))
    return locals()


FORWARDS = [forward]


def backward(X, y, W1, W2, W3, b1, b2, b3):
    N = len(X)
    W, b, h = [W1, W2, W3], [b1, b2, b3], [X]
    for i in range(3):
        h.append(np.tanh(h[i] @ W[i] + b[i]))

    dW, db = [None] * 3, [None] * 3
    dh = (h[3] - y) / N
    for i in reversed(range(3)):
        dz = dh * (1 - h[i + 1] ** 2)
        dW[i] = h[i].T @ dz
        db[i] = dz.sum(axis=0)
        dh = dz @ W[i].T
    dW1, dW2, dW3 = dW
    db1, db2, db3 = db
    return locals()


MISTAKES = {
    "dh = (h[3] - y) / N": [
        (2, "dh = (y - h[3]) / N"),
        (3, "dh = h[3] - y"),
    ],
    "dz = dh * (1 - h[i + 1] ** 2)": [
        (14, "dz = dh"),
        (16, "dz = dh * h[i + 1]"),
        (16, "dz = dh * (1 - h[i + 1])"),
        ((16, 12), "dz = dh * (1 - np.tanh(h[i + 1]) ** 2)"),
        ((2, 16), "dz = dh * (h[i + 1] ** 2 - 1)"),
    ],
    "dW[i] = h[i].T @ dz": [
        ((9, 10), "dW[i] = dz.T @ h[i]"),
        (3, "dW[i] = h[i].T @ dz / N"),
    ],
    "db[i] = dz.sum(axis=0)": [
        (4, "db[i] = dz"),
        (5, "db[i] = dz.mean(axis=0)"),
        (7, "db[i] = dz.sum(axis=1)"),
        (8, "db[i] = dz.sum(axis=0, keepdims=True)"),
    ],
    "dh = dz @ W[i].T": [
        (33, "W[i] = W[i] - 0.2 * dW[i]; dh = dz @ W[i].T"),
    ],
}
