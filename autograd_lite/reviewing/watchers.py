"""Who answers the calls in an instrumented program."""

import contextlib
import functools
import math
import operator
import random
import sys

import numpy as np

from ..comparison.cross_check.plain_python import numpys
from ..engine.calls import holds_tensor, stacked
from ..engine.modes import no_grad
from ..engine.tensor import Tensor
from ..rules import creation
from .inputs import is_floats
from .instrumented import RETURNED

NEXT = "__value__"  # what is assigned
EVENTS = 200_000  # a program with more is not followed


class Recorder:
    """Notes what each statement gave: pairs (key of the statement, value as it was then)."""

    records = True
    keeps = staticmethod(lambda tensor: tensor.numpy().copy())

    def __init__(self):
        self.events = []
        self.wholes = set()  # the lines that store into arrays, of which the whole is noted

    def value(self, key, value):
        """What a statement assigns or returns."""
        self.note(key, value)
        return value

    def stored(self, key, whole, entry, owner=None):
        """What a statement stored into: the array, or an entry of a list, a dict, an object."""
        inside = isinstance(whole, (np.ndarray, Tensor)) and not isinstance(whole, np.generic)
        self.wholes |= {key} if inside else set()
        self.note(key, whole if inside else entry())

    def note(self, key, value):
        if len(self.events) < EVENTS:
            self.events.append((key, kept(value, self.keeps)))

    def entered(self, function, given):
        """What a function, (path, line), was called with, by the names of its parameters."""

    def called(self, function):
        return function

    def plain(self, value, method):
        return getattr(value, method)

    def attribute(self, x, name):
        """``x.data`` or ``x.grad``."""
        return getattr(x, name)

    def put(self, x, name, value):
        """``x.data = value``, or of ``x.grad``."""
        setattr(x, name, value)

    def changed(self, x, how, value):
        """What ``x += value`` and its like make of x."""
        return getattr(operator, how)(x, value)

    def augmented(self, x, name, how, value):
        """``x.data += value`` and its like."""
        self.put(x, name, getattr(operator, how)(self.attribute(x, name), value))


class Lifter(Recorder):
    """The same on tensors: arrays of floats become tensors where they are made.

    What the program takes for the data of a tensor, or leaves as its gradient, stays on the tape.
    """

    keeps = staticmethod(lambda tensor: tensor.node)

    def __init__(self):
        super().__init__()
        self.leaves = []
        self.passed = []  # (the function, the name, the node) of each tensor in a call
        self.calls = []  # (how many events were before it, where it is, the nodes) of each call
        self.held = {}  # {(tensor, attribute): what the program takes it for}
        self.owners = {}  # {event that stored in an attribute: the nodes that its object holds}

    def value(self, key, value):
        return super().value(key, self.lifted(value))

    def stored(self, key, whole, entry, owner=None):
        if owner is not None:
            names = [*getattr(owner, "__dict__", ()), *getattr(owner, "__slots__", ())]
            held = (getattr(owner, name, None) for name in names)
            nodes = [value.node for value in held if isinstance(value, Tensor)]
            self.owners[len(self.events)] = nodes
        super().stored(key, whole, entry)

    def changed(self, x, how, value):
        """The same; a number stays as it is, whoever else holds it."""
        if isinstance(x, Tensor) and not x.ndim:
            how = how.removeprefix("i")
        return super().changed(x, how, value)

    def entered(self, function, given):
        tensors = [(name, x.node) for name, x in given.items() if isinstance(x, Tensor)]
        self.passed += [((*function, name), node) for name, node in tensors]
        caller = sys._getframe(2)
        place = caller.f_code.co_filename, caller.f_lineno
        self.calls.append((len(self.events), place, [node for _, node in tensors]))

    def lifted(self, value):
        """A value on the tape; what a list or a dict holds is exchanged in it."""
        if is_floats(value):
            return self.tensor(value)
        if type(value) is list:
            value[:] = map(self.lifted, value)
        elif type(value) is dict:
            value.update({key: self.lifted(inner) for key, inner in value.items()})
        elif type(value) is tuple:
            return tuple(map(self.lifted, value))
        return value

    def tensor(self, array):
        """A tensor that may be stored into: a copy of a leaf."""
        leaf = Tensor(array, requires_grad=True)
        self.leaves.append(leaf)
        return leaf.copy()

    def called(self, function):
        try:
            other = _ON_TENSORS.get(function)
        except TypeError:  # no hash
            return function
        if other is not None:
            return lambda *a, **k: self.lifted(other(*a, **k))
        return functools.partial(_of_lists, function) if isinstance(function, _NUMPYS) else function

    def plain(self, value, method):
        """``x.item()`` and ``x.tolist()`` of a tensor: what is still on the tape."""
        if not isinstance(value, Tensor):
            return getattr(value, method)
        if method == "tolist":
            return lambda: list(value)
        return lambda *index: value if method == "item" else self.attribute(value, "data")

    def attribute(self, x, name):
        if not isinstance(x, Tensor):
            return getattr(x, name)
        if (x, name) in self.held:
            return self.held[x, name]
        if name == "grad":
            return x.grad if x.is_leaf else None
        if x.is_leaf and x.requires_grad:  # it may be stored into
            return self.held.setdefault((x, name), x.copy())
        return x

    def put(self, x, name, value):
        if isinstance(x, Tensor):
            self.held[x, name] = self.lifted(value)
        else:
            setattr(x, name, value)


