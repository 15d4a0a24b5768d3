"""Check derivatives against finite differences, to any order."""

import numpy as np

from .. import trees
from ..tensor import plain
from ..transforms import grad
from .numeric import numeric_gradients
from .report import Comparison
from .rows import Tolerance, compared


def check_gradients(f, *args, order: int = 2, rtol: float = 1e-5, seed: int = 0) -> Comparison:
    """Check the gradients of a function against central differences; raise if they differ.

    The function is reduced to a number by a random cotangent, so that one check covers its
    whole Jacobian. For the next order the gradient is reduced to a number by random
    directions and checked in the same way.

    Parameters
    ----------
    f : callable
        Of arrays, or nested dicts, lists and tuples of arrays; returns an array of
        numbers of any shape.
    *args
        Where to check. Arrays of floats are differentiated, in float64, and complex ones in
        complex128; integers, booleans and other values are passed on as they are. Stay away
        from kinks.
    order : int
        Up to which order of derivative.
    rtol : float
        What an entry may differ by, relative to the larger value and to the largest entry.
    seed : int
        Of the random cotangent and directions.

    Returns
    -------
    Comparison
        One row an argument and order.

    Raises
    ------
    AssertionError
        With the table, when any row differs.

    >>> bool(check_gradients(np.tanh, np.linspace(-1, 1, 5)))
    True
    """
    rng = np.random.default_rng(seed)
    leaves, build = trees.flatten(list(args))
    chosen = [i for i, leaf in enumerate(leaves) if _is_continuous(leaf)]
    points = [np.array(leaves[i], complex if _is_complex(leaves[i]) else float) for i in chosen]

    def result(*values):
        filled = list(leaves)
        for i, value in zip(chosen, values, strict=True):
            filled[i] = value
        return f(*build(filled))

    out = plain(result(*points))
    weights = _random(rng, out) * rng.choice([-1.0, 1.0], np.shape(out))
    rows = []

    def phi(*values):
        return _real(np.sum(result(*values) * weights))

    for n in range(1, order + 1):
        derivative = grad(phi, argnums=tuple(range(len(points))))
        true = numeric_gradients(_as_float(phi), *points)
        noise = 1e-9 * max(1.0, abs(_finite(_as_float(phi)(*points))))
        for i, given, expected in zip(chosen, derivative(*points), true, strict=True):
            scale = np.abs(expected).max(initial=0.0)
            name = f"{'d' * n} argument {i}"
            tolerance = Tolerance(rtol, rtol * scale + noise)
            rows.append(compared(name, given, expected, tolerance))
        directions = [_random(rng, p) for p in points]
        phi = _along(derivative, directions)
    report = Comparison(rows, given_is="autodiff", true_is="numeric")
    report.raise_if_bad()
    return report


def _along(derivative, directions):
    """The gradient reduced to a number, as a function that can be differentiated again."""

    def phi(*values):
        pairs = zip(derivative(*values), directions, strict=True)
        return sum(_real(np.sum(g * direction)) for g, direction in pairs)

    return phi


def _as_float(f):
    return lambda *values: float(plain(f(*values)))


def _random(rng, like):
    """Numbers of magnitude about 1, for every element of an array; complex for a complex one."""
    numbers = rng.uniform(0.5, 1.5, np.shape(like))
    return numbers + 1j * rng.uniform(0.5, 1.5, np.shape(like)) if _is_complex(like) else numbers


def _real(x):
    return np.real(x) if _is_complex(x) else x


def _finite(value):
    if not np.isfinite(value):
        raise ValueError(
            f"check_gradients: the function or its derivative is {value} there, so finite "
            "differences say nothing: choose another point"
        )
    return value


def _is_complex(x):
    return np.asarray(plain(x)).dtype.kind == "c"


def _is_continuous(leaf):
    return np.asarray(plain(leaf)).dtype.kind in "fc"
