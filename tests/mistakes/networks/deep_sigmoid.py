"""Four sigmoid layers in a list of weights and biases, as in a course: quadratic cost, one mean."""

from itertools import pairwise

import numpy as np

import autograd_lite as ag

from ..by_hand import sigmoid

PARAMETERS = "W1 W2 W3 W4 b1 b2 b3 b4"


def values(rng, N=7, sizes=(5, 4, 6, 8, 3)):
    weights = {}
    for i, (m, n) in enumerate(pairwise(sizes), start=1):
        weights[f"W{i}"] = rng.normal(size=(m, n))
        weights[f"b{i}"] = rng.normal(size=n)
    return {"X": rng.normal(size=(N, sizes[0])), "Y": rng.uniform(size=(N, sizes[-1])), **weights}


def forward(X, Y, W1, b1, W2, b2, W3, b3, W4, b4):
    a = X
    for W, b in ((W1, b1), (W2, b2), (W3, b3), (W4, b4)):
        a = ag.sigmoid(a @ W + b)
    loss = np.sum((a - Y) ** 2) / 2 / len(X)
    return locals()


FORWARDS = [forward]


def backward(X, Y, W1, b1, W2, b2, W3, b3, W4, b4):
    weights, biases = [W1, W2, W3, W4], [b1, b2, b3, b4]
    a, zs = [X], []
    for W, b in zip(weights, biases):
        zs.append(a[-1] @ W + b)
        a.append(sigmoid(zs[-1]))

    nabla_w, nabla_b = [0] * 4, [0] * 4
    error = (a[-1] - Y) / len(X)
    for k in range(3, -1, -1):
        delta = error * a[k + 1] * (1 - a[k + 1])
        nabla_w[k] = a[k].T @ delta
        nabla_b[k] = delta.sum(axis=0)
        error = delta @ weights[k].T
    dW1, dW2, dW3, dW4 = nabla_w
    db1, db2, db3, db4 = nabla_b
    return locals()


MISTAKES = {
    "error = (a[-1] - Y) / len(X)": [
        (2, "error = (Y - a[-1]) / len(X)"),
        (3, "error = a[-1] - Y"),
        (1, "error = 2 * (a[-1] - Y) / len(X)"),
        ((34, 35, 36), "error = np.ones_like(Y) / len(X)"),
    ],
    "delta = error * a[k + 1] * (1 - a[k + 1])": [
        (14, "delta = error"),
        (12, "delta = error * sigmoid(a[k + 1]) * (1 - sigmoid(a[k + 1]))"),
        (13, "delta = error * zs[k] * (1 - zs[k])"),
        ((34, 16), "delta = error * (1 - a[k + 1])"),
        (14, "delta = error * a[k + 1] * (1 - a[k + 1]) if k == 3 else error"),
        (14, "delta = error * a[k + 1] * (1 - a[k + 1]) if k != 1 else error"),
    ],
    "nabla_w[k] = a[k].T @ delta": [
        ((9, 10), "nabla_w[k] = delta.T @ a[k]"),
        (3, "nabla_w[k] = a[k].T @ delta / len(X)"),
        (37, "nabla_w[k] = a[k].T @ delta; nabla_w[k][0, 0] *= 1 + (k == 2)"),
    ],
    "nabla_b[k] = delta.sum(axis=0)": [
        (5, "nabla_b[k] = delta.mean(axis=0)"),
        (4, "nabla_b[k] = delta"),
        (6, "nabla_b[k] = delta.sum()"),
    ],
    "error = delta @ weights[k].T": [
        (33, "weights[k] = weights[k] - 0.5 * nabla_w[k]; error = delta @ weights[k].T"),
        (2, "error = -delta @ weights[k].T"),
    ],
}
