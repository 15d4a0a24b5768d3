"""GELU on a million elements: by each library's own function, and by its formula."""

import math

import numpy as np

from .table import Workload, normal

SCALE = math.sqrt(2 / math.pi)
TIMES = 4


def _array(rng, elements):
    return [normal(rng, elements)], []


def _loss(np, x):
    for _ in range(TIMES):
        x = np.gelu(x)
    return np.mean(x)


def _torch(torch, x):
    for _ in range(TIMES):
        x = torch.nn.functional.gelu(x, approximate="tanh")
    return x.mean()


def _formula_loss(np, x):
    for _ in range(TIMES):
        x = 0.5 * x * (1 + np.tanh(SCALE * (x + 0.044715 * x * x * x)))
    return np.mean(x)


def _by_hand(x):
    tape, size = [], x.size
    for _ in range(TIMES):
        square = x * x
        t = np.tanh(SCALE * x * (1 + 0.044715 * square))
        tape.append((x, square, t))
        x = 0.5 * x * (1 + t)
    loss = np.mean(x)
    g = np.full_like(x, 1 / size)
    for x, square, t in reversed(tape):
        slope = 1 + t + x * (1 - t * t) * (SCALE * (1 + 3 * 0.044715 * square))
        g = 0.5 * g * slope
    return loss, [g]


def _chain(name, title, loss, idioms):
    return Workload(
        name=name,
        title=title,
        data=_array,
        sizes={"elements": 1_000_000},
        small={"elements": 7},
        loss=loss,
        by_hand=_by_hand,
        idioms=idioms,
    )


ACTIVATIONS = (
    _chain("GELU", "a chain of 4 GELU on 1,000,000 float32", _loss, {"torch": _torch}),
    _chain("GELU formula", "the same by its formula, in single operations", _formula_loss, {}),
)
