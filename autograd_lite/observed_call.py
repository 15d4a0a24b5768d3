"""A function called once under observation: its result, what its variables held, what it called.

The one idea: a tensor has the name it had in the function that computed it, and a call on the
tape belongs to the functions and modules that were running. Calls are numbered as they are
made, so each running function is a range of these numbers.
"""

from __future__ import annotations

import inspect
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .engine.modes import enable_grad
from .engine.tape import Leaf
from .engine.tensor import Tensor
from .messages import errors
from .transforms import trees

_OURS = {__name__.partition(".")[0], "nn"}
_INSTALLED = tuple({*sysconfig.get_paths().values()} - {sysconfig.get_paths()["data"]})


@dataclass(eq=False)
class Scope:
    """One call of a function, or of a module's forward.

    Attributes
    ----------
    label : str
        "lstm_step", "layers.0 Linear".
    parent : Scope or None
        What called it.
    first, last : int
        The calls of the tape that were made meanwhile: those with serials between.
    module : object
        Of which it is the forward, if it is one.
    """

    label: str
    parent: Scope | None
    first: int
    last: int = sys.maxsize
    module: Any = None


@dataclass(eq=False)
class Observed:
    """What was seen of a call.

    Attributes
    ----------
    result : object
        What f returned.
    own : dict
        The variables of f when it returned.
    inner : dict
        Those of the functions that it called, the first that had a name.
    names : dict
        The name of the first variable that held a tensor, by the tensor's node.
    arrays : list of (str, ndarray)
        The plain arrays that variables held, each under the name of the first.
    wrt : list
        What was asked for: the variables in the arguments of these names, and other names.
    scopes : list of Scope
        The calls inside of f, in the order of their beginnings.
    """

    result: Any
    own: dict = field(default_factory=dict)
    inner: dict = field(default_factory=dict)
    names: dict = field(default_factory=dict)
    arrays: list = field(default_factory=list)
    scopes: list = field(default_factory=list)
    wrt: list = field(default_factory=list)

    @property
    def variables(self):
        """The variables of f, and of the functions that it called."""
        return {**self.inner, **self.own}


def observed(f, args, kwargs) -> Observed:
    """Call ``f(*args, **kwargs)`` with a trace function that notes variables line by line.

    Libraries and this package are not traced into; a module of theirs is still a scope.
    """
    seen = _Observer(f)
    before = sys.gettrace()
    sys.settrace(seen.enters)
    try:
        result = f(*args, **kwargs)
    finally:
        sys.settrace(before)
    arrays = list(seen.arrays.values())
    return Observed(result, seen.own, seen.inner, seen.names, arrays, seen.scopes)


def on_tape(what, f, args, wrt=None) -> Observed:
    """Call ``f(*args)`` so that its result is a Tensor with a history.

    Tensors in the arguments, and those that f reads by itself, are variables as they are. Where
    there are none, all floats in the arguments become variables, or those whose arguments
    ``wrt`` names; they are called by the names of the parameters, ``x`` and ``p['W']``.

    Raises
    ------
    TypeError
        For an f that returns no number and no array.
    """
    asked = [wrt] if isinstance(wrt, (str, Tensor)) else list(wrt or ())
    given = [trees.with_arrays(arg, of_integers=False) for arg in args]
    names = _parameters(f, args)
    labels = [x for name, a in zip(names, given, strict=True) for x in trees.paths_of(a, name)]
    leaves, build = trees.flatten(given)
    chosen = [any(_is_within(label, name) for name in asked) for label in labels]
    variables = _lifted(leaves, labels, chosen)
    with enable_grad():
        if any(chosen):
            seen = observed(f, build(variables), {})
        else:
            seen = observed(f, args, {})
            seen.result = _first_number(what, f, seen.result)
            if not seen.result.requires_grad:
                seen = observed(f, build(_lifted(leaves, labels, [True] * len(leaves))), {})
    seen.result = _first_number(what, f, seen.result)
    seen.wrt = [x for x, is_asked in zip(variables, chosen, strict=True) if is_asked]
    seen.wrt += [x for x in asked if not any(_is_within(label, x) for label in labels)]
    seen.own = {**_read_by(f), **dict(zip(names, args, strict=True)), **seen.own}
    return seen


def _parameters(f, args):
    """What the arguments of a call are called."""
    f = getattr(f, "forward", f)  # of a module
    try:
        bound = inspect.signature(f).bind(*args).arguments
        kinds = inspect.signature(f).parameters
    except (TypeError, ValueError):  # a function of C, which has no signature; or a wrong call
        return [f"argument {i + 1}" for i in range(len(args))]
    names = [n for n in bound if kinds[n].kind is not inspect.Parameter.VAR_POSITIONAL]
    rest = next((n for n in bound if n not in names), "")
    return names + [f"{rest}[{i}]" for i in range(len(args) - len(names))]


def _lifted(leaves, labels, chosen):
    return [
        Tensor(leaf, requires_grad=True, name=label) if wanted and _is_float(leaf) else leaf
        for leaf, label, wanted in zip(leaves, labels, chosen, strict=True)
    ]


def _is_float(x):
    return isinstance(x, (float, np.ndarray, np.floating)) and np.asarray(x).dtype.kind in "fc"


