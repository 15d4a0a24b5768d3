"""Reading by index and its transpose, adding up by index; and storing by index."""

import numbers

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..arrays import asarray, foreign, read, to_fill
from ..dispatch import registry
from ..primitives import composed, primitive, unbroadcast
from ..tensor import plain


def getitem(x, index):
    return read(x, index)


def scatter(g, index, shape):
    """Zeros of a shape with g added at index; an element that is indexed twice is added twice."""
    plain_array = type(g) is np.ndarray
    result = np.zeros(shape, g.dtype) if plain_array else np.zeros_like(g, shape=shape)
    try:
        return _laid(result, g, index)
    except TypeError:
        like = foreign(index)  # of another library than g
        if not plain_array or like is None:
            raise
        return _laid(np.zeros_like(like, g.dtype, shape=shape), g, index)


def _laid(result, g, index):
    if _has_repeats(index):
        np.add.at(result, index, g)
    else:
        result[index] = g
    return result


def _added(total, g, x, index):
    """Of n rows read one by one each share is an array of them all, and so is each sum of two."""
    if not (type(total) is np.ndarray and isinstance(g, (np.ndarray, np.generic))):
        return total + scatter(g, index, x.shape)
    if _has_repeats(index):
        np.add.at(total, index, g)
    else:
        total[index] += g
    return total


def _has_repeats(index):
    """Whether an element may be named twice: by arrays of integers, not by slices and masks."""
    parts = index if isinstance(index, tuple) else (index,)
    return not all(map(_names_once, parts))


def _names_once(part):
    if type(part) is slice or part is None or part is Ellipsis:
        return True
    if isinstance(part, (numbers.Integral, np.bool)):
        return True
    return asarray(part).dtype == bool


def _getitem_vjp(g, out, x, index):
    """The transpose of reading by index; of an array without the way through the engine."""
    return (scatter if type(g) is np.ndarray else add_at)(g, index=index, shape=x.shape)


# fmt: off
registry["getitem"] = primitive(getitem, _getitem_vjp, adding=_added,
    way_out="An index is an int, a slice, None, ..., or an array of integers or booleans.")
add_at = primitive(scatter,
    lambda g, out, x, index, shape: g[index])
# fmt: on


def setitem(x, value, index):
    """A copy of x with value stored at index; of what is stored twice, the last stays."""
    result = to_fill(x, index, value)
    result[index] = value
    return result


def _setitem_value_vjp(g, out, x, value, index):
    """What was stored receives the cotangent of where it stands, unless it was overwritten."""
    g = g[index]
    if _has_repeats(index):
        order = np.arange(g.size).reshape(g.shape)
        last = np.empty(out.shape, int)
        last[index] = order
        g = np.where(last[index] == order, g, 0)
    surplus = max(np.ndim(value) - g.ndim, 0)  # NumPy drops leading axes of size 1
    return np.reshape(unbroadcast(g, np.shape(value)[surplus:]), np.shape(value))


# fmt: off
store = registry["setitem"] = primitive(setitem,
    lambda g, out, x, value, index: store(g, 0, index=index),
    _setitem_value_vjp,
    way_out="The value must broadcast to what x[index] is.")
# fmt: on


@composed(np.take)
def _np_take(a, indices, axis=None, mode="raise"):
    indices = asarray(plain(indices)).astype(np.intp, casting="safe")
    if axis is None or (np.ndim(a) == 0 and axis in (0, -1)):
        a, axis = np.ravel(a), 0
    axis = normalize_axis_index(axis, np.ndim(a))
    n = np.shape(a)[axis]
    if mode != "raise":
        indices = {"wrap": np.mod(indices, n), "clip": np.clip(indices, 0, n - 1)}[mode]
    return read(a, (*(slice(None),) * axis, indices))


@composed(np.compress)
def _np_compress(condition, a, axis=None):
    return np.take(a, np.flatnonzero(plain(condition)), axis)


@composed(np.extract)
def _np_extract(condition, arr):
    return np.take(arr, np.flatnonzero(plain(condition)))
