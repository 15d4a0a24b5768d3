"""Self-attention with a single head; the gradient goes to the weights and to the input X."""

import numpy as np

import autograd_lite as ag

from ..by_hand import softmax

PARAMETERS = "X Wq Wk Wv"


def values(rng, N=7, D=5, H=4, K=3):
    return {
        "X": rng.normal(size=(N, D)),
        "y": rng.normal(size=(N, K)),
        "Wq": 0.5 * rng.normal(size=(D, H)),
        "Wk": 0.5 * rng.normal(size=(D, H)),
        "Wv": rng.normal(size=(D, K)),
    }


def forward(X, y, Wq, Wk, Wv):
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    S = Q @ K.T / np.sqrt(Wq.shape[1])
    A = ag.softmax(S)
    out = A @ V
    loss = np.sum((out - y) ** 2) / (2 * len(y))
    return locals()


def forward_by_exponentials(X, y, Wq, Wk, Wv):
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    S = np.matmul(Q, np.transpose(K)) * Wq.shape[1] ** -0.5
    E = np.exp(S)
    A = E / np.sum(E, axis=1, keepdims=True)
    out = A @ V
    loss = np.mean(0.5 * np.sum((out - y) ** 2, axis=1))
    return locals()


FORWARDS = [forward, forward_by_exponentials]


def backward(X, y, Wq, Wk, Wv):
    N, d = len(X), Wq.shape[1]
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    S = Q @ K.T / d**0.5
    A = softmax(S)
    out = A @ V

    dout = (out - y) / N
    dA = dout @ V.T
    dV = A.T @ dout
    dS = A * (dA - np.sum(dA * A, axis=1, keepdims=True))
    dQ = dS @ K / d**0.5
    dK = dS.T @ Q / d**0.5
    dWq = X.T @ dQ
    dWk = X.T @ dK
    dWv = X.T @ dV
    dX = dQ @ Wq.T
    dX += dK @ Wk.T
    dX += dV @ Wv.T
    return locals()


MISTAKES = {
    "dout = (out - y) / N": [
        (2, "dout = (y - out) / N"),
        (3, "dout = out - y"),
        ((35, 20), "dout = out"),
    ],
    "dA = dout @ V.T": [((34, 35), "dA = out @ V.T")],
    "dV = A.T @ dout": [
        (9, "dV = A @ dout"),
        (35, "dV = A.T @ out"),
    ],
    "dS = A * (dA - np.sum(dA * A, axis=1, keepdims=True))": [
        (11, "dS = A @ (dA - np.sum(dA * A, axis=1, keepdims=True))"),
        ((14, 22, 34), "dS = dA"),
        (18, "dS = dA * A * (1 - A)"),
        ((30, 0), "dS = np.zeros_like(S)"),
    ],
    "dQ = dS @ K / d**0.5": [
        ((1, 34), "dQ = dS @ K"),
        (9, "dQ = dS.T @ K / d**0.5"),
        (35, "dQ = S @ K / d**0.5"),
    ],
    "dK = dS.T @ Q / d**0.5": [
        (9, "dK = dS @ Q / d**0.5"),
        ((30, 0), "dK = np.zeros_like(K)"),
    ],
    "dWq = X.T @ dQ": [
        (22, "dWq = X.T @ dK"),
        (35, "dWq = X.T @ Q"),
    ],
    "dWk = X.T @ dK": [(22, "dWk = X.T @ dQ")],
    "dX = dQ @ Wq.T": [((28, 30), "dX = np.zeros_like(X)")],
    "dX += dV @ Wv.T": [
        (28, "dX = dV @ Wv.T"),
        ((28, 30), "pass"),
    ],
    "dX += dK @ Wk.T": [((28, 30), "pass")],
}
