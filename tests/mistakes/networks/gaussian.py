"""The likelihood of a Gaussian whose logarithm of sigma is learned, so that sigma is positive."""

import numpy as np

PARAMETERS = "w b s"


def values(rng, N=7, D=5, K=3):
    return {
        "X": rng.normal(size=(N, D)),
        "y": rng.normal(size=(N, K)),
        "w": rng.normal(size=(D, K)),
        "b": rng.normal(size=K),
        "s": rng.uniform(-0.7, 0.7, size=K),
    }


def forward(X, y, w, b, s):
    mu = X @ w + b
    sigma = np.exp(s)
    e = (y - mu) / sigma
    loss = np.sum(np.log(sigma) + e**2 / 2) / len(X)
    return locals()


def forward_with_the_logarithm(X, y, w, b, s):
    mu = X @ w + b
    sigma = np.exp(s)
    loss = np.sum(s + (y - mu) ** 2 / (2 * sigma**2)) / len(X)
    return locals()


FORWARDS = [forward, forward_with_the_logarithm]


def backward(X, y, w, b, s):
    N = len(X)
    mu = X @ w + b
    sigma = np.exp(s)

    dmu = -(y - mu) / sigma**2 / N
    dw = X.T @ dmu
    db = dmu.sum(axis=0)
    dsigma = np.sum(1 / sigma - (y - mu) ** 2 / sigma**3, axis=0) / N
    ds = dsigma * sigma
    return locals()


MISTAKES = {
    "dmu = -(y - mu) / sigma**2 / N": [
        (2, "dmu = (y - mu) / sigma**2 / N"),
        (3, "dmu = -(y - mu) / sigma**2"),
        ((31, 34), "dmu = -(y - mu) / sigma / N"),
        (1, "dmu = -2 * (y - mu) / sigma**2 / N"),
    ],
    "dsigma = np.sum(1 / sigma - (y - mu) ** 2 / sigma**3, axis=0) / N": [
        ((2, 31), "dsigma = np.sum(1 / sigma + (y - mu) ** 2 / sigma**3, axis=0) / N"),
        ((30, 34), "dsigma = np.sum(-((y - mu) ** 2) / sigma**3, axis=0) / N"),
    ],
    "ds = dsigma * sigma": [((22, 14, 34), "ds = dsigma")],
}
