"""The arguments of a call: the inputs of a program, with the signature that chooses it.

Arrays and numbers that are not integers, in nested dicts, lists and tuples, are inputs; the rest
is part of the signature. What cannot be an input is refused.
"""

import enum
import inspect

import numpy as np

from ..engine.tensor import Tensor, constant
from ..symbolic.traced import Traced


class CompilationError(TypeError):
    """A function does what a program cannot do again; the message says what to write instead."""

    __module__ = "autograd_lite"  # where users find it


class Uncompiled(Exception):
    """The function itself is to be called; the message says why."""


_NUMBERS = (float, complex, np.bool, np.integer, np.floating, np.complexfloating)
_ON_TAPE = "one of them is on a tape, and the tape knows its gradient"
HASHABLE = (bool, int, str, bytes, type(None), type(Ellipsis), range, np.dtype, enum.Enum)


def is_array(value):
    """Whether a value is a plain array of numbers."""
    return type(value) is np.ndarray and value.dtype.kind in "biufc"


def is_input(value):
    """Whether a value is an array or a number that a program can take."""
    return is_array(value) or isinstance(value, _NUMBERS)


def abstract_value(value):
    """What inputs of one program have in common: shape and dtype, or the type of a number."""
    return (value.shape, value.dtype) if type(value) is np.ndarray else type(value)


class Identity:
    """An object as a part of a signature: equal to itself alone, and alive as long."""

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value

    def __hash__(self):
        return id(self.value)

    def __eq__(self, other):
        return type(other) is Identity and self.value is other.value


class Arguments:
    """Positional and keyword arguments.

    Attributes
    ----------
    key
        Equal for the arguments of one program.
    values
        The inputs, in order.

    Raises
    ------
    Uncompiled
        Where one is on a tape, or is traced.
    """

    def __init__(self, f, args, kwargs):
        self.f = f
        self.args = args
        self.kwargs = kwargs
        self.values = []
        self._objects = []
        self._key = [len(args), tuple(kwargs)]
        for arg in (*args, *kwargs.values()):
            self._describe(arg)
        self.key = tuple(self._key)

    def _describe(self, value):
        kind = type(value)
        if kind is Traced:
            raise Uncompiled(_ON_TAPE)
        if is_input(value):
            self._key.append(abstract_value(value))
            self.values.append(value)
        elif kind is Tensor:
            if value.requires_grad or not is_input(value._array):
                raise Uncompiled(_ON_TAPE)
            self._key.append((Tensor, *abstract_value(value._array)))
            self.values.append(value._array)
        elif isinstance(value, HASHABLE):
            self._key.append((kind, value))
        elif isinstance(value, (dict, list, tuple)):
            self._key.append((kind, tuple(value) if isinstance(value, dict) else len(value)))
            for part in value.values() if isinstance(value, dict) else value:
                self._describe(part)
        elif kind is slice:
            self._key.append(slice)
            for part in (value.start, value.stop, value.step):
                self._describe(part)
        else:
            self._key.append(Identity(value))
            self._objects.append(value)

    def roots(self):
        """Pairs (path, object) of what is neither an array nor a plain value."""
        objects = {id(value) for value in self._objects}
        return [(path, leaf) for path, leaf in leaves(self._named()) if id(leaf) in objects]

    def _named(self):
        """Pairs (name, argument), by the names of the function's parameters."""
        try:
            parameters = inspect.signature(self.f).parameters.values()
        except (TypeError, ValueError):  # a function written in C
            parameters = ()
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        names = [p.name for p in parameters if p.kind in kinds]
        rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "x")
        names += [f"{rest}.{i}" for i in range(len(self.args) - len(names))]
        return [*zip(names, self.args), *self.kwargs.items()]

    def substituted(self, substitute, others):
        """Positional and keyword arguments with ``substitute(value, name)`` in place of inputs.

        What stands for other objects is found in ``others``, by their id.
        """

        def leaf(path, value):
            if is_input(value):
                return substitute(value, path)
            if type(value) is Tensor:
                return constant(substitute(value._array, path))
            return others.get(id(value), value)

        new = [_mapped(leaf, *pair) for pair in self._named()]
        return new[: len(self.args)], dict(zip(self.kwargs, new[len(self.args) :]))


def leaves(named):
    """Pairs (path, leaf) in nested dicts, lists, tuples and slices; tensors as their arrays."""
    found = []
    for path, tree in named:
        _mapped(lambda *pair: found.append(pair), path, tree)
    return [(path, x._array if type(x) is Tensor else x) for path, x in found]


def _mapped(f, path, tree):
    """The same tree with ``f(path, leaf)`` of each leaf."""
    kind = type(tree)
    if isinstance(tree, dict):
        result = tree.copy()
        result.update({key: _mapped(f, f"{path}.{key}", part) for key, part in tree.items()})
        return result
    if isinstance(tree, (list, tuple)):
        parts = [_mapped(f, f"{path}.{i}", part) for i, part in enumerate(tree)]
        return kind(*parts) if hasattr(kind, "_fields") else kind(parts)
    if kind is slice:
        ends = ("start", "stop", "step")
        return slice(*[_mapped(f, f"{path}.{name}", getattr(tree, name)) for name in ends])
    return f(path, tree)
