"""What else is known when the votes on a function are counted, in sentences."""

import numpy as np

from ..finite_differences import AGREES, DIFFERS, first
from .votes import DERIVATION_ALONE, ONLY_TWO_DIFFER

_WRONG_BY_HAND = (DERIVATION_ALONE, ONLY_TWO_DIFFER)


def clues(contest):
    """Why a voter is missing, and what wrong derivatives show by themselves."""
    problem = contest.problem
    if problem.wobble:
        yield (
            f"{problem.name} is random: called twice with the same x it gave values that differ "
            f"by {problem.wobble:.2g}, so finite differences say nothing: make its random numbers "
            "of a generator with a fixed seed inside it"
        )
    for kind, reason in contest.traced.why_not.items():
        what = "" if kind == "loss" else f" to its {kind}"
        yield f"autodiff cannot follow {problem.name}{what}: {reason}"
    wrong = any(vote.outcome in _WRONG_BY_HAND for vote in _first_order(contest))
    if wrong and not problem.wobble and of_no_function(problem):
        yield (
            "the manual gradient is that of no function at all, for its own derivatives are not "
            f"symmetric; so it is wrong whatever {problem.name} is"
        )
    for (kind, _, label, given, true), vote in zip(contest.compared, contest.votes, strict=True):
        if kind == "curvature" and vote.wrong.any():
            yield from _floor(label, given[vote.wrong], true[vote.wrong])


def of_another_function(contest):
    """The sentence for derivatives of another function: they fit each other, and not f; or ""."""
    problem, traced = contest.problem, contest.traced
    outcomes = [vote.outcome for vote in contest.votes]
    if "loss" not in traced.why_not and not traced.follows and DERIVATION_ALONE in outcomes:
        return (
            f"{problem.name} does not change with {', '.join(problem.labels)}: by autodiff and "
            "finite differences its derivatives are 0"
        )
    if not problem.curvatures or problem.wobble:
        return ""
    for i, vote in enumerate(_first_order(contest)):
        beside = contest.votes[len(problem.leaves) + i]
        wrong = all(v.outcome in _WRONG_BY_HAND for v in (vote, beside))
        if wrong and curvature_fits(problem, i):
            return (
                f"{problem.name} as it is coded is not what was derived: {vote.label} and "
                f"{beside.label} fit each other, and neither fits {problem.name}"
            )
    return ""


def _floor(label, given, true):
    """What boosting libraries ask for: a curvature that is never too small."""
    floors = np.unique(given)
    if len(floors) == 1 and (true < floors).all():
        yield (
            f"{label} by manual is {floors[0]:.6g} wherever it is truly less: a floor, which "
            "objectives for boosting may have on purpose"
        )


def _first_order(contest):
    return contest.votes[: len(contest.problem.leaves)]


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
