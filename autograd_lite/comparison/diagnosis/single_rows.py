"""What one row shows by itself: sums, transposes, and numbers of something else."""

from __future__ import annotations

import numpy as np

from ...engine.primitives import Elementwise
from . import words
from .candidates import Candidate
from .closed_forms import Use, forms, is_reordered
from .findings import Finding


def look(search):
    found: dict = {}
    for entry in search.left:
        many = list(_forms_of(search, entry))
        if many:
            form = many[0]
            others = [one.words for one in many if one.key != form.key]
            found.setdefault((form.key, form.factor), []).append((entry, form, others))
    for (key, factor), many in found.items():
        yield _form(search, key, factor, many)


def _forms_of(search, entry):
    """The forms of a row, or of what it holds beside the regulariser's gradient."""
    expected = search.expected(entry)
    uses = list(_uses(search, entry.bottom))
    found = list(forms(entry.given, expected, search.fit, uses, search.constants))
    if found or not search.penalties.terms:
        return found
    penalty = search.penalties.gradients(search.backward, [entry.bottom]).get(entry.bottom)
    if penalty is None:
        return []
    try:
        given = entry.given - penalty
    except ValueError:
        return []
    return list(forms(given, expected - penalty, search.fit, uses, search.constants))


def _form(search, key, factor, many):
    entries = [entry for entry, *_ in many]
    said = dict.fromkeys(form.words for _, form, _ in many)
    if len(said) == 1:
        text = f"{words.subject(entries, search.case)}: {many[0][1].words}"
    else:
        text = "; ".join(f"{words.short(e, search.case)}: {form.words}" for e, form, _ in many)
    who = words.subject(entries, search.case)
    others = dict.fromkeys(f"{who}: {other}" for *_, others in many for other in others)
    candidate = Candidate(key, text, entries, rank=1, also=tuple(others))
    if factor != 1:
        named = search.constants.names(factor, 1e-5)[0]
        times = f"{words.is_or_are(entries)} {named.text} times that"
        extra = f"besides, {who} {times}: {named.reason}"
        labels = tuple(e.label for e in entries)
        candidate.more.append(Finding(named.key, extra, labels))
        candidate.rank = 2
    return candidate


def _uses(search, node):
    edges = [edge for edge in search.backward.edges if edge.parent is node]
    for edge in edges:
        other, full = None, edge.g
        label = search.graph.label(edge.node)
        if isinstance(edge.op, Elementwise) and edge.position is not None:
            with np.errstate(all="ignore"):
                full = edge.op.rules[edge.position](edge.g, edge.out, *edge.args, **edge.kwargs)
        if edge.node.op.f is np.matmul and edge.position is not None:
            other = np.asarray(edge.node.args[1 - edge.position])
            label = words.told("{y}", edge, search.graph)
        yield Use(
            edge.g,
            np.asarray(edge.share),
            np.asarray(full),
            edge.position,
            other,
            len(edges) == 1,
            label,
        )


def numbers_of_others(search):
    """Rows that hold the numbers of something else."""
    return [found for entry in search.left for found in _same_numbers(search, entry)]


def _same_numbers(search, entry):
    """The gradient or the value of another tensor, or its own in another order."""
    given = entry.given
    if given.size < 2 or not np.ptp(given.real):
        return
    who = words.short(entry, search.case)
    if given.shape == entry.true.shape and is_reordered(given, search.expected(entry)):
        text = f"{who}: all numbers are right, in another order"
        yield Candidate("shape", text, [entry], rank=3)
    name = search.graph.label(entry.bottom)
    true = search.case.backward.table
    for node in reversed(search.graph.nodes):
        if isinstance(node.out, tuple) or np.shape(node.out) != given.shape:
            continue
        other = search.graph.label(node)
        g = true.get(node)
        if g is not None and node is not entry.bottom and search.fit.explains(given, g, entry.true):
            yield Candidate(
                "wrong variable",
                f"{who} is the gradient of another variable: of {other}, not of {name}",
                [entry],
                rank=2,
            )
            return
        if search.fit.explains(given, node.out, entry.true):
            text = f"{who} is the value of {other} where a gradient belongs"
            yield Candidate("value for gradient", text, [entry], rank=2)
            return
