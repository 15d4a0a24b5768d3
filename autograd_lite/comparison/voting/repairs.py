"""The wrong line of a derivation in code: one edit of it that makes it right everywhere.

The derivation by hand is traced as formulas, and the edits of these are tried that a person may
have failed to write. An edit counts if it gives the true values at the given point and at the
points beside it.
"""

from __future__ import annotations

import inspect
from itertools import chain

import numpy as np

from ...symbolic import calls
from ...symbolic.expressions import Expression
from ...symbolic.graph import Graph
from ...symbolic.traced import Trace, Traced
from ..diagnosis.edits import Editor, call, powers_of, product, slopes_of
from ..diagnosis.formulas import Formulas
from .plain_python import for_tensors
from .problem import called

WORK = 60_000  # expressions that are computed again: half a second
ELEMENTS = 12  # of x, each of which may be what was left out
LONG = 60  # characters of a formula that is shown


class Derivation:
    """The function of the derivatives by hand, as formulas.

    Its results are by kind and leaf, ("gradient", 0).
    """

    def __init__(self, problem):
        function = problem.by_hand
        graph = Graph(lambda *_: None)
        trace = Trace(graph)
        self.inputs = [
            trace.input(leaf, label)
            for leaf, label in zip(problem.leaves, problem.labels, strict=True)
        ]
        args, kwargs = problem.arguments(
            self.inputs, lambda name, value: _traced(trace, value, name)
        )
        function = for_tensors(function) or function
        found, variables = called(function, *args, **kwargs)
        results = {key: _expression(x) for key, x in problem.split(found).items()}
        self.results = {key: x for key, x in results.items() if x is not None}
        symbols = {x: x.name for x in graph.inputs}
        for name, value in variables.items():
            if type(value) is Traced:
                symbols.setdefault(value.expression, name)
        _name_constants(graph, function, symbols)
        self.around = [
            Expression("constant", array, name=name)
            for name, array in _arrays_around(problem.function).items()
        ]
        symbols |= {x: x.name for x in self.around}
        steps = [step for step in graph.steps if step.kind == "call"]
        lines = {x for x in (*symbols, *self.results.values()) if x.kind == "call"}
        self.formulas = Formulas(steps, self.results, symbols, lines)

    def at(self, leaves, edit=None):
        """{key: value} at other leaves, with one edit or without."""
        moved = {x.expression: leaf for x, leaf in zip(self.inputs, leaves, strict=True)}
        values, _ = self.formulas.recomputed(moved)
        if edit is not None:
            x, new = edit
            moved[x] = self.formulas.again(new, values)
            values, _ = self.formulas.recomputed(moved)
        return {key: values.get(x, x.value) for key, x in self.results.items()}


def _traced(trace, value, name):
    is_number = isinstance(value, (np.ndarray, float, np.floating)) and np.asarray(value).size
    if not is_number or np.asarray(value).dtype.kind not in "fiu":
        return value
    return trace.input(np.asarray(value) if np.ndim(value) else float(value), name)


def _expression(x):
    return x.expression if type(x) is Traced else None


def _name_constants(graph, function, symbols):
    """The arrays that a function has from around it, by their names there."""
    arrays = _arrays_around(function)
    for x in chain.from_iterable(step.operands() for step in graph.steps):
        if x.kind == "constant" and x.shape:
            same = (n for n, a in arrays.items() if np.array_equal(a, x.value))
            if (name := next(same, None)) is not None:
                symbols.setdefault(x, name)


def _arrays_around(function):
    """The arrays that a function has from around it, {name: array}."""
    try:
        around = inspect.getclosurevars(function)
    except (TypeError, ValueError):
        return {}
    found = {**around.globals, **around.nonlocals}
    return {n: a for n, a in found.items() if isinstance(a, np.ndarray) and a.dtype.kind == "f"}


