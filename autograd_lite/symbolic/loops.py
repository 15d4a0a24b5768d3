"""Loops in a graph: one call, of a function whose step is a graph of its own.

The step is traced once. What it takes from around itself are inputs of its graph too, the same in
every step; and what is computed of these alone is computed around the loop.
"""

from functools import cached_property

import numpy as np

from ..engine.modes import switched
from ..engine.tensor import Tensor, constant, plain
from .expressions import call_content, content_of
from .graph import Graph, needed, sum_of
from .trace import Trace
from .traced import ConcretizationError, Traced, UndecidedError

_NUMBERS = (bool, int, float, complex)


class SymbolicLoop:
    """A loop as a function of arrays: what is carried first, the rows, what every step uses.

    It returns one tuple: what is carried last, and what was stacked.

    Parameters
    ----------
    steps, inputs, results : list
        The graph of a step: its inputs are what is carried, the rows, and what every step uses;
        its results what is carried on, and what is stacked.
    carried, rows : int
        How many of each.
    length, reverse
        The number of steps, and whether the last row comes first.
    name : str
    function_of : callable
        What makes a function of arrays of a loop.
    """

    def __init__(self, steps, inputs, results, sizes, length, reverse, name, function_of):
        self.steps, self.inputs, self.results = needed(steps, results), inputs, results
        self.carried, self.rows = sizes
        self.length, self.reverse = length, reverse
        self.__name__ = name
        self.function_of = function_of

    @cached_property
    def _function(self):
        return self.function_of(self)

    def __call__(self, *args):
        return self._function(*args)

    def like(self, steps, inputs, results, sizes):
        """Another loop of as many steps."""
        return SymbolicLoop(
            steps, inputs, results, sizes, self.length, self.reverse, self.__name__,
            self.function_of,
        )  # fmt: skip

    @cached_property
    def _key(self):
        """What tells loops apart."""
        numbers = {x: i for i, x in enumerate(self.inputs)}
        found = [self.carried, self.rows, self.length, self.reverse]
        found += [(x.shape, x.dtype) for x in self.inputs]
        for step in self.steps:
            found.append(call_content(step, numbers.__getitem__))
            numbers[step] = len(numbers)
        return (*found, content_of(self.results, numbers.__getitem__))

    def __eq__(self, other):
        return self is other or (type(other) is SymbolicLoop and self._key == other._key)

    def __hash__(self):
        return hash((self.__name__, len(self.steps), self.length, self.reverse))


class LoopTrace(Trace):
    """A trace in which a scan is one call.

    Parameters
    ----------
    graph : Graph
    function_of : callable
        See `SymbolicLoop`.
    """

    def __init__(self, graph, function_of, parent=None):
        super().__init__(graph, parent)
        self.function_of = function_of

    def loop(self, loop, carry, rows, saves):
        """What `Loop` computes: what is carried last, what was stacked, what was carried."""
        if not loop.length:
            return (
                carry,
                loop.nothing(loop.step, carry, rows),
                [loop.stack(x, 0) for x in carry if saves],
            )
        carry = self._in_their_dtypes(loop, carry, rows)
        step = _TracedStep(self, loop, carry, rows)
        saved = step.inputs[: len(carry)] if saves else []
        func = SymbolicLoop(
            step.body.steps, [*step.checked, *step.inputs, *step.captured.values()],
            [*step.check, *step.carry, *step.ys, *saved],
            (len(step.check) + len(carry), len(rows)), loop.length, loop.reverse, loop.name,
            self.function_of,
        )  # fmt: skip
        starts = [x.value for x in step.checked]
        arguments = map(self._given, (*starts, *carry, *rows))
        around = [self._given(Traced(self, x)) for x in step.captured]
        found = self.traced(func, (*arguments, *around), {})
        for _ in step.checked:  # a guard of the program, or a question to the steps around
            total, *found = found
            if not total if total.dtype == np.bool else total != total:
                raise (ConcretizationError if step.is_asked_by_user else UndecidedError)(_DIFFERENT)
        ends = len(carry), len(carry) + len(step.ys)
        last = [alike(x, t) for x, t in zip(step.like[: ends[0]], found)]
        ys = [alike(x, t) for x, t in zip(step.like[ends[0] :], found[ends[0] :])]
        return last, ys, list(found[ends[1] :])

    def _given(self, x):
        """An argument of a loop; of no axes, as a number of NumPy's."""
        x = plain(x)
        if not isinstance(x, Traced):
            return Traced(self, self._graph.constant(x if np.ndim(x) else np.asarray(x)[()]))
        if isinstance(x.value, _NUMBERS) and not isinstance(x.value, np.generic):
            return x.astype(x.dtype)
        return x[()] if not x.shape and isinstance(x.value, np.ndarray) else x

    def _in_their_dtypes(self, loop, carry, rows):
        """Python numbers that are carried first in the dtypes that steps give them."""
        if not any(type(getattr(plain(x), "value", x)) in _NUMBERS for x in carry):
            return carry
        new = _TracedStep(self, loop, carry, rows, numbers=True).like
        return [_of_dtype(self, x, plain(y).dtype) for x, y in zip(carry, new)]