class Executor:
    """Carries out one statement in place of the program, in another form.

    ``code`` is that form, compiled; ``seen`` is called with the key and the names in reach
    before each time.
    """

    records = False

    def __init__(self, code=None, seen=None, limit=EVENTS):
        self.code = code
        self.seen = seen
        self.left = limit

    def executed(self, key, scope):
        """The names in reach, afterwards."""
        self.left -= 1
        if self.left < 0:
            raise RuntimeError("the statement is carried out more often than in the program")
        if self.seen is not None:
            self.seen(key, scope)
        exec(self.code, scope)
        return scope

    def header(self, key, scope):
        """The value of the expression of a header."""
        return self.executed(key, scope)[RETURNED]


class Substitute(Executor):
    """Puts given values in the place of what a statement gives, as long as there are some.

    Where one is None the statement is carried out as it is.
    """

    def __init__(self, assignment, values, code):
        super().__init__()
        self.given = compile(assignment, "<review>", "exec", dont_inherit=True)
        self.values = values
        self.otherwise = code
        self.at = 0

    def executed(self, key, scope):
        self.code = self.otherwise
        if self.at < len(self.values) and self.values[self.at] is not None:
            self.code = self.given
            scope[NEXT] = self.values[self.at].copy()
        self.at += 1
        return super().executed(key, scope)


def kept(value, of_tensor=Recorder.keeps, depth=4):
    """A value as it is now: arrays are copied, and of a tensor what is said."""
    if isinstance(value, Tensor):
        return of_tensor(value)
    if isinstance(value, np.ndarray):
        return value.copy()
    if depth and isinstance(value, (list, tuple)):
        return [kept(inner, of_tensor, depth - 1) for inner in value[:1000]]
    if depth and isinstance(value, dict):
        return {key: kept(inner, of_tensor, depth - 1) for key, inner in value.items()}
    return value if isinstance(value, (int, float, complex, np.generic, str)) else None


def _float(x=0.0):
    return x if isinstance(x, Tensor) else float(x)


def _isinstance(x, kinds):
    """A tensor counts as the array, or the number, that it stands for."""
    if not isinstance(x, Tensor):
        return isinstance(x, kinds)
    like = x.data if x.ndim else float(x.data)
    return isinstance(x, kinds) or isinstance(like, kinds)


def _same(x):
    return x


def _array(data, dtype=None, **rest):
    """np.array where there are tensors in the data, or floats that may be filled with some."""
    if holds_tensor(data):
        return creation.array(data, dtype)
    return np.array(data, dtype=dtype)


def _of_lists(function, *args, **kwargs):
    """A function of NumPy, to which a list of tensors is the array that it stands for."""
    try:
        return function(*args, **kwargs)
    except TypeError:
        if not any(type(value) in (list, tuple) and holds_tensor(value) for value in args):
            raise
        return function(*map(stacked, args), **kwargs)


_NUMPYS = (np.ufunc, type(np.mean))
_MADE = ("zeros", "ones", "empty", "full", "zeros_like", "ones_like", "empty_like", "full_like")
_DRAWN = (random.gauss, random.uniform, random.random)
_ON_TENSORS = {
    float: _float,
    np.float64: _float,
    np.float32: _same,
    isinstance: _isinstance,
    no_grad: contextlib.nullcontext,
    np.array: _array,
    np.asarray: _array,
    np.asanyarray: _array,
    np.ascontiguousarray: _array,
    **{getattr(np, name): getattr(np, name) for name in _MADE},
    **{
        getattr(math, name): numpys(name)
        for name in dir(math)
        if callable(getattr(math, name)) and numpys(name) is not getattr(math, name)
    },
}
