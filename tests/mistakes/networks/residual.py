"""A residual block: h + relu(h W1) W2, after which a linear layer reads the sum."""

import numpy as np

import autograd_lite as ag

PARAMETERS = "W0 W1 W2 V c"


def values(rng, N=7, D=5, H=4, J=6, K=3):
    return {
        "X": rng.normal(size=(N, D)),
        "y": rng.normal(size=(N, K)),
        "W0": rng.normal(size=(D, H)),
        "W1": rng.normal(size=(H, J)),
        "W2": 0.5 * rng.normal(size=(J, H)),
        "V": rng.normal(size=(H, K)),
        "c": rng.normal(size=K),
    }


def forward(X, y, W0, W1, W2, V, c):
    h = np.tanh(X @ W0)
    a = h @ W1
    s = h + ag.relu(a) @ W2
    out = s @ V + c
    loss = 0.5 * np.sum((out - y) ** 2) / X.shape[0]
    return locals()


FORWARDS = [forward]


def backward(X, y, W0, W1, W2, V, c):
    N = X.shape[0]
    h = np.tanh(X @ W0)
    a = h @ W1
    r = np.maximum(a, 0)
    s = h + r @ W2
    out = s @ V + c

    delta = (out - y) / N
    dV = s.T @ delta
    dc = delta.sum(axis=0)
    ds = delta @ V.T
    dW2 = r.T @ ds
    dr = ds @ W2.T
    da = dr * (a > 0)
    dW1 = h.T @ da
    dh = ds + da @ W1.T
    dW0 = X.T @ (dh * (1 - h**2))
    return locals()


MISTAKES = {
    "delta = (out - y) / N": [
        (1, "delta = 2 * (out - y) / N"),
        (2, "delta = (y - out) / N"),
        (3, "delta = (out - y) / out.size"),
        ((35, 20), "delta = out / N"),
    ],
    "dc = delta.sum(axis=0)": [
        (5, "dc = np.average(delta, axis=0)"),
        (7, "dc = delta.sum(axis=-1)"),
        (4, "dc = delta.copy()"),
    ],
    "ds = delta @ V.T": [
        (33, "V = V - 0.05 * dV; ds = delta @ V.T"),
        (2, "ds = -(delta @ V.T)"),
    ],
    "dr = ds @ W2.T": [(33, "W2 = W2 - 0.05 * dW2; dr = ds @ W2.T")],
    "da = dr * (a > 0)": [
        ((17, 14), "da = dr"),
        (17, "da = dr * (dr > 0)"),
        (17, "da = dr * r"),
    ],
    "dh = ds + da @ W1.T": [
        ((28, 30), "dh = da @ W1.T"),
        ((28, 30), "dh = ds"),
    ],
    "dW1 = h.T @ da": [((9, 10), "dW1 = da.T @ h")],
    "dW0 = X.T @ (dh * (1 - h**2))": [
        (14, "dW0 = X.T @ dh"),
        (16, "dW0 = X.T @ (dh * (1 - h))"),
        (34, "dW0 = X.T @ (1 - h**2)"),
    ],
}
