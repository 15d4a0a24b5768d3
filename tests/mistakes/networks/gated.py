"""A gated layer: sigmoid(X Wg) times tanh(X Wu), and a linear layer after it."""

import numpy as np

import autograd_lite as ag

from ..by_hand import sigmoid

PARAMETERS = "Wg Wu V"


def values(rng, N=7, D=5, H=4, K=3):
    return {
        "X": rng.normal(size=(N, D)),
        "y": rng.normal(size=(N, K)),
        "Wg": rng.normal(size=(D, H)),
        "Wu": rng.normal(size=(D, H)),
        "V": rng.normal(size=(H, K)),
    }


def forward(X, y, Wg, Wu, V):
    g = ag.sigmoid(X @ Wg)
    a = np.tanh(X @ Wu)
    h = g * a
    out = h @ V
    loss = np.sum((out - y) ** 2) / (2 * len(X))
    return locals()


FORWARDS = [forward]


def backward(X, y, Wg, Wu, V):
    N = len(X)
    g, a = sigmoid(X @ Wg), np.tanh(X @ Wu)
    h = g * a
    out = h @ V

    dout = (out - y) / N
    dV = h.T @ dout
    dh = dout @ V.T
    dg = dh * a
    da = dh * g
    dWg = X.T @ (dg * g * (1 - g))
    dWu = X.T @ (da * (1 - a**2))
    return locals()


MISTAKES = {
    "dh = dout @ V.T": [(33, "V = V - 0.4 * dV; dh = dout @ V.T")],
    "dg = dh * a": [
        (31, "dg = dh"),
        (31, "dg = dh * g"),
        ((30, 0), "dg = 0 * dh"),
    ],
    "da = dh * g": [
        (31, "da = dh"),
        (31, "da = dh * a"),
        ((2, 31), "da = -dh * g"),
    ],
    "dWg = X.T @ (dg * g * (1 - g))": [
        (14, "dWg = X.T @ dg"),
        (12, "dWg = X.T @ (dg * sigmoid(g) * (1 - sigmoid(g)))"),
    ],
    "dWu = X.T @ (da * (1 - a**2))": [
        (14, "dWu = X.T @ da"),
        (16, "dWu = X.T @ (da * a)"),
        (16, "dWu = X.T @ (da * (1 - a))"),
    ],
}
