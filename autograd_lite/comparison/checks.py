"""Check derivatives against finite differences, to any order."""

import numpy as np

from .. import trees
from ..tensor import Tensor, plain
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
        Of arrays, or nested dicts, lists and tuples of arrays; returns an array of real
        numbers of any shape.
    *args
        Where to check. Arrays of floats are differentiated, in float64; integers, booleans and
        other values are passed on as they are. Stay away from kinks.
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
    chosen = [i for i, leaf in enumerate(leaves) if _is_real(leaf)]
    points = [np.array(leaves[i], dtype=np.float64) for i in chosen]

    def result(*values):
        filled = list(leaves)
        for i, value in zip(chosen, values, strict=True):
            filled[i] = value
        return f(*build(filled))

    shape = np.shape(plain(result(*points)))
    weights = rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape)
    rows = []

    def phi(*values):
        return np.sum(result(*values) * weights)

    for n in range(1, order + 1):
        derivative = grad(phi, argnums=tuple(range(len(points))))
        true = numeric_gradients(_as_float(phi), *points)
        noise = 1e-9 * max(1.0, abs(_as_float(phi)(*points)))
        for i, given, expected in zip(chosen, derivative(*points), true, strict=True):
            scale = np.abs(expected).max(initial=0.0)
            name = f"{'d' * n} argument {i}"
            tolerance = Tolerance(rtol, rtol * scale + noise)
            rows.append(compared(name, given, expected, tolerance))
        directions = [rng.uniform(0.5, 1.5, p.shape) for p in points]
        phi = _along(derivative, directions)
    report = Comparison(rows, given_is="autodiff", true_is="numeric")
    report.raise_if_bad()
    return report


def _along(derivative, directions):
    """The gradient reduced to a number, as a function that can be differentiated again."""

    def phi(*values):
        pairs = zip(derivative(*values), directions, strict=True)
        return sum(np.sum(g * direction) for g, direction in pairs)

    return phi


def _as_float(f):
    return lambda *values: float(plain(f(*values)))


def _is_real(leaf):
    return np.asarray(plain(leaf)).dtype.kind == "f" or (
        isinstance(leaf, Tensor) and leaf.dtype.kind == "f"
    )
