"""Rules that make calls simpler, by the functions that they are about."""

import numpy as np

from .expressions import Expression

_NUMBERS = (int, float, complex, np.floating, np.complexfloating)


class Rules(dict):
    """Rules by their functions, in the order in which they are tried.

    A rule gets the graph, the arguments of a call and its value, and returns a simpler expression
    of the same value, shape and dtype, or None.

    Parameters
    ----------
    others : function, optional
        What is asked where no rule is about a call.
    """

    def __init__(self, others=None):
        super().__init__()
        self.others = others

    def of(self, *functions):
        """Declare a rule for calls of these functions."""

        def declare(rule):
            for func in functions:
                self.setdefault(func, []).append(rule)
            return rule

        return declare

    def simpler(self, graph, func, args, kwargs, value):
        """What the first rule that is about a call makes of it, or None."""
        if any(type(arg) is Expression and arg.dtype is None for arg in args):
            return None  # a Python number, or several results: no rule is about these
        for rule in self.get(func, ()):
            found = rule(graph, args, kwargs, value)
            if found is not None and fits(found, value):
                return found
        return None

    def __call__(self, graph, func, args, kwargs, value):
        """A simpler expression for a call by these rules, or by the others."""
        found = self.simpler(graph, func, args, kwargs, value)
        return self.others(graph, func, args, kwargs, value) if found is None else found


def fits(expression, value):
    """Whether an expression stands for a value: of its shape and dtype."""
    return expression.shape == np.shape(value) and expression.dtype == getattr(value, "dtype", None)


def number(arg):
    """The number that an argument is, or None."""
    if isinstance(arg, _NUMBERS) and not isinstance(arg, bool):
        return arg
    if type(arg) is Expression and arg.is_number and not isinstance(arg.value, (bool, np.bool)):
        return arg.value
    return None


def everywhere(graph, x, value):
    """A number in the shape of a value."""
    x = graph.constant(x)
    return x if value.shape == () else graph.apply(np.broadcast_to, x, value.shape)
