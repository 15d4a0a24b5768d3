"""`compile`: a function as straight programs, one for each signature of what it is given.

A program is traced with the real arguments, checked by a second run, and called from then on. A
guard in it that fails, and a place in the surroundings that has changed, lead to another one.
"""

from __future__ import annotations

import functools
import textwrap
import threading
import types
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

import numpy as np

from ..quiet import quiet
from ..watching import is_watched
from .arguments import Arguments, Differentiated
from .capture import Capture, active, difference, outputs
from .graph import needed
from .numpy_program import NumpyProgram
from .observation import Observation
from .source import Writer
from .surroundings import Impure, OnTape, Surroundings
from .traced import LeftTheProgram

_MOST_VARIANTS = 16  # of one signature, told apart by their guards
_MOST_SURROUNDINGS = 64
_MOST_SIGNATURES = 512
_TRACERS = {f"{__package__}.{name}" for name in ("traced", "memory", "writers", "dependence")}
_lock = threading.RLock()  # tracing puts values into places that all threads see
_FAILED = object()


def compile(f: Callable, backend: str = "numpy") -> Compiled:
    """The same function as a program: traced when it is called with new shapes, then run.

    Parameters
    ----------
    f : callable
        Of arrays and numbers, also in nested dicts, lists and tuples, and of anything else.
        `grad`, `value_and_grad`, ``loss.backward()`` and an optimiser's ``step()`` can be in it.
    backend : {"numpy", "numba"}
        What runs the program.

    Returns
    -------
    Compiled
        Called like ``f``; tensors among the results come back as plain arrays. Its
        ``source(*args)`` is the text of the program for these arguments.

    Raises
    ------
    TypeError
        When it is called: for what a program cannot do, such as a random draw, an array
        that is written into, ``float()`` of a result; the message says what instead.

    Notes
    -----
    Arrays, floats and NumPy's numbers are inputs of the program, also those that ``f`` reads
    from around itself: globals, closures, attributes of its objects, the data of tensors. They
    are read at every call. Everything else is part of the signature, as shapes and dtypes are.
    What ``f`` assigns to such places is assigned after every run.

    >>> from autograd_lite import grad
    >>> slope = compile(grad(lambda x: np.sum(np.sin(x) ** 2)))
    >>> slope(np.array([0.0, 1.0])).round(4)
    array([0.    , 0.9093])
    """
    if not callable(f):
        raise TypeError(
            f"compile() takes a function, not {f!r}: write compile(f), not compile(f())"
        )
    return Compiled(f, _program_type(backend))


def _program_type(backend):
    if backend == "numpy":
        return NumpyProgram
    if backend != "numba":
        raise ValueError(f'backend={backend!r} is not known: it is "numpy" or "numba"')
    if find_spec("numba") is None:
        raise ImportError(
            'backend="numba" needs Numba, which is not installed: pip install '
            '"autograd_lite[numba]", or leave backend= out'
        )
    return import_module(".numba_program", __package__).NumbaProgram


class Compiled:
    """A function that runs as a program; made by `compile`."""

    def __init__(self, f, program_type):
        functools.update_wrapper(self, f, updated=())
        self.__wrapped__ = f
        self._program_type = program_type
        self._signatures = {}
        self._of_arrays = {}  # those of them for arrays by position alone: found in a microsecond

    def __call__(self, *args, **kwargs):
        if not kwargs:
            key = []
            for arg in args:
                if type(arg) is not np.ndarray:
                    break
                key += (arg.shape, arg.dtype)
            else:
                signature = self._of_arrays.get(tuple(key))
                if signature is not None and not is_watched():
                    for program in signature.direct:
                        result = quiet.call(program, *args)
                        if result is not None:
                            return result
                    result = signature.run(args)
                    if result is not _FAILED:
                        return result
        return self._call(args, kwargs)

    def __get__(self, instance, owner=None):
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self):
        return f"<compiled {self._name()}>"

    def source(self, *args, **kwargs) -> str:
        """The text of the program for these arguments: a module that needs nothing but NumPy.

        The comments say what its parameters and its results are.
        """
        found = self._found(args, kwargs)
        if isinstance(found, _Raw):
            raise TypeError(f"there is no program of {self._name()} for these arguments: {found}")
        signature, arguments = found
        with _lock:
            return signature.variant(arguments).text

    def _call(self, args, kwargs):
        found = self._found(args, kwargs)
        if isinstance(found, _Raw):
            return self.__wrapped__(*args, **kwargs)
        signature, arguments = found
        result = signature.run(arguments.values)
        if result is not _FAILED:
            return result
        try:
            with _lock:
                result = signature.run_traced(arguments)
        except OnTape:
            result = _FAILED
        return self.__wrapped__(*args, **kwargs) if result is _FAILED else result

    def _found(self, args, kwargs):
        """The signature of arguments, or why the function itself is to be called."""
        if active.tracing:
            return _Raw("another function is being traced")
        if is_watched():
            return _Raw("anomalies are looked for")
        try:
            arguments = Arguments(self.__wrapped__, args, kwargs)
        except Differentiated:
            return _Raw("one of them is on a tape, so that the function itself is called")
        signature = self._signatures.get(arguments.key)
        if signature is None:
            signature = _Signature(self.__wrapped__, self._name(), self._program_type)
            if len(self._signatures) >= _MOST_SIGNATURES:
                self._signatures, self._of_arrays = {}, {}
            signature = self._signatures.setdefault(arguments.key, signature)
            if not kwargs and all(type(arg) is np.ndarray for arg in args):
                key = [part for arg in args for part in (arg.shape, arg.dtype)]
                self._of_arrays[tuple(key)] = signature
        return signature, arguments

    def _name(self):
        return getattr(self.__wrapped__, "__name__", type(self.__wrapped__).__name__)


