"""Arrays of any library: what is none becomes NumPy's, what is one stays what it is."""

import operator

import numpy as np

from ..messages import errors


def asarray(value):
    """A number or a list as a NumPy array; an array that speaks NumPy's protocols as it is."""
    if type(value) is np.ndarray:
        return value
    errors.refuse_foreign("a function of arrays", value)
    if hasattr(value, "__array_function__") and not isinstance(value, np.ndarray):
        return value
    if type(value) in (list, tuple) and foreign(value) is not None:
        return np.stack(list(map(asarray, value)))
    return np.asarray(value)


def is_scalar(value):
    """Whether a value is a number of NumPy's, which nobody writes into: ``x += 1`` replaces it."""
    return isinstance(value, np.generic) or getattr(value, "is_scalar", False) is True


def foreign(*values):
    """The first array of another library among values, tuples, lists and slices; or None."""
    for value in values:
        kind = type(value)
        if kind is tuple or kind is list:
            found = foreign(*value)
        elif kind is slice:
            found = foreign(value.start, value.stop, value.step)
        else:
            speaks = hasattr(value, "__array_function__") and not isinstance(value, np.ndarray)
            found = value if speaks else None
        if found is not None:
            return found
    return None


def called(f, *args, **kwargs):
    """Call a function by NumPy's protocol, also where NumPy itself would not ask.

    ``f`` would make plain arrays of its arguments: an array of another library is asked first
    whether it has an answer.
    """
    array = foreign(*args, *kwargs.values())
    if array is not None:
        result = array.__array_function__(f, (type(array),), args, kwargs)
        if result is not NotImplemented:
            return result
    return f(*args, **kwargs)


def read(x, index):
    """x[index]; of a plain array at an index of another library, in that library."""
    try:
        return x[index]
    except TypeError:
        if type(x) is np.ndarray and foreign(index) is not None:
            return called(operator.getitem, x, index)
        raise


def unbroadcast(g, shape):
    """Sum over the axes along which an array of this shape was broadcast to g's."""
    if g.shape[1:] == shape:
        return np.add.reduce(g, axis=0)
    return np.add.reduce(g, axis=broadcast_axes(shape, g.shape)).reshape(shape)


def broadcast_axes(shape, larger):
    """The axes of a larger shape along which an array of this shape is repeated."""
    new = len(larger) - len(shape)
    stretched = (new + i for i, n in enumerate(shape) if n == 1 != larger[new + i])
    return (*range(new), *stretched)


def differentiable(array):
    """Integers have no derivative: they become float64."""
    return array if array.dtype.kind in "fc" else array.astype(np.float64)
