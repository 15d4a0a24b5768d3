"""What was read of an array by index, on the way back: parts of its cotangent, to be added up.

The one idea: a loop over rows reads an array a thousand times, and each contribution is a row. They
are added into one array of the whole size that nobody else has seen, when it is first needed.
"""

import numbers

import numpy as np

from .arrays import asarray
from .tape import Pending

_ONE = frozenset({int, slice, type(None), type(Ellipsis)})


class Scattered(Pending):
    """The sum of cotangents g at an index, zeros elsewhere, and of whole ones.

    Parameters
    ----------
    g, index
        The first part.
    x
        What was read. Of an array, parts are added at once into an array of the sum's own.
    add : callable
        ``add(parts, x)``: an array of x's shape with all the parts (g, index) added up.
    """

    __slots__ = ("add", "in_place", "parts", "whole", "x")
    __array_ufunc__ = None  # array + this is for this to compute

    def __init__(self, g, index, x, add):
        self.parts = [(g, index)]
        self.x = x
        self.add = add
        self.in_place = not hasattr(x, "node")
        self.whole = None

    @property
    def dtype(self):
        """That of what was read."""
        return self.x.dtype

    def __add__(self, other):
        if self.in_place:
            return self._add_in_place(other)
        if type(other) is Scattered:
            self.parts += other.parts
        else:
            self.whole = other if self.whole is None else self.whole + other
        return self

    __radd__ = __add__

    def _add_in_place(self, other):
        if self.whole is None:
            if type(other) is np.ndarray:
                self.whole, other = other.copy(), None
            else:
                self.whole = np.zeros(self.x.shape, self.x.dtype)
            self._add_parts(self)
        if type(other) is Scattered:
            self._add_parts(other)
        elif type(other) is np.ndarray:
            self.whole += other
        elif other is not None:
            return self.whole + other
        return self

    def _add_parts(self, other):
        for g, index in other.parts:
            add_into(self.whole, g, index)
        other.parts = []

    def total(self):
        """The sum, which is this one's no more."""
        if not self.parts:
            return self.whole
        sum_of_parts = self.add(self.parts, self.x)
        return sum_of_parts if self.whole is None else self.whole + sum_of_parts


def add_into(array, g, index):
    """Add g to an array at an index; to an element that is named twice, twice."""
    parts = index if type(index) is tuple else (index,)
    if _ONE.issuperset(map(type, parts)) and type(part := array[index]) is np.ndarray:
        part += g  # a view of the array
    elif has_repeats(index):
        np.add.at(array, index, g)
    else:
        array[index] += g


def has_repeats(index):
    """Whether an element may be named twice: by arrays of integers, not by slices and masks."""
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [p for p in parts if type(p) not in _ONE and not isinstance(p, numbers.Integral)]
    return any(asarray(array).dtype != bool for array in arrays)
