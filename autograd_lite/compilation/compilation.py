"""`compile`: a function that is called as straight programs, found by what it is given."""

from __future__ import annotations

import functools
import operator
import os
import sys
import types
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

import numpy as np

from ..engine.modes import current
from ..engine.shown_arrays import LEAF_ARRAYS
from ..programs.numpy_program import NumpyProgram
from .arguments import Arguments, Uncompiled
from .forms import Form
from .random_draws import lock
from .specializations import GUARD_FAILED, Specializations

_MOST_SIGNATURES = 512
_MOST_FORMS = 4  # that are looked at one after the other, a microsecond each


def compile(
    f: Callable, backend: str = "numpy", cache_dir: str | os.PathLike[str] | None = None
) -> Compiled:
    """The same function as a program: traced when it is called with new shapes, then run.

    Parameters
    ----------
    f : callable
        Of arrays and numbers, also in nested dicts, lists and tuples, and of anything else.
        `grad`, `value_and_grad`, ``loss.backward()`` and an optimiser's ``step()`` can be in it.
    backend : {"numpy", "numba"}
        What runs the program.
    cache_dir : path, optional
        A folder in which what Numba has compiled is kept for other processes: of one source, one
        version of Numba and of NumPy, and one processor. Only for those whom you trust to write
        into it: what is there is run.

    Returns
    -------
    Compiled
        Called like ``f``; tensors among the results come back as plain arrays. Its
        ``source(*args)`` is the text of the program for these arguments.

    Raises
    ------
    TypeError
        When it is called: for what a program cannot do, such as a list that grows, an array
        of its caller that is written into, ``float()`` of a result; the message says what instead.

    Notes
    -----
    Arrays, floats and NumPy's numbers are inputs of the program, also those that ``f`` reads
    from around itself: globals, closures, attributes of its objects, the data of tensors. They
    are read at every call. Everything else is part of the signature, as shapes and dtypes are.
    What ``f`` assigns to such places is assigned after every run, and what it draws from random
    generators there is drawn again.

    >>> from autograd_lite import grad
    >>> slope = compile(grad(lambda x: np.sum(np.sin(x) ** 2)))
    >>> slope(np.array([0.0, 1.0])).round(4)
    array([0.    , 0.9093])
    """
    if not callable(f):
        raise TypeError(
            f"compile() takes a function, not {f!r}: write compile(f), not compile(f())"
        )
    return Compiled(f, _program_type(backend, cache_dir))


def _program_type(backend, cache_dir):
    if cache_dir is not None and backend == "numpy":
        raise ValueError(
            'cache_dir= is of backend="numba": a program of NumPy is not compiled, so leave it out'
        )
    if backend == "numpy":
        return NumpyProgram
    if backend != "numba":
        raise ValueError(f'backend={backend!r} is not known: it is "numpy" or "numba"')
    if find_spec("numba") is None:
        raise ModuleNotFoundError(
            'backend="numba" needs Numba, which is not installed: pip install numba, or leave '
            "backend= out",
            name="numba",
        )
    program = import_module("..programs.numba_program", __package__).numba_program
    return program if cache_dir is None else functools.partial(program, cache_dir=str(cache_dir))


class Compiled:
    """A function that runs as a program; made by `compile`."""

    def __init__(self, f, program_type):
        functools.update_wrapper(self, f, updated=())
        self.__wrapped__ = f
        self._program_type = program_type
        self._programs = {}
        self._forms = []  # pairs (form, programs), the latest first: most calls are like the last

    def __call__(self, *args, **kwargs):
        mode = current()
        if not (mode.watchers or mode.tracing):
            for form, programs in self._forms:
                if programs.strict and form.arrays is not None:
                    values = form.arrays(args, kwargs)
                    if values is not None:
                        result = programs.run_strict(values)
                        if result is not GUARD_FAILED:
                            return result
                values = form.inputs(args, kwargs)
                if values is not None:
                    if self._forms[0][0] is not form:
                        self._remember(form, programs)
                    result = programs.run_direct(values)
                    if result is not GUARD_FAILED:
                        return result
                    break
        return self._call(args, kwargs)

    def _remember(self, form, programs):
        """Have this form looked at first."""
        others = [pair for pair in self._forms if pair[0] is not form]
        self._forms = [(form, programs), *others[: _MOST_FORMS - 1]]

    def __get__(self, instance, owner=None):
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self):
        return f"<compiled {self._name()}>"

    def __reduce__(self):
        """A copy, and one from a pickle, is of a copy of the function, without its programs."""
        scope = sys.modules.get(self.__module__)
        try:
            named = operator.attrgetter(self.__qualname__)(scope)
        except AttributeError:
            named = None
        if named is self:  # @compile: its name is the only one that the function has
            return self.__qualname__
        return Compiled, (self.__wrapped__, self._program_type)

    def source(self, *args, **kwargs) -> str:
        """The text of the program for these arguments: a module that needs nothing but NumPy.

        That of the backend "numba" needs Numba, and this package for its functions of numbers.
        The comments say what its parameters and its results are.
        """
        try:
            programs, arguments = self._programs_for(args, kwargs)
            with lock:
                return programs.specialization(arguments).text
        except Uncompiled as reason:
            raise TypeError(
                f"there is no program of {self._name()} for these arguments: {reason}"
            ) from None

    def _call(self, args, kwargs):
        try:
            programs, arguments = self._programs_for(args, kwargs)
            result = programs.run(arguments.values)
            if result is GUARD_FAILED:
                with lock:
                    result = programs.run_traced(arguments)
        except Uncompiled:
            result = GUARD_FAILED
        return self.__wrapped__(*args, **kwargs) if result is GUARD_FAILED else result

    def _programs_for(self, args, kwargs):
        """The programs for arguments of this signature, with the arguments."""
        mode = current()
        if mode.tracing:
            raise Uncompiled("another function is being traced")
        if mode.watchers:
            raise Uncompiled("anomalies are looked for")
        args = tuple(np.asarray(arg) if isinstance(arg, LEAF_ARRAYS) else arg for arg in args)
        arguments = Arguments(self.__wrapped__, args, kwargs)
        programs = self._programs.get(arguments.key)
        if programs is None:
            programs = Specializations(self.__wrapped__, self._name(), self._program_type)
            if len(self._programs) >= _MOST_SIGNATURES:
                self._programs = {}
            programs = self._programs.setdefault(arguments.key, programs)
            programs.form = Form(args, kwargs)
        self._remember(programs.form, programs)
        return programs, arguments

    def _name(self):
        return getattr(self.__wrapped__, "__name__", type(self.__wrapped__).__name__)
