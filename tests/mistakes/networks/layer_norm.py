"""Layer normalisation: each row is centred and scaled by its own mean and variance."""

import numpy as np

PARAMETERS = "W g b V"
EPS = 1e-2


def values(rng, N=7, D=5, H=4, K=3):
    return {
        "X": rng.normal(size=(N, D)),
        "y": rng.normal(size=(N, K)),
        "W": rng.normal(size=(D, H)),
        "g": rng.uniform(0.5, 2, size=H),
        "b": rng.normal(size=H),
        "V": rng.normal(size=(H, K)),
    }


def forward(X, y, W, g, b, V):
    z = X @ W
    m = z.mean(axis=1, keepdims=True)
    s = np.sqrt(((z - m) ** 2).mean(axis=1, keepdims=True) + EPS)
    n = (z - m) / s
    a = g * n + b
    out = np.tanh(a) @ V
    loss = np.mean((out - y) ** 2)
    return locals()


FORWARDS = [forward]


def backward(X, y, W, g, b, V):
    z = X @ W
    m = z.mean(axis=1, keepdims=True)
    s = np.sqrt(z.var(axis=1, keepdims=True) + EPS)
    n = (z - m) / s
    t = np.tanh(g * n + b)
    out = t @ V

    dout = 2 * (out - y) / out.size
    dV = t.T @ dout
    dt = dout @ V.T
    da = dt * (1 - t * t)
    dg = (da * n).sum(axis=0)
    db = da.sum(axis=0)
    dn = da * g
    dz = (dn - dn.mean(axis=1, keepdims=True) - n * (dn * n).mean(axis=1, keepdims=True)) / s
    dW = X.T @ dz
    return locals()


MISTAKES = {
    "dout = 2 * (out - y) / out.size": [
        (1, "dout = (out - y) / out.size"),
        (3, "dout = 2 * (out - y) / len(X)"),
        (3, "dout = 2 * (out - y)"),
        (2, "dout = -2 * (out - y) / out.size"),
    ],
    "dV = t.T @ dout": [((9, 10), "dV = dout.T @ t"), (35, "dV = t.T @ out")],
    "da = dt * (1 - t * t)": [
        (14, "da = dt"),
        (16, "da = dt * t"),
        (16, "da = dt * (1 - t)"),
        ((16, 12), "da = dt * (1 - np.tanh(t) ** 2)"),
    ],
    "dg = (da * n).sum(axis=0)": [
        ((4, 8), "dg = da * n"),
        (5, "dg = (da * n).mean(axis=0)"),
    ],
    "db = da.sum(axis=0)": [
        (4, "db = da"),
        (5, "db = da.mean(axis=0)"),
        (6, "db = da.sum() * np.ones_like(b)"),
        (8, "db = da.sum(axis=0, keepdims=True)"),
    ],
    "dn = da * g": [((31, 34), "dn = da")],
    "dz = (dn - dn.mean(axis=1, keepdims=True) - n * (dn * n).mean(axis=1, keepdims=True)) / s": [
        ((30, 28), "dz = dn / s"),
        (30, "dz = (dn - dn.mean(axis=1, keepdims=True)) / s"),
        (30, "dz = (dn - n * (dn * n).mean(axis=1, keepdims=True)) / s"),
    ],
}
