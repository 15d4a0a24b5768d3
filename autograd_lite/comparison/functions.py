"""`compare_function`: the derivatives of a plain NumPy function, derived by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .rows import Tolerance
from .voting.contest import Contest
from .voting.function_report import FunctionComparison
from .voting.problem import Problem


def compare_function(
    f: Callable,
    jac: Any,
    x: Any,
    hess_diag: Any = None,
    *,
    args: tuple = (),
    rtol: float | None = None,
    atol: float | None = None,
) -> FunctionComparison:
    """Compare derivatives by hand of a NumPy function with autodiff and finite differences.

    The three vote. Autodiff and differences know the function as it is coded: where they agree
    and the derivation does not, the derivation is wrong, or another function was derived.
    Differences are taken in float64 over several steps, and abstain where they are unreliable:
    at kinks and jumps, where the function is random, or where they settle at no value.

    Parameters
    ----------
    f : callable
        Called as ``f(x, *args)`` with arrays, and with Tensors in their place for autodiff. It
        returns a number, or an array, such as a loss for each sample: then its sum is
        differentiated.
    jac : callable, array_like or True
        The gradient by hand, or the function of ``(x, *args)`` that returns it, nested as x is:
        a ``jac=`` of SciPy, or the objective of XGBoost or LightGBM with ``hess_diag=True``. Of
        an f with several results it may be the Jacobian, of shape ``f(x).shape + x.shape``.
        True, as in ``scipy.optimize.minimize``: f returns the value and the gradient.
    x : array_like, or nested dict, list or tuple of these
        Where; real numbers, converted to float64. Stay away from kinks.
    hess_diag : callable, array_like or True, optional
        The diagonal of the Hessian, of the shape of x, or the function that returns it. True:
        jac returns the pair (gradient, diagonal).
    args : tuple
        Further arguments of all these functions, which are not differentiated: labels, data.
    rtol, atol : float
        As those of `compare`, between the derivation and autodiff. Differences are allowed 1e-5
        at least, and what they are known to be off by.

    Returns
    -------
    FunctionComparison
        A `Comparison`: true if every derivative is right, and printed as a sentence, a table
        with the three values, and the evidence. A slope between those of the two sides of a
        kink is right. The verdict is UNSURE where nothing can be told.

    Raises
    ------
    TypeError, ValueError
        For what is not real numbers, or not nested as x is.

    >>> import numpy as np
    >>> def logistic(margin, y):
    ...     return np.logaddexp(0, margin) - y * margin
    >>> def objective(margin, y):
    ...     p = 1 / (1 + np.exp(-margin))
    ...     return p - y, p  # and it is p * (1 - p)
    >>> report = compare_function(
    ...     logistic, objective, [-1.0, 2.0], hess_diag=True, args=(np.array([1, 0]),)
    ... )
    >>> [(row.name, row.verdict) for row in report]
    [('dlogistic/dmargin', 'right'), ('d2logistic/dmargin2', 'WRONG')]
    """
    return Contest(Problem(f, jac, x, hess_diag, args), Tolerance(rtol, atol)).report()
