"""Indexing: reading, its transpose, which adds up, storing."""

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..engine.arrays import asarray, foreign, read, unbroadcast
from ..engine.contributions import Scattered, add_into, has_repeats
from ..engine.dispatch import registry
from ..engine.primitives import Primitive, as_dtype, composed, declare, primitive
from ..engine.tensor import is_plain, plain


def getitem(x, index):
    return read(x, index)


def _is_array(value):
    return type(value) is np.ndarray or isinstance(value, np.generic)


def to_fill(x, *values):
    """A copy of x into which the values can be stored, in their library if x is plain."""
    like = foreign(*values) if isinstance(x, (np.ndarray, np.generic)) else None
    if like is not None:
        return np.array(x, like=like)
    return np.copy(x)  # of a NumPy scalar too


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
    if has_repeats(index):
        np.add.at(result, index, g)
    else:
        result[index] = g
    return result


def scatter_all(gs, indices, shape):
    """Zeros of a shape with each g added at its index: the sum of a `scatter` for each."""
    like = next((g for g in gs if not _is_array(g)), gs[0])  # a traced one, where one is
    dtype = np.result_type(*(getattr(g, "dtype", g) for g in gs))
    result = np.zeros_like(like, shape=shape, dtype=dtype)
    for g, index in zip(gs, indices, strict=True):
        add_into(result, g, index)
    return result


def _getitem_vjp(g, out, x, index):
    """The transpose of reading by index; of an array without the way through the engine."""
    return (scatter if type(g) is np.ndarray else add_at)(g, index=index, shape=x.shape)


def _is_known(index):
    """Whether no array of another library is in an index."""
    return is_plain(index) or foreign(index) is None


class _Reading(Primitive):
    """Reading by index: contributions are added to those of other reads, so a loop stays linear."""

    by_rules = False

    def knows(self, kwargs):
        return is_plain(kwargs["index"])

    def bind(self, args, kwargs):
        return args, {"index": plain(kwargs["index"])}

    def cotangents(self, g, out, args, kwargs, parents, careful=False):
        [x], index = args, kwargs["index"]
        are_arrays = type(g) is type(x) is np.ndarray or (
            _is_array(plain(g)) and _is_array(plain(x))
        )
        is_known = type(out) is np.ndarray or _is_known(index)  # else out is of its library
        if not (are_arrays and is_known and parents[0].requires_grad):
            return super().cotangents(g, out, args, kwargs, parents, careful)
        g = g if g.dtype == x.dtype else as_dtype(g, x.dtype)
        return [(parents[0], Scattered(g, index, x, _added))]


# fmt: off
reading = _Reading(getitem, (_getitem_vjp,),
    "An index is an int, a slice, None, ..., or an array of integers or booleans.")
registry["getitem"] = declare(reading)
add_at = primitive(scatter,
    lambda g, out, x, index, shape: g[index])
add_all_at = primitive(scatter_all,
    lambda g, out, gs, indices, shape: [g[index] for index in indices],
    sequence=True)
# fmt: on


def _added(parts, x):
    if len(parts) == 1:
        [(g, index)] = parts
        return reading.rules[0](g, None, x, index)
    gs, indices = zip(*parts, strict=True)
    return add_all_at(list(gs), indices=indices, shape=x.shape)


def setitem(x, value, index):
    """A copy of x with value stored at index; of what is stored twice, the last stays."""
    result = to_fill(x, index, value)
    result[index] = value
    return result


def _setitem_value_vjp(g, out, x, value, index):
    """What was stored receives the cotangent of where it stands, unless it was overwritten."""
    g = g[index]
    if has_repeats(index):
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


composed(np.extract)(lambda condition, arr: np.take(arr, np.flatnonzero(plain(condition))))
