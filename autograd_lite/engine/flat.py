"""``x.flat``: the elements in one axis, to read and to write on any layout in memory."""

from __future__ import annotations

import numpy as np

from . import trees


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
        if isinstance(values, (list, tuple)):
            values = np.concatenate([np.ravel(v) for v in trees.flatten(values)[0]])
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
        return func(*_elements(args), **_elements(kwargs))


def _elements(tree):
    """The same arguments with plain elements in place of each Flat."""
    return trees.mapped(lambda leaf: leaf.copy() if isinstance(leaf, Flat) else leaf, tree)
