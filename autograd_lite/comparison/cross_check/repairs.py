"""The wrong lines of a derivation in code: edits of it that make it right everywhere.

The derivation by hand is traced as formulas, and the edits of these are tried that a person may
have failed to write. An edit counts if it gives true values at the given point and at the points
beside it, and leaves right entries right. Where none mends all, the one that mends most entries is
taken, and the search goes on for the others.
"""

from __future__ import annotations

import numpy as np

from ...observed_call import observed
from ...symbolic import calls
from ...symbolic.expressions import Expression
from ...symbolic.graph import Graph
from ...symbolic.rule_table import number
from ...symbolic.trace import Trace
from ...symbolic.traced import Traced
from ..diagnosis.algebra import call, powers_of, product, slopes_of
from ..diagnosis.edits import MANY, Editor
from ..diagnosis.formulas import Formulas
from ..diagnosis.sentences import elided
from ..diagnosis.wrong_calls import SIGN
from ..rows import distance
from .plain_python import arrays_around, for_tensors, with_values

WORK = 60_000  # expressions that are computed again: half a second
ELEMENTS = 12  # of x, each of which may be what was left out
CONSTANTS = 4  # elements of an array around the function
UNNAMED = 6  # values without a name that may have been left out
MOST = 4  # edits
SHORT, LONG = 30, 60  # characters of a formula that is shown beside another, or alone


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
        arrays = {n: trace.input(a, n) for n, a in arrays_around(function).items()}
        seen = observed(with_values(function, arrays), args, kwargs)
        results = {key: _expression(x) for key, x in problem.split(seen.result).items()}
        self.results = {key: x for key, x in results.items() if x is not None}
        steps = self._with_results_apart(graph)
        symbols = {x: x.name for x in graph.inputs}
        for name, value in seen.own.items():
            if type(value) is Traced:
                symbols.setdefault(value.expression, name)
        self.around = [x.expression for x in arrays.values()]
        self.around += [
            Expression("constant", array, name=name)
            for name, array in arrays_around(problem.function).items()
            if name not in arrays
        ]
        symbols |= {x: x.name for x in self.around}
        lines = {x for x in (*symbols, *self.results.values()) if x.kind == "call"}
        self.formulas = Formulas(steps, self.results, symbols, lines)

    def _with_results_apart(self, graph):
        """All calls; a result that is used elsewhere, too, is one of its own, wrong there alone."""
        steps = [step for step in graph.steps if step.kind == "call"]
        used = {x for step in steps for x in step.operands()}
        for key, x in self.results.items():
            if x.kind == "call" and x in used:
                self.results[key] = call(np.positive, x)
                steps.append(self.results[key])
            used.add(x)
        return steps

    def at(self, leaves, edits):
        """{key: value} at some leaves, by default the given ones, with {expression: edited}."""
        formulas = self.formulas
        moved = {x.expression: leaf for x, leaf in zip(self.inputs, leaves, strict=False)}
        values, _ = formulas.recomputed(moved)
        for x, new in sorted(edits.items(), key=lambda pair: formulas.place[pair[0]]):
            moved[x] = formulas.again(new, values)
            values, _ = formulas.recomputed(moved)
        formulas.work += len(values)
        return {key: values.get(x, x.value) for key, x in self.results.items()}


def _traced(trace, value, name):
    is_number = isinstance(value, (np.ndarray, float, np.floating)) and np.asarray(value).size
    if not is_number or np.asarray(value).dtype.kind not in "fiu":
        return value
    return trace.input(np.asarray(value) if np.ndim(value) else float(value), name)


def _expression(x):
    return x.expression if type(x) is Traced else None


