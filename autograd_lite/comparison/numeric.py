"""Derivatives of functions of arrays without a tape: central differences and complex steps."""

import warnings

import numpy as np

from .slopes import Slope, first, step_of

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
