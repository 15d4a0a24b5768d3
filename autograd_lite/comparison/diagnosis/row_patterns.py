"""What the numbers of rows show before any pass is run: factors, sums, other arguments."""

from __future__ import annotations

from functools import partial

import numpy as np

from ...engine.primitives import Elementwise
from . import phrasing
from .array_patterns import Form, Use, forms, is_reordered, same_numbers
from .mistakes import Candidate, Finding
from .wrong_steps.wrong_rules import WRONG_RULES

MANY = 16  # uses of which each is looked at; of more, the first and the last


def common_factor(search):
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
    who, be = phrasing.subject(many, search.case), phrasing.is_or_are(many)
    place = _place(search, many)
    for named in names:
        times = "the negative of" if named.key == "sign" else f"{named.text} times"
        details = "".join(f"\n{line}" for line in (named.what, place) if line)
        yield named.key, f"{who} {be} {times} the gradient: {named.reason}{details}"
    if not names:
        text = f"{who} {be} {c:.6g} times the gradient in every entry, which is no size of an axis"
        yield "factor", f"{text} and no constant of the graph" + f"\n{place}" * bool(place)


def _of_biases(search, c, many):
    """The sentence for biases whose gradient is a mean over the rows."""
    counts = set.intersection(*(_rows_of_bias(search, entry) for entry in many))
    n = next((n for n in counts if abs(c * n - 1) < 1e-6), None)
    if n is None:
        return
    who, be = phrasing.subject(many, search.case), phrasing.is_or_are(many)
    symbol = "1/N = " if search.constants.batch and n == search.constants.batch[0] else ""
    text = (
        f"{who} {be} {symbol}1/{n} times the gradient: the mean over the rows was taken, where "
        f"the bias needs their sum\nthe 1/{n} of the loss is in the error already"
    )
    yield "bias mean", text


