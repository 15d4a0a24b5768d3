"""Gradients made smaller before a step, where they are too large."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

import autograd_lite as ag


def clip_gradient_norm(parameters: Iterable[ag.Tensor], limit: float) -> Any:
    """Scale all gradients by one factor, so that their common norm is at most the limit.

    Source: Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural
    networks, algorithm 1.

    Returns
    -------
    number
        The norm that they had: the root of the sum of all squared elements.
    """
    held = _with_gradients("clip_gradient_norm", parameters)
    norm = np.sqrt(sum(np.sum(p.grad * p.grad) for p in held))
    factor = np.minimum(limit / (norm + 1e-6), 1)  # as in PyTorch
    for p in held:
        p.grad = p.grad * factor
    return norm


def clip_gradient_values(parameters: Iterable[ag.Tensor], limit: float) -> None:
    """Bring every element of the gradients into [-limit, limit]."""
    for p in _with_gradients("clip_gradient_values", parameters):
        p.grad = np.clip(p.grad, -limit, limit)


def _with_gradients(name, parameters):
    held = [p for p in parameters if p.grad is not None]
    if not held:
        raise ValueError(f"{name} found no gradients: call loss.backward() before it")
    return held
