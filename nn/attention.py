"""Attention: by itself, in several heads, in the block of a transformer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.messages.other_names import keywords

from .init import generator
from .layers import Dropout, Linear, check_sizes
from .module import Module
from .normalization import LayerNorm


def attention(query, key, value, mask=None, dropout: Callable | None = None) -> Any:
    """softmax(query @ key.T / sqrt(size)) @ value, over the last two axes.

    Source: Vaswani et al. 2017, Attention is all you need, equation 1.

    Parameters
    ----------
    query, key, value : arrays
        (..., queries, size), (..., keys, size) and (..., keys, values).
    mask : array of bool, optional
        Broadcast to (..., queries, keys): True where a query may look at a key.
    dropout : callable, optional
        What the weights go through before they weigh, such as a `Dropout`.

    Returns
    -------
    array
        (..., queries, values). A query that may look at nothing has nan.
    """
    scores = query @ np.swapaxes(key, -1, -2) / math.sqrt(np.shape(query)[-1])
    if mask is not None:
        if mask.dtype != bool:
            raise TypeError(f"attention: a mask is an array of bool, not of {mask.dtype}")
        scores = np.where(mask, scores, -np.inf)
    weights = ag.softmax(scores, axis=-1)
    return (weights if dropout is None else dropout(weights)) @ value


class MultiheadAttention(Module):
    """`attention` in several heads, between affine maps.

    Takes (..., length, size) and returns the same shape. ``layer(x)`` attends to x itself,
    ``layer(x, memory)`` to memory, ``layer(query, key, value)`` to what each is.

    Parameters
    ----------
    size : int
        The length of the vectors, which the heads share evenly.
    heads : int
    bias : bool
        Whether the maps have biases.
    causal : bool
        Whether a position may look at itself and at those before it only.
    dropout : float
        The share of the weights that training drops.
    rng, init, dtype
        As of `Linear`.

    Attributes
    ----------
    query, key, value, out : Linear
    """

    @keywords
    def __init__(
        self,
        size: int,
        heads: int,
        bias: bool = True,
        causal: bool = False,
        dropout: float = 0.0,
        *,
        rng=None,
        **settings,
    ):
        check_sizes(self, size=size, heads=heads)
        if heads < 1 or size % heads:
            raise ValueError(f"MultiheadAttention: {heads} heads cannot share size={size} evenly")
        rng = generator(rng)
        self.query, self.key, self.value, self.out = (
            Linear(size, size, bias, rng=rng, **settings) for _ in range(4)
        )
        self.dropout = Dropout(dropout, rng=rng)
        self.heads, self.causal = heads, causal

    def forward(self, query, key=None, value=None, mask=None):
        """``mask`` is True where a query may look at a key: (..., queries, keys)."""
        key = query if key is None else key
        value = key if value is None else value
        if self.causal:
            n, m = np.shape(query)[-2], np.shape(key)[-2]
            earlier = np.tri(n, m, dtype=bool)
            mask = earlier if mask is None else mask & earlier
        if np.ndim(mask) > 2:
            mask = np.expand_dims(mask, -3)  # the same for all heads
        q, k, v = map(self._split, (self.query(query), self.key(key), self.value(value)))
        mixed = np.swapaxes(attention(q, k, v, mask, self.dropout), -2, -3)
        return self.out(mixed.reshape(np.shape(query)))

    def _split(self, x):
        """(..., length, size) -> (..., heads, length, size / heads)"""
        *batch, length, size = x.shape
        return np.swapaxes(x.reshape(*batch, length, self.heads, size // self.heads), -2, -3)

    def _describe(self):
        causal = ", causal=True" if self.causal else ""
        return f"{self.query.weight.shape[0]}, {self.heads}{causal}"


class TransformerBlock(Module):
    """Attention, then two affine maps with an activation between, each around a residual.

    With ``norm_first``: x <- x + attention(norm1(x)); x <- x + linear2(activation(linear1(
    norm2(x)))). Without it: x <- norm1(x + attention(x)); x <- norm2(x + linear2(activation(
    linear1(x)))), as in Vaswani et al. 2017.

    Parameters
    ----------
    size, heads, causal
        As of `MultiheadAttention`.
    hidden : int, optional
        The size between the affine maps: 4 * size.
    dropout : float
        The share that training drops: of the weights of attention, of what both parts add, and
        between the affine maps.
    norm_first : bool
    activation : callable
    rng, init, dtype
        As of `Linear`.
    """

    @keywords
    def __init__(
        self,
        size: int,
        heads: int,
        hidden: int | None = None,
        causal: bool = False,
        dropout: float = 0.0,
        norm_first: bool = True,
        activation: Callable = ag.gelu,
        *,
        rng=None,
        dtype=np.float64,
        **settings,
    ):
        rng = generator(rng)
        settings.update(rng=rng, dtype=dtype)
        hidden = 4 * size if hidden is None else hidden
        self.attention = MultiheadAttention(size, heads, True, causal, dropout, **settings)
        self.linear1 = Linear(size, hidden, **settings)
        self.linear2 = Linear(hidden, size, **settings)
        self.norm1, self.norm2 = LayerNorm(size, dtype=dtype), LayerNorm(size, dtype=dtype)
        self.dropout = Dropout(dropout, rng=rng)
        self.activation, self.norm_first = activation, norm_first

    def forward(self, x, mask=None):
        """(..., length, size) -> the same shape."""
        if self.norm_first:
            x = x + self.dropout(self.attention(self.norm1(x), mask=mask))
            return x + self.dropout(self._affine(self.norm2(x)))
        x = self.norm1(x + self.dropout(self.attention(x, mask=mask)))
        return self.norm2(x + self.dropout(self._affine(x)))

    def _affine(self, x):
        return self.linear2(self.dropout(self.activation(self.linear1(x))))
