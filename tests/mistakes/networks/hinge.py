"""A linear support vector machine: the mean hinge loss, and half the squared norm of w."""

import numpy as np

PARAMETERS = "w b"
C = 3.0


def values(rng, N=7, D=5):
    return {
        "X": rng.normal(size=(N, D)),
        "y": np.where(np.arange(N) % 3 == 0, 1.0, -1.0),
        "w": 0.4 * rng.normal(size=D),
        "b": np.array(0.2),
    }


def forward(X, y, w, b):
    margin = y * (X @ w + b)
    hinge = np.maximum(0, 1 - margin)
    loss = 0.5 * np.dot(w, w) + C * np.mean(hinge)
    return locals()


FORWARDS = [forward]


def backward(X, y, w, b):
    N = len(y)
    margin = y * (X @ w + b)

    dmargin = -C / N * (margin < 1)
    df = dmargin * y
    dw = X.T @ df
    db = df.sum()
    dw = dw + w
    return locals()


MISTAKES = {
    "dmargin = -C / N * (margin < 1)": [
        (2, "dmargin = C / N * (margin < 1)"),
        (3, "dmargin = -C * (margin < 1.0)"),
        ((17, 14), "dmargin = -C / N * np.ones(N)"),
        (17, "dmargin = -C / N * (margin > 1)"),
    ],
    "df = dmargin * y": [((31, 34), "df = dmargin")],
    "dw = X.T @ df": [(11, "dw = X * df[:, None]")],
    "db = df.sum()": [(4, "db = df"), (5, "db = df.mean()"), (2, "db = -df.sum()")],
    "dw = dw + w": [
        (23, "pass"),
        (24, "dw = dw + 2 * w"),
        (24, "dw = dw + w / N"),
        (25, "dw = dw + np.dot(w, w)"),
        (26, "dw = dw + w / np.linalg.norm(w)"),
        (27, "dw = dw + w; db = db + b"),
    ],
}
