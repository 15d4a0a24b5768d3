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
    suspects = _suspects(search, many)
    names = search.constants.names(
        c, min(map(search.precision, many)), [*suspects, *_passed(search, many)] if suspects else ()
    )
    if not names and sum(e.given.size for e in many) < 2:
        return
    texts = [*_of_biases(search, c, many), *_texts(search, c, many, names)]
    whole, is_bias = len(many) == len(search.left), texts[0][0] == "bias mean"
    steps = None
    if not search.right and not is_bias:
        steps = {search.graph.root: lambda node, g, pairs: [(p, s * c) for p, s in pairs]}
    rank = 0 if whole else 1 if steps or is_bias else 4
    (key, text), others = texts[0], tuple(text for _, text in texts[1:])
    yield Candidate(key, text, many, steps, rank=rank, also=others)


def _texts(search, c, many, names):
    """Pairs (key, sentence) for each name of the factor."""
    who, be = words.subject(many, search.case), words.is_or_are(many)
    place = _place(search, many)
    for named in names:
        times = "the negative of" if named.key == "sign" else f"{named.text} times"
        yield named.key, f"{who} {be} {times} the gradient: {named.reason}{place}"
    if not names:
        text = f"{who} {be} {c:.6g} times the gradient in every entry, which is no size of an axis"
        yield "factor", f"{text} and no constant of the graph{place}"


def _of_biases(search, c, many):
    """The sentence for biases whose gradient is a mean over the rows."""
    counts = {_rows_of_bias(search, entry) for entry in many}
    if None in counts or any(abs(c * n - 1) >= 1e-6 for n in counts):
        return
    who, be, n = words.subject(many, search.case), words.is_or_are(many), next(iter(counts))
    symbol = "1/N = " if search.constants.batch and n == search.constants.batch[0] else ""
    text = (
        f"{who} {be} {symbol}1/{n} times the gradient: the mean over the rows was taken, where "
        f"the bias needs their sum: the 1/{n} of the loss is in the error already"
    )
    yield "bias mean", text


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
    suspects = _suspects(search, many)
    good = words.subject(right, search.case)
    be = words.is_or_are(right)
    if not suspects:
        return f" ({good} {be} right)"
    if suspects == [e.bottom for e in many]:
        return f" ({good} {be} right, so the mistake is in this one step)"
    newest, oldest = search.graph.label(suspects[-1]), search.graph.label(suspects[0])
    between = f"at {newest}" if newest == oldest else f"between {newest} and {oldest}"
    return f" ({good} {be} right, so look {between})"


def _suspects(search, many):
    """The nodes through which all these rows and no right one got their gradients."""
    right = [e for e in search.right if e.bottom is not None]
    if not right:
        return []
    return [
        node
        for node in search.graph.nodes
        if all(search.graph.leads(e.bottom, node) for e in many)
        and not any(search.graph.leads(e.bottom, node) for e in right)
    ]


def _passed(search, many):
    """The calls with arrays as results that every one of these rows got its gradient through."""
    for node in search.graph.nodes:
        through = all(search.graph.leads(e.bottom, node) for e in many)
        if through and not isinstance(node.out, tuple) and np.ndim(node.out):
            yield node
