"""Expressions: what was computed, as a graph of calls of NumPy's functions on arrays.

The one idea: an expression is a value that is never changed, so two calls of the same function
on the same expressions are one expression.
"""

import math

import numpy as np

_SCALARS = (bool, int, float, complex, np.generic)


class Expression:
    """A value: an input, a constant, or ``func(*args, **kwargs)`` of other expressions.

    ``value`` is what it was when it was traced: its shape and dtype are those of every run.
    """

    __slots__ = ("func", "args", "kwargs", "value", "shape", "dtype", "name", "kind")

    def __init__(self, kind, value, func=None, args=(), kwargs=None, name=None):
        self.kind = kind
        self.value = value
        self.func = func
        self.args = args
        self.kwargs = kwargs or {}
        self.name = name
        self.shape = np.shape(value) if not isinstance(value, (tuple, list)) else None
        self.dtype = getattr(value, "dtype", None)

    @property
    def ndim(self):
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self):
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def is_number(self):
        """Whether it is a constant that is written as a number."""
        return self.kind == "constant" and self.shape == () and isinstance(self.value, _SCALARS)

    @property
    def filling(self):
        """The number that an array was filled with, an expression; None of any other."""
        source = self.args[0] if self.func is np.broadcast_to else None
        return source if type(source) is Expression and source.is_number else None

    def operands(self):
        """The expressions that it is computed from, those inside tuples and lists too."""
        return operands_of((*self.args, *self.kwargs.values()))

    def __repr__(self):
        what = self.name or getattr(self.func, "__name__", self.kind)
        return f"<{what} {self.dtype} {self.shape}>"


def known_value(x):
    """The value that an expression had when it was traced; anything else as it is."""
    return x.value if type(x) is Expression else x


def operands_of(tree):
    """The expressions inside nested tuples, lists and slices."""
    found: list = []
    _collect(tree, found)
    return found


def _collect(tree, found):
    kind = type(tree)
    if kind is Expression:
        found.append(tree)
    elif kind is tuple or kind is list:
        for part in tree:
            _collect(part, found)
    elif kind is slice:
        _collect((tree.start, tree.stop, tree.step), found)


def mapped(f, tree):
    """The same nested tuples, lists and slices with f of each expression and everything else."""
    kind = type(tree)
    if kind is tuple or kind is list:
        return kind([mapped(f, part) for part in tree])
    if kind is slice:
        return slice(mapped(f, tree.start), mapped(f, tree.stop), mapped(f, tree.step))
    return f(tree)


def mapped_call(f, args, kwargs):
    """The arguments and the keywords of a call, `mapped`."""
    return mapped(f, tuple(args)), {key: mapped(f, value) for key, value in kwargs.items()}


def key_of(tree):
    """What tells arguments apart: expressions and arrays by identity, numbers by type and value."""
    kind = type(tree)
    if kind is Expression:
        return id(tree)
    if kind is tuple or kind is list:
        return (kind, *map(key_of, tree))
    if kind is slice:
        return (kind, key_of(tree.start), key_of(tree.stop), key_of(tree.step))
    if isinstance(tree, _SCALARS):
        return (kind, repr(tree))
    if isinstance(tree, np.ndarray):
        return (kind, id(tree))
    return tree


def content_of(tree, name):
    """What tells arguments apart by what they hold: arrays and constants by all their bits.

    Other expressions are told apart by ``name(expression)``.
    """
    kind = type(tree)
    if kind is Expression:
        return content_of(tree.value, name) if tree.kind == "constant" else name(tree)
    if kind is tuple or kind is list:
        return (kind, *(content_of(part, name) for part in tree))
    if kind is slice:
        return (kind, *(content_of(end, name) for end in (tree.start, tree.stop, tree.step)))
    if isinstance(tree, np.ndarray):
        return tree.shape, tree.dtype, tree.tobytes()
    return key_of(tree)


def call_content(step, name):
    """What tells calls apart by what their arguments hold; see `content_of`."""
    return step.func, content_of(step.args, name), content_of(sorted(step.kwargs.items()), name)
