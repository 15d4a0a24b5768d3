"""NumPy's functions that store into their first argument: it is bound to the result.

The one idea: let NumPy store the numbers of the new elements among the numbers of the old ones.
Whatever has a ``_rebind`` can be stored into: a Tensor, and an array that is being traced.
"""

import numpy as np

from ..engine.arrays import foreign
from ..engine.calls import as_array
from ..engine.dispatch import registry
from ..engine.primitives import composed
from ..engine.tensor import plain
from ..messages import errors
from .moving import moved


def _stored(f, x, values, places, store):
    """Bind x to what ``store(x, values, places)`` makes of it: f of it."""
    _check_target(f, x)
    places = plain(places)
    if foreign(places) is not None:
        raise TypeError(
            f"np.{f.__name__} at places that a traced value says is not traced: write x[i] = v, "
            "or np.where(mask, v, x)"
        )
    values = as_array(values)
    is_rounded = x.dtype.kind in "biu" and getattr(values, "requires_grad", False)

    def stored(numbers, news):
        store(numbers, news, places)
        return numbers

    dtype = None if is_rounded else x.dtype  # the Tensor refuses what would be rounded
    x._rebind(moved(stored, x, values, dtype=dtype), f"np.{f.__name__}")


def _check_target(f, x):
    if not hasattr(x, "_rebind"):
        x_of = f"np.{f.__name__} into {errors.describe(x)}: "
        raise TypeError(f"{errors.STORED}{x_of}store into a tensor, x = ag.array(...), instead.")


@composed(np.put)
def _np_put(a, ind, v, mode="raise"):
    _stored(np.put, a, v, ind, lambda x, new, places: np.put(x, places, new, mode))


@composed(np.putmask)
def _np_putmask(a, mask, values):
    _stored(np.putmask, a, values, mask, lambda x, new, places: np.putmask(x, places, new))


@composed(np.place)
def _np_place(arr, mask, vals):
    _stored(np.place, arr, vals, mask, lambda x, new, places: np.place(x, places, new))


@composed(np.put_along_axis)
def _np_put_along_axis(arr, indices, values, axis):
    def store(x, new, places):
        np.put_along_axis(x, places, new, axis)

    _stored(np.put_along_axis, arr, values, indices, store)


@composed(np.fill_diagonal)
def _np_fill_diagonal(a, val, wrap=False):
    _stored(np.fill_diagonal, a, val, (), lambda x, new, _: np.fill_diagonal(x, new, wrap))


@composed(np.copyto)
def _np_copyto(dst, src, casting="same_kind", where=True):
    _check_target(np.copyto, dst)
    src = as_array(src)
    if not np.can_cast(getattr(src, "dtype", type(src)), dst.dtype, casting):
        raise TypeError(f"np.copyto of {errors.describe(src)} with casting={casting!r}")
    new = registry["setitem"](dst, src, index=...)
    dst._rebind(new if where is True else np.where(plain(where), new, dst), "np.copyto")
