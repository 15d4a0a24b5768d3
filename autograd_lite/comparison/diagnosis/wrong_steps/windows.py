"""Wrong backward passes of convolution and pooling: loops over windows."""

from __future__ import annotations

import numpy as np

from ....engine.primitives import registered
from ....rules.convolution import conv
from ....rules.pooling import average_pool, max_pool

MANY = 100  # windows of which each is taken back alone
_POOLS = {registered(f).f for f in (max_pool, average_pool)}
_CONV = getattr(conv, "__wrapped__", None) or registered(conv).f


def wrong_windows(edge):
    """Four-tuples (key, words, rule of an edge, rank)."""
    if edge.op.f not in _POOLS and edge.op.f is not _CONV:
        return
    positions = edge.g.shape[2:]
    if edge.position == 0 and np.prod(positions) <= MANY:
        words = (
            "where windows of {h} overlap {x} gets the gradient of the last one: = in place of +="
        )
        yield "overwritten", words, _assigned, 1
    for kept, which in ((_first, "the first window"), (_first_of_each, "the first window of each")):
        words = f"only {which} of {{h}} passes a gradient on: the loop over the windows ends early"
        yield "one sample", words, lambda e, kept=kept: _true(e, kept(e.g)), 1
    stride = edge.kwargs.get("stride", 1)
    if isinstance(stride, int) and stride > 1:
        words = "the gradient of {h} is read at the corner of a window in {x}, not at its position"
        yield "other operand", words, lambda e: _true(e, _at_corners(e.g, stride)), 1
        words = (
            f"the stride is left out: the windows of {{h}} are {stride} apart, and are taken at 1"
        )
        yield "other operand", words, _without_stride, 1
    padding = edge.kwargs.get("padding", 0)
    if edge.position == 0 and isinstance(padding, int) and padding:
        words = "the padding is not cut off at the start of {x}\nthe first rows and columns of the "
        words += "padded gradient are kept, and the last left out"
        yield "other operand", words, lambda e: _cut_at_end(e, padding), 1


def _true(e, g, *args, **settings):
    """The true rule of another cotangent, with other settings."""
    args = (*args, *e.args[len(args) :])
    kwargs = {**e.kwargs, **settings}
    return e.op.rules[e.position](g, e.op.f(*args, **kwargs), *args, **kwargs)


def _assigned(e):
    contribution = np.zeros_like(e.args[0])
    for at in np.ndindex(e.g.shape[2:]):
        g = np.zeros_like(e.g)
        g[(..., *at)] = e.g[(..., *at)]
        one = _true(e, g)
        contribution = np.where(one != 0, one, contribution)
    return contribution


def _first(g):
    kept = np.zeros_like(g)
    kept.flat[0] = g.flat[0]
    return kept


def _first_of_each(g):
    at = (..., *(0,) * (g.ndim - 2))
    kept = np.zeros_like(g)
    kept[at] = g[at]
    return kept


def _at_corners(g, stride):
    axes = (np.arange(n) * stride % n for n in g.shape[2:])
    return g[(slice(None), slice(None), *np.ix_(*axes))]


def _without_stride(e):
    out = e.op.f(*e.args, **{**e.kwargs, "stride": 1})
    g = np.zeros_like(out, dtype=e.g.dtype)
    g[tuple(slice(n) for n in e.g.shape)] = e.g
    return _true(e, g, stride=1)


def _cut_at_end(e, padding):
    x = e.args[0]
    wide = np.pad(x, [(0, 0), (0, 0), *[(padding, padding)] * (x.ndim - 2)])
    return _true(e, e.g, wide, padding=0)[tuple(slice(n) for n in x.shape)]
