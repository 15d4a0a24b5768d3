"""Random numbers in a function: what it draws is drawn again at every run of its program.

While a function is traced, a `Drawing` stands for each generator that it can reach. The numbers
are inputs of the program; `Draws` makes them, in the same order, with the same arguments. A draw
of few possible values may come out the same twice; the state of its generator does not.
"""

import copy
import random
import sys
import threading
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..engine.modes import current
from ..symbolic.traced import ConcretizationError, Traced
from .arguments import abstract_value, is_input

# Held while a program draws, and while anybody traces: generators are put back by both.
lock = threading.RLock()


def is_generator(value):
    """Whether a value is a generator. NumPy's are imported when they are first used, not here."""
    if isinstance(value, random.Random):
        return True
    if "numpy.random" not in sys.modules:
        return False
    kinds = np.random.Generator, np.random.RandomState, np.random.BitGenerator
    return isinstance(value, kinds)


def _state_of(generator):
    """All that the next draw depends on; of the system's generator nothing is known."""
    if isinstance(generator, random.SystemRandom):
        return None
    if isinstance(generator, random.Random):
        return generator.getstate()
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    return getattr(generator, "bit_generator", generator).state


def _put_back(generator, state):
    """Have a generator draw again what it drew after it was in this state."""
    if state is None:
        return
    if isinstance(generator, random.Random):
        generator.setstate(state)
    elif isinstance(generator, np.random.RandomState):
        generator.set_state(state)
    else:
        getattr(generator, "bit_generator", generator).state = state


def _text(state):
    """A state as a text: equal for equal states."""
    if isinstance(state, dict):
        return repr({key: _text(value) for key, value in state.items()})
    return repr(state.tolist() if isinstance(state, np.ndarray) else state)


class States:
    """The states of generators, of NumPy's and Python's common ones too.

    Parameters
    ----------
    named : list of (path, generator)
    """

    def __init__(self, named):
        named = [*named, ("random", random.random.__self__)]
        if "numpy.random" in sys.modules:
            named.append(("np.random", np.random.random.__self__))
        self._before = [(path, generator, _state_of(generator)) for path, generator in named]

    def drawn(self):
        """Pairs (path, state) of those that were drawn from. All are put back to where they were.

        States are texts.
        """
        found = []
        for path, generator, before in self._before:
            after = _text(_state_of(generator))
            if after != _text(before):
                found.append((path, after))
                _put_back(generator, before)
        return found


@dataclass(frozen=True, eq=False)
class Draw:
    """One call of a generator's method, with plain arguments."""

    position: int  # of the generator, among those of the captured state
    method: str
    args: tuple
    kwargs: dict
    kind: object  # of the numbers: a program is right for those of one shape and dtype
    path: str  # what people call the method

    def __str__(self):
        args = [*map(repr, self.args), *(f"{key}={v!r}" for key, v in self.kwargs.items())]
        return f"{self.path}({', '.join(args)})"


class Draws(list):
    """What a function draws, in order."""

    def run(self, named, call):
        """``call(numbers)`` of what is drawn now; where that is None, nothing has been drawn.

        ``named`` are pairs (path, generator).
        """
        with lock:
            used = [named[position][1] for position in {draw.position for draw in self}]
            before = [(generator, _state_of(generator)) for generator in used]
            result = None
            try:
                numbers = self._again(named)
                result = None if numbers is None else call(numbers)
            finally:
                if result is None:
                    for pair in before:
                        _put_back(*pair)
        return result

    def _again(self, named):
        """The numbers, or None where a shape or a dtype is another."""
        found = []
        for draw in self:
            value = getattr(named[draw.position][1], draw.method)(*draw.args, **draw.kwargs)
            if abstract_value(value) != draw.kind:
                return None
            found.append(value)
        return found


class Drawing:
    """Stands for a generator: what is drawn becomes an input, and is noted.

    It draws from a copy, so that the generator itself is afterwards as it was.

    Parameters
    ----------
    generator
    path : str
        What people call it.
    position : int
        Among the generators of the captured state.
    draws : Draws
        Where a draw is noted.
    given : function
        From a value and its name to the input that it becomes.
    """

    def __init__(self, generator, path, position, draws, given):
        kind = type(generator)
        is_known = kind in (np.random.Generator, np.random.RandomState, random.Random)
        known = copy.deepcopy(generator) if is_known else None
        vars(self).update(
            _kind=kind, _copy=known, _path=path, _position=position, _draws=draws, _given=given
        )

    @property  # type: ignore[misc]  # as isinstance() sees it
    def __class__(self):
        return self._kind

    def __repr__(self):
        return f"<{self._path}, while it is traced: draw from it by its methods>"

    def __deepcopy__(self, memo):
        raise ConcretizationError(f"it copies {self._path}: {_DRAWS}")

    def __setattr__(self, name, value):
        raise ConcretizationError(
            f"it sets {self._path}.{name}: a program draws numbers, and no more"
        )

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        if self._copy is None:
            raise ConcretizationError(
                f"{self._path} is a {self._kind.__name__}: a program draws from a "
                "np.random.Generator, a RandomState or a random.Random, and from nothing else"
            )
        method = getattr(self._copy, name)
        text = f"{self._path}.{name}"
        if not callable(method):
            raise ConcretizationError(
                f"{text} would be a constant of the compiled program, which draws numbers from a "
                "generator, and does nothing else with it"
            )

        return partial(self._drawn, method, name, text)

    def _drawn(self, method, name, text, /, *args, **kwargs):
        """What a method of the generator gives, noted as a draw of the program."""
        if getattr(current().tracing, "is_step", False):
            raise ConcretizationError(
                f"{text} is called in the step of a scan, where a program would draw once for "
                "all steps: draw for all of them before the scan, with size=(steps, ...), and "
                "pass that as xs"
            )
        args, kwargs = _plain(args, text), _plain(kwargs, text)
        value = method(*args, **kwargs)
        if not is_input(value) and type(value) is not int:
            raise ConcretizationError(
                f"{text} gives {type(value).__name__}, and a program draws arrays and numbers: "
                "draw positions, and index with them"
            )
        kind = abstract_value(value)
        self._draws.append(Draw(self._position, name, args, kwargs, kind, text))
        given = self._given(value, text)
        return given.copy() if given.shape else given  # it belongs to the function


_DRAWS = "a program draws numbers, and no more"


def _plain(arg, text):
    """An argument of a draw, with settings as the numbers that they are."""
    if isinstance(arg, dict):
        return {key: _plain(part, text) for key, part in arg.items()}
    if isinstance(arg, (tuple, list)):
        return type(arg)(_plain(part, text) for part in arg)
    if type(arg) is Traced and arg.shape == ():
        if arg.dtype.kind in "iu":
            return int(arg)
        if arg.expression.kind == "input" and type(arg.value) is float:
            return float(arg)
    if isinstance(arg, (Traced, np.ndarray)):
        raise ConcretizationError(
            f"{text} gets {arg!r}, and a program draws before it computes: draw standard numbers, "
            "and scale and shift them, as in mean + deviation * rng.standard_normal(shape); or "
            "draw positions, as in x[rng.permutation(len(x))]; a plain array can be a list"
        )
    return arg
