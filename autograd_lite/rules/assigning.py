"""NumPy's functions that store into their first argument: a Tensor is bound to the result.

The one idea: let NumPy store the numbers of the new elements among the numbers of the old ones.
"""

import numpy as np

from ..engine import errors
from ..engine.calls import as_array
from ..engine.primitives import composed
from ..engine.tensor import Tensor, plain
from .moving import moved


def _stored(f, x, values, store):
    """Bind x to what ``store(x, values)`` makes of it: f of it, with the other arguments."""
    if not isinstance(x, Tensor):
        x_of = f"np.{f.__name__} into {errors.describe(x)}: "
        raise TypeError(f"{errors.STORED}{x_of}store into a tensor, x = ag.array(...), instead.")

    values = as_array(values)
    is_rounded = x.dtype.kind in "biu" and getattr(values, "requires_grad", False)

    def stored(numbers, news):
        store(numbers, news)
        return numbers

    dtype = None if is_rounded else x.dtype  # the Tensor refuses what would be rounded
    x._rebind(moved(stored, x, values, dtype=dtype), f"np.{f.__name__}")


@composed(np.put)
def _np_put(a, ind, v, mode="raise"):
    _stored(np.put, a, v, lambda x, new: np.put(x, plain(ind), new, mode))


@composed(np.putmask)
def _np_putmask(a, mask, values):
    _stored(np.putmask, a, values, lambda x, new: np.putmask(x, plain(mask), new))


@composed(np.place)
def _np_place(arr, mask, vals):
    _stored(np.place, arr, vals, lambda x, new: np.place(x, plain(mask), new))


@composed(np.put_along_axis)
def _np_put_along_axis(arr, indices, values, axis):
    _stored(
        np.put_along_axis,
        arr,
        values,
        lambda x, new: np.put_along_axis(x, plain(indices), new, axis),
    )


@composed(np.fill_diagonal)
def _np_fill_diagonal(a, val, wrap=False):
    _stored(np.fill_diagonal, a, val, lambda x, new: np.fill_diagonal(x, new, wrap))


@composed(np.copyto)
def _np_copyto(dst, src, casting="same_kind", where=True):
    src = as_array(src)
    if not np.can_cast(getattr(src, "dtype", type(src)), dst.dtype, casting):
        raise TypeError(f"np.copyto of {errors.describe(src)} with casting={casting!r}")
    _stored(np.copyto, dst, src, lambda x, new: np.copyto(x, new, where=plain(where)))
