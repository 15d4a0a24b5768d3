"""Finite differences: the derivative of a function of arrays without a tape.

The one idea: over several steps a derivative shows a plateau. With larger steps the error of the
formula grows, with smaller ones rounding does; the height where it is flattest is the value, and
how flat it is there says what the value may be off by. Where the slopes from the two sides differ
however small the step is, there is a kink, and no derivative.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

KINK, JUMP, STEEP, INFINITE = "kink", "jump", "no plateau", "not finite"
UNASKED = "not asked"
AGREES, DIFFERS, UNRELIABLE = "agrees", "differs", "unreliable"

_LADDER = np.array([1e2, 1e1, 1.0, 1e-1, 1e-2])  # steps in units of the balanced one,
_BALANCED = 2  # and where that stands


@dataclass(frozen=True, eq=False)
class Slope:
    """Derivatives by differences, entry by entry.

    Attributes
    ----------
    value : ndarray
    error : ndarray
        What the value may be off by: how far two neighbouring steps differ, and rounding.
    left, right : ndarray
        The derivative from either side, where the sides differ; else the value.
    why : ndarray of str
        Why there is none: "kink", "jump", "no plateau", "not finite", or "not asked" where no
        difference was taken; "" where there is one.
    """

    value: np.ndarray
    error: np.ndarray
    left: np.ndarray
    right: np.ndarray
    why: np.ndarray

    @classmethod
    def scattered(cls, shape, slopes):
        """One array of slopes from those at some of its indices, pairs (index, slope)."""
        numbers = [np.full(shape, np.nan) for _ in range(4)]
        why = np.full(shape, UNASKED, dtype="U10")
        for index, slope in slopes:
            for array, part in zip(numbers, (slope.value, slope.error, slope.left, slope.right)):
                array[index] = part
            why[index] = slope.why
        return cls(*numbers, why)

    def divided(self, size):
        """The slopes of a function whose argument moved ``size`` times as fast."""
        parts = (part / size for part in (self.value, self.error, self.left, self.right))
        return Slope(*parts, self.why)

    def judged(self, given, allowed):
        """For each entry whether a given derivative agrees, differs, or cannot be told."""
        with np.errstate(invalid="ignore"):
            far = np.abs(given - self.value)
            exact = (self.why == STEEP) & (self.error <= allowed)  # around 0, say
            known = (self.why == "") | exact
            agrees = known & (far <= allowed)
            differs = known & ~(far <= allowed + 10 * self.error)
        return np.where(agrees, AGREES, np.where(differs, DIFFERS, UNRELIABLE))

    def between(self, given, allowed):
        """Where a given value lies between the slopes of a kink: a subgradient."""
        low, high = np.minimum(self.left, self.right), np.maximum(self.left, self.right)
        with np.errstate(invalid="ignore"):
            return (self.why == KINK) & (low - allowed <= given) & (given <= high + allowed)


def first(g, size=1.0) -> Slope:
    """g'(0) of a function of one real number that returns an array; ``size`` is that of x.

    Central differences with steps around eps^(1/3) * max(1, size), which balances the error of
    the formula (h^2) against rounding (eps / h). Source: Press et al., Numerical Recipes, 5.7.
    """
    middle = np.asarray(g(0.0))
    eps = _eps(middle)
    steps = step_of(size, eps, 3) * _LADDER
    ups, downs = _sides(g, steps)
    h = _beside(steps, ups)
    rounding = eps * np.abs(middle) / h
    return _slope((ups - downs) / (2 * h), (ups - middle) / h, (middle - downs) / h, rounding)


def checked(g, size, expected, allowed) -> Slope:
    """g'(0) by one step where that agrees with what is expected, and smoothly; else by all."""
    middle = np.asarray(g(0.0))
    h = step_of(size, _eps(middle), 3)
    ups, downs = (side[0] for side in _sides(g, [h]))
    with np.errstate(invalid="ignore"):
        value, gap = (ups - downs) / (2 * h), np.abs(ups - 2 * middle + downs) / h
        if not (np.abs(value - expected) <= allowed).all() or not (gap <= 1e-3 * abs(value)).all():
            return first(g, size)
    error = _eps(middle) * np.abs(middle) / h
    return Slope(value, error, value, value, np.full(value.shape, "", dtype="U10"))


def second(g, size=1.0) -> Slope:
    """g''(0), by second differences with steps around eps^(1/4) * max(1, size)."""
    middle = np.asarray(g(0.0))
    eps = _eps(middle)
    steps = step_of(size, eps, 4) * _LADDER
    (ups, downs), (far_ups, far_downs) = _sides(g, steps), _sides(g, 2 * steps)
    h = _beside(steps, ups) ** 2
    right, left = (middle - 2 * ups + far_ups) / h, (middle - 2 * downs + far_downs) / h
    rounding = eps * np.abs(middle) / h
    return _slope((ups - 2 * middle + downs) / h, right, left, rounding)


def step_of(size, eps, root):
    """The step that balances the error of a formula against rounding."""
    return eps ** (1 / root) * np.maximum(1.0, size)


def _eps(values):
    """The rounding error of what a function returns; it may compute in less than float64."""
    return float(np.finfo(values.dtype if values.dtype.kind == "f" else np.float64).eps)


def _sides(g, steps):
    with np.errstate(all="ignore"):
        return tuple(
            np.array([np.asarray(g(sign * h), np.float64) for h in steps]) for sign in (1.0, -1.0)
        )


def _beside(steps, values):
    return steps.reshape(-1, *[1] * (values.ndim - 1))


