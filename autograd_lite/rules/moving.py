"""Functions that only move, repeat or drop elements.

The one idea: let NumPy move the elements' numbers 1, 2, 3 ..., and it says where each element
went. A 0 stands where the function put a zero of its own.
"""

import numpy as np

from ..engine.arrays import called
from ..engine.calls import as_array
from ..engine.primitives import composed, primitive
from ..engine.tensor import plain
from ..messages import errors
from ..transforms.trees import flatten
from .indexing import add_at


def moves(f):
    """Declare a function whose results are elements of its first argument, or zeros."""

    def vjp(g, out, x, **keywords):
        """Every element receives the cotangents of its copies."""
        numbers = np.arange(1, x.size + 1).reshape(x.shape)
        numbers = np.ravel(called(f, numbers, **keywords))
        sums = add_at(np.ravel(g), index=numbers, shape=(x.size + 1,))
        return np.reshape(sums[1:], x.shape)

    return primitive(f, vjp)


def sliding_window_view(x, window_shape, axis=None, writeable=False):
    return np.lib.stride_tricks.sliding_window_view(x, window_shape, axis, writeable=writeable)


# fmt: off
for _f in (
    np.delete, np.diag, np.diagflat, np.diagonal, np.repeat, np.resize, np.tile,
):
    moves(_f)
windows = moves(sliding_window_view)
# fmt: on


@composed(np.lib.stride_tricks.sliding_window_view)
def _np_sliding_window_view(x, window_shape, axis=None, *, subok=False, writeable=False):
    return windows(x, window_shape=window_shape, axis=axis, writeable=writeable)


def moved(f, *arrays, dtype=None):
    """What f makes of several arrays, where it only moves their elements into one."""
    arrays = list(map(as_array, arrays))
    refuse_to_round(arrays, dtype)
    numbers, first = [], 0
    for x in arrays:
        numbers.append(np.arange(first, first + np.size(x)).reshape(np.shape(x)))
        first += np.size(x)
    elements = [np.ravel(x) for x in arrays]
    return np.concatenate(elements, dtype=dtype, casting="unsafe")[f(*numbers)]


def refuse_to_round(arrays, dtype):
    """Refuse tensors that require gradients where the result's dtype is one of integers."""
    for x in arrays if dtype is not None and dtype.kind in "biu" else ():
        if getattr(x, "requires_grad", False):
            raise TypeError(
                f"{errors.describe(x)} requires a gradient and would be rounded among elements of "
                f"{dtype}: make the array one of floats, x.astype(float)"
            )


@composed(np.block)
def _np_block(arrays):
    leaves, build = flatten(arrays)
    return moved(lambda *numbers: np.block(build(numbers)), *leaves)


@composed(np.choose)
def _np_choose(a, choices, mode="raise"):
    dtype = np.result_type(*choices)
    return moved(lambda *numbers: np.choose(plain(a), numbers, mode=mode), *choices, dtype=dtype)


@composed(np.insert)
def _np_insert(arr, obj, values, axis=None):
    arr = as_array(arr)
    return moved(lambda x, new: np.insert(x, plain(obj), new, axis), arr, values, dtype=arr.dtype)