class _TracedStep:
    """One run of a step on traced values of a graph of its own.

    Attributes
    ----------
    inputs
        What is carried, and the rows, as expressions of that graph.
    captured : dict
        {expression around: the input that stands for it}
    carry, ys
        What it returns, as expressions.
    checked, check
        What is carried too, to be looked at after the loop: inputs and results. A sum of numbers
        that must not be nan, and whether all steps have given the answers of the first.
    is_asked_by_user
        Whether some question is none of our own.
    like
        All that it returns, as it returned it.
    """

    def __init__(self, trace, loop, carry, rows, numbers=False):
        self.body = Graph()
        inner = LoopTrace(self.body, trace.function_of, parent=trace)
        first = -1 if loop.reverse else 0
        given = [_value(x) for x in carry]
        given += [_value(x)[first] for x in rows]
        plain = [v if np.ndim(v) else np.asarray(v)[()] for v in given]
        traced = list(map(inner.input, plain, loop.step.names))
        self.inputs = list(self.body.inputs)
        for x in traced[: len(carry)]:
            x.given = False  # a step may write into what it is given to carry on
        if numbers:  # as they are, which change no dtype
            traced = [v if type(v) in _NUMBERS else x for v, x in zip(given, traced)]
        traced = [alike(x, t) for x, t in zip((*carry, *rows), traced)]
        try:
            with switched(tracing=inner, recording=False), inner.under_way():
                new, ys = loop.step(traced[: len(carry)], traced[len(carry) :])
            self.like = [*new, *ys]
            found = [self._expression(inner, x) for x in self.like]
        finally:
            inner.closed = True
        self.carry, self.ys = found[: len(new)], found[len(new) :]
        self.captured = inner.captured
        self.is_asked_by_user = inner.is_asked_by_user
        self.checked, self.check = [], []
        self._carry_checks(inner.numbers, inner.answers)

    def _expression(self, inner, leaf):
        x = plain(leaf)
        return inner.expression(x) if isinstance(x, Traced) else self.body.constant(x)

    def _carry_checks(self, numbers, answers):
        """Carry a sum of numbers, and whether all answers are still what they were."""
        if numbers:
            total = self.body.input(np.float64(0.0), "checked")
            sizes = [self.body.apply(np.absolute, x) for x in dict.fromkeys(numbers)]
            self._carry_too(total, sum_of(self.body, [total, *sizes]))
        if answers:
            holds = self.body.input(np.True_, "holds")
            self._carry_too(holds, self._held(holds, answers))

    def _carry_too(self, given, result):
        self.checked.append(given)
        self.check.append(result)

    def _held(self, holds, answers):
        """Whether all answers are still what they were."""
        for expression, expected in answers:
            if expression.dtype != np.bool:
                expression = self.body.apply(np.equal, expression, expected)
            elif not expected:
                expression = self.body.apply(np.logical_not, expression)
            holds = self.body.apply(np.logical_and, holds, expression)
        return holds


_DIFFERENT = (
    "the step of a scan branches on a value, or indexes with one, and does so differently in "
    "different steps, where a program has one step for all of them: write np.where(condition, x, "
    "y), or leave the scan out of the compiled function"
)


def _value(x):
    x = plain(x)
    return x.value if isinstance(x, Traced) else x


def alike(x, value):
    """A value in a tensor, where another value is in one."""
    return constant(value) if isinstance(x, Tensor) else value


def _of_dtype(trace, x, dtype):
    """A number in a dtype."""
    value = plain(x)
    if type(value) in _NUMBERS:
        return alike(x, dtype.type(value))
    return alike(x, value.astype(dtype)) if type(value.value) in _NUMBERS else x


def loops_among(steps):
    """The calls of loops among the steps of a graph."""
    return [s for s in steps if s.kind == "call" and isinstance(s.func, SymbolicLoop)]