class _Raw(str):
    """Why there is no program."""

    __slots__ = ()


class _Signature:
    """The programs for arguments of one signature."""

    def __init__(self, f, name, program_type):
        self.f = f
        self.name = name
        self.program_type = program_type
        self.varying = set()  # the paths of integers that have changed: they are inputs
        self.known = {}  # {signature of the surroundings: variants}
        self.current = None, ()  # the surroundings as they were last, and their variants
        self.direct = ()  # the functions of those variants that need nothing but the arguments

    def run(self, values):
        """The result of the program that is right for these inputs, or _FAILED."""
        surroundings, variants = self.current
        if surroundings is None or (state := surroundings.read()) is None:
            return _FAILED
        for variant in variants:
            result = variant.run(values, state, surroundings)
            if result is not _FAILED:
                return result
        return _FAILED

    def run_traced(self, arguments):
        """The same, after a look at the surroundings, and after tracing if that is needed."""
        self._look(arguments)
        result = self.run(arguments.values)
        if result is _FAILED:
            self._trace(arguments)
            result = self.run(arguments.values)
        return result

    def variant(self, arguments):
        """The program that is right for these arguments; it is run, and nothing is stored."""
        self._look(arguments)
        surroundings, variants = self.current
        state = surroundings.read()
        for variant in variants:
            if variant.call(arguments.values, state) is not None:
                return variant
        return self._trace(arguments)

    def _look(self, arguments):
        """Find the variants for the surroundings as they are now."""
        before = self.current[0]
        roots = [("", self.f), *arguments.roots()]
        now = Surroundings(roots, self.varying)
        if before is not None:
            changed = {
                path
                for path, value in now.integers.items()
                if before.integers.get(path, value) != value
            }
            if changed:
                self.varying |= changed
                now = Surroundings(roots, self.varying)
        if len(self.known) > _MOST_SURROUNDINGS:
            del self.known[next(iter(self.known))]
        self.direct = ()  # the variants may be others
        self.current = now, self.known.setdefault(now.signature, [])
        self._find_direct()

    def _trace(self, arguments):
        surroundings, variants = self.current
        if len(variants) >= _MOST_VARIANTS:
            raise Impure(_too_many(self.name, variants))
        capture = self._captured(arguments, surroundings)
        counted = {
            path
            for path, _, tree in capture.changes
            if path in surroundings.integers and tree.is_integer()
        }
        if counted - self.varying:
            self.varying |= counted
            self._look(arguments)
            return self._trace(arguments)
        variant = _Variant(capture, self.name, self.program_type)
        del capture
        variant.watch()
        self._compare(variant, arguments, surroundings)
        variants.insert(0, variant)
        self._find_direct()
        return variant

    def _find_direct(self):
        surroundings, variants = self.current
        self.direct = tuple(v.function for v in variants if v.is_direct and surroundings.is_free)

    def _captured(self, arguments, surroundings):
        try:
            capture = Capture(self.f, arguments, surroundings)
            found = difference(capture, Capture(self.f, arguments, surroundings))
        except Exception as error:
            self._refuse(error)
            Observation(self.f, arguments, surroundings)  # raises what the function raises
            raise Impure(
                f"{self.name} cannot be compiled: uncompiled it runs, but on traced values it "
                f"raises {type(error).__name__}: {error}"
            ) from error
        if found is not None:
            raise Impure(
                f"{self.name} cannot be compiled: run twice with the same arguments, it does not "
                f"do the same: {found}. The clock, a random draw or a counter would be in the "
                "program as it was when it was traced: pass it as an argument"
            )
        return capture

    def _refuse(self, error):
        """Raise it again if it is of what traces, not of the function or of NumPy."""
        while error is not None:
            if isinstance(error, (LeftTheProgram, Impure)) or _is_refusal(error):
                raise type(error)(f"{self.name} cannot be compiled: {error}") from error
            error = error.__cause__

    def _compare(self, variant, arguments, surroundings):
        """Run the function itself, and hold what the program gives against it."""
        expected = Observation(self.f, arguments, surroundings)
        results = variant.call(arguments.values, surroundings.read())
        if results is not None and (where := expected.difference(*variant.built(results))):
            raise Impure(
                f"{self.name} cannot be compiled: on traced values {where} is another than by "
                "itself. Where it asks isinstance(x, np.ndarray) or type(x), ask "
                'hasattr(x, "shape"); where it writes values into a text, return them instead'
            )


