"""A gate written as a quotient: tanh(u) / (1 + exp(v)), where u and v are linear in X."""

import numpy as np

PARAMETERS = "Wu bu Wv bv"


def values(rng, N=7, D=5, K=3):
    return {
        "X": rng.normal(size=(N, D)),
        "y": rng.normal(size=(N, K)),
        "Wu": rng.normal(size=(D, K)),
        "bu": rng.normal(size=K),
        "Wv": 0.5 * rng.normal(size=(D, K)),
        "bv": rng.normal(size=K),
    }


def forward(X, y, Wu, bu, Wv, bv):
    u = X @ Wu + bu
    v = X @ Wv + bv
    a = np.tanh(u)
    q = 1 + np.exp(v)
    o = a / q
    loss = np.sum((o - y) ** 2) / (2 * len(X))
    return locals()


FORWARDS = [forward]


def backward(X, y, Wu, bu, Wv, bv):
    N = len(X)
    u, v = X @ Wu + bu, X @ Wv + bv
    a, q = np.tanh(u), 1 + np.exp(v)
    o = a / q

    do = (o - y) / N
    da = do / q
    dq = -do * a / q**2
    du = da * (1 - a**2)
    dv = dq * np.exp(v)
    dWu, dbu = X.T @ du, du.sum(axis=0)
    dWv, dbv = X.T @ dv, dv.sum(axis=0)
    return locals()


MISTAKES = {
    "da = do / q": [
        ((31, 34), "da = do"),
        ((31, 22), "da = do * q"),
    ],
    "dq = -do * a / q**2": [
        ((2, 31), "dq = do * a / q**2"),
        (31, "dq = -do * a / q"),
        (31, "dq = -do / q**2"),
        (31, "dq = -do * a"),
    ],
    "du = da * (1 - a**2)": [
        (16, "du = da * a"),
        (16, "du = da * (1 - a)"),
        ((16, 13), "du = da * (1 - u**2)"),
    ],
    "dv = dq * np.exp(v)": [
        ((14, 22, 34), "dv = dq"),
        ((35, 34), "dv = np.exp(v)"),
    ],
    "dWu, dbu = X.T @ du, du.sum(axis=0)": [
        (3, "dWu, dbu = X.T @ du / N, du.sum(axis=0) / N"),
        ((9, 10), "dWu, dbu = du.T @ X, du.sum(axis=0)"),
    ],
}
