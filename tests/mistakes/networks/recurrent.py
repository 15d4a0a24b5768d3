"""A recurrent layer over three steps: the weights U, V and b are used at each of them."""

import numpy as np

PARAMETERS = "U V b W"


def values(rng, N=7, D=5, H=4, K=3, T=3):
    return {
        "X": rng.normal(size=(T, N, D)),
        "h0": rng.uniform(-1, 1, size=(N, H)),
        "y": rng.normal(size=(N, K)),
        "U": 0.5 * rng.normal(size=(D, H)),
        "V": 0.5 * rng.normal(size=(H, H)),
        "b": rng.normal(size=H),
        "W": rng.normal(size=(H, K)),
    }


def forward(X, h0, y, U, V, b, W):
    h = h0
    for x in X:
        h = np.tanh(x @ U + h @ V + b)
    z = h @ W
    loss = np.sum((z - y) ** 2) / (2 * len(y))
    return locals()


FORWARDS = [forward]


def backward(X, h0, y, U, V, b, W):
    N = len(y)
    hs = [h0]
    for x in X:
        hs.append(np.tanh(x @ U + hs[-1] @ V + b))
    z = hs[-1] @ W

    dz = (z - y) / N
    dW = hs[-1].T @ dz
    dh = dz @ W.T
    dU, dV, db = np.zeros_like(U), np.zeros_like(V), np.zeros_like(b)
    for t in reversed(range(len(X))):
        da = dh * (1 - hs[t + 1] ** 2)
        dU += X[t].T @ da
        dV += hs[t].T @ da
        db += da.sum(axis=0)
        dh = da @ V.T
    return locals()


MISTAKES = {
    "dz = (z - y) / N": [
        (2, "dz = (y - z) / N"),
        (3, "dz = z - y"),
        ((35, 20), "dz = z"),
    ],
    "dh = dz @ W.T": [(33, "W = W - 0.3 * dW; dh = dz @ W.T")],
    "da = dh * (1 - hs[t + 1] ** 2)": [
        (14, "da = dh"),
        (16, "da = dh * (1 - hs[t + 1])"),
        (16, "da = dh * hs[t + 1]"),
        ((16, 12), "da = dh * (1 - np.tanh(hs[t + 1]) ** 2)"),
    ],
    "dU += X[t].T @ da": [(28, "dU = X[t].T @ da")],
    "dV += hs[t].T @ da": [(28, "dV = hs[t].T @ da")],
    "db += da.sum(axis=0)": [
        (28, "db = da.sum(axis=0)"),
        (5, "db += da.mean(axis=0)"),
    ],
    "dh = da @ V.T": [
        (9, "dh = da @ V"),
        ((28, 30), "dh = np.zeros_like(dh)"),
    ],
}
