"""What ``t.data`` and ``t.grad`` are: plain arrays that take the update lines people write.

The one idea: NumPy's results of them are plain, and ``t.data -= v`` means ``t -= v`` off the tape.
"""

from __future__ import annotations

import operator

import numpy as np

from . import errors
from .tape import no_grad


class Face(np.ndarray):
    """A NumPy array with the updates of one; what is computed from it is a plain array."""

    def __array_wrap__(self, array, context=None, return_scalar=False):
        return array[()] if return_scalar else array

    def __getattr__(self, name):
        way_out = ""
        if name.endswith("_") and not name.startswith("_"):
            way_out = ": write t.data -= v, t.data *= v, t.data[i] = v or t.grad = None"
        raise AttributeError(f"an array of NumPy has no {name!r}{way_out}")

    def __repr__(self):
        return repr(self.view(np.ndarray))

    def __reduce__(self):
        return self.view(np.ndarray).__reduce__()

    def __copy__(self):
        return self.copy()

    def __deepcopy__(self, memo):
        return self.copy()

    def copy(self, order="C"):
        """The numbers in new memory, to write into: a plain array."""
        return np.array(self, order=order)

    def zero_(self):
        """Make all numbers 0, as PyTorch's method of this name does."""
        self[...] = 0
        return self


class Data(Face):
    """The value of a tensor, read-only; what changes it binds the tensor to another value."""

    tensor = None  # whose value it is; None for what NumPy made of it
    shown = None  # the array of that tensor

    def _update(self, update, *args):
        if self.tensor is None:
            raise ValueError(
                "this shows the value of a tensor, which is never written into: write "
                "t.data = t.data - v, t.data[i] = v, or change a copy, a = t.data.copy()"
            )
        if self.tensor.node.op is not None:
            raise ValueError(
                f"the data of {errors.describe(self.tensor)}, the result of "
                f"{self.tensor.node.op.name}, cannot be written into: only a leaf's can. Write "
                "y = t.copy(); y[i] = v to stay on the tape, or a = t.data.copy() for an array"
            )
        with no_grad():
            update(self.tensor, *args)
        return self.tensor.data

    def __getitem__(self, index):
        part = super().__getitem__(index)
        if self.tensor is not None and type(part) is Data and not part.flags.owndata:
            with no_grad():
                part.tensor = self.tensor[index]
        return part

    def __setitem__(self, index, value):
        if self.tensor is None and self.flags.writeable:
            super().__setitem__(index, value)
        else:
            self._update(operator.setitem, index, value)

    def fill(self, value):
        """Every element of the tensor becomes this number."""
        self[...] = value


def _augmented(name):
    update = getattr(operator, name)

    def method(self, other):
        if self.tensor is None and self.flags.writeable:
            return getattr(np.ndarray, f"__{name}__")(self, other)
        return self._update(update, other)

    method.__name__ = f"__{name}__"
    return method


for _name in "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split():
    setattr(Data, f"__i{_name}__", _augmented(f"i{_name}"))


def data_of(tensor, array):
    """The value of a tensor as its ``data``."""
    if type(array) is not np.ndarray:
        return array.data_of(tensor) if hasattr(array, "data_of") else array
    data = array.view(Data)
    data.flags.writeable = False
    data.tensor, data.shown = tensor, array
    return data


def gradient_of(array):
    """The gradient of a leaf as its ``grad``, the same memory."""
    return array.view(Face) if type(array) is np.ndarray else array
