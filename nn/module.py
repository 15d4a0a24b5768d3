"""Module: an object whose attributes hold the parameters of a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

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

    Tensors that require no gradient are buffers: they are in the `state_dict`, and no optimiser
    moves them. A result that is kept, such as the last state of a recurrent network, is neither.

    Attributes
    ----------
    training : bool
        Whether the module computes as in training; set by `train` and `eval`.
    """

    training: bool = True
    _frozen: tuple[str, ...] = ()  # the paths of own tensors
    _forward_hooks: tuple[ForwardHook, ...] = ()

    def forward(self, *args, **kwargs) -> Any:
        """The computation; every subclass defines it."""
        raise TypeError(
            f"{type(self).__name__} does not define forward(): write def forward(self, x)"
        )

    def __call__(self, *args, **kwargs) -> Any:
        result = self.forward(*args, **kwargs)
        for hook in self._forward_hooks:
            hook.f(self, args, result)
        if result is None:
            raise TypeError(f"{type(self).__name__}.forward() returned None: it lacks a return")
        return result

    def named_parameters(self) -> Iterator[tuple[str, ag.Tensor]]:
        """Pairs (path, parameter), in order."""
        return ((path, t) for path, t in self._named_tensors() if t.requires_grad)

    def parameters(self) -> list[ag.Tensor]:
        """All parameters, in order."""
        return [tensor for _, tensor in self.named_parameters()]

    def named_buffers(self) -> Iterator[tuple[str, ag.Tensor]]:
        """Pairs (path, tensor) of the constants, such as running means: not what is frozen."""
        frozen = {tensor for module in self.modules() for tensor in module._frozen_tensors()}
        held = self._named_tensors()
        return ((path, t) for path, t in held if not t.requires_grad and t not in frozen)

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """Pairs (path, module): this one under "", and all modules inside, in order."""
        return walk(self, Module, Module)

    def modules(self) -> list[Module]:
        """This module and all modules inside, in order."""
        return [module for _, module in self.named_modules()]

    def named_generators(self) -> Iterator[tuple[str, np.random.Generator]]:
        """Pairs (path, generator) of what the modules draw from, in order."""
        return walk(self, np.random.Generator, Module)

    def apply(self, f: Callable[[Module], Any]) -> Self:
        """Call ``f`` with each module inside, and with this one last."""
        for module in reversed(self.modules()):
            f(module)
        return self

    def train(self, training: bool = True) -> Self:
        """Have this module, and all inside, compute as in training: dropout drops."""
        for module in self.modules():
            module.training = training
        return self

    def eval(self) -> Self:
        """Have this module, and all inside, compute as after training: nothing is random."""
        return self.train(False)

    def freeze(self) -> Self:
        """Make the parameters constants, until `unfreeze`: they have no gradient, and stay."""
        for module in self.modules():
            held = [(path, t) for path, t in module._own_tensors() if t.requires_grad]
            if held:
                module._frozen = (*module._frozen, *(path for path, _ in held))
            for _, tensor in held:
                tensor.requires_grad, tensor.grad = False, None
        return self

    def unfreeze(self) -> Self:
        """Make what `freeze` froze, of this module or of those inside, parameters again."""
        for module in self.modules():
            for tensor in module._frozen_tensors():
                tensor.requires_grad = True
            if module._frozen:
                module._frozen = ()
        return self

    def register_forward_hook(self, hook: Callable[[Module, tuple, Any], Any]) -> ForwardHook:
        """Have ``hook(module, args, result)`` called after each call of this module.

        What it returns is not used. The hook that comes back has ``remove()``, and is a ``with``
        block too.
        """
        return ForwardHook(self, hook)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def state_dict(self) -> dict[str, np.ndarray]:
        """Copies of the values of all tensors, frozen ones and buffers too, under their paths."""
        return {path: tensor.numpy().copy() for path, tensor in self._named_tensors()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the values of a `state_dict`; nothing is changed unless everything fits.

        Raises
        ------
        ValueError
            When names are missing or unknown, or a shape differs.
        """
        tensors = dict(self._named_tensors())
        values = fitting(tensors, state, "model")
        for name, tensor in tensors.items():
            tensor.data = values[name]

    def _named_tensors(self):
        """Pairs (path, tensor) of all inside that are no results, such as a state that is kept."""
        return [(path, t) for path, t in walk(self, ag.Tensor, Module) if t.is_leaf]

    def _own_tensors(self):
        """The same without those that modules inside hold."""
        return [(path, t) for path, t in walk(vars(self), ag.Tensor, ()) if t.is_leaf]

    def _frozen_tensors(self):
        return [tensor for path, tensor in self._own_tensors() if path in self._frozen]

    def _children(self):
        """The modules and the parameters inside, without those of these modules."""
        own = dict(self._own_tensors())
        held = walk(vars(self), (Module, ag.Tensor), ())
        return [
            (path, part)
            for path, part in held
            if isinstance(part, Module) or (path in own and part.requires_grad)
        ]

    def _describe(self) -> str:
        """What stands between the parentheses of the repr of a layer."""
        return ""

    def __repr__(self):
        children = self._children()
        if not children or self._describe():
            return f"{type(self).__name__}({self._describe()})"
        lines = [f"{name}: {_shown(child)}".replace("\n", "\n  ") for name, child in children]
        return "\n  ".join([f"{type(self).__name__}(", *lines]) + "\n)"


class ForwardHook:
    """A function called after the calls of a module; made by `Module.register_forward_hook`."""

    def __init__(self, module: Module, f: Callable):
        if not callable(f):
            raise TypeError(f"a hook is a function (module, args, result), not {f!r}")
        self.module, self.f = module, f
        module._forward_hooks = (*module._forward_hooks, self)

    def remove(self) -> None:
        """Call the function no more."""
        others = (hook for hook in self.module._forward_hooks if hook is not self)
        self.module._forward_hooks = tuple(others)

    def __enter__(self) -> ForwardHook:
        return self

    def __exit__(self, *error):
        self.remove()


leave_out(Module, {name: f"here it is {line}" for name, line in MODULE.items()})


def _shown(child):
    """A module, a parameter by its shape, or the name of a plain function."""
    if isinstance(child, ag.Tensor):
        return f"parameter of shape {child.shape}, {child.dtype}"
    if isinstance(child, Module):
        return repr(child)
    return getattr(child, "__name__", None) or f"{child!r:.60}"


def walk(value: Any, kinds: type | tuple, enter) -> Iterator[tuple[str, Any]]:
    """Pairs (path, object) of all objects of some kinds inside a value, each under its first path.

    Attributes come in the order in which they were set, also those inside lists, tuples, dicts
    and objects of the kinds ``enter``. The value itself has the path "".
    """
    seen = set()  # of ids: all of it is alive while we walk
    stack = [("", value)]
    while stack:
        path, value = stack.pop()
        is_found = isinstance(value, kinds)
        parts = _parts(value, enter)
        if (parts is None and not is_found) or id(value) in seen:
            continue
        seen.add(id(value))
        if is_found:
            yield path, value
        inside = [(f"{path}.{key}" if path else str(key), part) for key, part in parts or ()]
        stack.extend(reversed(inside))


def fitting(own: Mapping[str, Any], state: Mapping[str, Any], owner: str):
    """The arrays of a state, each of the dtype of our own, where names and shapes are the same."""
    problems = [f"missing {name}" for name in own if name not in state]
    problems += [f"unknown {name}" for name in state if name not in own]
    problems += [
        f"{name} has shape {np.shape(state[name])} for {value.shape}"
        for name, value in own.items()
        if name in state and np.shape(state[name]) != value.shape
    ]
    if problems:
        raise ValueError(f"the state does not fit this {owner}: {'; '.join(problems)}")
    return {name: np.array(state[name], dtype=value.dtype) for name, value in own.items()}


def _parts(value, enter):
    """Pairs (key, part) of what can be entered, or None."""
    if isinstance(value, enter):
        return list(vars(value).items())
    if isinstance(value, Mapping):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, (list, tuple)) else None
