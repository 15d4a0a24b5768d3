"""NumPy's functions that write into an argument: the array becomes what they make of it."""

import numpy as np

from . import calls
from .memory import Stored, stored_among


def into(out, result, casting="same_kind", stretches=False):
    """A result stored where ``out=`` says.

    ``stretches`` says whether it may be broadcast to the shape of out, as ufuncs do.
    """
    targets = out if isinstance(out, tuple) else (out,)
    results = result if isinstance(result, tuple) else (result,)
    stored = tuple(
        one if target is None else _stored(target, one, casting, stretches)
        for target, one in zip(targets, results, strict=True)
    )
    return stored if isinstance(result, tuple) else stored[0]


def _stored(target, one, casting, stretches):
    _check_traced(target)
    target.check_writable()
    if not np.can_cast(one.dtype, target.dtype, casting):
        raise TypeError(
            f"a result of {one.dtype} cannot be stored into {target!r} with casting={casting!r}"
        )
    if not stretches and (one.shape, one.dtype) != (target.shape, target.dtype):
        raise TypeError(
            f"out= is {target!r}, and the result is of shape {one.shape}, {one.dtype}: in a "
            "compiled function they must be alike, as NumPy may compute in the dtype of out="
        )
    target.write(_fitted(one, target))
    return target


def _fitted(one, target):
    """A value in the shape and dtype of what it is stored into."""
    one = one if one.dtype == target.dtype else one.astype(target.dtype)
    return one if one.shape == target.shape else np.broadcast_to(one, target.shape)


def _check_traced(target):
    if not isinstance(target, Stored):
        raise TypeError(
            "a compiled function stored a traced value into a plain array: make the array with a "
            "function of traced values, such as np.zeros_like(x), or x.copy()"
        )


def masked(trace, ufunc, inputs, where, out, kwargs):
    """A ufunc of the elements where a condition holds; elsewhere what stands in out."""
    if ufunc.nout > 1 or kwargs:
        raise TypeError(f"np.{ufunc.__name__} with where= is traced without other keywords only")
    if out is None:
        raise TypeError(
            f"a compiled function called np.{ufunc.__name__} with where= and without out=, which "
            "leaves elements undefined: give it out= too, such as np.zeros_like(x)"
        )
    (target,) = out
    _check_traced(target)
    target.check_writable()
    target.write(trace.traced(calls.Masked(ufunc), (*inputs, where, target), {}))
    return target


def at(ufunc, x, index, *values):
    """ufunc.at, which counts an index as often as it is there."""
    if ufunc not in (np.add, np.subtract):
        raise TypeError(f"np.{ufunc.__name__}.at is not traced: write it with other operations")
    _check_traced(x)
    x.check_writable()
    (value,) = values if ufunc is np.add else map(np.negative, values)
    x.write(x.graph.traced(calls.add_at, (x, index, value), {}))


def _copyto(dst, src, casting="same_kind", where=True):
    _check_traced(dst)
    dst.check_writable()
    if not np.can_cast(getattr(src, "dtype", type(src)), dst.dtype, casting):
        raise TypeError(f"np.copyto of {src!r} into {dst!r} with casting={casting!r}")
    new = dst.graph.traced(calls.setitem, (dst, ..., src), {})
    dst.write(new if where is True else np.where(where, new, dst))


def _nan_to_num(x, copy=True, **kwargs):
    if not copy:
        _check_traced(x)
    result = x.graph.traced(np.nan_to_num, (x,), kwargs)
    return result if copy else into(x, result)


# --- functions that move elements: elements' numbers say which go where ---------------------------


def _moved(f, x, values, places, move):
    """Bind x to its elements, and those of values, as ``move(numbers, new)`` moves numbers."""
    _check_traced(x)
    x.check_writable()
    if stored_among([places], {}):
        raise TypeError(
            f"np.{f.__name__} at places that a traced value says is not traced: write x[i] = v, "
            "or np.where(mask, v, x)"
        )
    numbers = np.arange(x.size).reshape(x.shape)
    move(numbers, x.size + np.arange(np.size(values)).reshape(np.shape(values)))
    values = x.graph.traced(np.ravel, (values,), {}).astype(x.dtype)
    x.write(np.take(np.concatenate([np.ravel(x), values]), numbers))


def _put(a, ind, v, mode="raise"):
    _moved(np.put, a, v, ind, lambda x, new: np.put(x, ind, new, mode))


def _putmask(a, mask, values):
    _moved(np.putmask, a, values, mask, lambda x, new: np.putmask(x, mask, new))


def _place(arr, mask, vals):
    _moved(np.place, arr, vals, mask, lambda x, new: np.place(x, mask, new))


def _put_along_axis(arr, indices, values, axis):
    move = lambda x, new: np.put_along_axis(x, indices, new, axis)  # noqa: E731
    _moved(np.put_along_axis, arr, values, indices, move)


def _fill_diagonal(a, val, wrap=False):
    _moved(np.fill_diagonal, a, val, None, lambda x, new: np.fill_diagonal(x, new, wrap))


WRITERS = {
    np.copyto: _copyto,
    np.nan_to_num: _nan_to_num,
    np.put: _put,
    np.putmask: _putmask,
    np.place: _place,
    np.put_along_axis: _put_along_axis,
    np.fill_diagonal: _fill_diagonal,
}
