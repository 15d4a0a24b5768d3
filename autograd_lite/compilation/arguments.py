"""The arguments of a call: those that are inputs of a program, and what they have in common.

Arrays and numbers that are not integers, in nested dicts, lists and tuples, are inputs; the rest
is part of the signature.
"""

import enum
import inspect

import numpy as np

from ..engine.tensor import Tensor, constant
from ..symbolic.traced import Traced
from .inputs import Same, is_input, kind_of

_HASHABLE = (bool, int, str, bytes, type(None), type(Ellipsis), range, np.dtype, enum.Enum)


class Differentiated(Exception):
    """An argument is on a tape, or is traced: the function itself is to be called."""


class Arguments:
    """Positional and keyword arguments.

    Attributes
    ----------
    key
        Equal for the arguments of one program.
    values
        The inputs, in order.
    objects
        What is neither an array nor a plain value.

    Raises
    ------
    Differentiated
    """

    def __init__(self, f, args, kwargs):
        self.f = f
        self.args = args
        self.kwargs = kwargs
        self.values = []
        self.objects = []
        self._key = [len(args), tuple(kwargs)]
        for arg in (*args, *kwargs.values()):
            self._describe(arg)
        self.key = tuple(self._key)

    def _describe(self, value):
        kind = type(value)
        if kind is Traced:
            raise Differentiated
        if is_input(value):
            self._key.append(kind_of(value))
            self.values.append(value)
        elif kind is Tensor:
            if value.requires_grad or not is_input(value._array):
                raise Differentiated
            self._key.append((Tensor, *kind_of(value._array)))
            self.values.append(value._array)
        elif isinstance(value, _HASHABLE):
            self._key.append((kind, value))
        elif isinstance(value, (dict, list, tuple)):
            self._key.append((kind, tuple(value) if isinstance(value, dict) else len(value)))
            for part in _parts(value):
                self._describe(part)
        elif kind is slice:
            self._key.append(slice)
            for part in (value.start, value.stop, value.step):
                self._describe(part)
        else:
            self._key.append(Same(value))
            self.objects.append(value)

    def names(self):
        """What the inputs are called: by the parameters of the function."""
        return [path for path, leaf in self._leaves() if is_input(leaf) or type(leaf) is Tensor]

    def roots(self):
        """Pairs (path, object) of what is neither an array nor a plain value."""
        objects = {id(value) for value in self.objects}
        return [(path, leaf) for path, leaf in self._leaves() if id(leaf) in objects]

    def _leaves(self):
        names = _positional_names(self.f, len(self.args))
        return _leaves([*zip(names, self.args), *self.kwargs.items()])

    def standing_in(self, stand_in, others):
        """Positional and keyword arguments with ``stand_in(value, name)`` in place of inputs.

        What stands for other objects is found in ``others``, by their id.
        """
        names = iter(self.names())

        def replaced(value):
            kind = type(value)
            if is_input(value):
                return stand_in(value, next(names))
            if kind is Tensor:
                return constant(stand_in(value._array, next(names)))
            if isinstance(value, dict):
                result = value.copy()
                result.update({key: replaced(part) for key, part in value.items()})
                return result
            if isinstance(value, (list, tuple)):
                parts = [replaced(part) for part in value]
                return kind(*parts) if hasattr(kind, "_fields") else kind(parts)
            if kind is slice:
                return slice(*map(replaced, (value.start, value.stop, value.step)))
            return others.get(id(value), value)

        args = [replaced(arg) for arg in self.args]
        return args, {key: replaced(arg) for key, arg in self.kwargs.items()}


def contents(tree):
    """What arguments hold, in a list: to see whether a function has changed them."""
    if isinstance(tree, dict):
        return [*tree, *(leaf for part in tree.values() for leaf in contents(part))]
    if isinstance(tree, (list, tuple)):
        return [len(tree), *(leaf for part in tree for leaf in contents(part))]
    return [tree._array if type(tree) is Tensor else tree]


def _parts(tree):
    return tree.values() if isinstance(tree, dict) else tree


def _positional_names(f, count):
    """The names of the parameters that positional arguments are for."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):  # a function written in C
        parameters = ()
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "x")
    return [*names, *(f"{rest}.{i}" for i in range(count - len(names)))][:count]


def _leaves(items):
    """Pairs (path, leaf) in nested arguments."""
    for path, value in items:
        if isinstance(value, dict):
            yield from _leaves((f"{path}.{key}", part) for key, part in value.items())
        elif isinstance(value, (list, tuple)):
            yield from _leaves((f"{path}.{i}", part) for i, part in enumerate(value))
        elif type(value) is slice:
            ends = (("start", value.start), ("stop", value.stop), ("step", value.step))
            yield from _leaves((f"{path}.{name}", end) for name, end in ends)
        else:
            yield path, value
