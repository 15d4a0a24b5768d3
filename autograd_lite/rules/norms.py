"""Norms of vectors and matrices. The gradient of a norm that is 0 is 0."""

import math

import numpy as np

from ..engine.primitives import composed, primitive
from ..engine.tensor import plain
from .elementwise import along, by_convention
from .matrices import as_array, conj


def setting(value):
    """A number that says how to compute as one of Python's, which a traced one is held to."""
    return float(value) if hasattr(value, "__array_function__") else value


def norm(x, ord=None, axis=None, keepdims=False):
    return np.linalg.norm(x, ord=ord, axis=axis, keepdims=keepdims)


def _not_zero(x):
    return np.where(x == 0, 1, x)


def _norm_vjp(g, out, x, ord=None, axis=None, keepdims=False):
    """conj(x) / out for the 2-norm; else the direction of each element, weighted."""
    if axis is not None and not keepdims:
        g, out = np.expand_dims(g, axis), np.expand_dims(out, axis)
    if ord in (None, 2, "fro", "f"):
        return along(g, conj(x), out)
    if ord > 2 and not math.isinf(ord):
        return along(g, conj(x), out) * along(1, np.abs(x), out) ** (ord - 2)
    weighted = g * _weight(np.abs(x), out, ord, axis)
    return by_convention(weighted, conj(np.sign(x)), plain(x) * (plain(out) != 0))


def _weight(size, out, ord, axis):
    """d out / d size: of the largest or smallest, ties share; of sums of powers, by their terms."""
    if ord == 0:
        return 0
    if ord == 1:
        return 1
    if math.isinf(ord):
        hit = plain(size) == plain(out)
        return hit / np.sum(hit, axis=axis, keepdims=True)
    if ord < 1:
        return (out / _not_zero(size)) ** (1 - ord)
    return along(1, _not_zero(size), out) ** (ord - 1)


# fmt: off
norm = primitive(norm, _norm_vjp)
MATRIX_NORMS = {
    # ord      of the sums of magnitudes along this axis, or of the singular values
    1:         (np.max, -2),   -1:         (np.min, -2),
    math.inf:  (np.max, -1),   -math.inf:  (np.min, -1),
    2:         (np.max, None), -2:         (np.min, None),  "nuc": (np.sum, None),
}
# fmt: on


@composed(np.linalg.norm)
def _np_norm(x, ord=None, axis=None, keepdims=False):
    x, ord = as_array(x), setting(ord)
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if len(axes) != 2 or ord not in MATRIX_NORMS:
        return norm(x, ord=ord, axis=axis, keepdims=keepdims)
    reduce, along = MATRIX_NORMS[ord]
    x = np.moveaxis(x, axes, (-2, -1))
    parts = np.linalg.svdvals(x) if along is None else np.sum(np.abs(x), axis=along)
    initial = {} if reduce is np.min else {"initial": 0}
    out = reduce(parts, axis=-1, **initial)
    return np.expand_dims(out, axes) if keepdims else out


@composed(np.linalg.matrix_norm)
def _np_matrix_norm(x, *, keepdims=False, ord="fro"):
    return np.linalg.norm(x, ord, axis=(-2, -1), keepdims=keepdims)


@composed(np.linalg.cond)
def _np_cond(x, p=None):
    """Infinite where a matrix is singular; its gradient is 0 there."""
    x, p = as_array(x), setting(p)
    finite = np.isfinite(np.linalg.cond(plain(x), p))
    x = np.where(finite[..., None, None], x, np.eye(*x.shape[-2:], dtype=x.dtype))
    if p in (None, 2, -2):
        s = np.linalg.svdvals(x)
        largest, smallest = s[..., 0], s[..., -1]
        out = smallest / largest if p == -2 else largest / smallest
    else:
        out = np.linalg.matrix_norm(x, ord=p) * np.linalg.matrix_norm(np.linalg.inv(x), ord=p)
    return out if finite.all() else np.where(finite, out, np.inf)
