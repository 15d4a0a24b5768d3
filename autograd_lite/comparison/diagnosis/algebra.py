"""Products and sums of expressions, written out in the simplest form."""

from __future__ import annotations

import numpy as np

from ...symbolic.expressions import Expression
from ...symbolic.graph import evaluated
from ...symbolic.rule_table import number


def call(func, *args, **kwargs):
    """A call as an expression; None where it cannot be computed."""
    if any(arg is None for arg in args):
        return None
    try:
        with np.errstate(all="ignore"):
            value = evaluated(func, args, kwargs)
    except (ValueError, TypeError, IndexError, np.linalg.LinAlgError):
        return None
    return Expression("call", value, func, args, kwargs)


def product(factors):
    """The expression of a product of factors with exponents."""
    if any(x is None for x, _ in factors):
        return None
    above, below, c = [], [], 1.0
    for x, p in factors:
        if (n := number(x)) is not None and np.isrealobj(n):
            c *= float(n) ** p if n > 0 or p == int(p) else np.nan
        elif p:
            (above if p > 0 else below).append(raised(x, abs(p)))
    result = joined(np.multiply, above)
    if result is None:
        result, c = c, 1.0
    elif c == -1:
        result, c = call(np.negative, result), 1.0
    result = result if c == 1 else call(np.multiply, c, result)
    for x in below:
        result = call(np.divide, result, x)
    return result


def raised(x, p):
    if p == 1:
        return x
    if p == 0.5:
        return call(np.sqrt, x)
    return call(np.power, x, int(p) if p == int(p) else p)


def joined(func, many):
    result = many[0] if many else None
    for x in many[1:]:
        result = call(func, result, x)
    return result


def total(terms):
    """The expression of a sum of terms with signs; the positive ones first."""
    ordered = sorted(terms, key=lambda pair: pair[1] < 0)
    result = None
    for x, sign in ordered:
        if result is None:
            result = x if sign == 1 else product([(x, 1.0), (float(sign), 1.0)])
        elif abs(sign) == 1:
            result = call(np.add if sign > 0 else np.subtract, result, x)
        else:
            scaled = product([(x, 1.0), (float(abs(sign)), 1.0)])
            result = call(np.add if sign > 0 else np.subtract, result, scaled)
    return result


def powers_of(h):
    """Pairs (h, exponent) that may stand in a product by mistake."""
    return [(h, power) for power in (1.0, -1.0, 0.5, -0.5, 2.0, -2.0)]


def slopes_of(h):
    """What would be a derivative if h were an activation's output: 1 - h, h (1 - h), 1 - h^2."""
    rest = total([(1.0, 1), (h, -1)])
    square = product([(h, 2.0)])
    return rest, product([(h, 1.0), (rest, 1.0)]), total([(1.0, 1), (square, -1)])


def spread(x, like):
    """An expression, or a number, in the shape of another; None of None."""
    if x is None or (type(x) is Expression and x.shape == like.shape):
        return x
    if type(x) is Expression or like.shape:
        return call(np.broadcast_to, x, like.shape)
    return call(np.positive, np.asarray(x))


def transposed(x):
    return x.args[0] if x.func is np.transpose else call(np.transpose, x)


def constant(array):
    return Expression("constant", array)
