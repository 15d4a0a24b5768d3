"""Wrong steps of the backward pass that give the numbers of some rows."""

from __future__ import annotations

import re
from functools import cache
from itertools import chain

import numpy as np

from . import phrasing
from .constants import MASK
from .mistakes import Candidate, Finding
from .wrong_steps.mutants import mutants
from .wrong_steps.repeated_steps import repeated
from .wrong_steps.stale_weights import stale

WHOLE = 28_000  # visits of nodes, for mutants of which each needs a whole pass
_WITHOUT_NAME = re.compile(r"\b[a-z]+_\d+\b")  # multiply_3: a tensor that nobody named


def one_step(search):
    whole = _tried(search, lambda node: search.below(node) == len(search.left), first=True)
    if whole:
        return whole
    return _tried(search, lambda node: 0 < search.below(node) < len(search.left), first=False)


def _tried(search, relevant, first):
    """The mutants that explain a row; ``first``: only those that explain the nearest one."""
    memo: dict = {}

    def chosen(node):
        if node not in memo:
            memo[node] = bool(relevant(node))
        return memo[node]

    found = []
    edges = [edge for edge in search.backward.edges if chosen(edge.parent)]
    updates = {n: g for n, g in search.backward.table.items() if n.op is None}
    for node, entry in search.case.gradients.items():
        if node.op is None and entry.row.verdict != "SHAPE":
            updates[node] = entry.given
    tries = chain(stale(search.backward, edges, updates), mutants(search.backward, chosen))
    for mutant in search.graph.affordable(tries):
        found += _try(search, mutant, first)
    return found


def _try(search, mutant, first):
    seed, leads = next(iter(mutant.seeds)), search.graph.leads
    rows = [e for e in search.left if any(leads(e.bottom, node) for node in mutant.seeds)
            and e.given.shape == np.shape(search.expected(e))]  # fmt: skip
    rows.sort(key=lambda e: (not search.is_probed(e), search.graph.distance(e.bottom, seed)))
    for row in rows[: 1 if first else 2]:
        if not search.may_give(mutant, row):
            continue
        change = search.backward.change(mutant.seeds, [row.bottom]).get(row.bottom)
        if change is None:
            continue
        fitted = _fitted(search, mutant, row, change)
        if fitted is not None:
            return _as_candidates(search, mutant, rows, *fitted)
    return []


def _fitted(search, mutant, row, change):
    """(size of the change, factor of all) with which the mutant gives a row, or None."""
    base, given = search.expected(row), row.given
    if not mutant.size:
        if search.fit.explains(given, base + change, base):
            return 1.0, 1.0
        if mutant.loose and (c := _multiple(search, mutant, row, change)) is not None:
            return c, 1.0
        c = search.fit.ratio(given, base + change) if given.size > 2 else None
        if c is not None and search.fit.explains(given, c * (base + change), base):
            c = search.constants.exact(c, search.precision(row))
            return None if c is None else (1.0, c)
        return None
    norm = np.vdot(change, change).real
    size = np.vdot(change, given - base).real / norm if norm else 0.0
    if (
        not size
        or not np.isfinite(size)
        or not search.fit.explains(given, base + size * change, base)
    ):
        return None
    if mutant.size == "rate":
        return (size, 1.0) if size > 0 and given.size > 2 else None
    c = 1 + size
    near = 10 * search.precision(row)
    c = next((float(r) for r in (-1, 0) if abs(c - r) < near), c)
    named = c if c in (-1, 0) else search.constants.exact(c, near)
    if named is None:
        changed = np.abs(change) > 1e-9 * np.abs(change).max()
        return (c, 1.0) if np.count_nonzero(changed) > 2 else None
    return named, 1.0


