"""Rows that are one number times what they must be, and what the number is called."""

from __future__ import annotations

import numpy as np

from . import words
from .candidates import Candidate


def look(search):
    """Rows that are one number times what is expected."""
    groups: list[tuple[float, list]] = []
    for entry in search.left:
        c = search.fit.ratio(entry.given, search.expected(entry))
        if c is None:
            continue
        for other, many in groups:
            if abs(c - other) <= 2 * search.precision(entry) * abs(c):
                many.append(entry)
                break
        else:
            groups.append((c, [entry]))
    return [found for c, many in groups for found in _factor(search, c, many)]


def _factor(search, c, many):
    names = search.constants.names(c, min(map(search.precision, many)))
    if not names and sum(e.given.size for e in many) < 2:
        return
    who, be = words.subject(many, search.case), words.is_or_are(many)
    place = _place(search, many)
    texts = []
    for named in names:
        if named.key == "sign":
            texts.append(
                ("sign", f"{who} {be} the negative of the gradient: {named.reason}{place}")
            )
        else:
            texts.append(
                (
                    named.key,
                    f"{who} {be} {named.text} times the gradient: {named.reason}{place}",
                )
            )
    if not names:
        texts.append(("factor", f"{who} {be} {c:.6g} times the gradient in every entry, which is no "
                      f"size of an axis and no constant of the graph{place}"))  # fmt: skip
    counts = {_rows_of_bias(search, e) for e in many}
    if None not in counts and all(abs(c * n - 1) < 1e-6 for n in counts):
        n = next(iter(counts))
        symbol = "1/N = " if search.constants.batch and n == search.constants.batch[0] else ""
        text = (
            f"{who} {be} {symbol}1/{n} times the gradient: the mean over the rows was taken, "
            f"where the bias needs their sum: the 1/{n} of the loss is in the error already"
        )
        texts.insert(0, ("bias mean", text))
    whole = len(many) == len(search.left)
    is_bias = texts[0][0] == "bias mean"
    steps = None
    if not search.right and not is_bias:
        steps = {search.graph.root: lambda node, g, pairs: [(p, s * c) for p, s in pairs]}
    rank = 0 if whole else 1 if steps or is_bias else 4
    (key, text), others = texts[0], tuple(t for _, t in texts[1:])
    yield Candidate(key, text, many, steps, rank=rank, also=others)


def _rows_of_bias(search, entry):
    """Over how many copies the gradient of a broadcast variable is summed, or None."""
    counts = set()
    for edge in search.backward.edges:
        if edge.parent is entry.bottom:
            if np.size(edge.g) == np.size(edge.share) or edge.node.op.f is np.matmul:
                return None
            counts.add(np.size(edge.g) // max(np.size(edge.share), 1))
    return counts.pop() if len(counts) == 1 else None


def _place(search, many):
    """Between which nodes all these rows and no right one hang."""
    right = [e for e in search.right if e.bottom is not None]
    if not right:
        return ""
    suspects = [
        node
        for node in search.graph.nodes
        if all(search.graph.leads(e.bottom, node) for e in many)
        and not any(search.graph.leads(e.bottom, node) for e in right)
    ]
    good = words.subject(right, search.case)
    be = words.is_or_are(right)
    if not suspects:
        return f" ({good} {be} right)"
    if suspects == [e.bottom for e in many]:
        return f" ({good} {be} right, so the mistake is in this one step)"
    newest, oldest = search.graph.label(suspects[-1]), search.graph.label(suspects[0])
    between = f"at {newest}" if newest == oldest else f"between {newest} and {oldest}"
    return f" ({good} {be} right, so look {between})"