def _rows_of_bias(search, entry):
    """Over how many copies the gradient of a broadcast variable is summed: at a step, in all."""
    b = _with_new_axes(entry.bottom, search.graph.users)
    uses = [edge for edge in search.backward.edges if edge.parent is b]
    counts = {np.size(edge.g) // max(np.size(edge.contribution), 1) for edge in uses}
    if counts == {1} or any(edge.node.op.f is np.matmul for edge in uses) or len(counts) != 1:
        return set()
    n = counts.pop()
    return {n, n * len(uses)}


def _with_new_axes(node, users):
    """What is made of a variable by indexing alone: b[:, None, None]."""
    while len(users[node]) == 1 and users[node][0].op.name in ("getitem", "reshape"):
        if np.size(users[node][0].out) != np.size(node.out):
            break
        node = users[node][0]
    return node


def _place(search, many):
    """Between which nodes all these rows and no right one hang."""
    right = [e for e in search.right if e.bottom is not None]
    if not right:
        return ""
    suspects = _suspects(search, many)
    good = phrasing.subject(right, search.case)
    be = phrasing.is_or_are(right)
    if not suspects:
        return f"{good} {be} right"
    if suspects == [e.bottom for e in many]:
        return f"{good} {be} right, so the mistake is in this one step"
    newest, oldest = search.graph.label(suspects[-1]), search.graph.label(suspects[0])
    between = f"at {newest}" if newest == oldest else f"between {newest} and {oldest}"
    return f"{good} {be} right, so look {between}"


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


# What a gradient is by, the factor dx/du for u of x, that factor in words, and where it holds.
# fmt: off
_ARGUMENTS = [
    ("log({x})",   lambda x: x,                    "{x}",           lambda x: x > 0),
    ("{x}^2",      lambda x: 1 / (2 * x),          "1 / (2 {x})",   lambda x: x > 0),
    ("1 / {x}",    lambda x: -x * x,               "-{x}^2",        lambda x: x > 0),
    ("sqrt({x})",  lambda x: 2 * np.sqrt(x),       "2 sqrt({x})",   lambda x: x > 0),
    ("{x} in degrees", lambda x: np.full_like(x, np.pi / 180), "pi / 180",  lambda x: x == x),
    ("{x} in radians", lambda x: np.full_like(x, 180 / np.pi), "180 / pi",  lambda x: x == x),
]
# fmt: on


def _of_values(search, entry, expected):
    """The forms that values show: the derivative by another argument, zeros, signs of labels."""
    found = _shown(search, entry, expected)
    return [f for f in found if search.fit.explains(entry.given, f.array, expected)]


def _shown(search, entry, expected):
    given = entry.given
    if given.shape != expected.shape or not np.isrealobj(given):
        return
    value = np.asarray(search.graph.value(entry.bottom))
    if entry.bottom.op is None and value.size and value.dtype.kind == "f":
        yield from _by_arguments(search.graph.label(entry.bottom), value, expected)
    if given.size > 1 and not given.any() and any(e.given.any() for e in search.case.entries):
        gone = "the gradient was left out, never written, or overwritten"
        yield Form("all zero", f"it is zero in every entry: {gone}", given)
    for edge in search.backward.edges if entry.bottom.op is None else ():
        if edge.parent is entry.bottom:
            yield from _ties(edge, search.graph)
    ratio = np.sign(given) * np.sign(expected)
    for name, signs in _signs(search) if given.size >= 4 and (ratio > 0).any() else ():
        if signs.shape == ratio.shape and np.all((signs == ratio) | (expected == 0)):
            words = f"the sign is wrong where {name} is negative\n"
            words += f"the sign of {name} is a factor that is left out, or is there twice"
            yield Form("sign", words, ratio * expected)


def _ties(edge, graph):
    """Every one of several equal maxima gets the whole gradient: twice of it, of two."""
    for _, key, words, rule, _ in WRONG_RULES.get(edge.op.f, ()):
        if key == "ties":
            array = rule(edge.g, edge.out, *edge.args, **edge.kwargs)
            yield Form(key, phrasing.told(words, edge, graph), array)


def _by_arguments(name, value, expected):
    """The derivative by another function of a parameter."""
    for by, slope, factor, holds in _ARGUMENTS:
        with np.errstate(all="ignore"):
            times = slope(value)
        if holds(value).all() and not np.allclose(times, 1, rtol=1e-3):
            by, factor = by.format(x=name), factor.format(x=name)
            words = f"it is the derivative by {by}, not by {name}\n{factor} times that by {name}"
            yield Form("wrong variable", words, times * expected)


def _signs(search):
    """Pairs (name, signs) of what |x| is taken of, and of labels of -1 and 1."""
    for node in search.graph.nodes:
        if node.op is not None and node.op.f is np.absolute and node.parents[0] is not None:
            yield search.graph.label(node.parents[0]), np.sign(node.args[0])
    for name, array in search.graph.constants():
        if np.array_equal(np.unique(array), [-1, 1]):
            yield name or "the label", array


def value_patterns(search):
    """Rows that are what the values of parameters and labels show."""
    return _patterns(search, _of_values)


def array_patterns(search):
    """Rows that are their gradient in another form."""
    return _patterns(search, _forms_of)


def _patterns(search, look):
    found: dict = {}
    for entry in search.left:
        many = list(look(search, entry, search.expected(entry)))
        if many:
            form = many[0]
            others = [one.words for one in many if one.key != form.key]
            found.setdefault((form.key, form.factor), []).append((entry, form, others))
    for (key, factor), many in found.items():
        yield _form(search, key, factor, many)


def _forms_of(search, entry, expected):
    """The forms of a row, or of what it holds beside the regulariser's gradient."""
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
        text = _said(phrasing.subject(entries, search.case), entries, many[0][1].words)
    else:
        lines = [_said(phrasing.short(e, search.case), [e], form.words) for e, form, _ in many]
        heads, _, details = zip(*(line.partition("\n") for line in lines), strict=True)
        text = "\n".join([*heads, *filter(None, details)])
    who = phrasing.subject(entries, search.case)
    others = dict.fromkeys(f"{who}: {other}" for *_, others in many for other in others)
    candidate = Candidate(key, text, entries, rank=1, also=tuple(others))
    if factor != 1:
        named = search.constants.names(factor, 1e-5)[0]
        times = f"{phrasing.is_or_are(entries)} {named.text} times that"
        extra = f"besides, {who} {times}: {named.reason}"
        labels = tuple(e.label for e in entries)
        candidate.more.append(Finding(named.key, extra, labels))
        candidate.rank = 2
    return candidate


def _said(who, entries, words):
    """What is said of some rows: "dp is zero in every entry" in the place of "dp: it is zero"."""
    if words.startswith("it is "):
        return f"{who} {phrasing.is_or_are(entries)} {words.removeprefix('it is ')}"
    return f"{who}: {words}"


def _uses(search, node):
    edges = [edge for edge in search.backward.edges if edge.parent is node]
    for edge in edges if len(edges) <= MANY else (edges[0], edges[-1]):
        other, full = None, edge.g
        if isinstance(edge.op, Elementwise) and edge.position is not None:
            with np.errstate(all="ignore"):
                full = edge.op.rules[edge.position](edge.g, edge.out, *edge.args, **edge.kwargs)
        if edge.node.op.f is np.matmul and edge.position is not None:
            other = np.asarray(edge.node.args[1 - edge.position])
        told = partial(phrasing.told, edge=edge, graph=search.graph)
        yield Use(edge, np.asarray(full), other, told)


def other_tensor(search):
    """Rows that hold the gradient of another tensor, a value, or their own in another order."""
    graph, true = search.graph, search.case.backward.table
    for entry in search.left:
        nodes = [n for n in reversed(graph.nodes) if graph.shapes[n] == entry.given.shape]
        who, name = phrasing.short(entry, search.case), graph.label(entry.bottom)
        gradients = [(n, true[n]) for n in nodes if n in true and n != entry.bottom]
        values = [(n, n.out) for n in nodes if graph.names.given(n)]
        same_shape = entry.given.shape == entry.true.shape
        if same_shape and is_reordered(entry.given, search.expected(entry)):
            text = f"{who}: all numbers are right, in another order"
            yield Candidate("shape", text, [entry], rank=3)
        if other := same_numbers(entry, gradients, search.fit):
            text = (
                f"{who} is the gradient of another variable: of {graph.label(other)}, not of {name}"
            )
            yield Candidate("wrong variable", text, [entry])
        elif other := same_numbers(entry, values, search.fit):
            text = f"{who} is the value of {graph.label(other)} where a gradient belongs"
            yield Candidate("value for gradient", text, [entry])
