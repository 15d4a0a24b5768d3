"""Attention of several heads (Vaswani and others, 2017), to itself."""

import math

from .table import Workload, normal

HEADS = 4


def _array(rng, batch, length, width):
    weights = [normal(rng, width, width, fan=width) for _ in range(4)]
    return weights, [normal(rng, batch, length, width), normal(rng, batch, length, width)]


def _split(x):
    """(batch, length, width) -> (batch, heads, length, width / heads)"""
    return x.reshape(x.shape[0], x.shape[1], HEADS, -1).swapaxes(1, 2)


def _joined(x):
    batch, _, length, _ = x.shape
    return x.swapaxes(1, 2).reshape(batch, length, -1)


def _loss(np, Wq, Wk, Wv, Wo, X, y):
    q, k, v = _split(X @ Wq), _split(X @ Wk), _split(X @ Wv)
    scores = q @ k.swapaxes(2, 3) / math.sqrt(q.shape[3])
    out = _joined(np.softmax(scores) @ v) @ Wo
    return np.mean((out - y) ** 2)


def _torch(torch, Wq, Wk, Wv, Wo, X, y):
    q, k, v = _split(X @ Wq), _split(X @ Wk), _split(X @ Wv)
    out = _joined(torch.nn.functional.scaled_dot_product_attention(q, k, v)) @ Wo
    return torch.nn.functional.mse_loss(out, y)


ATTENTION = Workload(
    name="attention",
    title="attention, batch 8, 64 x 64, 4 heads, float32",
    data=_array,
    sizes={"batch": 8, "length": 64, "width": 64},
    small={"batch": 2, "length": 3, "width": 8},
    loss=_loss,
    idioms={"torch": _torch},
)
