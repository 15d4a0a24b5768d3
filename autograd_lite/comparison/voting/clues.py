"""What else is known when the votes on a function are counted, in sentences."""

import numpy as np

from .consistency import curvature_fits, of_no_function
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
