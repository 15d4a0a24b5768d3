"""Helpers that give the derivative of the activation that they are called after: they are right."""

import numpy as np

from .calls import noted
from .parts import derivatives_alone

POINTS = 4  # calls of a helper that are looked at


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


_SLOPES = {  # by what was put in, and by what came out
    "tanh": (lambda x: 1 - np.tanh(x) ** 2, lambda a: 1 - a**2),
    "sigmoid": (lambda x: _sigmoid(x) * (1 - _sigmoid(x)), lambda a: a * (1 - a)),
    "logistic": (lambda x: _sigmoid(x) * (1 - _sigmoid(x)), lambda a: a * (1 - a)),
    "relu": (lambda x: x > 0, lambda a: a > 0),
    "softplus": (_sigmoid, lambda a: 1 - np.exp(-a)),
}


def lines_of_slopes(examination):
    """The keys of the lines of these helpers; which values they are called with may be wrong.

    A pair of functions in the user's files is judged by `parts`; these have no other one there.
    """
    program = examination.program
    named = {c: n for c, n in derivatives_alone(program).items() if c.co_argcount == 1}
    rules = {code: _SLOPES[name] for code, name in named.items() if name in _SLOPES}
    calls: list = []
    if rules:
        try:
            with examination.inputs.copied() as (f, args, kwargs), noted(set(rules), calls):
                f(*args, **kwargs)
        except Exception:
            return set()
    right = {code for code, some in rules.items() if _is_right(code, some, calls)}
    places = {(code.co_filename, code.co_firstlineno) for code in right}
    return {
        s.key
        for source in program.sources.values()
        for s in source.statements
        if (source.path, s.function.lineno) in places
    }


def _is_right(code, rules, calls):
    """Whether one of the rules gives what a function gave each time."""
    mine = [call for call in calls if call.code is code][:POINTS]
    return bool(mine) and any(all(_agrees(rule, call) for call in mine) for rule in rules)


def _agrees(rule, call):
    given, result = call.copies[0], call.result
    if not isinstance(given, (float, np.ndarray)) or np.shape(given) != np.shape(result):
        return False
    with np.errstate(all="ignore"):
        return np.allclose(rule(given), result, rtol=1e-6, atol=1e-9)