class Repairs(Editor):
    """The edits that mend a formula: those of any formula, and what may have been left out."""

    def __init__(self, derivation):
        super().__init__(derivation.formulas)
        results = set(derivation.results.values())
        self._elements = [
            call(calls.getitem, x, i)
            for many, most in ((derivation.inputs, ELEMENTS), (derivation.around, CONSTANTS))
            for x in (getattr(one, "expression", one) for one in many)
            if x.ndim == 1 and x.size <= most
            for i in range(x.size)
        ]
        numbers = [h for h in self.formulas.symbols if h.shape == ()]
        self._pool[()] = [*self._elements, *numbers][:MANY]
        self._columns = {
            x: [
                call(calls.getitem, v, (slice(None), *(None,) * (x.ndim - 1)))
                for v in derivation.around
                if v.shape == x.shape[:1] and x.ndim > 1
            ]
            + [v for v in derivation.around if v.shape == x.shape[-1:] and x.ndim > 1]
            for x in results
        }

    def _is_edited_here(self, x):
        """Whether an operand stands elsewhere too, where it may be right."""
        if type(x) is not Expression or not x.shape or x.kind != "call":
            return type(x) is Expression and bool(x.shape)
        users = self.formulas.users.get(x, ())
        return sum(part is x for user in users for part in user.operands()) > 1

    def _unnamed(self, x):
        """Values without a name that the derivation has computed before, of the same shape."""
        steps = self.formulas.steps[: self.formulas.place.get(x, 0)]
        alike = [h for h in steps if h.shape == x.shape and h not in self.formulas.symbols]
        return [h for h in alike if h.dtype.kind == "f"][-UNNAMED:]

    def _of_call(self, x):
        yield from super()._of_call(x)
        if x.shape is None or x.dtype is None or x.dtype.kind != "f":
            return
        known = [h for h in self._pool.get(x.shape, ()) if h is not x and self._is_before(h, x)]
        if x.kind != "call":
            known = [h for h in known if h.kind != "call"]
        numbers = [h for h in self.formulas.symbols if h.shape == () and h.dtype is None]
        says = "{old} stands where {new} belongs"
        known += [*self._columns.get(x, ()), *self._unnamed(x)]
        numbers += self._elements
        for h in (*known, *numbers):
            for part, power in powers_of(h):
                kind = {1.0: "with times", -1.0: "with over"}.get(power, f"with {power}")
                yield kind, "", product([(x, 1.0), (part, power)]), h, says, 2.0
            yield "with plus", "", call(np.add, x, h), h, says, 2.6
            yield "with minus", "", call(np.subtract, x, h), h, says, 2.6
        for h in (*known, x) if x.kind == "call" else ():
            for slope in slopes_of(h):
                yield "with slope", "", product([(x, 1.0), (slope, 1.0)]), slope, says, 2.2
        yield "zero", "", call(np.multiply, 0.0, x), None, says, 1.9
        functions = (np.exp, np.sign, np.absolute, np.square, np.log, np.sqrt)
        for f in functions if x.kind != "constant" else ():
            yield f"{f.__name__}", "", call(f, x), None, says, 2.4
        for axis in range(x.ndim if x.ndim > 1 else 0):
            yield "mean", "", call(np.mean, x, axis=axis, keepdims=True), None, says, 2.5
        yield from self._of_signs(x, known)

    def _of_signs(self, x, known):
        """A branch that is a number, with the sign of a value."""
        says = "{old} stands where {new} belongs"
        for i in (1, 2) if x.func is np.where and len(x.args) == 3 else ():
            if number(x.args[i]) is not None:
                for h in known:
                    signed = product([(x.args[i], 1.0), (call(np.sign, h), 1.0)])
                    new = call(np.where, *x.args[:i], signed, *x.args[i + 1 :])
                    yield f"sign {i}", "", new, h, says, 2.4


