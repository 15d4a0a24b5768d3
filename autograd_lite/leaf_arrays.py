"""The arrays of a leaf, ``t.data`` and ``t.grad``: what a training loop by hand does with them.

The one idea: they are NumPy arrays in everything, but ``t.data -= v`` binds the leaf to a new
value, since a value is never written into.
"""

import numpy as np

_INSTEAD = {
    "zero_": "w.grad = None, or w.grad[...] = 0",
    "add_": "w.data = w.data + v",
    "sub_": "w.data = w.data - v",
    "mul_": "w.data = w.data * v",
    "div_": "w.data = w.data / v",
    "copy_": "w.data = v",
    "fill_": "w.data = np.full_like(w.data, v)",
    "clamp_": "w.data = np.clip(w.data, low, high)",
    "clone": "w.data.copy()",
    "detach": "w.data",
    "numpy": "w.data",
    "data": "w.grad",
}


class _Array(np.ndarray):
    """An array whose results are plain arrays, and which knows what other libraries write."""

    def __array_wrap__(self, array, context=None, return_scalar=False):
        return array[()] if return_scalar else array

    def __repr__(self):
        return repr(np.asarray(self))

    def __reduce__(self):
        return np.asarray(self).__reduce__()

    def __copy__(self):
        return np.array(self)

    def __deepcopy__(self, memo):
        return np.array(self)

    def copy(self, order="C"):
        """A plain array with the same numbers."""
        return np.array(self, order=order)

    def __getattr__(self, name):
        if name in _INSTEAD:
            raise AttributeError(f"an array has no {name}: write {_INSTEAD[name]}")
        raise AttributeError(f"an array has no attribute {name!r}")


class GradArray(_Array):
    """``t.grad``: an array of the caller's own, which he may write into."""

    @staticmethod
    def of(array):
        """A view of a gradient."""
        return array.view(GradArray)

    def zero_(self):
        """Every element becomes 0, as PyTorch calls it."""
        self[...] = 0
        return self


def _rebinding(name):
    """``t.data += v``: a new value, to which the leaf is bound."""
    operator = getattr(np.ndarray, f"__{name}__")

    def method(self, other):
        tensor = self._tensor
        if tensor is None:
            return getattr(np.ndarray, f"__i{name}__")(self, other)
        value = np.asarray(operator(np.asarray(self), other))
        if not np.can_cast(value.dtype, self.dtype, "same_kind"):
            raise TypeError(
                f"t.data {name}= v: a value of dtype {value.dtype} cannot be stored into one of "
                f"{self.dtype}, as in NumPy"
            )
        tensor.data = value
        return tensor.data

    method.__name__ = f"__i{name}__"
    return method


class LeafArray(_Array):
    """``t.data`` of a leaf: read-only; ``t.data -= v`` binds the leaf to the new value."""

    _tensor = None

    @staticmethod
    def of(array, tensor):
        """A read-only view of a leaf's value."""
        data = array.view(LeafArray)
        data.flags.writeable = False
        data._tensor = tensor
        return data

    def __setitem__(self, index, value):
        tensor = self._tensor
        if tensor is None:
            return super().__setitem__(index, value)
        new = np.array(self)
        new[index] = value
        tensor.data = new


for _name in "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split():
    setattr(LeafArray, f"__i{_name}__", _rebinding(_name))


class Retained:
    """A hook that keeps the gradient of a result."""

    def __init__(self):
        self.grad = None

    def __call__(self, g):
        """Add the gradient of one more backward pass."""
        g = np.array(getattr(g, "_array", g))
        self.grad = g if self.grad is None else self.grad + g
