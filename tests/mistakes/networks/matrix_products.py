"""Three square matrices multiplied, so that no shape tells an order from another."""

import numpy as np

PARAMETERS = "A B M"


def values(rng, n=4):
    return {name: rng.normal(size=(n, n)) for name in "ABMC"}


def forward(A, B, M, C):
    P = A @ B
    E = P @ M
    loss = np.sum((E - C) ** 2) / 2
    return locals()


FORWARDS = [forward]


def backward(A, B, M, C):
    P = A @ B
    E = P @ M

    dE = E - C
    dM = P.T @ dE
    dP = dE @ M.T
    dA = dP @ B.T
    dB = A.T @ dP
    return locals()


MISTAKES = {
    "dM = P.T @ dE": [
        (9, "dM = P @ dE"),
        (10, "dM = dE @ P.T"),
        (9, "dM = dE.T @ P"),
        (11, "dM = P.T * dE"),
    ],
    "dP = dE @ M.T": [
        (9, "dP = dE @ M"),
        (10, "dP = M.T @ dE"),
        (11, "dP = dE * M.T"),
        (11, "dP = dE * M"),
    ],
    "dA = dP @ B.T": [
        (9, "dA = dP @ B"),
        (9, "dA = dP.T @ B.T"),
        (10, "dA = B.T @ dP"),
    ],
    "dB = A.T @ dP": [
        (9, "dB = A @ dP"),
        (10, "dB = dP @ A.T"),
        (11, "dB = A * dP"),
    ],
}
