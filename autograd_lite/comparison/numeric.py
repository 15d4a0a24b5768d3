"""Derivatives by central differences, in float64."""

import numpy as np


def numeric_gradients(f, *args):
    """The gradient of a scalar function with respect to each of its array arguments.

    Central differences with the step eps^(1/3) * max(1, |x|), which balances the error of
    the formula (h^2) against rounding (eps / h); everything is computed in float64.
    Source: Press et al., Numerical Recipes, section 5.7.

    Parameters
    ----------
    f : callable
        Takes the arrays and returns one number.
    *args : array_like
        Arrays of real numbers; converted to float64.

    Returns
    -------
    list of ndarray
        One gradient an argument, of its shape, float64.
    """
    args = [np.array(arg, dtype=np.float64) for arg in args]
    gradients = [np.empty_like(arg) for arg in args]
    for i, (x, gradient) in enumerate(zip(args, gradients, strict=True)):
        for index in np.ndindex(x.shape):
            step = np.finfo(np.float64).eps ** (1 / 3) * max(1.0, abs(x[index]))
            up, down = x.copy(), x.copy()
            up[index] += step
            down[index] -= step
            rise = f(*args[:i], up, *args[i + 1 :]) - f(*args[:i], down, *args[i + 1 :])
            gradient[index] = rise / (up[index] - down[index])
    return gradients
