"""All elements of a tensor in one axis, to read and to write: ``t.flat``.

The one idea: a position among all elements is an index of the tensor itself.
"""

import numpy as np

from ..engine.dispatch import registry


class Flat:
    """What iterates over all elements of a tensor in the order of C, as NumPy's flat does.

    ``x.flat[i] = v`` stores into x; values that are too few are repeated. NumPy's functions take
    it as the elements in one axis.
    """

    __slots__ = ("base", "index")

    def __init__(self, base):
        self.base = base if base.ndim else base[None]
        self.index = 0

    def __len__(self):
        return self.base.size

    def __iter__(self):
        return self

    def __next__(self):
        if self.index >= len(self):
            raise StopIteration
        self.index += 1
        return self[self.index - 1]

    def __getitem__(self, index):
        return self.base[self._places(index)]

    def __setitem__(self, index, values):
        values = _in_one_axis(values) if isinstance(values, (list, tuple)) else values
        places = self._places(index)
        shape = np.shape(places[0]) if places else ()
        if np.size(values) not in (0, 1):
            values = np.resize(values, (int(np.prod(shape)),))
            values = np.reshape(values, shape)
        elif np.size(values):
            values = np.reshape(values, ())
        self.base[places] = values

    def _places(self, index):
        """Where in the tensor the elements at an index of all elements are."""
        numbers = np.arange(len(self))[index]
        return np.unravel_index(numbers, self.base.shape)

    def copy(self):
        """The elements in one axis, in new memory."""
        return self.base.flatten()

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.copy(), dtype)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return getattr(ufunc, method)(*map(_elements, inputs), **kwargs)

    def __array_function__(self, func, types, args, kwargs):
        return func(*_elements(args), **{key: _elements(v) for key, v in kwargs.items()})


def _in_one_axis(values):
    """The numbers of nested lists."""
    parts = [_in_one_axis(v) if isinstance(v, (list, tuple)) else np.ravel(v) for v in values]
    return np.concatenate(parts)


def _elements(value):
    """An argument with plain elements in place of each Flat."""
    if type(value) in (list, tuple):
        return type(value)(map(_elements, value))
    return value.copy() if isinstance(value, Flat) else value


registry["flat"] = Flat