def _is_refusal(error):
    """Whether the error is of what traces, not of the function or of NumPy."""
    traceback = error.__traceback__
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    module = traceback.tb_frame.f_globals.get("__name__", "")
    return module in _TRACERS


class _Variant:
    """A program, what it reads and what becomes of what it gives."""

    def __init__(self, capture, name, program_type):
        self.result = capture.result
        self.stores = [(place, tree) for _, place, tree in capture.changes]
        self._counts = [len(tree.expressions) for _, tree in self.stores]
        self.arrays = capture.arrays
        nested = self.result.nested
        self.is_nested = nested is not None
        results = nested if self.is_nested else self._flat(capture)
        if self.stores:
            results = (results, [x for _, tree in self.stores for x in tree.expressions])
        used = _used(capture)
        self.used = [i for i, x in enumerate(capture.state) if x in used]
        inputs = [*capture.arguments, *(capture.state[i] for i in self.used)]
        program = program_type(capture.graph.steps, inputs, results, name=_identifier(name))
        self.function = program.function()
        self.text = _text(program, capture, self.used)
        self.guards = _guards(capture)
        self.is_direct = self.is_nested and not (self.stores or self.used)
        for tree in (self.result, *(tree for _, tree in self.stores)):
            tree.forget()

    @staticmethod
    def _flat(capture):
        return list(capture.result.expressions)

    def watch(self):
        """Keep an eye on those arrays among the constants that somebody else has too."""
        self.arrays = [(array, before) for array, before in self.arrays if array() is not None]
        self.is_direct = self.is_direct and not self.arrays

    def call(self, values, state):
        """What the program gives, or None if it is not right for these inputs."""
        if self.arrays and not all(_is_unchanged(*pair) for pair in self.arrays):
            return None
        if self.used:
            values = (*values, *[state[i] for i in self.used])
        return quiet.call(self.function, *values)

    def run(self, values, state, surroundings):
        """What the function returns, after what it leaves in its surroundings is stored."""
        results = self.call(values, state)
        if results is None:
            return _FAILED
        result, left = self.built(results)
        for place, value in left:
            surroundings.store(place, value)
        return result

    def built(self, results):
        """What the function returns, and the pairs (place, value) that it leaves behind."""
        left = []
        if self.stores:
            results, values = results
            values = iter(values)
            for (place, tree), count in zip(self.stores, self._counts):
                single = tree.is_single and count
                value = next(values) if single else tree.build([next(values) for _ in range(count)])
                left.append((place, value))
        return (results if self.is_nested else self.result.build(results)), left


def _is_unchanged(reference, before):
    array = reference()
    return array is not None and array.shape == before.shape and array.tobytes() == before.tobytes()


def _used(capture):
    """The expressions that a program needs."""
    results = outputs(capture)
    steps = needed(capture.graph.steps, results)
    return {*results, *(x for step in steps for x in step.operands())}


def _identifier(name):
    return name if name.isidentifier() else "program"


def _guards(capture):
    """What the program's guards look at, in words, and what it must be."""
    writer = Writer({x: x.name or "x" for x in capture.graph.inputs})
    return [
        (writer.write(step.expression), step.expected)
        for step in needed(capture.graph.steps, outputs(capture))
        if step.kind == "guard"
    ]


def _too_many(name, variants):
    """The error for a branch that goes another way at every call."""
    looked_at = {text for variant in variants for text, _ in variant.guards}
    changing = [
        text
        for text in sorted(looked_at, key=len)
        if len({repr(dict(v.guards).get(text)) for v in variants}) > 1
    ]
    what = changing[0] if changing else "an array among the constants"
    return (
        f"{name} was traced {len(variants)} times for arguments of the same shapes, because it "
        f"branches on a value, loops or indexes with one that keeps changing: {what[:100]}. Use "
        "np.where, or a mask, or leave that part out of the compiled function"
    )


def _comment(text):
    return textwrap.wrap(text, 88, initial_indent="# ", subsequent_indent="# ")


def _text(program, capture, used):
    """The program as a module, with comments on its parameters and its results."""
    lines = []
    if used:
        read = ", ".join(capture.state[i].name for i in used)
        lines += _comment(f"After the arguments it takes, as they are at the call: {read}")
    if capture.changes:
        left = ", ".join(path for path, _, tree in capture.changes for _ in tree.expressions)
        lines += _comment("It returns (what the function returns, what it leaves behind)")
        lines += _comment(f"It leaves behind: {left or 'nothing'}")
    return "\n".join([*lines, program.source()])
