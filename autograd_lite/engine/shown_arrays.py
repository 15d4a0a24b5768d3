"""The arrays that a tensor shows itself as: ``t.data`` and ``t.grad``.

The one idea: they are NumPy arrays in everything, but ``t.data -= v`` and
``t.data[i] = v`` bind the leaf to a new value, with the views of it, since a value is never
written into.
"""
# mypy: disable-error-code="assignment,attr-defined,call-overload,index,misc,no-any-return"

import operator
from typing import Any, Self

import numpy as np

from ..messages import other_names, refusals
from .dispatch import registry
from .modes import no_grad


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

    def zero_(self):
        """Every element becomes 0, as PyTorch calls it."""
        self[...] = 0
        return self

    def __getattr__(self, name):
        known = other_names.ARRAY.get(name)
        what = f"{name}: write {known}" if known else f"attribute {name!r}"
        raise AttributeError(f"an array has no {what}")


class GradArray(_Array):
    """``t.grad``: an array of the caller's own, to write into."""


class LeafArray(_Array):
    """``t.data``: read-only; ``t.data -= v`` means ``t -= v`` off the tape."""

    _tensor = None  # whose value it is; None for what NumPy made of it
    _shown = None  # the array of that tensor

    @staticmethod
    def of(array, tensor):
        """A read-only view of a tensor's value."""
        data = array.view(LeafArray)
        data.flags.writeable = False
        data._tensor, data._shown = tensor, array
        return data

    def is_value_of(self, tensor):
        """Whether it shows what the tensor holds now."""
        return self._tensor is tensor and self._shown is tensor._array

    def _update(self, update, *args):
        tensor = self._tensor
        if tensor is None:
            raise refusals.write_into_a_value()
        if tensor.node.op is not None:
            raise refusals.write_into_data_of_a_result(tensor)
        with no_grad():
            update(tensor, *args)
        return tensor.data

    def __getitem__(self, index):
        part = super().__getitem__(index)
        if self._tensor is not None and type(part) is LeafArray and not part.flags.owndata:
            with no_grad():
                part._tensor = self._tensor[index]
        return part

    def __setitem__(self, index, value):
        if self._tensor is None and self.flags.writeable:
            super().__setitem__(index, value)
        else:
            self._update(operator.setitem, index, value)

    def fill(self, value):
        """Every element of the tensor becomes this number."""
        self[...] = value


def _augmented(name):
    """``t.data += v``: what it shows of a tensor is bound to another value."""
    update = getattr(operator, name)

    def method(self, other):
        if self._tensor is None and self.flags.writeable:
            return getattr(np.ndarray, f"__{name}__")(self, other)
        return self._update(update, other)

    method.__name__ = f"__{name}__"
    return method


for _name in "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split():
    setattr(LeafArray, f"__i{_name}__", _augmented(f"i{_name}"))


LEAF_ARRAYS = (LeafArray, GradArray)


def _part(f, doc):
    return property(f, lambda self, values: operator.setitem(f(self), ..., values), doc=doc)


class ArrayMethods:
    """What a Tensor and a traced array have of NumPy's arrays: calls of its functions."""

    __slots__ = ()

    T: Self = property(lambda self: np.transpose(self), doc="The axes reversed.")
    mT: Self = property(lambda self: np.matrix_transpose(self), doc="The last two axes swapped.")
    flat: Any = property(
        lambda self: registry["flat"](self),
        lambda self, values: registry["flat"](self).__setitem__(slice(None), values),
        doc="All elements in one axis, to read and to write.",
    )
    real: Self = _part(np.real, "The real part.")
    imag: Self = _part(np.imag, "The imaginary part, 0 of real numbers.")

    def transpose(self, *axes: Any) -> Self:
        """The axes in another order, reversed by default."""
        return np.transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def conj(self) -> Self:
        """The complex conjugate; what holds real numbers is its own."""
        return np.conjugate(self) if self.dtype.kind == "c" else self

    conjugate = conj

    def fill(self, value: Any) -> None:
        """Every element becomes this number."""
        self[...] = value

    def compress(self, condition: Any, axis: int | None = None) -> Self:
        """The slices along an axis, or the elements, where a condition holds."""
        return np.compress(condition, self, axis)

    def put(self, indices: Any, values: Any, mode: Any = "raise") -> None:
        """Store values at positions in the flattened array: np.put."""
        np.put(self, indices, values, mode)  # type: ignore[arg-type]