def _multiple(search, mutant, row, change):
    """c where a row has c times what a mutant puts in the place of a contribution, or None."""
    edge, base, given = mutant.edge, search.expected(row), row.given
    key = (edge.node, edge.k, edge.parent, row.label)
    if key not in search.contributions:
        found = search.backward.change({edge.parent: edge.contribution}, [row.bottom])
        search.contributions[key] = found.get(row.bottom, 0.0)
    true = search.contributions[key]
    put = change + true
    norm = np.vdot(put, put).real
    c = np.vdot(put, given - base + true).real / norm if norm else 0.0
    if given.size < 3 or not search.fit.explains(given, base - true + c * put, base):
        return None
    return search.constants.exact(c, 10 * search.precision(row), composite=False)


def _as_candidates(search, mutant, rows, c, factor):
    steps = mutant.steps(c)
    if factor != 1:
        root = search.graph.root
        scale = {root: lambda node, g, pairs: [(p, s * factor) for p, s in pairs]}
        if search.right or root in steps:
            return []
        steps = {**steps, **scale}
    backward = search.backward.replaced(steps)
    explained = search.explained(rows, backward.table)
    if not explained:
        return []
    gives = phrasing.proof(explained, search.case, "the backward pass")
    found = []
    node = mutant.edge.parent if mutant.edge is not None else next(iter(mutant.where), None)
    line = phrasing.line(node, explained, search.case)
    for key, text, rank in _names(search, mutant, c):
        text = text if line in text else f"in {line}: {text}"
        unclear = 0.9 * bool(_WITHOUT_NAME.search(text))
        one = Candidate(key, text, explained, steps, mutant.where, rank + unclear, gives=gives)
        if factor != 1:
            named = search.constants.names(factor, 1e-5)[0]
            extra = f"besides, all of it is {named.text} times the gradient: {named.reason}"
            one.more.append(Finding(named.key, extra, tuple(e.label for e in explained)))
            one.rank += 2
        found.append(one)
    return found


def _names(search, mutant, c):
    if mutant.size == "rate":
        text = mutant.words.replace("{rate}", f"{c:.6g}")
        return [(mutant.key, text, mutant.rank)]
    if mutant.size == "contribution":
        uses = [e for e in search.backward.edges if e.parent is mutant.edge.parent]
        names = search.constants.names(c, 1e-5)
        if not _has_scale(mutant.edge, c):
            names = [named for named in names if named.node != MASK]
        return phrasing.scaled(mutant.edge, c, uses, names, search.graph)
    text = phrasing.told(mutant.words, mutant.edge, search.graph)
    if c != 1:
        text, *details = text.split("\n")
        times = f"{text}, {search.constants.names(c, 1e-5)[0].text} times"
        text = "\n".join([times, *details])
    return [(mutant.key, text, mutant.rank)]


def _has_scale(edge, c):
    """Whether an edge multiplies by a mask of 0 and c, or 1 / c."""
    if edge.op.f is not np.multiply or edge.position is None or not c:
        return False
    numbers = np.unique(edge.args[1 - edge.position])
    return len(numbers) == 2 and any(np.isclose(numbers[1], one) for one in (c, 1 / c))


# Of a long loop not every mutant can be tried: first what is done wrong most.
_OFTEN = (
    "activation formula", "path missing", "derivative missing",
    "value for gradient", "product rule", "derivative at output", "sign",
)  # fmt: skip
_OF_THE_LOOP = ("one sample", "path missing")  # of rank 0 or 1: no other step is done wrong like it


def _likely(mutant):
    often = _OFTEN.index(mutant.key) if mutant.key in _OFTEN else len(_OFTEN)
    return mutant.key not in _OF_THE_LOOP or mutant.rank > 1, often, mutant.rank


def one_step_everywhere(search):
    """One wrong step wherever it is made."""
    found = []
    tries = repeated(search.backward, cache(lambda node: search.below(node) > 0))
    for mutant in search.graph.affordable(sorted(tries, key=_likely), WHOLE):
        steps = mutant.steps(1.0)
        if len(steps) > 1 and not search.has_faded(steps):
            found += _as_candidates(search, mutant, list(search.left), 1.0, 1.0)
    return found
