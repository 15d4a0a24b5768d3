"""Arguments and results of one form, as functions that are written for it.

To find out what nested arguments are takes ten microseconds, and a program one. Once they are
known, a line for each container and each leaf asks whether they are the same again.
"""

import numpy as np

from ..engine.tensor import Tensor
from .arguments import HASHABLE, is_array, is_input

_CONTAINERS = (dict, list, tuple)


class Form:
    """What the arguments of one signature are like.

    Attributes
    ----------
    inputs
        A function of args and kwargs: the inputs if these are of that signature, else None.
    arrays
        The same without a look at shapes and dtypes, for a program that looks itself; None where
        there are inputs other than arrays.
    """

    def __init__(self, args, kwargs):
        self.arrays = None
        try:
            self.inputs = _Reader(True).function(args, kwargs)
            if all(map(is_array, _leaves((*args, *kwargs.values())))):
                self.arrays = _Reader(False).function(args, kwargs)
        except _Unknown:
            self.inputs = lambda args, kwargs: None  # nothing is known of this form


class NamedValues:
    """The values that a function which is written here has names for."""

    def __init__(self, **values):
        self.values = values

    def known(self, value):
        """A name for a value."""
        name = f"k{len(self.values)}"
        self.values[name] = value
        return name

    def function(self, text):
        """The function of this text."""
        exec(text, self.values)
        return self.values[text.partition("(")[0].removeprefix("def ")]


class _Unknown(Exception):
    """A value is none of those that a form can be made of."""


def _leaves(tree):
    """What stands in nested containers."""
    if type(tree) in _CONTAINERS:
        for part in tree.values() if type(tree) is dict else tree:
            yield from _leaves(part)
    else:
        yield tree


class _Reader:
    """Writes the function that takes inputs out of arguments."""

    def __init__(self, looks):
        self.looks = looks  # at shapes and dtypes
        self.lines, self.found = [], []
        self.scope = NamedValues(ndarray=np.ndarray, Tensor=Tensor)
        self._count = 0

    def function(self, args, kwargs):
        """The function for these arguments and others like them."""
        names = self._new(len(args))
        self._expect(f"len(args) == {len(args)}" + ("" if kwargs else " and not kwargs"))
        if kwargs:
            self._expect(f"[*kwargs] == {self.scope.known([*kwargs])}")
            names += (more := self._new(len(kwargs)))
            self.lines.append(f"{_targets(more)} = kwargs.values()")
        if args:
            self.lines.append(f"{_targets(names[: len(args)])} = args")
        for name, value in zip(names, (*args, *kwargs.values())):
            self._read(name, value)
        found = "".join(f"{name}, " for name in self.found)
        lines = [*self.lines, f"return ({found})"]
        text = "def inputs(args, kwargs):\n" + "".join(f"    {line}\n" for line in lines)
        return self.scope.function(text)

    def _new(self, count):
        self._count += count
        return [f"x{i}" for i in range(self._count - count, self._count)]

    def _expect(self, condition):
        self.lines.append(f"if not ({condition}): return None")

    def _read(self, name, value):
        kind = type(value)
        if kind in _CONTAINERS:
            self._read_container(name, value)
        elif is_array(value):
            self._read_array(name, value)
        elif kind is Tensor:
            self._expect(f"type({name}) is Tensor and not {name}.node.requires_grad")
            (array,) = self._new(1)
            self.lines.append(f"{array} = {name}._array")
            self._read_array(array, value._array)
        elif is_input(value):
            self._expect(f"type({name}) is {self.scope.known(kind)}")
            self.found.append(name)
        elif value is None or not isinstance(value, (*HASHABLE, *_CONTAINERS, slice)):
            self._expect(f"{name} is {self.scope.known(value)}")
        elif kind in (bool, int, str):
            self._expect(f"type({name}) is {kind.__name__} and {name} == {self.scope.known(value)}")
        else:
            raise _Unknown

    def _read_array(self, name, array):
        if not is_array(array):
            raise _Unknown
        condition = f"type({name}) is ndarray"
        if self.looks:
            dtype = self.scope.known(array.dtype)
            condition += f" and {name}.shape == {array.shape} and {name}.dtype is {dtype}"
        self._expect(condition)
        self.found.append(name)

    def _read_container(self, name, value):
        kind, parts = type(value).__name__, self._new(len(value))
        if type(value) is dict:
            self._expect(f"type({name}) is dict and [*{name}] == {self.scope.known([*value])}")
        else:
            self._expect(f"type({name}) is {kind} and len({name}) == {len(value)}")
        values = list(value.values()) if type(value) is dict else value
        if parts:
            source = f"{name}.values()" if type(value) is dict else name
            self.lines.append(f"{_targets(parts)} = {source}")
        for part, one in zip(parts, values):
            self._read(part, one)


def _targets(names):
    return ", ".join(names) + ("," if len(names) == 1 else "")


def builder(structure, leaves):
    """A function from a list of values to the tree of them that has a structure; None if unknown.

    ``leaves`` are pairs (whether a value of the list stands there, what else does).
    """
    tree = _Tree(iter(leaves))
    try:
        result = tree.text(structure)
    except _Unknown:
        return None
    unpacked = f"{_targets(tree.names)} = values\n    " if tree.names else ""
    return tree.scope.function(f"def build(values):\n    {unpacked}return {result}\n")


class _Tree:
    """The text of a tree, with names for its values and for all else that stands in it."""

    def __init__(self, leaves):
        self.leaves = leaves
        self.names: list = []
        self.scope = NamedValues()

    def text(self, tree):
        if tree is None:
            return "None"
        if type(tree) is dict:
            parts = [f"{self.scope.known(key)}: {self.text(part)}" for key, part in tree.items()]
            return f"{{{', '.join(parts)}}}"
        if type(tree) in (list, tuple):
            inner = "".join(f"{self.text(part)}, " for part in tree)
            return f"[{inner}]" if type(tree) is list else f"({inner})"
        if isinstance(tree, _CONTAINERS):
            raise _Unknown
        is_value, other = next(self.leaves)
        if not is_value:
            return self.scope.known(other)
        self.names.append(f"x{len(self.names)}")
        return self.names[-1]
