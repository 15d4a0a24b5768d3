"""Where the elements of a view lie in the array that it is a view of, as NumPy says itself."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.lib import stride_tricks

from ..symbolic import calls
from ..symbolic.expressions import Expression, operands_of

_VIEWS = {
    np.reshape, np.ravel, np.transpose, np.matrix_transpose, np.swapaxes, np.moveaxis,
    np.rollaxis, np.expand_dims, np.squeeze, np.broadcast_to, np.flip, np.fliplr, np.flipud,
    np.rot90, np.diagonal, np.atleast_1d, np.atleast_2d, np.atleast_3d,
    stride_tricks.sliding_window_view, calls.getitem,
}  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """Element [i, j, ...] of a view is element offset + i * strides[0] + ... of its array."""

    shape: tuple
    strides: tuple
    offset: int = 0

    def along(self, shape):
        """The strides along the axes of a shape that the view is broadcast to."""
        own = tuple(0 if n == 1 else s for n, s in zip(self.shape, self.strides))
        own = own[max(len(own) - len(shape), 0) :]  # x[...] = v may have more axes of length 1
        return (0,) * (len(shape) - len(own)) + own


def contiguous(shape):
    """The layout of an array whose elements lie one after the other."""
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= n
    return Layout(tuple(shape), tuple(strides[::-1]))


def is_view(step):
    """Whether a call reads elements where they are: its first argument, by plain numbers."""
    if step.func not in _VIEWS or not step.args or type(step.args[0]) is not Expression:
        return False
    if operands_of((step.args[1:], *step.kwargs.values())):
        return False
    return step.func is not calls.getitem or is_basic(step.args[1])


def is_basic(index):
    """Whether an index is made of plain integers, slices, None and ellipses."""
    parts = index if type(index) is tuple else (index,)
    found = operands_of(parts)
    kinds = (int, np.integer, slice, type(None), type(Ellipsis))
    return not found and all(isinstance(p, kinds) and not isinstance(p, bool) for p in parts)


def viewed(step, layout, size):
    """The layout of a call that is a view of an array of this many elements; None if it copies."""
    dummy = np.empty(size, np.int8)
    source = stride_tricks.as_strided(dummy[layout.offset :], layout.shape, layout.strides)
    args = step.args[1:]
    if step.func is calls.getitem:
        index = args[0] if type(args[0]) is tuple else (args[0],)
        args = (index if Ellipsis in index else (*index, ...),)
    result = step.func(source, *args, **step.kwargs)
    if not np.may_share_memory(result, dummy):
        return None
    offset = result.__array_interface__["data"][0] - dummy.__array_interface__["data"][0]
    return Layout(result.shape, result.strides, offset)


def merged(shape, accesses):
    """A shape and strides along it, with axes made one where every access walks on as along one.

    Parameters
    ----------
    shape : tuple of int
        Of a nest of loops.
    accesses : list of tuple of int
        The strides of each access along the axes.
    """
    lengths = []
    strides = [[] for _ in accesses]
    for axis, n in enumerate(shape):
        if n == 1:
            continue
        here = [access[axis] for access in accesses]
        if lengths and all(own[-1] == s * n for own, s in zip(strides, here)):
            lengths[-1] *= n
            for own, s in zip(strides, here):
                own[-1] = s
        else:
            lengths.append(n)
            for own, s in zip(strides, here):
                own.append(s)
    return tuple(lengths), [tuple(own) for own in strides]


def size_of(shape):
    """The number of elements of an array of this shape."""
    return math.prod(shape)


def is_array(key):
    """Whether a parameter is an array: all but the numbers among the inputs and constants."""
    return type(key) is tuple or key.kind == "call" or isinstance(key.value, np.ndarray)
