"""Logistic regression: one product with a tall matrix, there and back."""

import numpy as np

from .table import Workload, normal


def _array(rng, examples, features, dtype="float64"):
    X = normal(rng, examples, features, dtype=dtype)
    w = normal(rng, features, dtype=dtype, fan=features)
    y = (X @ w + normal(rng, examples, dtype=dtype) > 0).astype(dtype)
    return [w, np.array(0.1, dtype)], [X, y]


def _loss(np, w, b, X, y):
    z = X @ w + b
    return np.mean(np.logaddexp(0, z) - y * z)


def _torch(torch, w, b, X, y):
    return torch.nn.functional.binary_cross_entropy_with_logits(X @ w + b, y)


def _by_hand(w, b, X, y):
    z = X @ w + b
    loss = np.mean(np.logaddexp(0, z) - y * z)
    dz = (1 / (1 + np.exp(-z)) - y) / len(X)
    return loss, [X.T @ dz, np.sum(dz)]


LOGISTIC = Workload(
    name="logistic regression",
    title="logistic regression, 20,000 x 100, float64",
    data=_array,
    sizes={"examples": 20_000, "features": 100},
    small={"examples": 9, "features": 4},
    loss=_loss,
    by_hand=_by_hand,
    idioms={"torch": _torch},
)
