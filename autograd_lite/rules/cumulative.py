"""Along an axis: running sums, running products, differences of neighbours."""

import numpy as np

from ..engine.dispatch import available
from ..engine.primitives import composed, primitive
from .columns import as_columns, from_columns, products_before, sums_below


def _cumsum_vjp(g, out, x, axis=None, dtype=None):
    """Each element receives the cotangents of the sums from its own on."""
    g = np.flip(np.cumsum(np.flip(g, axis or 0), axis or 0), axis or 0)
    return np.reshape(g, x.shape)


def _cumprod_vjp(g, out, x, axis=None, dtype=None):
    """Without a division: exact at zeros, to any order.

    d out_k / d x_i is the product of what stands before i, times that between i and k.
    """
    factors, g = as_columns(x, axis), as_columns(g, axis)
    contribution = products_before(factors, dtype) * sums_below(g, factors)
    return from_columns(contribution, x.shape, axis)


# fmt: off
primitive(np.cumsum,  _cumsum_vjp)
primitive(np.cumprod, _cumprod_vjp)
# fmt: on


@composed(np.nancumsum)
def _np_nancumsum(a, axis=None, dtype=None, out=None):
    return np.cumsum(np.where(np.isnan(a), 0, a), axis, dtype)


@composed(np.nancumprod)
def _np_nancumprod(a, axis=None, dtype=None, out=None):
    return np.cumprod(np.where(np.isnan(a), 1, a), axis, dtype)


@composed(*available("cumulative_sum"))
def _np_cumulative_sum(x, /, *, axis=None, dtype=None, include_initial=False):
    return _cumulative(np.cumsum, np.zeros, x, axis, dtype, include_initial)


@composed(*available("cumulative_prod"))
def _np_cumulative_prod(x, /, *, axis=None, dtype=None, include_initial=False):
    return _cumulative(np.cumprod, np.ones, x, axis, dtype, include_initial)


def _cumulative(f, initial, x, axis, dtype, include_initial):
    x = np.atleast_1d(x)
    if axis is None and x.ndim > 1:
        raise ValueError(f"an axis is needed for the {f.__name__} of an array of {x.ndim} axes")
    [axis] = axis if isinstance(axis, tuple) else [axis or 0]
    result = f(x, axis, dtype)
    if not include_initial:
        return result
    shape = [1 if i == axis % x.ndim else n for i, n in enumerate(x.shape)]
    return np.concatenate([initial(shape, result.dtype), result], axis)


@composed(np.ediff1d)
def _np_ediff1d(ary, to_end=None, to_begin=None):
    x = np.ravel(ary)
    parts = [to_begin, x[1:] - x[:-1], to_end]
    parts = [np.ravel(part).astype(x.dtype) for part in parts if part is not None]
    return np.concatenate(parts) if len(parts) > 1 else parts[0]