def _is_within(label, name):
    """Whether a label is that of an argument or of a part of it."""
    return isinstance(name, str) and (label == name or label.startswith(f"{name}["))


def _first_number(what, f, result):
    """The loss of what a function returned: the first of several results."""
    while isinstance(result, (tuple, list)) and result:
        result = result[0]
    if not isinstance(result, (Tensor, np.ndarray, np.generic, float, int)):
        name = getattr(f, "__name__", "the function")
        raise TypeError(
            f"{what}: {name} returned {errors.describe(result)}, and what is read is the tape of "
            "a number or an array: return the loss, alone or first"
        )
    return result if isinstance(result, Tensor) else Tensor(result)


def _read_by(f):
    """What a function reads around itself: its closure, its object, its own attributes."""
    f = getattr(f, "func", f)  # a functools.partial
    found = {} if inspect.isroutine(f) else {"model": f}
    if hasattr(f, "__self__"):
        found["self"] = f.__self__
    code, cells = getattr(f, "__code__", None), getattr(f, "__closure__", None)
    for name, cell in zip(code.co_freevars if code else (), cells or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # not bound yet
            continue
    return found


class _Observer:
    """The trace functions of one observed call."""

    def __init__(self, f):
        self.code = getattr(getattr(f, "__func__", f), "__code__", None)
        self.own: dict = {}
        self.inner: dict = {}
        self.names: dict = {}
        self.arrays: dict = {}  # by id; they stay alive here
        self.scopes: list = []
        self._open: list = []
        self._files: dict = {}
        self._is_first = True

    def enters(self, frame, event, _):
        """A function begins: the local trace function of its frame, or None."""
        code = frame.f_code
        is_own = self._is_first and code is self.code
        is_users = self._is_users(frame)
        module = _module_of(frame)
        scope = None
        if not is_own and not code.co_name.startswith("<") and (is_users or module is not None):
            scope = self._begun(code.co_name, module)
        if is_own:
            self._is_first = False
        if not (is_own or is_users or scope is not None):
            return None
        frame.f_trace_lines = is_own or is_users

        def follows(frame, event, _):
            if is_own or is_users:
                self._note(frame.f_locals)
            if event == "return":
                self._ends(frame, scope, is_own)
            return follows

        return follows

    def _begun(self, name, module):
        if module is not None and name == "__call__":
            return None  # its forward follows
        parent = self._open[-1] if self._open else None
        label = name if module is None else _label(module, parent)
        scope = Scope(label, parent, Leaf(0.0).serial, module=module)
        self.scopes.append(scope)
        self._open.append(scope)
        return scope

    def _ends(self, frame, scope, is_own):
        if scope is not None:
            scope.last = Leaf(0.0).serial
            self._open.pop()
        if is_own or frame.f_trace_lines:  # globals have the names that locals do not have
            read = frame.f_code.co_names
            self._note({n: frame.f_globals[n] for n in read if n in frame.f_globals})
        own = {n: v for n, v in frame.f_locals.items() if not n.startswith(("_", "@"))}
        if is_own:
            self.own = own
        elif frame.f_trace_lines:
            self.inner = {**own, **self.inner}

    def _note(self, variables):
        for name, value in variables.items():
            if name.startswith(("_", "@")):  # those with @ are pytest's
                continue
            if isinstance(value, Tensor):
                self.names.setdefault(value.node, name)
            elif type(value) is np.ndarray:
                self.arrays.setdefault(id(value), (name, value))

    def _is_users(self, frame):
        """Whether a frame is none of a library's: code that was made by exec is its module's."""
        path = frame.f_code.co_filename
        if path not in self._files:
            is_library = path.startswith(("<frozen", *_INSTALLED)) or "site-packages" in path
            self._files[path] = not is_library
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        is_library = package in _OURS or package.startswith("namedtuple_")
        return self._files[path] and not is_library


def _module_of(frame):
    """The module whose ``forward`` or ``__call__`` a frame runs, or None."""
    code = frame.f_code
    if code.co_name not in ("forward", "__call__") or not code.co_argcount:
        return None
    owner = frame.f_locals.get(code.co_varnames[0])
    is_module = callable(getattr(owner, "named_parameters", None)) and not isinstance(owner, type)
    return owner if is_module else None


def _label(module, parent):
    """What a module is called inside the one that called it: "layers.0 Linear"."""
    kind = type(module).__name__
    while parent is not None and parent.module is None:
        parent = parent.parent
    path = None if parent is None else _path(parent.module, module)
    return kind if path is None else f"{path} {kind}"


def _path(holder, module, depth=3):
    """The path of a module among the attributes of another, or None."""
    if isinstance(holder, Mapping):
        parts = holder
    elif isinstance(holder, (list, tuple)):
        parts = dict(enumerate(holder))
    else:
        parts = getattr(holder, "__dict__", {})
    for name, value in parts.items():
        if value is module:
            return str(name)
    if depth:
        for name, value in parts.items():
            if isinstance(value, (Mapping, list, tuple)):
                path = _path(value, module, depth - 1)
                if path is not None:
                    return f"{name}.{path}"
    return None
