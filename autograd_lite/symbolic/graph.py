"""A graph of expressions as it grows: every call is evaluated, simplified and known once."""

import functools
import operator

import numpy as np

from ..messages import errors
from .expressions import Expression, key_of, known_value, mapped, mapped_call, operands_of
from .simplification import simplified

# What Python's operators compute of two Python numbers is a Python number, and changes no dtype.
_OF_NUMBERS = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.divide: operator.truediv,
    np.power: operator.pow,
    np.negative: operator.neg,
    np.positive: operator.pos,
    np.absolute: operator.abs,
    np.remainder: operator.mod,
    np.floor_divide: operator.floordiv,
}


class Guard:
    """A step of a program that goes on only if an expression has the value that it had."""

    __slots__ = ("expression", "expected")
    kind = "guard"

    def __init__(self, expression, expected):
        self.expression = expression
        self.expected = expected

    def operands(self):
        """What it looks at."""
        return [self.expression]


class Graph:
    """Expressions in the order in which they are computed.

    Attributes
    ----------
    simplify
        What is asked for a simpler expression of every call.
    steps
        Expressions and guards: each after those it needs.
    inputs
        The expressions whose values are given.
    """

    def __init__(self, simplify=simplified):
        self.simplify = simplify
        self.steps = []
        self.inputs = []
        self._known = {}
        self._kept = []  # what is known by its id stays alive

    def input(self, value, name=None):
        """A value that is given."""
        expression = Expression("input", value, name=name)
        self.inputs.append(expression)
        return expression

    def constant(self, value, name=None):
        """A value that is known: of an array, what it holds now."""
        if isinstance(value, np.ndarray):
            errors.refuse_foreign("a compiled function", value)
        key = ("constant", key_of(value))
        known, is_array = self._known.get(key), isinstance(value, np.ndarray)
        if known is None or (is_array and value.tobytes() != known.value.tobytes()):  # written into
            copied = value.copy() if is_array else value
            known = self._known[key] = Expression("constant", copied, name=name)
            self._kept.append(value)
        return known

    def apply(self, func, *args, **kwargs):
        """The expression of a call of expressions and plain values."""
        return self.call(func, args, kwargs, evaluated(func, args, kwargs))

    def call(self, func, args, kwargs, value):
        """The expression of a call whose value is known: a simpler one, or a known one."""
        args = tuple(mapped(self._lifted, arg) for arg in args)
        for arg in kwargs.values():
            mapped(self._lifted, arg)  # arrays are remembered, and stay as they are
        simpler = self.simplify(self, func, args, kwargs, value)
        if simpler is not None:
            return simpler
        key = _key(func, args, kwargs)
        try:
            if key in self._known:
                return self._known[key]
        except TypeError:  # an argument that cannot be a key
            key = None
        expression = Expression("call", value, func, args, kwargs)
        self.steps.append(expression)
        if key is not None:
            self._known[key] = expression
        return expression

    def replace(self, expression, other):
        """Have another expression of the same value stand for a call when it is made again."""
        self._known[_key(expression.func, expression.args, expression.kwargs)] = other

    def guard(self, expression, expected):
        """Remember that what follows is right only as long as the expression has this value."""
        if expression.kind == "constant":
            return
        key = ("guard", id(expression))
        if key not in self._known:
            self._known[key] = expression
            self.steps.append(Guard(expression, expected))

    def own(self, expression):
        """An array of its own with the values of an expression: a copy, not simplified."""
        expression = Expression("call", expression.value.copy(), np.copy, (expression,))
        self.steps.append(expression)
        return expression

    def keep(self, arrays):
        """Remember arrays that are constants of another graph, which is a part of this."""
        self._kept += arrays

    def release(self):
        """Let go of the arrays that became constants, and return them: nothing is added after."""
        arrays = [value for value in self._kept if isinstance(value, np.ndarray)]
        self._kept, self._known = [], {}
        return arrays

    def _lifted(self, value):
        """Arrays among the arguments are constants of the graph; numbers stay."""
        return self.constant(value) if isinstance(value, np.ndarray) else value


def evaluated(func, args, kwargs):
    """The value of a call."""
    args, kwargs = mapped_call(known_value, args, kwargs)
    if func in _OF_NUMBERS and all(type(arg) in (bool, int, float, complex) for arg in args):
        func = _OF_NUMBERS[func]
    return func(*args, **kwargs)


def needed(steps, results):
    """The steps that the results and the guards need, in order."""
    wanted = set(results)
    kept = []
    for step in reversed(steps):
        if step.kind == "guard" or step in wanted:
            kept.append(step)
            wanted.update(step.operands())
    return kept[::-1]


def rewritten(steps, inputs, results, simplify, special=None):
    """The same steps, inputs and results in a graph with other rules.

    Parameters
    ----------
    simplify : function
        See `Graph`.
    special : function, optional
        From the graph, a step and the function from old expressions to new ones to what the step
        becomes; None where it is a call or a guard as before.
    """
    graph = Graph(simplify)
    table = {x: graph.input(x.value, x.name) for x in inputs}

    def new(x):
        if type(x) is Expression and x not in table:
            table[x] = graph.constant(x.value, x.name)
        return table[x] if type(x) is Expression else x

    for step in needed(steps, operands_of(results)):
        found = special(graph, step, new) if special else None
        if found is not None:
            table[step] = found
        elif step.kind == "guard":
            graph.guard(new(step.expression), step.expected)
        else:
            call = mapped_call(new, step.args, step.kwargs)
            table[step] = graph.call(step.func, *call, step.value)
    return graph, mapped(new, results)


def sum_of(graph, terms):
    """The sum of expressions, one after the other."""
    return functools.reduce(lambda x, y: graph.apply(np.add, x, y), terms)


def _key(func, args, kwargs):
    """What tells calls apart."""
    return (func, *map(key_of, args), *((k, key_of(v)) for k, v in sorted(kwargs.items())))
