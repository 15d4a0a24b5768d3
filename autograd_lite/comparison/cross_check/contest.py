"""`compare_function`: the derivatives by hand of a plain NumPy function, in a vote of three."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ...engine.tape import history
from ...numerics.rounding import Floor, gradient_of
from ..finite_differences import AGREES, DIFFERS, Slope, first
from ..report import Case, Comparison
from ..rows import Tolerance, compared, distance
from .function_report import FunctionComparison
from .problem import Problem
from .repairs import repaired
from .voters import Differences, Traced
from .votes import (
    AUTODIFF_ALONE,
    DERIVATION_ALONE,
    OF_SHAPES,
    ONLY_TWO_DIFFER,
    Ballot,
    Vote,
    counted,
    row_of,
)


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
        kink is right. The verdict is UNSURE where nothing can be told. Where jac is a function,
        verdict and explanation are tried at two points beside x too: a derivation that is right
        at x alone is WRONG, and the report is that of the other point.

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
    return held(Problem(f, jac, x, hess_diag, args), Tolerance(rtol, atol))


PLACE = "typo"  # the mistake of what tells no more than which entries are wrong
POINTS = 2  # beside the given one, at which a verdict and its explanation are tried
ENTRIES = 1000  # of x, and
CALLS = 2000  # on the tape of f: of more the given point alone is tried


def held(problem, tolerance) -> FunctionComparison:
    """The report at the given point, as far as it holds at points beside it too."""
    contest = Contest(problem, tolerance)
    report = contest.report()
    if not problem.derives or problem.wobble or _is_large(contest):
        return report
    others = list(_beside(problem, tolerance))
    if report:
        wrong = next((c for c in others if not all(c.rows) and _is_alone(c)), None)
        return report if wrong is None else replace(wrong.report(), point=wrong.point)
    repair = repaired(contest, others) if _is_alone(report) else ""
    if not repair and any(kind == "jacobian" for kind, *_ in contest.compared):
        report = contest.report(in_sums=True)
    wrong = [other.report(in_sums=not repair) for other in others if not all(other.rows)]
    return replace(report.confirmed(wrong), repair=repair)


def _is_large(contest):
    many = sum(leaf.size for leaf in contest.problem.leaves) > ENTRIES
    return many or (contest.traced.follows and len(history(contest.traced.loss.node)) > CALLS)


def _beside(problem, tolerance):
    """Votes at points around the given one, as far as there are numbers."""
    rng = np.random.default_rng(0)
    for _ in range(POINTS):
        with contextlib.suppress(Exception), np.errstate(all="ignore"):
            other = problem.beside(rng)
            if np.isfinite(other.result).all() and not other.wobble:
                yield Contest(other, tolerance)


def _is_alone(report):
    """Whether the derivation is alone, against autodiff and differences that agree."""
    return any(vote.outcome == DERIVATION_ALONE for vote in report.votes)


class Contest:
    """The derivatives by hand of a `Problem`, one vote each, gradients before curvatures."""

    def __init__(self, problem, tolerance):
        self.problem, self.tolerance = problem, tolerance
        self.traced = Traced(problem)
        self.differences = None if problem.wobble else Differences(problem)
        self.votes, self.rows, self.compared, self.ends = [], [], [], {}
        for i, given in enumerate(problem.gradients):
            whole = problem.result.shape + problem.leaves[i].shape
            kind = "jacobian" if problem.result.ndim and given.shape == whole else "gradient"
            self._hold(kind, i, given, whole if kind == "jacobian" else problem.leaves[i].shape)
        for i, given in enumerate(problem.curvatures or ()):
            self._hold("curvature", i, given, problem.leaves[i].shape)
        for key, given in problem.inner.items():
            self._hold_inner(key, given)

    @property
    def point(self):
        """Where the votes are taken, {label: array}."""
        return dict(zip(self.problem.labels, self.problem.leaves, strict=True))

    def report(self, in_sums=False) -> FunctionComparison:
        """All votes, with what the diagnosis of the wrong ones found.

        ``in_sums``: of a Jacobian too what explains the sums of its rows with weights.
        """
        cases = list(self._cases())
        diagnoses = [Comparison.from_case(case) for case in cases if not all(case.rows)]
        findings = [x for found in diagnoses for x in found.findings]
        return FunctionComparison(
            self.rows,
            findings=tuple(self._with_projections(findings) if in_sums else findings),
            hints=tuple(dict.fromkeys(x for found in diagnoses for x in found.hints)),
            because={label: at for found in diagnoses for label, at in found.because.items()},
            case=cases[-1] if cases and cases[-1].loss is not None else None,
            votes=tuple(self.votes),
            function=self.problem.name,
            elsewhere=of_another_function(self),
            clues=tuple(clues(self)),
        )

    def _with_projections(self, findings):
        """The findings, of a Jacobian those on the graph before what its entries show."""
        for (kind, i, label, given, true), row in zip(self.compared, self.rows, strict=True):
            known = [x for x in findings if label in x.explains]
            if kind != "jacobian" or row or any(x.mistake != PLACE for x in known):
                continue
            if found := self._projected(i, label, given, true):
                findings = [*found, *(x for x in findings if x not in known)]
        return findings

    def _projected(self, i, label, given, true):
        """What explains a Jacobian in two sums of its rows with weights."""
        if given.shape != true.shape or not self.traced.follows:
            return []
        found, rng = [], np.random.default_rng(0)
        for _ in range(2):
            weights = rng.normal(size=self.problem.result.shape)
            graph = self.traced.projected(i, label, weights)
            if not graph:
                return []
            sums = (np.tensordot(weights, a, weights.ndim) for a in (given, true))
            case = Case(*({label: total} for total in sums), self.tolerance, **graph)
            root = graph["loss"].node
            known = [x for x in Comparison.from_case(case).findings if x.mistake != PLACE]
            found.append([x for x in known if not {root, root.parents[0]} & {*x.where}])
        first, second = found
        return first if [x.text for x in first] == [x.text for x in second] else []

    def _hold(self, kind, i, given, shape):
        """One vote."""
        f, x = self.problem.name, self.problem.labels[i]
        label = f"d2{f}/d{x}2" if kind == "curvature" else f"d{f}/d{x}"
        auto = self.traced.derivatives(kind)
        auto = None if auto is None else np.asarray(auto[i])
        if given.shape == shape:
            floor = self._floor(kind, i, given, auto)
            slope = self._slope(kind, i, given, auto, floor)
            ballot = Ballot(label, given, auto, slope, *self._allowed(given, auto, slope, floor))
            vote = counted(ballot)
            true = _against(vote, ballot)
            row = row_of(vote, compared(label, given, true, self.tolerance, floor), ballot)
        else:
            true = np.zeros(shape) if auto is None else auto
            vote, row = Vote(label, OF_SHAPES), compared(label, given, true, self.tolerance)
        self.votes.append(vote)
        self.rows.append(row)
        self.compared.append((kind, i, label, given, true))

    def _hold_inner(self, key, given):
        """One vote on a derivative inside the function, of which differences know nothing."""
        label, true, self.ends[key] = self.traced.inner(key, given.shape)
        vote, row = Vote(label, OF_SHAPES), compared(label, given, true, self.tolerance)
        if given.shape == true.shape:
            slope = None if self.differences is None else Slope.scattered(true.shape, ())
            allowed = self.tolerance.allowed(given, true)
            ballot = Ballot(label, given, true, slope, allowed, allowed)
            vote = counted(ballot)
            row = row_of(vote, row, ballot)
        self.votes.append(vote)
        self.rows.append(row)
        self.compared.append(("inner", key, label, given, true))

    def _cases(self):
        """What is to be diagnosed: gradients together, on their graph, and the others alone."""
        sides, ends, keys = ({}, {}), {}, {}
        behind = set(history(self.traced.loss.node)) if self.traced.follows else set()
        for (kind, i, label, given, true), row in zip(self.compared, self.rows, strict=True):
            auto = None if kind == "inner" else self.traced.derivatives(kind)
            if kind == "inner" or (
                kind == "gradient" and auto is not None and self.traced.inputs[i].node in behind
            ):
                sides[0][label], sides[1][label] = given, true
                ends[label] = self.ends[i] if kind == "inner" else self.traced.ends(i)
                of_loss = ends[label][0] is self.traced.loss.node
                key = i if kind == "inner" else self.problem.labels[i]
                keys[label] = key, ends[label][1] if of_loss else None
                continue
            if auto is None and given.shape != true.shape:
                continue  # nothing is known that it could be held against
            graph = {}
            if kind == "curvature" and not row and self.rows[i] and self.problem.derives:
                graph = self.traced.curvature_graph(i, label)
            tolerance = self._rough(given, true) if auto is None else self.tolerance
            yield Case({label: given}, {label: true}, tolerance, **graph)
        if ends:
            traced = self.traced
            yield Case(*sides, self.tolerance, traced.loss, traced.names, ends, keys)

    def _floor(self, kind, i, given, auto):
        """What rounding may move each entry of a gradient by; None where no graph tells."""
        if kind != "gradient" or auto is None or not self.traced.follows:
            return None
        if self.tolerance.agree(given, auto, 0.0):
            return np.zeros(given.shape)
        node = self.traced.inputs[i].node
        return Floor(self.traced.loss.node).of(gradient_of(self.traced.loss.node, node))

    def _slope(self, kind, i, given, auto, floor):
        """The derivative by differences, entries in doubt first; None of a random function."""
        if self.differences is None:
            return None
        expected = given if auto is None else auto
        suspects = distance(given, expected) > self.tolerance.allowed(given, expected, floor)
        if kind == "gradient":
            allowed = self._rough(given, expected).allowed(given, expected)
            return self.differences.gradient(i, expected, allowed, suspects)
        if kind == "jacobian":
            return self.differences.jacobian(i, suspects)
        return self.differences.curvature(i, suspects)

    def _allowed(self, given, auto, slope, floor):
        """What each entry may differ by: from autodiff, and from differences."""
        true = auto if auto is not None else given if slope is None else slope.value
        exactly = self.tolerance.allowed(given, true, floor)
        return exactly, self._rough(given, true).allowed(given, true)

    def _rough(self, given, true):
        """What finite differences can tell."""
        rtol = max(1e-5, self.tolerance.relative(given, true))
        largest = np.max(np.abs(self.problem.result), initial=1.0)
        sizes = np.abs(true[np.isfinite(true)])
        return Tolerance(rtol, rtol * sizes.max(initial=0.0) + 1e-10 * float(largest))


def _against(vote, ballot):
    """The true values that a derivation is held against, itself where nothing speaks against it."""
    if vote.outcome == AUTODIFF_ALONE:
        return ballot.auto
    if ballot.auto is not None:
        return np.where(vote.excused, ballot.given, ballot.auto)
    if ballot.slope is None:
        return ballot.given
    return np.where(vote.wrong, ballot.slope.value, ballot.given)


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
    for kind, i, label, given, _ in contest.compared:
        if kind in ("gradient", "jacobian") and (sentence := _transposed(contest, i, label, given)):
            return sentence
    if not all(contest.rows) and _is_exchanged(contest):
        x, agree = problem.labels[0], contest.tolerance.agree
        right = f"it is right where it is called with {x} and the argument of its shape exchanged"
        given, true = problem.gradients[0], traced.derivatives("gradient")[0]
        if agree(given, -np.asarray(true)):
            label = contest.votes[0].label
            return f"the sign of {label} is wrong, or its arguments are in the other order: {right}"
        return f"the arguments of the derivation are in another order: {right}"
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


def _transposed(contest, i, label, given):
    """The sentence on a Jacobian with a row for each entry of x; "" for anything else."""
    leaf, out = contest.problem.leaves[i], contest.problem.result
    if not leaf.ndim == out.ndim == 1 or given.shape != leaf.shape + out.shape:
        return ""
    true = contest.traced.derivatives("jacobian")
    if given.shape == out.shape + leaf.shape or true is None:
        return ""
    if not contest.tolerance.agree(given.T, np.asarray(true[i])):
        return ""
    return (
        f"{label} is transposed: it has shape {given.shape}, a row for each entry of "
        f"{contest.problem.labels[i]}, and must have {given.T.shape}, a row for each result"
    )


def _is_exchanged(contest):
    """Whether the first derivative is right with two arguments exchanged."""
    true = contest.traced.derivatives("gradient")
    if true is None or not contest.problem.gradients or contest.rows[0]:
        return False
    if contest.problem.gradients[0].shape != true[0].shape:
        return False
    agree = contest.tolerance.agree
    return any(
        found.shape == np.shape(true[0]) and agree(found, np.asarray(true[0]))
        for found in contest.problem.exchanged()
    )


def _floor(label, given, true):
    """What boosting libraries ask for: a curvature that is never too small."""
    floors = np.unique(given)
    if len(floors) == 1 and (true < floors).all():
        yield (
            f"{label} by manual is {floors[0]:.6g} wherever it is truly less: a floor, which "
            "objectives for boosting may have on purpose"
        )


def _first_order(contest):
    return contest.votes[: len(contest.problem.gradients)]


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
