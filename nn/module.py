"""Module: an object whose attributes hold the parameters of a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.messages.other_names import leave_out

from .other_names import MODULE


class Module:
    """The base of layers and models: subclasses set attributes and define ``forward``.

    Parameters are the tensors with ``requires_grad=True`` found by walking the attributes in
    the order in which they were set, also inside modules, lists, tuples and dicts. Their
    names are the paths: ``layers.0.weight``. A tensor in two places is one parameter, under
    its first name.

    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.factor = ag.Tensor(2.0, requires_grad=True)
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> Scale()(3.0).item()
    6.0
    >>> [name for name, _ in Scale().named_parameters()]
    ['factor']
    """

    def forward(self, *args, **kwargs) -> Any:
        """The computation; every subclass defines it."""
        raise TypeError(
            f"{type(self).__name__} does not define forward(): write def forward(self, x)"
        )

    def __call__(self, *args, **kwargs) -> Any:
        result = self.forward(*args, **kwargs)
        if result is None:
            raise TypeError(f"{type(self).__name__}.forward() returned None: it lacks a return")
        return result

    def named_parameters(self) -> Iterator[tuple[str, ag.Tensor]]:
        """Pairs (path, parameter), in order."""
        return ((path, t) for path, t in self._named_tensors() if t.requires_grad)

    def parameters(self) -> list[ag.Tensor]:
        """All parameters, in order."""
        return [tensor for _, tensor in self.named_parameters()]

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def state_dict(self) -> dict[str, np.ndarray]:
        """Copies of the values of all tensors, frozen ones too, under their paths."""
        return {path: tensor.numpy().copy() for path, tensor in self._named_tensors()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the values of a `state_dict`; nothing is changed unless everything fits.

        Raises
        ------
        ValueError
            When names are missing or unknown, or a shape differs.
        """
        tensors = dict(self._named_tensors())
        problems = [f"missing {name}" for name in tensors if name not in state]
        problems += [f"unknown {name}" for name in state if name not in tensors]
        problems += [
            f"{name} has shape {np.shape(state[name])} for {tensor.shape}"
            for name, tensor in tensors.items()
            if name in state and np.shape(state[name]) != tensor.shape
        ]
        if problems:
            raise ValueError(f"the state does not fit this model: {'; '.join(problems)}")
        values = {n: np.array(state[n], dtype=tensor.dtype) for n, tensor in tensors.items()}
        for name, tensor in tensors.items():
            tensor.data = values[name]

    def _named_tensors(self):
        found = {}  # in order; the first path of a tensor is its name
        _walk(self, "", found, set())
        return [(path, tensor) for tensor, path in found.items()]

    def _children(self):
        found = []
        for name, value in vars(self).items():
            _collect(value, name, found)
        return found

    def _describe(self) -> str:
        """What stands between the parentheses of the repr of a layer."""
        return ""

    def __repr__(self):
        children = self._children()
        if not children or self._describe():
            return f"{type(self).__name__}({self._describe()})"
        lines = [f"{name}: {_shown(child)}".replace("\n", "\n  ") for name, child in children]
        return "\n  ".join([f"{type(self).__name__}(", *lines]) + "\n)"


leave_out(Module, {name: f"here it is {line}" for name, line in MODULE.items()})


def _shown(child):
    """A module, a parameter by its shape, or the name of a plain function."""
    if isinstance(child, ag.Tensor):
        return f"parameter of shape {child.shape}, {child.dtype}"
    if isinstance(child, Module):
        return repr(child)
    return getattr(child, "__name__", None) or f"{child!r:.60}"


def _walk(value, path, found, seen):
    """Collect {tensor: path} of all tensors inside a value, first path first."""
    if isinstance(value, ag.Tensor):
        found.setdefault(value, path)
        return
    if isinstance(value, Module):
        parts = vars(value)
    elif isinstance(value, Mapping):
        parts = value
    elif isinstance(value, (list, tuple)):
        parts = dict(enumerate(value))
    else:
        return
    if id(value) in seen:  # a module that refers to itself; it is alive while we walk
        return
    seen.add(id(value))
    for name, part in parts.items():
        _walk(part, f"{path}.{name}" if path else str(name), found, seen)


def _collect(value, name, found):
    """The modules and the parameters in a value, each with its path."""
    if isinstance(value, Module) or (isinstance(value, ag.Tensor) and value.requires_grad):
        found.append((name, value))
    elif isinstance(value, Mapping):
        for key, part in value.items():
            _collect(part, f"{name}.{key}", found)
    elif isinstance(value, (list, tuple)):
        for i, part in enumerate(value):
            _collect(part, f"{name}.{i}", found)
