"""Random numbers in a function: what it draws is drawn again at every run of its program.

While a function is traced, a `Drawing` stands for each generator that it can reach. The numbers
are inputs of the program; `Draws` makes them, in the same order, with the same arguments.
"""

import copy
from dataclasses import dataclass

import numpy as np

from ..tracing.traced import LeftTheProgram, Traced
from .randomness import put_back, state_of
from .surroundings import is_input, kind_of


@dataclass(frozen=True, eq=False)
class Draw:
    """One call of a generator's method, with plain arguments."""

    position: int  # of the generator, among those of the surroundings
    method: str
    args: tuple
    kwargs: dict
    kind: object  # of the numbers: a program is right for those of one shape and dtype
    path: str  # what people call the method

    def __str__(self):
        args = [*map(repr, self.args), *(f"{key}={v!r}" for key, v in self.kwargs.items())]
        return f"{self.path}({', '.join(args)})"

    def parts(self):
        """Nested plain values: the same for draws of the same numbers from the same state."""
        return [self.position, self.method, self.args, self.kwargs]


class Draws(list):
    """What a function draws, in order; ``named`` are pairs (path, generator)."""

    def again(self, named):
        """What is drawn now, or None where a shape or a dtype is another."""
        found = []
        for draw in self:
            _, generator = named[draw.position]
            value = getattr(generator, draw.method)(*draw.args, **draw.kwargs)
            if kind_of(value) != draw.kind:
                return None
            found.append(value)
        return found

    def undone(self, named):
        """A function that puts the generators back to where they are now."""
        used = [named[position][1] for position in {draw.position for draw in self}]
        states = [(generator, state_of(generator)) for generator in used]

        def undo():
            for generator, state in states:
                put_back(generator, state)

        return undo


class Drawing:
    """Stands for a generator: what is drawn becomes an input, and is noted.

    It draws from a copy, so that the generator itself is afterwards as it was.

    Parameters
    ----------
    generator
    path : str
        What people call it.
    position : int
        Among the generators of the surroundings.
    draws : Draws
        Where a draw is noted.
    given : function
        From a value and its name to the input that it becomes.
    """

    def __init__(self, generator, path, position, draws, given):
        self._kind = type(generator)
        self._copy = copy.deepcopy(generator)
        self._path = path
        self._position = position
        self._draws = draws
        self._given = given

    @property  # type: ignore[misc]  # as isinstance() sees it
    def __class__(self):
        return self._kind

    def __getattr__(self, name):
        method = getattr(self._copy, name)
        text = f"{self._path}.{name}"
        if name.startswith("_") or not callable(method):
            raise LeftTheProgram(
                f"{text} would be a constant of the compiled program: numbers are drawn from a "
                "generator there, and nothing else is done with it"
            )

        def draw(*args, **kwargs):
            args, kwargs = _plain(args, text), _plain(kwargs, text)
            value = method(*args, **kwargs)
            if not is_input(value) and type(value) is not int:
                raise LeftTheProgram(
                    f"{text} gives {type(value).__name__}, and a program draws arrays and numbers: "
                    "draw positions, and index with them"
                )
            self._draws.append(Draw(self._position, name, args, kwargs, kind_of(value), text))
            return self._given(value, text)

        return draw


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
        raise LeftTheProgram(
            f"{text} gets {arg!r}, and a program draws before it computes: draw standard numbers, "
            "and scale and shift them, as in mean + deviation * rng.standard_normal(shape); or "
            "draw positions, as in x[rng.permutation(len(x))]; a plain array can be a list"
        )
    return arg
