"""What is read from sorted values: sort, unique, median, quantile, percentile.

Two ideas. A function that only permutes puts the element of each rank where an element of that
rank stands in its result. And a quantile lies between two neighbours in sorted order: NumPy's
own function, given the ranks in place of the elements, says between which two and where.
"""

from typing import NamedTuple

import numpy as np

from ..engine.primitives import composed, primitive
from ..engine.tensor import plain
from .columns import as_columns, from_columns
from .indexing import add_at


def _ranks(x, axis):
    """The position of each element in sorted order."""
    return np.argsort(np.argsort(x, axis=axis), axis=axis)


def _permuted_vjp(g, out, x, axis=-1):
    """The element of a rank receives the cotangent of where that rank is in the result."""
    if axis is None:
        return np.reshape(_permuted_vjp(g, out, np.ravel(x)), x.shape)
    by_rank = np.take_along_axis(g, np.argsort(out, axis=axis), axis)
    return np.take_along_axis(by_rank, _ranks(x, axis), axis)


# fmt: off
primitive(np.sort,
    lambda g, out, x, axis=-1, kind=None, stable=None: _permuted_vjp(g, out, x, axis))
primitive(np.partition,
    lambda g, out, x, kth, axis=-1: _permuted_vjp(g, out, x, axis))
primitive(np.sort_complex,
    lambda g, out, x: _permuted_vjp(g, out, x))
# fmt: on


@composed(np.unique)
def _np_unique(
    ar,
    return_index=False,
    return_inverse=False,
    return_counts=False,
    axis=None,
    *,
    equal_nan=True,
    sorted=True,
):
    """Of equal elements the first one counts."""
    order = {} if sorted else {"sorted": False}
    wanted = (return_index, return_inverse, return_counts)
    found = np.unique(plain(ar), *wanted, axis, equal_nan=equal_nan, **order)
    index = np.unique(plain(ar), True, axis=axis, equal_nan=equal_nan)[1]
    if not any(wanted):
        return _taken(ar, index, axis, found)
    return (_taken(ar, index, axis, found[0]), *found[1:])


def _taken(x, index, axis, values):
    """The elements at an index, which names them in sorted order, in the order of the values."""
    if axis is None:
        return np.ravel(x)[index[_ranks(values, 0)]]
    return np.take(x, index, axis)


# --- quantiles ------------------------------------------------------------------------------------

# The methods that interpolate, and how many more steps than elements they divide [0, 1] into.
_STEPS = {
    "linear": -1,
    "interpolated_inverted_cdf": 0,
    "hazen": 0,
    "weibull": 1,
    "median_unbiased": 1 / 3,
    "normal_unbiased": 1 / 4,
}


_IGNORE_NAN = (np.nanquantile, np.nanpercentile)
_MIXED_UP = (
    "np.{} of several axes, for a q of several axes, returns the quantiles in a wrong order: "
    "give it np.ravel(q)"
)


class _Place(NamedTuple):
    """Where quantiles lie in the columns of x: at the fraction t between two elements."""

    low: tuple
    high: tuple
    t: np.ndarray
    slope: np.ndarray


def _place(f, x, q, axis, method, weights):
    """A row a quantile, a column a column of x. t is a line in q: right to any order."""
    if np.ndim(q) > 1 and np.size(axis) > 1 and f in _IGNORE_NAN:
        raise ValueError(_MIXED_UP.format(f.__name__))
    columns = as_columns(plain(x), axis)
    missing = np.isnan(columns)
    n = len(columns) - np.sum(missing, axis=0)
    exact = x.dtype if len(columns) * np.finfo(x.dtype).eps < 1 else np.float64
    ranks = np.where(missing & (n > 0), np.nan, _ranks(columns, 0).astype(exact))
    more = {} if weights is None else {"weights": weights}
    rank = f(from_columns(ranks, x.shape, axis), plain(q), axis, method=method, **more)
    rank = np.reshape(rank, (np.size(q), columns.shape[1]))

    below = np.clip(np.floor(np.nan_to_num(rank)), 0, np.maximum(n - 2, 0)).astype(int)
    above = np.minimum(below + 1, np.maximum(n - 1, 0))
    inside = (method == "linear") | ((rank > 0) & (rank < n - 1))
    slope = inside * (n + _STEPS[method]) if method in _STEPS else np.zeros(rank.shape)
    if f in (np.percentile, np.nanpercentile):
        slope = slope / 100
    t = rank - below + slope * np.reshape(q - plain(q), (-1, 1))
    order, column = np.argsort(columns, axis=0), np.arange(columns.shape[1])
    return _Place((order[below, column], column), (order[above, column], column), t, slope)


def _quantile_vjp(f, g, x, q, axis, method="linear", weights=None):
    """The two neighbours share the cotangent, the nearer one receives more."""
    if not x.size:
        return np.zeros_like(x)
    at = _place(f, x, q, axis, method, weights)
    shape = as_columns(plain(x), axis).shape
    g = np.reshape(g, at.t.shape)
    contribution = add_at(g * (1 - at.t), index=at.low, shape=shape)
    contribution = from_columns(
        contribution + add_at(g * at.t, index=at.high, shape=shape), x.shape, axis
    )
    return np.where(np.isnan(x), 0, contribution) if f in _IGNORE_NAN else contribution


def _q_vjp(f, g, x, q, axis, method, weights):
    """The slope between the two neighbours; at a kink, the one above."""
    if not x.size:
        return np.zeros_like(q)
    at = _place(f, x, q, axis, method, weights)
    x = as_columns(x, axis)
    g = np.reshape(g, at.t.shape)
    return np.reshape(np.sum(g * at.slope * (x[at.high] - x[at.low]), axis=1), q.shape)


def _quantiles(f):
    """Declare one of NumPy's functions of a quantile q."""

    def x_vjp(g, out, x, q, axis=None, method="linear", keepdims=False, weights=None):
        return _quantile_vjp(f, g, x, q, axis, method, weights)

    def q_vjp(g, out, x, q, axis=None, method="linear", keepdims=False, weights=None):
        return _q_vjp(f, g, x, q, axis, method, weights)

    primitive(f, x_vjp, q_vjp)


for _f in (np.quantile, np.percentile, np.nanquantile, np.nanpercentile):
    _quantiles(_f)

# fmt: off
primitive(np.median,
    lambda g, out, x, axis=None, keepdims=False: _quantile_vjp(np.quantile, g, x, 0.5, axis))
primitive(np.nanmedian,
    lambda g, out, x, axis=None, keepdims=False: _quantile_vjp(np.nanquantile, g, x, 0.5, axis))
# fmt: on
