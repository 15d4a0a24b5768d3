"""Two sigmoid towers that share their weights, and a softmax over the products of all pairs."""

import numpy as np

import autograd_lite as ag

from ..by_hand import sigmoid, softmax

PARAMETERS = "W b"
TEMPERATURE = 0.6


def values(rng, N=7, D=5, H=4):
    return {
        "A": rng.normal(size=(N, D)),
        "B": rng.normal(size=(N, D)),
        "W": rng.normal(size=(D, H)),
        "b": rng.normal(size=H),
    }


def forward(A, B, W, b):
    u = ag.sigmoid(A @ W + b)
    v = ag.sigmoid(B @ W + b)
    S = u @ v.T / TEMPERATURE
    loss = np.mean(ag.cross_entropy(S, np.arange(len(A))))
    return locals()


FORWARDS = [forward]


def backward(A, B, W, b):
    N = len(A)
    u, v = sigmoid(A @ W + b), sigmoid(B @ W + b)
    S = u @ v.T / TEMPERATURE
    P = softmax(S)

    dS = (P - np.eye(N)) / N
    du = dS @ v / TEMPERATURE
    dv = dS.T @ u / TEMPERATURE
    dzu = du * u * (1 - u)
    dzv = dv * v * (1 - v)
    dW = A.T @ dzu
    dW += B.T @ dzv
    db = dzu.sum(axis=0) + dzv.sum(axis=0)
    return locals()


MISTAKES = {
    "dS = (P - np.eye(N)) / N": [
        (3, "dS = P - np.eye(N)"),
        ((20, 2), "dS = (np.eye(N) - P) / N"),
        (20, "dS = P / N"),
        ((15, 19), "dS = (P - np.eye(N)) * P * (1 - P) / N"),
    ],
    "du = dS @ v / TEMPERATURE": [
        (9, "du = dS.T @ v / TEMPERATURE"),
        ((34, 1, 22), "du = dS @ v"),
    ],
    "dv = dS.T @ u / TEMPERATURE": [(9, "dv = dS @ u / TEMPERATURE")],
    "dzu = du * u * (1 - u)": [
        (14, "dzu = du"),
        (12, "dzu = du * sigmoid(u) * (1 - sigmoid(u))"),
    ],
    "dW += B.T @ dzv": [(28, "dW = B.T @ dzv"), ((28, 30), "pass")],
    "db = dzu.sum(axis=0) + dzv.sum(axis=0)": [
        ((28, 30), "db = dzu.sum(axis=0)"),
        (5, "db = dzu.mean(axis=0) + dzv.mean(axis=0)"),
    ],
}
