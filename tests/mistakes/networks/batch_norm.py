"""Batch normalisation between a linear layer and a relu, with gamma and beta."""

import numpy as np

import autograd_lite as ag

PARAMETERS = "W1 gamma beta W2"
EPS = 1e-3


def values(rng, N=7, D=5, H=4, K=3):
    return {
        "X": rng.normal(size=(N, D)),
        "y": rng.normal(size=(N, K)),
        "W1": rng.normal(size=(D, H)),
        "gamma": rng.uniform(0.5, 1.5, size=H),
        "beta": rng.normal(size=H),
        "W2": rng.normal(size=(H, K)),
    }


def forward(X, y, W1, gamma, beta, W2):
    z = X @ W1
    mu = np.mean(z, axis=0)
    var = np.mean((z - mu) ** 2, axis=0)
    zhat = (z - mu) / np.sqrt(var + EPS)
    a = gamma * zhat + beta
    h = ag.relu(a)
    out = h @ W2
    loss = np.sum((out - y) ** 2) / (2 * len(X))
    return locals()


def forward_with_var(X, y, W1, gamma, beta, W2):
    z = X @ W1
    zhat = (z - z.mean(axis=0)) / np.sqrt(np.var(z, axis=0) + EPS)
    a = zhat * gamma + beta
    out = np.maximum(a, 0) @ W2
    loss = 0.5 * np.mean(np.sum((out - y) ** 2, axis=1))
    return locals()


FORWARDS = [forward, forward_with_var]


def backward(X, y, W1, gamma, beta, W2):
    N = len(X)
    z = X @ W1
    mu = z.mean(axis=0)
    var = z.var(axis=0)
    std = np.sqrt(var + EPS)
    zhat = (z - mu) / std
    a = gamma * zhat + beta
    h = np.maximum(a, 0)
    out = h @ W2

    dout = (out - y) / N
    dW2 = h.T @ dout
    dh = dout @ W2.T
    da = dh * (a > 0)
    dgamma = np.sum(da * zhat, axis=0)
    dbeta = np.sum(da, axis=0)
    dzhat = da * gamma
    dvar = np.sum(dzhat * (z - mu), axis=0) * -0.5 / std**3
    dmu = -np.sum(dzhat, axis=0) / std
    dz = dzhat / std + dvar * 2 * (z - mu) / N + dmu / N
    dW1 = X.T @ dz
    return locals()


MISTAKES = {
    "dout = (out - y) / N": [
        (1, "dout = 2 * (out - y) / N"),
        (3, "dout = out - y"),
    ],
    "dh = dout @ W2.T": [(33, "W2 = W2 - 0.1 * dW2; dh = dout @ W2.T")],
    "da = dh * (a > 0)": [
        ((17, 14), "da = dh"),
        (17, "da = dh * (a < 0)"),
        (17, "da = dh * (dh > 0)"),
    ],
    "dgamma = np.sum(da * zhat, axis=0)": [
        (4, "dgamma = da * zhat"),
        (5, "dgamma = np.mean(da * zhat, axis=0)"),
        ((31, 22, 34), "dgamma = np.sum(da, axis=0)"),
    ],
    "dbeta = np.sum(da, axis=0)": [
        (4, "dbeta = da"),
        (5, "dbeta = np.mean(da, axis=0)"),
        (6, "dbeta = np.sum(da)"),
        (7, "dbeta = np.sum(da, axis=1)"),
        (8, "dbeta = np.sum(da, axis=0, keepdims=True)"),
    ],
    "dzhat = da * gamma": [((31, 34), "dzhat = da")],
    "dvar = np.sum(dzhat * (z - mu), axis=0) * -0.5 / std**3": [
        ((2, 31), "dvar = np.sum(dzhat * (z - mu), axis=0) * 0.5 / std**3"),
    ],
    "dz = dzhat / std + dvar * 2 * (z - mu) / N + dmu / N": [
        ((30, 28), "dz = dzhat / std"),
        (30, "dz = dzhat / std + dmu / N"),
        (30, "dz = dzhat / std + dvar * 2 * (z - mu) / N"),
        (1, "dz = dzhat / std + dvar * (z - mu) / N + dmu / N"),
        (3, "dz = dzhat / std + dvar * 2 * (z - mu) / N + dmu"),
        (3, "dz = dzhat / std + dvar * 2 * (z - mu) + dmu / N"),
    ],
    "dW1 = X.T @ dz": [((9, 10), "dW1 = dz.T @ X")],
}
