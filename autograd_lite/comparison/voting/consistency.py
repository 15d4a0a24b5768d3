"""What derivatives by hand show by themselves, without the function that they are of."""

import numpy as np

from ..slopes import AGREES, DIFFERS, first


def of_no_function(problem) -> bool:
    """Whether the gradient by hand is no function's: the derivatives of one are symmetric.

    With J its Jacobian, v J u = u J v for all u and v if it is the gradient of anything.
    """
    gradient = _vector_of(problem)
    if gradient is None:
        return False
    x = np.concatenate([leaf.ravel() for leaf in problem.leaves])
    rng = np.random.default_rng(0)
    for _ in range(3):
        u, v = rng.standard_normal((2, x.size)) * np.maximum(1.0, np.abs(x))
        one = first(lambda t, u=u, v=v: v @ gradient(x + t * u))
        other = first(lambda t, u=u, v=v: u @ gradient(x + t * v))
        if one.why != "" or other.why != "":
            return False
        size = max(abs(one.value), abs(other.value))
        if abs(one.value - other.value) > 1e-5 * size + 10 * (one.error + other.error):
            return True
    return False


def curvature_fits(problem, i) -> bool:
    """Whether the curvature by hand is the derivative of the gradient by hand."""
    leaf, curvature = problem.leaves[i], problem.curvatures[i]
    if not problem.derives or curvature.shape != leaf.shape:
        return False
    chosen = np.random.default_rng(0).permutation(leaf.size)[:20]
    allowed = 1e-5 * np.max(np.abs(curvature), initial=0.0) + 1e-9
    outcomes = []
    for index in (np.unravel_index(k, leaf.shape) for k in chosen):

        def g(t, index=index):
            moved = leaf.copy()
            moved[index] += t
            leaves = problem.leaves
            return problem.derived(*leaves[:i], moved, *leaves[i + 1 :])[0][i][index]

        outcomes.append(first(g, abs(leaf[index])).judged(curvature[index], allowed))
    return AGREES in outcomes and DIFFERS not in outcomes


def _vector_of(problem):
    """The gradient by hand as a function of one vector; None where it is no such function."""
    shapes = [leaf.shape for leaf in problem.leaves]
    if not problem.derives or [np.shape(g) for g in problem.gradients] != shapes:
        return None
    ends = np.cumsum([leaf.size for leaf in problem.leaves])[:-1]

    def gradient(x):
        parts = zip(np.split(x, ends), shapes, strict=True)
        found = problem.derived(*[part.reshape(shape) for part, shape in parts])[0]
        return np.concatenate([np.ravel(g).astype(np.float64) for g in found])

    return gradient
