"""A matrix of ratings as a product of two thin ones, with a penalty on both."""

import numpy as np

PARAMETERS = "U V"
BETA = 0.15


def values(rng, N=7, D=5, H=4):
    return {
        "R": rng.normal(size=(N, D)),
        "seen": (rng.random((N, D)) < 0.7).astype(float),
        "U": rng.normal(size=(N, H)),
        "V": rng.normal(size=(D, H)),
    }


def forward(R, seen, U, V):
    E = seen * (U @ V.T - R)
    loss = np.sum(E**2) + BETA * np.sum(U**2) + BETA * np.sum(V**2)
    return locals()


FORWARDS = [forward]


def backward(R, seen, U, V):
    E = seen * (U @ V.T - R)
    dU = 2 * E @ V
    dV = 2 * E.T @ U
    dU, dV = dU + 2 * BETA * U, dV + 2 * BETA * V
    return locals()


MISTAKES = {
    "E = seen * (U @ V.T - R)": [
        (2, "E = seen * (R - U @ V.T)"),
        ((36, 35, 34, 31), "E = U @ V.T - R"),
    ],
    "dU = 2 * E @ V": [(1, "dU = E @ V"), (2, "dU = -2 * E @ V")],
    "dV = 2 * E.T @ U": [(1, "dV = 4 * E.T @ U")],
    "dU, dV = dU + 2 * BETA * U, dV + 2 * BETA * V": [
        (23, "pass"),
        (24, "dU, dV = dU + BETA * U, dV + BETA * V"),
        ((24, 2), "dU, dV = dU - 2 * BETA * U, dV - 2 * BETA * V"),
        (25, "dU, dV = dU + BETA * np.sum(U**2), dV + BETA * np.sum(V**2)"),
        (26, "dU, dV = dU + BETA * np.sign(U), dV + BETA * np.sign(V)"),
        ((27, 23), "dU = dU + 2 * BETA * U"),
    ],
}