class Repairs(Editor):
    """The edits that mend a formula: those of any formula, and what may have been left out."""

    def __init__(self, derivation):
        super().__init__(derivation.formulas)
        results = set(derivation.results.values())
        self._elements = [
            call(calls.getitem, x.expression, i)
            for x in derivation.inputs
            if x.ndim == 1 and x.size <= ELEMENTS
            for i in range(x.size)
        ]
        self._columns = {
            x: [
                call(calls.getitem, v, (slice(None), *(None,) * (x.ndim - 1)))
                for v in derivation.around
                if v.shape == x.shape[:1] and x.ndim > 1
            ]
            for x in results
        }

    def _of_call(self, x):
        yield from super()._of_call(x)
        if x.shape is None or x.dtype is None or x.dtype.kind != "f":
            return
        known = [h for h in self._pool.get(x.shape, ()) if h is not x and self._is_before(h, x)]
        numbers = [h for h in self.formulas.symbols if h.shape == () and h.dtype is None]
        says = "{old} stands where {new} belongs"
        known += self._columns.get(x, ())
        numbers += self._elements if x.shape == () else []
        for h in (*known, *numbers):
            for part, power in powers_of(h):
                kind = {1.0: "with times", -1.0: "with over"}.get(power, f"with {power}")
                yield kind, "", product([(x, 1.0), (part, power)]), h, says, 2.0
            yield "with plus", "", call(np.add, x, h), h, says, 2.6
            yield "with minus", "", call(np.subtract, x, h), h, says, 2.6
        for h in known:
            for slope in slopes_of(h):
                yield "with slope", "", product([(x, 1.0), (slope, 1.0)]), h, says, 2.2
        for f in (np.exp, np.sign, np.absolute, np.square, np.log, np.sqrt):
            yield f"{f.__name__}", "", call(f, x), None, says, 2.4
        for axis in range(x.ndim if x.ndim > 1 else 0):
            yield "mean", "", call(np.mean, x, axis=axis, keepdims=True), None, says, 2.5


def repaired(contest, others) -> str:
    """The sentence on the line that is wrong, "" where no one edit mends all.

    Parameters
    ----------
    contest : Contest
        Of the given point.
    others : list of Contest
        Of points beside it.
    """
    try:
        derivation = Derivation(contest.problem)
    except Exception:  # whatever a function does with traced values
        return ""
    formulas = derivation.formulas
    true = {_key(kind, i): value for kind, i, _, _, value in contest.compared}
    wrong = [
        _key(kind, i)
        for (kind, i, *_), row in zip(contest.compared, contest.rows, strict=True)
        if not row
    ]
    if not all(key in derivation.results for key in wrong) or not wrong:
        return ""
    editor = Repairs(derivation)
    edits = [(x, edit) for x in reversed(formulas.steps) for edit in editor.edits(x)]
    for x, edit in sorted(edits, key=lambda pair: pair[1].rank):
        if formulas.work > WORK:
            break
        if _mends(x, edit, formulas, true, wrong, contest) and _holds(
            x, edit, derivation, contest, others
        ):
            return _said(x, edit, formulas)
    return ""


def _key(kind, i):
    """Which result of the derivation by hand: a Jacobian is of the first kind too."""
    return ("curvature" if kind == "curvature" else "gradient"), i


def _mends(x, edit, formulas, true, wrong, contest):
    try:
        with np.errstate(all="ignore"):
            changed = formulas.changed({x: edit.whole.value})
    except (ValueError, TypeError, IndexError, np.linalg.LinAlgError):
        return False
    agree = contest.tolerance.agree
    return all(key in changed for key in wrong) and all(
        np.shape(value) == np.shape(true[key]) and agree(np.asarray(value), np.asarray(true[key]))
        for key, value in changed.items()
        if key in true
    )


def _holds(x, edit, derivation, contest, others):
    """Whether an edit gives the true values at the points beside the given one."""
    for other in others:
        try:
            with np.errstate(all="ignore"):
                found = derivation.at(other.problem.leaves, (x, edit.whole))
        except (ValueError, TypeError, IndexError, np.linalg.LinAlgError):
            return False
        for kind, i, _, _, true in other.compared:
            value = np.asarray(found.get(_key(kind, i), np.nan))
            if value.shape != np.shape(true) or not contest.tolerance.agree(value, true):
                return False
    return True


_LACKS = {
    "with times": "the factor", "with over": "the division by", "with plus": "the term",
    "with minus": "the term -",
}  # fmt: skip


def _said(x, edit, formulas):
    old, new = formulas.written_out(edit.old), formulas.written_out(edit.new)
    line = formulas.line_of(x)
    name = formulas.symbols.get(line)
    where = f"in {name}: " if name else ""
    if max(len(old), len(new)) > LONG and edit.kind.rpartition(".")[2] in _LACKS:
        what = _LACKS[edit.kind.rpartition(".")[2]]
        return f"{where}{what} {formulas.write(edit.part)} is missing"
    return f"{where}{old} stands where {new} belongs"
