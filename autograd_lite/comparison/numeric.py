"""Derivatives by central differences, in float64."""

import numpy as np


def numeric_gradients(f, *args):
    """The gradient of a scalar function with respect to each of its array arguments.

    Central differences with the step eps^(1/3) * max(1, |x|), which balances the error of
    the formula (h^2) against rounding (eps / h); everything is computed in float64.
    Source: Press et al., Numerical Recipes, section 5.7. Of a complex number x + iy both parts
    are moved, one at a time, and its gradient is df/dx - i df/dy.

    Parameters
    ----------
    f : callable
        Takes the arrays and returns one real number.
    *args : array_like
        Arrays of numbers; converted to float64, or to complex128.

    Returns
    -------
    list of ndarray
        One gradient an argument, of its shape, float64 or complex128.
    """
    args = [np.array(arg, complex if np.iscomplexobj(arg) else float) for arg in args]
    gradients = [np.empty_like(arg) for arg in args]
    for i, gradient in enumerate(gradients):
        for index in np.ndindex(gradient.shape):
            gradient[index] = _slope(f, args, i, index, 1)
            if gradient.dtype.kind == "c":
                gradient[index] -= 1j * _slope(f, args, i, index, 1j)
    return gradients


def _slope(f, args, i, index, direction):
    """The derivative as one element of argument i moves in a direction of the complex plane."""
    step = np.finfo(np.float64).eps ** (1 / 3) * max(1.0, abs(args[i][index])) * direction
    up, down = args[i].copy(), args[i].copy()
    up[index] += step
    down[index] -= step
    rise = f(*args[:i], up, *args[i + 1 :]) - f(*args[:i], down, *args[i + 1 :])
    return rise / abs(up[index] - down[index])