def _slope(central, right, left, rounding):
    """The flattest place of the plateau, and what the two sides say; the first axis is steps."""
    with np.errstate(invalid="ignore"):
        gap, size = np.abs(right - left), np.maximum(np.abs(left), np.abs(right))
        falls = gap[1:] <= 0.5 * gap[:-1]  # as the step falls to a tenth: a smooth function
        small = gap[1:] <= np.maximum(1e-3 * size[1:], 1e3 * rounding[1:])
        far = np.abs(np.diff(central, axis=0)) + rounding[:-1] + np.where(falls, 0, gap[1:])
        far[~(falls | small) | np.isnan(far)] = np.inf
    best = np.argmin(far, axis=0)
    inner = np.where(best < _BALANCED, best + 1, best)  # the one nearer to the balanced step
    value, error = _taken(central, inner), _taken(far, best)
    why = _why(value, error, gap, _taken(rounding, inner))
    none = why != ""
    sides = (np.where(none, side[_BALANCED + 1], value) for side in (left, right))
    return Slope(value, error, *sides, why)


def _why(value, error, gap, rounding):
    """Why there is no slope: the sides stay apart as the step falls, come apart, or there is none.

    The gap between the slopes from the two sides stays at a kink, and at a jump grows tenfold as
    the step falls to a tenth.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        before, now = (gap[_BALANCED + k] / gap[_BALANCED + k - 1] for k in (0, 1))
        steep = (error > 0.1 * np.abs(value)) & (error > 1e3 * rounding)
        kink, jump = ((a < before) & (a < now) & (now < b) for a, b in ((0.6, 1.7), (8, 12)))
    none = np.isinf(error)
    why = np.where(none & kink, KINK, np.where(none & jump, JUMP, np.where(steep, STEEP, "")))
    return np.where(np.isfinite(value), why, INFINITE)


def _taken(values, index):
    return np.take_along_axis(values, index[None], axis=0)[0]


EPS = float(np.finfo(np.float64).eps)


def numeric_gradients(f, *args):
    """The gradient of a scalar function with respect to each of its array arguments.

    Computed in float64, twice. By central differences, with the step eps^(1/3) * max(1, |x|):
    about 10 digits of a smooth function. And by the complex step f(x + ih).imag / h with
    h = 1e-20, which subtracts nothing and gives 16 digits, but of functions only that can be
    continued to complex numbers; it is taken where it agrees with the differences.
    Sources: Press et al., Numerical Recipes, section 5.7; J. Martins et al., "The complex-step
    derivative approximation", 2003. Of a complex number x + iy both parts are moved, one at a
    time, and its gradient is df/dx - i df/dy; it has no complex step.

    Parameters
    ----------
    f : callable
        Takes the arrays and returns one real number. Where it fails with complex numbers, or
        warns, or makes real ones of them, differences alone are used.
    *args : array_like
        Arrays of numbers; converted to float64, or to complex128.

    Returns
    -------
    list of ndarray
        One gradient an argument, of its shape, float64 or complex128.

    >>> [g] = numeric_gradients(lambda x: np.sum(np.exp(x)), [0.0, 1.0])
    >>> g - np.exp([0.0, 1.0])
    array([0., 0.])
    """
    args = as_points(args)
    gradients = central(f, args)
    steps = complex_step(f, args)
    if steps is None:
        return gradients
    rounding = 4 * EPS ** (2 / 3) * abs(f(*args))  # of a difference, divided by its step
    return [_better(*pair, rounding) for pair in zip(gradients, steps)]


def as_points(args):
    """Arguments as float64 or complex128 arrays of their own."""
    return [np.array(arg, complex if np.iscomplexobj(arg) else float) for arg in args]


def central(f, args):
    """The gradients by central differences alone."""
    gradients = [np.empty_like(arg) for arg in args]
    for i, gradient in enumerate(gradients):
        for index in np.ndindex(gradient.shape):
            gradient[index] = _difference(f, args, i, index, 1)
            if gradient.dtype.kind == "c":
                gradient[index] -= 1j * _difference(f, args, i, index, 1j)
    return gradients


def complex_step(f, args):
    """The gradients by complex steps, or None where f does not take or return complex numbers."""
    if any(arg.dtype.kind == "c" for arg in args):
        return None
    step = 1e-20
    gradients = [np.empty_like(arg) for arg in args]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # NumPy warns when it discards imaginary parts
            for i, gradient in enumerate(gradients):
                for index in np.ndindex(gradient.shape):
                    result = f(*_moved(args, i, index, 1j * step))
                    if not np.iscomplexobj(result):
                        return None
                    gradient[index] = np.imag(result) / step
    except Exception:  # whatever a function does with numbers that it was not written for
        return None
    return gradients


def slope_at(f, args, i, index, direction=1) -> Slope:
    """The derivative with respect to one element of argument i, examined over several steps."""
    return first(lambda t: f(*_moved(args, i, index, t * direction)), abs(args[i][index]))


def _better(by_differences, by_complex_steps, rounding):
    """The complex step where differences confirm it, to what they can tell."""
    sizes = np.maximum(np.abs(by_differences), np.abs(by_complex_steps))
    with np.errstate(invalid="ignore"):
        far = np.abs(by_differences - by_complex_steps)
        same = far <= 1e-6 * sizes + 1e-8 * np.max(sizes, initial=0.0) + rounding
    return np.where(same, by_complex_steps, by_differences)


def _difference(f, args, i, index, direction):
    """The derivative as one element of argument i moves in a direction of the complex plane."""
    step = step_of(abs(args[i][index]), EPS, 3) * direction
    up, down = _moved(args, i, index, step), _moved(args, i, index, -step)
    return (f(*up) - f(*down)) / abs(up[i][index] - down[i][index])


def _moved(args, i, index, step):
    """The arguments with one element moved."""
    moved = args[i].astype(np.result_type(args[i], type(step)))
    moved[index] += step
    return [*args[:i], moved, *args[i + 1 :]]
