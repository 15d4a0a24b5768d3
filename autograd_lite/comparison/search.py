"""The search for mistakes that explain wrong gradients of one graph.

The one idea: a mistake is accepted when the backward pass with it gives the given numbers. Then
that pass is the base, and the search goes on for the rows that it does not explain.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from ..primitives import Elementwise
from . import regulariser, words
from .backward import both
from .closed_forms import Fit, Use, forms
from .constants import Constants
from .findings import Finding
from .mutants import mutants, repeated, stale
from .regulariser import Penalties

MOST = 6  # findings
PAIRS = 24  # edges that are left out two at a time


@dataclass(eq=False)
class Candidate:
    """A mistake that explains some rows.

    ``steps`` are what it changes in the pass; None where it concerns these rows alone.
    """

    key: str
    text: str
    explains: list
    steps: dict | None = None
    where: tuple = ()
    rank: int = 2
    more: list = field(default_factory=list)  # findings that belong to it
    also: tuple = ()


class Search:
    """The state of a search: the pass that is the base, and the rows that are left."""

    def __init__(self, case, graph, backward, wrong, right):
        self.case, self.graph, self.backward = case, graph, backward
        self.left, self.right = list(wrong), list(right)
        self.fit = Fit(case.tolerance)
        self.constants = Constants(graph)
        self.penalties = Penalties(graph)
        self.findings: list[Finding] = []
        self._shares: dict = {}

    def run(self):
        """Find mistakes until all rows are explained, or nothing explains one more."""
        while self.left and len(self.findings) < MOST:
            candidates = self._candidates()
            chosen = next(filter(self._holds, self._ranked(candidates)), None)
            if chosen is None:
                break
            self._accept(chosen, candidates)
        return self

    def expected(self, entry):
        """What the base gives for a row."""
        found = self.backward.table.get(entry.bottom)
        return entry.true if found is None else np.asarray(found)

    # --- choosing ---------------------------------------------------------------------------

    def _candidates(self):
        found: list[Candidate] = []
        for look in (
            self._factors, self._regularisers, self._forms, self._mutants, self._repeated, self._pairs,
            self._others,
        ):  # fmt: skip
            found += look()
            if any(len(c.explains) == len(self.left) for c in found):
                break
        return found

    @staticmethod
    def _ranked(candidates):
        return sorted(candidates, key=lambda c: (-len(c.explains), c.rank))

    def _holds(self, candidate):
        """Whether the pass with the mistake gives the numbers, and leaves right rows right."""
        if candidate.steps is None:
            return True
        table = self.backward.replaced(candidate.steps).table
        return len(self._explained(candidate.explains, table)) == len(candidate.explains)

    def _accept(self, chosen, candidates):
        same = [
            c
            for c in candidates
            if c is not chosen
            and set(c.explains) == set(chosen.explains)
            and c.text != chosen.text
            and c.rank <= chosen.rank + 2
        ]
        texts = dict.fromkeys([*chosen.also, *(c.text for c in self._ranked(same))])
        nodes = dict.fromkeys(
            node for c in (chosen, *same) if c.key == chosen.key for node in c.where
        )
        labels = tuple(e.label for e in chosen.explains)
        finding = Finding(chosen.key, chosen.text, labels, tuple(nodes), tuple(texts)[:3])
        self.findings += [finding, *chosen.more]
        self.left = [e for e in self.left if e not in chosen.explains]
        if chosen.steps is not None:
            self._shares = {}
            self.right += chosen.explains
            self.backward = self.backward.replaced(chosen.steps)

    # --- one factor for many rows ----------------------------------------------------------------

    def _factors(self):
        """Rows that are one number times what is expected."""
        groups: list[tuple[float, list]] = []
        for entry in self.left:
            c = self.fit.ratio(entry.given, self.expected(entry))
            if c is None:
                continue
            for other, many in groups:
                if abs(c - other) <= 2 * self._precision(entry) * abs(c):
                    many.append(entry)
                    break
            else:
                groups.append((c, [entry]))
        return [found for c, many in groups for found in self._factor(c, many)]

    def _precision(self, entry):
        return max(1e-6, self.fit.precision(entry.given, self.expected(entry)))

    def _factor(self, c, many):
        names = self.constants.names(c, min(map(self._precision, many)))
        if not names and sum(e.given.size for e in many) < 2:
            return
        who, be = words.subject(many, self.case), words.is_or_are(many)
        place = self._place(many)
        texts = []
        for named in names:
            if named.key == "sign":
                texts.append(("sign", f"{who} {be} the negative of the gradient: {named.reason}{place}"))
            else:
                texts.append(
                    (named.key, f"{who} {be} {named.text} times the gradient: {named.reason}{place}")
                )
        if not names:
            texts.append(("factor", f"{who} {be} {c:.6g} times the gradient in every entry, which is no "
                          f"size of an axis and no constant of the graph{place}"))  # fmt: skip
        counts = {self._rows_of_bias(e) for e in many}
        if None not in counts and all(abs(c * n - 1) < 1e-6 for n in counts):
            n = next(iter(counts))
            symbol = "1/N = " if self.constants.batch and n == self.constants.batch[0] else ""
            text = (
                f"{who} {be} {symbol}1/{n} times the gradient: the mean over the rows was taken, "
                f"where the bias needs their sum: the 1/{n} of the loss is in the error already"
            )
            texts.insert(0, ("bias mean", text))
        whole = len(many) == len(self.left)
        is_bias = texts[0][0] == "bias mean"
        steps = None
        if not self.right and not is_bias:
            steps = {self.graph.root: lambda node, g, pairs: [(p, s * c) for p, s in pairs]}
        rank = 0 if whole else 1 if steps or is_bias else 4
        (key, text), others = texts[0], tuple(t for _, t in texts[1:])
        yield Candidate(key, text, many, steps, rank=rank, also=others)

    def _rows_of_bias(self, entry):
        """Over how many copies the gradient of a broadcast variable is summed, or None."""
        counts = set()
        for edge in self.backward.edges:
            if edge.parent is entry.bottom:
                if np.size(edge.g) == np.size(edge.share) or edge.node.op.f is np.matmul:
                    return None
                counts.add(np.size(edge.g) // max(np.size(edge.share), 1))
        return counts.pop() if len(counts) == 1 else None

    def _place(self, many):
        """Between which nodes all these rows and no right one hang."""
        right = [e for e in self.right if e.bottom is not None]
        if not right:
            return ""
        suspects = [
            node
            for node in self.graph.nodes
            if all(self.graph.leads(e.bottom, node) for e in many)
            and not any(self.graph.leads(e.bottom, node) for e in right)
        ]
        good = words.subject(right, self.case)
        be = words.is_or_are(right)
        if not suspects:
            return f" ({good} {be} right)"
        if suspects == [e.bottom for e in many]:
            return f" ({good} {be} right, so the mistake is in this one step)"
        newest, oldest = self.graph.label(suspects[-1]), self.graph.label(suspects[0])
        between = f"at {newest}" if newest == oldest else f"between {newest} and {oldest}"
        return f" ({good} {be} right, so look {between})"

    # --- the regulariser --------------------------------------------------------------------

    def _regularisers(self):
        leaves = [e for e in self.left if e.bottom.op is None and e.given.shape == e.true.shape]
        if not leaves:
            return []
        known = [e.bottom for e in self.case.gradients.values() if e.bottom.op is None]
        penalised = self.penalties.gradients(self.backward, known)
        groups: dict = {}
        strength = self._strength([], penalised)
        for entry in leaves:
            penalty, value = penalised.get(entry.bottom), self.graph.value(entry.bottom)
            expected = self.expected(entry)
            data = expected if penalty is None else expected - penalty
            found = regulariser.parts(
                entry.given, data, penalty, value, self.fit, self.constants, strength
            )
            if found is None:
                continue
            kind, form, c, factor = found
            if self.penalties.alone and kind not in ("regulariser scalar", "regulariser form"):
                continue
            shown = 0.0 if kind == "regulariser scalar" else float(f"{c:.4g}")
            key = (kind, form, shown, float(f"{factor:.4g}"), penalty is None)
            groups.setdefault(key, []).append((entry, c, factor))
        return [
            self._regulariser(kind, form, none, many, penalised)
            for (kind, form, _, _, none), many in groups.items()
        ]

    def _regulariser(self, kind, form, none, many, penalised):
        entries = [entry for entry, *_ in many]
        _, c, factor = many[0]
        who = words.subject(entries, self.case)
        k = self._strength(entries, penalised)
        true = f"{k:.6g} * W" if k else "its gradient"
        if none:
            kind, text = self._unpenalised(entries, form, c, penalised)
        elif kind == "regulariser missing":
            kept = [
                e for n, e in self.case.gradients.items() if n in penalised and e not in entries
            ]
            text = f"the regulariser's gradient is forgotten in {who}: {true} is not added"
            if kept and not any(e in self.left for e in kept):
                text += f" (it is in {words.subject(kept, self.case)}: the penalty is on one layer only)"
        elif kind == "regulariser scale":
            names = self.constants.names(c, 10 * self._precision(entries[0]))
            times = names[0].text if names else f"{c:.6g}"
            used = f": {c * k:.6g} * W for {true}" if k else ""
            text = f"the regulariser's gradient in {who} is {times} times what it must be{used}"
            if names:
                text += f" ({names[0].reason})"
        elif kind == "regulariser scalar":
            text = (
                f"the regulariser's gradient in {who} is a scalar, {self._scalar(many)}, added to "
                f"every entry, where {true} belongs"
            )
        else:
            text = f"the regulariser's gradient in {who} has another form: {c:.6g} * {form} for {true}"
        candidate = Candidate(kind, text, entries, rank=0)
        if factor != 1:
            named = self.constants.names(factor, 1e-5)[0]
            also = (
                f"what the data add to {who} is {named.text} times their gradient: {named.reason}"
            )
            if kind == "regulariser scale" and np.isclose(c, 1):
                return Candidate(named.key, also, entries, rank=2)
            labels = tuple(e.label for e in entries)
            candidate.more.append(Finding(named.key, also, labels))
            candidate.rank = 1
        return candidate

    def _unpenalised(self, entries, form, c, penalised):
        who = words.subject(entries, self.case)
        be = words.is_or_are(entries)
        if not penalised:
            return "regulariser scale", (
                f"{who} {be} too large by {c:.6g} * {form}, the gradient of a regulariser, and this loss "
                "has none"
            )
        return "regulariser on bias", (
            f"{who} {be} too large by {c:.6g} * {form}: a regulariser's gradient, and the penalty of this "
            f"loss does not contain {' and '.join(self.graph.label(e.bottom) for e in entries)}"
        )

    def _strength(self, entries, penalised):
        """k where the true gradient of the penalty is k times the weight."""
        for entry in entries:
            penalty = penalised.get(entry.bottom)
            if penalty is not None:
                return self._multiple_of(penalty, entry.bottom)
        strengths = (self._multiple_of(g, node) for node, g in penalised.items())
        return next(filter(None, strengths), None)

    def _multiple_of(self, array, node):
        """k where an array is k times the value of a node, or None."""
        value = self.graph.value(node)
        return 1.0 if self.fit.agree(array, value) else self.fit.ratio(array, value)

    def _scalar(self, many):
        """What a scalar is that was added to every entry."""
        entry, c, _ = many[0]
        value = self.graph.value(entry.bottom)
        total = self.penalties.value
        known = {
            "the value of the penalty": total,
            "twice the value of the penalty": 2 * total,
            "sum(W^2)": np.sum(value**2),
            "sum(W)": np.sum(value),
        }
        for what, number in known.items():
            if number and np.isclose(c, number, rtol=1e-5):
                return f"{c:.6g}, {what}"
        for what, number in list(known.items())[2:]:
            if number:
                return f"{c:.6g} = {c / number:.6g} * {what}"
        return f"{c:.6g}"

    # --- one row by itself ----------------------------------------------------------------------

    def _forms(self):
        found: dict = {}
        for entry in self.left:
            many = list(self._forms_of(entry))
            if many:
                form = many[0]
                others = [one.words for one in many if one.key != form.key]
                found.setdefault((form.key, form.factor), []).append((entry, form, others))
        for (key, factor), many in found.items():
            yield self._form(key, factor, many)

    def _forms_of(self, entry):
        """The forms of a row, or of what it holds beside the regulariser's gradient."""
        expected = self.expected(entry)
        uses = list(self._uses(entry.bottom))
        found = list(forms(entry.given, expected, self.fit, uses, self.constants))
        if found or not self.penalties.terms:
            return found
        penalty = self.penalties.gradients(self.backward, [entry.bottom]).get(entry.bottom)
        if penalty is None:
            return []
        try:
            given = entry.given - penalty
        except ValueError:
            return []
        return list(forms(given, expected - penalty, self.fit, uses, self.constants))

    def _form(self, key, factor, many):
        entries = [entry for entry, *_ in many]
        said = dict.fromkeys(form.words for _, form, _ in many)
        if len(said) == 1:
            text = f"{words.subject(entries, self.case)}: {many[0][1].words}"
        else:
            text = "; ".join(f"{words.short(e, self.case)}: {form.words}" for e, form, _ in many)
        who = words.subject(entries, self.case)
        others = dict.fromkeys(f"{who}: {other}" for *_, others in many for other in others)
        candidate = Candidate(key, text, entries, rank=1, also=tuple(others))
        if factor != 1:
            named = self.constants.names(factor, 1e-5)[0]
            extra = f"besides, {words.subject(entries, self.case)} {words.is_or_are(entries)} {named.text} times that: {named.reason}"  # noqa: E501
            labels = tuple(e.label for e in entries)
            candidate.more.append(Finding(named.key, extra, labels))
            candidate.rank = 2
        return candidate

    def _uses(self, node):
        edges = [edge for edge in self.backward.edges if edge.parent is node]
        for edge in edges:
            other, full = None, edge.g
            label = self.graph.label(edge.node)
            if isinstance(edge.op, Elementwise) and edge.position is not None:
                with np.errstate(all="ignore"):
                    full = edge.op.rules[edge.position](edge.g, edge.out, *edge.args, **edge.kwargs)
            if edge.node.op.f is np.matmul and edge.position is not None:
                other = np.asarray(edge.node.args[1 - edge.position])
                label = words.told("{y}", edge, self.graph)
            yield Use(edge.g, np.asarray(edge.share), np.asarray(full), edge.position, other, len(edges) == 1, label)

    def _others(self):
        """Rows that hold the numbers of something else."""
        return [found for entry in self.left for found in self._same_numbers(entry)]

    def _same_numbers(self, entry):
        """The gradient or the value of another tensor."""
        given = entry.given
        if given.size < 2 or not np.ptp(given.real):
            return
        who = words.short(entry, self.case)
        name = self.graph.label(entry.bottom)
        true = self.case.backward.table
        for node in reversed(self.graph.nodes):
            if np.shape(node.out) != given.shape or isinstance(node.out, tuple):
                continue
            other = self.graph.label(node)
            g = true.get(node)
            if g is not None and node is not entry.bottom and self.fit.explains(given, g, entry.true):
                yield Candidate(
                    "wrong variable",
                    f"{who} is the gradient of another variable: of {other}, not of {name}",
                    [entry],
                    rank=2,
                )
                return
            if self.fit.explains(given, node.out, entry.true):
                text = f"{who} is the value of {other} where a gradient belongs"
                yield Candidate("value for gradient", text, [entry], rank=2)
                return

    # --- a wrong step of the pass ------------------------------------------------------------------

    def _mutants(self):
        whole = self._tried(lambda node: self._below(node) == len(self.left), first=True)
        if whole:
            return whole
        return self._tried(lambda node: 0 < self._below(node) < len(self.left), first=False)

    def _below(self, node):
        return sum(self.graph.leads(e.bottom, node) for e in self.left)

    def _tried(self, relevant, first):
        """The mutants that explain a row; ``first``: only those that explain the nearest one."""
        memo: dict = {}

        def chosen(node):
            if node not in memo:
                memo[node] = bool(relevant(node))
            return memo[node]

        found = []
        edges = [edge for edge in self.backward.edges if chosen(edge.parent)]
        updates = {n: g for n, g in self.backward.table.items() if n.op is None}
        for node, entry in self.case.gradients.items():
            if node.op is None and entry.row.verdict != "SHAPE":
                updates[node] = entry.given
        for mutant in (*mutants(self.backward, chosen), *stale(self.backward, edges, updates)):
            found += self._try(mutant, first)
        return found

    def _try(self, mutant, first):
        start = next(iter(mutant.starts))
        rows = [e for e in self.left if self.graph.leads(e.bottom, start)
                and e.given.shape == np.shape(self.expected(e))]  # fmt: skip
        rows.sort(key=lambda e: self.graph.distance(e.bottom, start))
        for row in rows[: 1 if first else 2]:
            change = self.backward.change(mutant.starts, [row.bottom]).get(row.bottom)
            if change is None:
                continue
            fitted = self._fitted(mutant, row, change)
            if fitted is not None:
                return self._as_candidates(mutant, rows, *fitted)
        return []

    def _explained(self, rows, table):
        """The rows that a pass explains; none if it makes a right row wrong."""
        def found(entry):
            g = table.get(entry.bottom)
            return np.zeros_like(entry.true) if g is None else np.asarray(g)

        if not all(self.fit.agree(e.given, found(e)) for e in self.right):
            return []
        return [e for e in rows if self.fit.explains(e.given, found(e), self.expected(e))]

    def _fitted(self, mutant, row, change):
        """(size of the change, factor of all) with which the mutant gives a row, or None."""
        base, given = self.expected(row), row.given
        if not mutant.size:
            if self.fit.explains(given, base + change, base):
                return 1.0, 1.0
            if mutant.loose and (c := self._multiple(mutant, row, change)) is not None:
                return c, 1.0
            c = self.fit.ratio(given, base + change) if given.size > 2 else None
            if c is not None and self.fit.explains(given, c * (base + change), base):
                c = self.constants.exact(c, self._precision(row))
                return None if c is None else (1.0, c)
            return None
        norm = np.vdot(change, change).real
        size = np.vdot(change, given - base).real / norm if norm else 0.0
        if not size or not np.isfinite(size) or not self.fit.explains(given, base + size * change, base):
            return None
        if mutant.size == "rate":
            return (size, 1.0) if size > 0 and given.size > 2 else None
        c = 1 + size
        near = 10 * self._precision(row)
        c = next((float(r) for r in (-1, 0) if abs(c - r) < near), c)
        named = c if c in (-1, 0) else self.constants.exact(c, near)
        if named is None:
            return (c, 1.0) if given.size > 2 else None
        return named, 1.0

    def _multiple(self, mutant, row, change):
        """c where a row has c times what a mutant puts in the place of a share, or None."""
        edge, base, given = mutant.edge, self.expected(row), row.given
        key = (edge.node, edge.k, edge.parent, row.label)
        if key not in self._shares:
            found = self.backward.change({edge.parent: edge.share}, [row.bottom])
            self._shares[key] = found.get(row.bottom, 0.0)
        true = self._shares[key]
        put = change + true
        norm = np.vdot(put, put).real
        c = np.vdot(put, given - base + true).real / norm if norm else 0.0
        if given.size < 3 or not self.fit.explains(given, base - true + c * put, base):
            return None
        return self.constants.exact(c, 10 * self._precision(row))

    def _as_candidates(self, mutant, rows, c, factor):
        steps = mutant.steps(c)
        if factor != 1:
            root = self.graph.root
            scale = {root: lambda node, g, pairs: [(p, s * factor) for p, s in pairs]}
            if self.right or root in steps:
                return []
            steps = {**steps, **scale}
        backward = self.backward.replaced(steps)
        explained = self._explained(rows, backward.table)
        if not explained:
            return []
        who = words.subject(explained, self.case)
        be = "it is" if len(explained) == 1 else "they are"
        tail = f": with this one mistake the backward pass gives {who} as {be}"
        found = []
        for key, text, rank in self._names(mutant, c):
            one = Candidate(key, text + tail, explained, steps, mutant.where, rank)
            if factor != 1:
                named = self.constants.names(factor, 1e-5)[0]
                extra = f"besides, all of it is {named.text} times the gradient: {named.reason}"
                one.more.append(Finding(named.key, extra, tuple(e.label for e in explained)))
                one.rank += 2
            found.append(one)
        return found

    def _names(self, mutant, c):
        if mutant.size == "rate":
            text = mutant.words.replace("{rate}", f"{c:.6g}")
            return [(mutant.key, text, mutant.rank)]
        if mutant.size == "share":
            uses = [e for e in self.backward.edges if e.parent is mutant.edge.parent]
            names = self.constants.names(c, 1e-5)
            return words.scaled(mutant.edge, c, uses, names, self.graph)
        text = words.told(mutant.words, mutant.edge, self.graph)
        if c != 1:
            text += f", {self.constants.names(c, 1e-5)[0].text} times"
        return [(mutant.key, text, mutant.rank)]

    def _repeated(self):
        """One wrong step wherever it is made."""
        found = []
        for mutant in repeated(self.backward, lambda node: self._below(node) > 0):
            steps = mutant.steps(1.0)
            if len(steps) > 1:
                found += self._as_candidates(mutant, list(self.left), 1.0, 1.0)
        return found

    # --- two paths that are missing ---------------------------------------------------------------

    def _pairs(self):
        """Pairs of edges that pass nothing back, at values that are used several times."""
        uses: dict = {}
        for edge in self.backward.edges:
            uses.setdefault(edge.parent, []).append(edge)
        edges = [edge for many in uses.values() if len(many) > 1 for edge in many
                 if self._below(edge.parent)]  # fmt: skip
        found = []
        for one, other in combinations(edges[:PAIRS], 2):
            found += self._pair(one, other)
        return found

    def _pair(self, one, other):
        rows = [e for e in self.left if e.given.shape == np.shape(self.expected(e))
                and self.graph.leads(e.bottom, other.parent)]  # fmt: skip
        if not rows:
            return []
        steps = both(one.replaced(lambda e: 0 * e.share), other.replaced(lambda e: 0 * e.share))
        table = self.backward.replaced(steps).table
        explained = self._explained(rows, table)
        if not explained:
            return []
        label = self.graph.label
        text = (
            f"two paths are missing: what {label(one.parent)} does through {label(one.node)}, and "
            f"what {label(other.parent)} does through {label(other.node)}, as if these were "
            f"constants: with them left out the backward pass gives {words.subject(explained, self.case)}"
        )
        return [Candidate("path missing", text, explained, steps, (one.node, other.node), 3)]