def repaired(contest, others) -> str:
    """The sentence on the lines that are wrong, "" where no edits mend all.

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
    keys = [_key(kind, i) for kind, i, *_ in contest.compared]
    if not all(
        key in derivation.results or row for key, row in zip(keys, contest.rows, strict=True)
    ):
        return ""
    mending = Mending(derivation, contest, others)
    said = {}
    while len(mending.made) < MOST and not mending.is_done():
        found = mending.next()
        if found is None:
            return ""
        x, edit, mended = found
        said[_said(x, edit, mended, derivation.formulas)] = True
    return "; ".join(said) if mending.is_done() else ""


class Mending:
    """Edits of a derivation, one after the other, until all entries are right at all points."""

    def __init__(self, derivation, contest, others):
        self.derivation, self.points = derivation, [contest, *others]
        formulas, editor = derivation.formulas, Repairs(derivation)
        edits = [(x, edit) for x in reversed(formulas.steps) for edit in editor.edits(x)]
        self._edits = sorted(edits, key=lambda pair: pair[1].rank)
        self.made: dict = {}
        self.right = [self._right_entries({}, point) for point in self.points]

    def is_done(self):
        return all(is_right(right) for right in self.right)

    def next(self):
        """The first edit (expression, edit) that mends all, or else the one that mends most."""
        tried = []
        for x, edit in self._edits if None not in self.right else ():
            if self.derivation.formulas.work > WORK:
                break
            right = self._right_entries({**self.made, x: edit.whole}, self.points[0])
            gain = _gain(self.right[0], right)
            if gain and is_right(right) and (found := self._accepted(x, edit, whole=True)):
                return found
            if gain:
                tried.append((-gain, len(tried), x, edit))
        found = (
            self._accepted(x, edit) for *_, x, edit in sorted(tried, key=lambda t: t[:2])[:MOST]
        )
        return next(filter(None, found), None)

    def _accepted(self, x, edit, whole=False):
        """An edit and the entries that it mends, None where it mends none beside the point, too.

        A ``whole`` one mends all of them everywhere.
        """
        made = {**self.made, x: edit.whole}
        found = [self._right_entries(made, point) for point in self.points]
        if whole and not all(map(is_right, found)):
            return None
        pairs = zip(self.right, found, strict=True)
        if not all(is_right(before) or _gain(before, after) for before, after in pairs):
            return None
        mended = [after & ~self.right[0][key] for key, after in found[0].items()]
        self.made, self.right = made, found
        return x, edit, mended

    def _right_entries(self, edits, point):
        """{key: which entries are right} with edits, None where a shape is another."""
        try:
            with np.errstate(all="ignore"):
                leaves = point.problem.leaves if point is not self.points[0] else ()
                found = self.derivation.at(leaves, edits)
        except (ValueError, TypeError, IndexError, np.linalg.LinAlgError):
            return None
        right = {}
        for kind, i, _, _, true in point.compared:
            value = np.asarray(found.get(_key(kind, i), np.nan))
            if value.shape != np.shape(true):
                return None
            right[_key(kind, i)] = distance(value, true) <= point.tolerance.allowed(value, true)
        return right


def _key(kind, i):
    """Which result of the derivation by hand: a Jacobian is of the first kind too."""
    return ("curvature" if kind == "curvature" else "gradient"), i


def is_right(right):
    return right is not None and all(entries.all() for entries in right.values())


def _gain(before, after):
    """How many more entries are right; 0 where one that was right is wrong now."""
    if after is None or any((entries & ~after[key]).any() for key, entries in before.items()):
        return 0
    return sum(int(entries.sum() - before[key].sum()) for key, entries in after.items())


_LACKS = {
    "with times": "the factor", "with slope": "the derivative",
    "with over": "the division by", "with plus": "the term",
    "with minus": "the term -",
}  # fmt: skip


_SIZES = {"twice": "counts half, and must count whole", "half": "counts twice"}


def _said(x, edit, mended, formulas):
    old, new = (
        formulas.written_out(e) if e is x and x.func is not np.positive else formulas.write(e)
        for e in (edit.old, edit.new)
    )
    name = formulas.symbols.get(formulas.line_of(x))
    where = f"in {name}: " if name else _entries(mended)
    what = "a sign is wrong: " if edit.key == SIGN else ""
    if edit.kind.rpartition(".")[2] in _LACKS:
        part = elided(formulas.written_out(edit.part))
        what = f"{_LACKS[edit.kind.rpartition('.')[2]]} {part} is missing"
        if max(len(old), len(new)) > LONG:
            return where + what
        what += ": "
    elif (kind := edit.kind.rpartition(".")[2].split(" ")[0]) in _SIZES and len(old) > SHORT:
        return f"{where}{elided(formulas.written_out(edit.part))} {_SIZES[kind]}"
    elif edit.kind.rpartition(".")[2].startswith("power") and len(old) > LONG:
        what += f"the power of {elided(formulas.written_out(edit.part))} is wrong: "
    return f"{where}{what}{elided(old)} stands where {elided(new)} belongs"


def _entries(mended):
    """Which entries of a Jacobian are mended, where these are few."""
    at = np.argwhere(mended[0]) if len(mended) == 1 and mended[0].ndim == 2 else ()
    return f"at {', '.join(str(i.tolist()) for i in at)}: " if 0 < len(at) <= MOST else ""
