"""The error function and its complement, which NumPy lacks.

Rational approximations of W. J. Cody, "Rational Chebyshev approximations for the error
function", Mathematics of Computation 23 (1969), with the coefficients of his program CALERF:
a relative error of a few units in the last place of a double, and of a float32.
"""

import functools
import math
from typing import Any

import numpy as np

from ..engine.primitives import elementwise

# fmt: off
SMALL = (  # |x| <= 0.46875: erf(x) = x P(x^2) / Q(x^2)
    (1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2,
     3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
     2.84423683343917062e3))
MIDDLE = (  # up to 4: erfc(x) = exp(-x^2) P(x) / Q(x)
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0,
     6.61191906371416295e1, 2.98635138197400131e2, 8.81952221241769090e2,
     1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
     1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3,
     3.43936767414372164e3, 1.23033935480374942e3))
LARGE = (  # beyond: erfc(x) = exp(-x^2) / x * (1 / sqrt(pi) - P(1 / x^2) / Q(1 / x^2) / x^2)
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
     1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1,
     6.05183413124413191e-2, 2.33520497626869185e-3))
# fmt: on

BLOCK = 1 << 15  # elements; a handful of arrays of this size fit a second-level cache


def in_blocks(f):
    """The function ``f(x, *settings)``, block after block where x is a large plain array.

    Each of its steps would read and write the whole array from memory. A block goes through all
    steps in the cache: gelu of a million float32 takes less than half of the time.
    """

    @functools.wraps(f)
    def call(x, *settings, **keywords):
        if type(x) is not np.ndarray or x.size < 2 * BLOCK or not x.flags.c_contiguous:
            return f(x, *settings, **keywords)
        flat, out = x.reshape(-1), None
        for start in range(0, x.size, BLOCK):
            part = f(flat[start : start + BLOCK], *settings, **keywords)
            if out is None:
                out = np.empty(x.size, part.dtype)
            out[start : start + BLOCK] = part
        return out.reshape(x.shape)

    return call


def in_float32(f):
    """The same function, which computes half precision in float32: its largest is 65504."""

    @functools.wraps(f)
    def call(x):
        if getattr(x, "dtype", None) == np.float16:
            return f(x.astype(np.float32)).astype(np.float16)
        return f(x)

    return call


@in_float32
@in_blocks
def erf(x) -> Any:
    """The error function 2 / sqrt(pi) * integral of exp(-t^2) from 0 to x, element by element."""
    size = np.abs(x)
    size = np.clip(size, 0.46875, 6)  # 1 - erf(6) < 2^-54
    tail = np.exp(-size * size) * _ratio(MIDDLE, size)  # the absolute error counts, up to 6
    return np.where(size <= 0.46875, _core(x), np.copysign(1 - tail, x))


@in_float32
@in_blocks
def erfc(x) -> Any:
    """1 - erf(x), element by element, to full relative precision where it is small."""
    size = np.abs(x)
    tail = _tail(np.clip(size, 0.46875, 30))  # erfc(30) is 0
    return np.where(size <= 0.46875, 1 - _core(x), np.where(x < 0, 2 - tail, tail))


def _core(x):
    x = np.clip(x, -0.46875, 0.46875)
    return x * _ratio(SMALL, x * x)


def _tail(x):
    """erfc for 0.46875 <= x."""
    out = _ratio(MIDDLE, np.minimum(x, 4))
    if (x > 4).any():
        y = 1 / np.square(np.maximum(x, 4))
        out = np.where(x > 4, (1 / math.sqrt(math.pi) - y * _ratio(LARGE, y)) / x, out)
    head = np.trunc(x * 16) / 16  # exp(-x^2) without the rounding of x^2
    with np.errstate(under="ignore"):
        return out * (np.exp(-head * head) * np.exp((head - x) * (head + x)))


def _ratio(coefficients, x):
    """P(x) / Q(x)"""
    p, q = (_polynomial(c, x) for c in coefficients)
    return p / q


def _polynomial(coefficients, x):
    """Horner's rule."""
    first, *others = coefficients
    value = first * x + others[0]
    for c in others[1:]:
        value *= x  # in place: the value is ours
        value += c
    return value


def bell(x):
    """exp(-x**2), which is 0 from 30 on: with all its derivatives, at the infinities too."""
    return np.exp(-np.square(np.clip(x, -30, 30)))


# fmt: off
erf  = elementwise(erf,  lambda g, out, x: g * (2 / math.sqrt(math.pi)) * bell(x))
erfc = elementwise(erfc, lambda g, out, x: g * (-2 / math.sqrt(math.pi)) * bell(x))
# fmt: on
