"""What a program is run on: copies, so that nothing of the user's is changed.

Arrays of floats are found in the arguments, in the objects, closures and globals that the
program uses, and in what these hold. In a copy each may be another array, or a tensor. Tensors
that require a gradient, such as the parameters of a model, count as the arrays that they hold.
"""

import copy
import random
import types
from contextlib import contextmanager

import numpy as np

from ..engine.tensor import Tensor
from .instrumented import names_in
from .sources import is_judged

_SCALARS = (float, np.floating)
_PLAIN = (str, bytes, int, bool, complex, type(None), types.FunctionType, types.ModuleType, type)


def is_floats(x):
    """Whether something is an array of floats."""
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


class Inputs:
    """The arguments of a program with what else it reads.

    Attributes
    ----------
    places : dict
        Each array of floats, or number among the arguments, by its name: ``params["W1"]``.
    parameters : dict
        The tensors among them, by their names; in `copied` those of the copy.
    of_globals : set of str
        The names of the places that stand in globals.
    lengths : set of int
        How many entries its lists and tuples have.
    """

    def __init__(self, program, names, args, kwargs):
        self.program = program
        self.f, self.args, self.kwargs = program.f, args, kwargs
        self.argument_names = [*names, *[f"args[{i}]" for i in range(len(names), len(args))]]
        self.argument_names = self.argument_names[: len(args)]
        self.cells = _cells(program)
        self.names_of_globals = _globals_used(program)
        self.places: dict = {}
        self.parameters: dict = {}
        self.lengths: set = set()
        self._by_id: dict = {}
        self._seen: set = set()
        for name, value in [*zip(self.argument_names, args, strict=True), *kwargs.items()]:
            self._collect(name, value, numbers=True)
        owner = getattr(program.f, "__self__", None)
        if owner is None and not isinstance(program.f, types.FunctionType):
            owner = program.f
        self._collect("self", owner)
        for name, cell in self.cells:
            self._collect(name, cell.cell_contents)
        before = set(self.places)
        for module, name in self.names_of_globals:
            self._collect(name, module[name])
        self.of_globals = set(self.places) - before

    def _collect(self, name, value, numbers=False):
        if is_floats(value) or _is_parameter(value):
            if id(value) not in self._by_id:
                self._by_id[id(value)] = name
                self.places[name] = value
            if isinstance(value, Tensor):
                self.parameters[name] = value
                self.places[name] = value.numpy()
        elif numbers and isinstance(value, _SCALARS):
            self.places[name] = value
        elif isinstance(value, _PLAIN) or id(value) in self._seen:
            return
        else:
            self._seen.add(id(value))
            self.lengths |= {len(value)} if isinstance(value, (list, tuple)) and value else set()
            for path, inner in _inside(value):
                self._collect(name + path, inner, numbers)

    @contextmanager
    def copied(self, other=None):
        """(f, args, kwargs) on copies, in which ``other(name, value)`` stands for each place.

        Random generators are as they were before, and so is the rest afterwards.
        """
        make = other or (lambda name, value: np.array(value) if is_floats(value) else value)
        made = {name: make(name, value) for name, value in self.places.items()}
        parameters = self.parameters
        self.parameters = {name: _as_parameter(made[name], t) for name, t in parameters.items()}
        memo = {key: self.parameters.get(name, made[name]) for key, name in self._by_id.items()}
        state = np.random.get_state(), random.getstate()  # noqa: NPY002 - that of the user's
        cells = [(cell, cell.cell_contents) for _, cell in self.cells]
        rest = [(module, name, module[name]) for module, name in self.names_of_globals]
        try:
            for cell, value in cells:
                cell.cell_contents = _copy(value, memo)
            for module, name, value in rest:
                module[name] = _copy(value, memo)
            named = zip(self.argument_names, self.args, strict=True)
            args = tuple(self._numbers(name, _copy(a, memo), made) for name, a in named)
            kwargs = {k: self._numbers(k, _copy(v, memo), made) for k, v in self.kwargs.items()}
            yield _copy(self.f, memo), args, kwargs
        finally:
            for name, tensor in self.parameters.items():
                if tensor is not made[name]:  # names in reach that were kept are those of before
                    tensor.data = made[name]
            self.parameters = parameters
            for cell, value in cells:
                cell.cell_contents = value
            for module, name, value in rest:
                module[name] = value
            np.random.set_state(state[0])  # noqa: NPY002
            random.setstate(state[1])

    def _numbers(self, name, value, made):
        """An argument with its numbers exchanged, inside lists, tuples and dicts too."""
        if isinstance(value, _SCALARS):
            return made.get(name, value)
        if type(value) in (list, tuple):
            changed = [self._numbers(f"{name}[{i}]", v, made) for i, v in enumerate(value)]
            return type(value)(changed)
        if type(value) is dict:
            return {k: self._numbers(f"{name}[{k!r}]", v, made) for k, v in value.items()}
        return value


def _is_parameter(x):
    return isinstance(x, Tensor) and x.requires_grad and x.is_leaf and x.dtype.kind == "f"


def _as_parameter(value, tensor):
    """A leaf with another value; a leaf that is given stays."""
    if isinstance(value, Tensor):
        return value
    return Tensor(value, requires_grad=True, name=tensor.name)


def _inside(value):
    """Pairs (end of the name, what is there) of what a container or an object holds."""
    if isinstance(value, dict):
        return [(f"[{key!r}]", inner) for key, inner in value.items()]
    if isinstance(value, (list, tuple)):
        return [(f"[{i}]", inner) for i, inner in enumerate(value)]
    if isinstance(value, np.ndarray) or not hasattr(value, "__dict__"):
        return []
    if isinstance(value, types.MethodType):
        return [(".__self__", value.__self__)]
    return [(f".{name}", inner) for name, inner in vars(value).items()]


def _copy(value, memo):
    """A deep copy; what cannot be copied is used as it is."""
    try:
        return copy.deepcopy(value, memo)
    except Exception:
        return value


def _cells(program):
    """(name, cell) of the closures of the functions that were there before the run."""
    found = {}
    for fn in program.functions_around:
        for name, cell in zip(fn.__code__.co_freevars, fn.__closure__, strict=True):
            if _holds_something(cell):
                found[id(cell)] = name, cell
    return list(found.values())


def _holds_something(cell):
    try:
        return not isinstance(cell.cell_contents, _PLAIN)
    except ValueError:  # empty
        return False


def _globals_used(program):
    """(module, name) of the globals of the watched functions that hold arrays or objects."""
    found = {}
    for functions in program.functions.values():
        for fn in filter(_is_of_the_user, functions):
            for name in names_in(fn.__code__):
                value = fn.__globals__.get(name)
                if not isinstance(value, _PLAIN) and not _is_function(value):
                    found[id(fn.__globals__), name] = fn.__globals__, name
    return list(found.values())


def _is_of_the_user(function):
    return is_judged(function.__code__.co_filename)


def _is_function(value):
    """Whether a value that can be called is no object of a class written in Python."""
    makes = [vars(kind)["__call__"] for kind in type(value).__mro__ if "__call__" in vars(kind)]
    return callable(value) and not isinstance(makes[0], types.FunctionType)
