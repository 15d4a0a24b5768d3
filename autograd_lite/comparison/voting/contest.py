"""The voters asked about each derivative of a problem, and the report of their votes."""

import numpy as np

from ...rounding import Floor, gradient_of
from ...tape import history
from ..case import Case
from ..report import Comparison
from ..rows import Tolerance, compared, distance
from .clues import clues, of_another_function
from .function_report import FunctionComparison
from .voters import Differences, Traced
from .votes import (
    AUTODIFF_ALONE,
    OF_SHAPES,
    Ballot,
    Vote,
    counted,
    row_of,
)


class Contest:
    """The derivatives by hand of a `Problem`, one vote each, gradients before curvatures."""

    def __init__(self, problem, tolerance):
        self.problem, self.tolerance = problem, tolerance
        self.traced = Traced(problem)
        self.differences = None if problem.wobble else Differences(problem)
        self.votes, self.rows, self.compared = [], [], []
        for i, given in enumerate(problem.gradients):
            whole = problem.result.shape + problem.leaves[i].shape
            kind = "jacobian" if problem.result.ndim and given.shape == whole else "gradient"
            self._hold(kind, i, given, whole if kind == "jacobian" else problem.leaves[i].shape)
        for i, given in enumerate(problem.curvatures or ()):
            self._hold("curvature", i, given, problem.leaves[i].shape)

    def report(self) -> FunctionComparison:
        """All votes, with what the diagnosis of the wrong ones found."""
        cases = list(self._cases())
        diagnoses = [Comparison.from_case(case) for case in cases if not all(case.rows)]
        return FunctionComparison(
            self.rows,
            findings=tuple(x for found in diagnoses for x in found.findings),
            hints=tuple(dict.fromkeys(x for found in diagnoses for x in found.hints)),
            because={label: at for found in diagnoses for label, at in found.because.items()},
            case=cases[-1] if cases and cases[-1].loss is not None else None,
            votes=tuple(self.votes),
            function=self.problem.name,
            elsewhere=of_another_function(self),
            clues=tuple(clues(self)),
        )

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

    def _cases(self):
        """What is to be diagnosed: gradients together, on their graph, and the others alone."""
        sides, on_graph = ({}, {}), {}
        behind = set(history(self.traced.loss.node)) if self.traced.follows else set()
        for (kind, i, label, given, true), row in zip(self.compared, self.rows, strict=True):
            auto = self.traced.derivatives(kind)
            if kind == "gradient" and auto is not None and self.traced.inputs[i].node in behind:
                sides[0][label], sides[1][label], on_graph[i] = given, true, label
                continue
            if auto is None and given.shape != true.shape:
                continue  # nothing is known that it could be held against
            graph = {}
            if kind == "curvature" and not row and self.rows[i] and self.problem.derives:
                graph = self.traced.curvature_graph(i, label)
            tolerance = self._rough(given, true) if auto is None else self.tolerance
            yield Case({label: given}, {label: true}, tolerance, **graph)
        if on_graph:
            yield Case(*sides, self.tolerance, **self.traced.graph(on_graph))

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
