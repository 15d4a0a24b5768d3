"""Results of tensors as arrays, which have what tensors have: ``out.data`` is ``out``.

A program whose forward pass runs through a model, and whose gradients are derived by hand, takes
the data of tensors where it leaves the model. It is judged as one that has arrays everywhere: an
operation of the engine gives arrays there, and parameters alone are tensors.
"""

import numpy as np

from ..engine.modes import Watcher
from ..engine.tensor import Tensor


class Computed(np.ndarray):
    """An array with the names of a tensor's methods; also of no axes it is no number."""

    data = property(lambda self: self)  # type: ignore[assignment]
    requires_grad = False
    grad = None

    def numpy(self):
        """Itself."""
        return self

    detach = numpy

    def backward(self, *args, **kwargs):
        """What it would leave are no gradients derived by hand."""
        raise TypeError(
            "review() judges gradients that are derived by hand, and this program calls backward() "
            "of a tensor: leave that out, or compare the two with ag.compare(loss, {...})"
        )

    def __array_wrap__(self, array, context=None, return_scalar=False):
        return as_computed(array)

    def __array_function__(self, func, types, args, kwargs):
        return as_computed(super().__array_function__(func, types, args, kwargs))


class AsArrays(Watcher):
    """Gives arrays for the tensors that operations give."""

    def record(self, record, op, args, kwargs):
        is_of_tensors = any(isinstance(x, (Tensor, Computed)) for x in _flat(args))
        result = record(op, _plain(args), kwargs)
        return as_computed(result) if is_of_tensors else result


def as_computed(value):
    """Floats, in tensors or not, as such an array."""
    if isinstance(value, (tuple, list)):
        return _like(value, map(as_computed, value))
    value = value.numpy().copy() if isinstance(value, Tensor) else value
    if getattr(getattr(value, "dtype", None), "kind", "") != "f":
        return value
    return np.asarray(value).view(Computed)


def _plain(value):
    if isinstance(value, (tuple, list)):
        return _like(value, map(_plain, value))
    return value.view(np.ndarray) if isinstance(value, Computed) else value


def _like(value, parts):
    return type(value)._make(parts) if hasattr(value, "_make") else type(value)(parts)


def _flat(value):
    for inner in value:
        if isinstance(inner, (tuple, list)):
            yield from _flat(inner)
        else:
            yield inner
