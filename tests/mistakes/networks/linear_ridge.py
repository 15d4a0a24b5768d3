"""Ridge regression: one vector of weights, an intercept, and lambda times the sum of squares."""

import numpy as np

PARAMETERS = "w b"
LAM = 0.05


def values(rng, N=7, D=5):
    return {
        "X": rng.normal(size=(N, D)),
        "y": rng.normal(size=N),
        "w": rng.normal(size=D),
        "b": np.array(-0.4),
    }


def forward(X, y, w, b):
    error = np.mean((y - (X @ w + b)) ** 2)
    loss = error + LAM * np.dot(w, w)
    return locals()


def forward_with_norm(X, y, w, b):
    loss = np.linalg.norm(y - X @ w - b) ** 2 / len(X) + LAM * np.sum(np.square(w))
    return locals()


FORWARDS = [forward, forward_with_norm]


def backward(X, y, w, b):
    N, lam = len(X), LAM
    e = X @ w + b - y

    dw = 2 / N * X.T @ e
    db = 2 / N * e.sum()
    dw = dw + 2 * lam * w
    return locals()


MISTAKES = {
    "e = X @ w + b - y": [
        (2, "e = y - X @ w - b"),
        ((35, 20, 34, 36), "e = X @ w + b"),
    ],
    "dw = 2 / N * X.T @ e": [
        (1, "dw = X.T @ e / N"),
        (3, "dw = 2 * X.T @ e"),
        (11, "dw = 2 / N * X * e[:, None]"),
        (2, "dw = -2 / N * X.T @ e"),
    ],
    "db = 2 / N * e.sum()": [
        (4, "db = 2 / N * e"),
        (5, "db = 2 / N * e.mean()"),
        (1, "db = e.sum() / N"),
        (3, "db = 2 * e.sum()"),
        (2, "db = -2 / N * e.sum()"),
    ],
    "dw = dw + 2 * lam * w": [
        (23, "pass"),
        (24, "dw = dw + lam * w"),
        (24, "dw = dw + 2 * lam / N * w"),
        (24, "dw = dw + 4 * lam * w"),
        ((24, 2), "dw = dw - 2 * lam * w"),
        (25, "dw = dw + 2 * lam * w.sum()"),
        (25, "dw = dw + lam * np.sum(w**2)"),
        (26, "dw = dw + lam * np.sign(w)"),
        (26, "dw = dw + 2 * lam * w**2"),
        (26, "dw = dw + 2 * lam * abs(w)"),
        (26, "dw = dw + lam * w / np.sqrt(np.sum(w**2))"),
        (27, "dw = dw + 2 * lam * w; db = db + 2 * lam * b"),
    ],
}
