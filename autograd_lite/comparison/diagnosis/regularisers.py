"""What was made of a regulariser: its gradient forgotten, scaled, or of another form."""

from __future__ import annotations

import numpy as np

from ...engine.tape import history
from . import phrasing
from .mistakes import Candidate, Finding

FEW = 3  # numbers: of fewer any form is a multiple of any other
_LINEAR = ("add", "subtract", "negative", "positive", "sum", "stack")
_MOVES = {*_LINEAR, "mean", "getitem", "reshape", "transpose", "alias"}


class Penalties:
    """The terms of a loss that depend on parameters alone, and their gradients.

    A penalty is a term of a sum that no data enter, and in which no two parameters meet.
    """

    def __init__(self, graph):
        self.graph = graph
        found, made = _terms(graph.root), _made_of_parameters(graph.root)
        known = [(t, *made[t]) for t in found if t.op is not None and made[t] is not None]
        known = [(t, leaves) for t, leaves, is_linear in known if leaves and _may_be(t, is_linear)]
        self.terms = [t for t, leaves in known if _keeps_small(t, leaves)]
        self.alone = len(self.terms) == len(found)  # then the loss may be anything of one variable

    def gradients(self, backward, targets):
        """{node: gradient of all penalties}, with the cotangents of a pass."""
        seeds = {t: backward.table[t] for t in self.terms if t in backward.table}
        found = backward.change(seeds, targets) if seeds else {}
        if self.alone:
            return {n: g for n, g in found.items() if _is_proportional(g, self.graph.value(n))}
        return found


def _may_be(term, is_linear):
    """Whether a term is more than a score; of what is linear, a positive sum of all entries is."""
    names = {node.op.name for node in history(term) if node.op is not None}
    return not is_linear or (names <= {"sum", "mean", "multiply"} and term.out > 0)


def _keeps_small(term, leaves):
    """Whether a term is a penalty: of one or two numbers any term would do, as 9 * log(sigma)."""
    if any(np.size(leaf.out) >= FEW for leaf in leaves):
        return True
    names = {node.op.name for node in history(term) if node.op is not None}
    return names <= {*_MOVES, "multiply", "divide", "square", "power", "absolute", "sqrt"}


def _is_proportional(one, other):
    norm = np.vdot(other, other)
    return bool(norm) and np.allclose(one, np.vdot(other, one) / norm * other, rtol=1e-9, atol=0)


def _terms(root):
    """The scalars that a scalar is a weighted sum of."""
    terms, stack = [], [root]
    while stack:
        node = stack.pop()
        parents = [p for p in node.parents if p is not None and p.requires_grad] if node.op else []
        name = node.op.name if node.op else ""
        is_sum = name in ("add", "subtract", "negative", "positive")
        is_scaled = name == "multiply" or (name == "divide" and node.parents[0] in parents)
        scalar = all(not isinstance(p.out, tuple) and np.ndim(p.out) == 0 for p in parents)
        if parents and scalar and (is_sum or (is_scaled and len(parents) == 1)):
            stack += parents
        else:
            terms.append(node)
    return list(dict.fromkeys(terms))


def _made_of_parameters(root):
    """{node: (the parameters it is made of, whether it is linear in them)}, None of what is not.

    A penalty may hold of data no arrays, and of several parameters sums alone.
    """
    found: dict = {}
    for node in history(root):
        found[node] = _parameters(node, found)
    return found


def _parameters(node, found):
    if node.op is None:
        is_data = not node.requires_grad and np.ndim(node.out)
        return None if is_data else ({node} if node.requires_grad else set(), True)
    inputs = list(node.inputs())
    if isinstance(node.out, tuple) or any(p is None and _is_data(v) for v, p in inputs):
        return None
    parts = [found[p] for _, p in inputs if p is not None]
    if None in parts:
        return None
    leaves = set().union(*(own for own, _ in parts))
    if len(leaves) > 1 and (np.ndim(node.out) or node.op.name not in _LINEAR):
        return None
    if node.op.f is np.matmul and np.ndim(node.out):
        return None
    return leaves, _is_linear(node) and all(linear for _, linear in parts)


def _is_linear(node):
    """Whether a call is linear in the parameters: a product of two of them is not."""
    many = [p for _, p in node.inputs() if p is not None and p.requires_grad]
    if node.op is None or node.op.name in _MOVES:
        return True
    return node.op.name in ("multiply", "divide") and len(many) < 2


def _is_data(value):
    return not isinstance(value, (tuple, list)) and bool(np.ndim(value))


# fmt: off
_FORMS = [
    ("W",            lambda w: w),
    ("W^2",          lambda w: w * w),
    ("sign(W)",      np.sign),
    ("|W|",          np.abs),
    ("W / norm(W)",  lambda w: w / np.linalg.norm(w)),
    ("W^3",          lambda w: w * w * w),
]
# fmt: on


def wrong_regulariser(search):
    """Rows whose part of the loss's regulariser is not what it must be."""
    rows = search.left if search.penalties.terms else ()
    leaves = [e for e in rows if e.bottom.op is None and e.given.shape == e.true.shape]
    if not leaves or any(np.iscomplexobj(e.given) or np.iscomplexobj(e.true) for e in leaves):
        return []
    known = [e.bottom for e in search.case.gradients.values() if e.bottom.op is None]
    penalised = search.penalties.gradients(search.backward, known)
    groups: dict = {}
    candidates: list = []
    strength = _strength(search, [], penalised)
    for entry in leaves:
        penalty, value = penalised.get(entry.bottom), search.graph.value(entry.bottom)
        expected = search.expected(entry)
        data = expected if penalty is None else expected - penalty
        if of_some := _in_entries(search, entry, data, penalty, value):
            candidates += of_some
            continue
        found = _parts(entry.given, data, penalty, value, search.fit, search.constants, strength)
        if found is None:
            continue
        kind, form, c, factor = found
        may_be = () if penalty is None else ("regulariser scalar", "regulariser form")
        if search.penalties.alone and kind not in may_be:
            continue
        shown = 0.0 if kind == "regulariser scalar" else float(f"{c:.4g}")
        key = (kind, form, shown, float(f"{factor:.4g}"), penalty is None)
        groups.setdefault(key, []).append((entry, c, factor))
    return candidates + [
        _regulariser(search, kind, form, none, many, penalised)
        for (kind, form, _, _, none), many in groups.items()
    ]


def _in_entries(search, entry, data, penalty, value):
    """A penalty of some entries of a parameter, as a weight without its bias, of the wrong ones."""
    inside = penalty != 0 if penalty is not None else np.zeros(1, bool)
    if inside.all() or not inside.any():
        return []
    k = search.fit.ratio(penalty[inside], value[inside]) or search.fit.agree(
        penalty[inside], value[inside]
    )
    near = 1e-6 * np.abs(entry.given).max()
    wrong = np.abs(entry.given - data - penalty) > near
    name, k = search.graph.label(entry.bottom), float(k)
    said = []
    for array, where, what in (
        (k * np.ones_like(data), ~inside, f"{k:.6g} is added, a regulariser's gradient with ones"),
        (k * value, ~inside, f"a regulariser's gradient {k:.6g} * {name} is added"),
        (np.zeros_like(data), inside, f"the regulariser's gradient {k:.6g} * {name} is forgotten"),
    ):
        fits = wrong & where & (np.abs(entry.given - data - array) <= near)
        if fits.any():
            wrong = wrong & ~fits
            of_none = f", where the penalty does not contain {name}" * bool(where is not inside)
            said.append(f"{what} {_places(fits)}{of_none}")
    if wrong.any() or not said or not k:
        return []
    who = phrasing.subject([entry], search.case)
    return [Candidate("regulariser on bias", f"in {who}: {'; '.join(said)}", [entry], rank=0)]


def _places(which):
    """Where the entries of an array are that are True."""
    for axis, name in enumerate(("row", "column") if which.ndim == 2 else ()):
        lines = np.flatnonzero(which.all(axis=1 - axis))
        if len(lines) == 1 and which.sum() == which.shape[1 - axis]:
            return f"in {name} {lines[0]}"
    return "at " + ", ".join(str(i.tolist()) for i in np.argwhere(which)[:3])


def _regulariser(search, kind, form, none, many, penalised):
    entries = [entry for entry, *_ in many]
    _, c, factor = many[0]
    form = form.replace("W", _weight(search, entries))
    if none:
        who, be = phrasing.subject(entries, search.case), phrasing.is_or_are(entries)
        names = " and ".join(search.graph.label(e.bottom) for e in entries)
        kind = "regulariser on bias"
        text = (
            f"{who} {be} too large by {c:.6g} * {form}: a regulariser's gradient, and the penalty "
            f"of this loss does not contain {names}"
        )
    else:
        text = _TEXTS[kind](search, many, form, penalised)
    candidate = Candidate(kind, text, entries, rank=0)
    if factor != 1:
        named = search.constants.names(factor, 1e-5)[0]
        who = phrasing.subject(entries, search.case)
        also = f"what the data add to {who} is {named.text} times their gradient: {named.reason}"
        if kind == "regulariser scale" and np.isclose(c, 1):
            return Candidate(named.key, also, entries, rank=2)
        labels = tuple(e.label for e in entries)
        candidate.more.append(Finding(named.key, also, labels))
        candidate.rank = 1
    return candidate


def _about(search, many, penalised):
    """The rows, the strength k of their penalty, and its gradient in words."""
    entries = [entry for entry, *_ in many]
    k = _strength(search, entries, penalised)
    penalty = np.asarray(penalised.get(entries[0].bottom, 0.0))
    constant = "its gradient" if np.ptp(penalty) else f"{penalty.flat[0]:.6g}"
    true = f"{k:.6g} * {_weight(search, entries)}" if k else constant
    return entries, phrasing.subject(entries, search.case), k, true


def _weight(search, entries):
    """What the weight is called in a formula: by its name, W where there are several."""
    return search.graph.label(entries[0].bottom) if len(entries) == 1 else "W"


def _missing(search, many, form, penalised):
    entries, who, _, true = _about(search, many, penalised)
    text = f"the regulariser's gradient is forgotten in {who}: {true} is not added"
    kept = [e for n, e in search.case.gradients.items() if n in penalised and e not in entries]
    if kept and not any(e in search.left for e in kept):
        text += f" (it is in {phrasing.subject(kept, search.case)}: on one layer only)"
    return text


def _of_scale(search, many, form, penalised):
    entries, who, k, true = _about(search, many, penalised)
    c = many[0][1]
    names = search.constants.names(c, 10 * search.precision(entries[0]))
    times = names[0].text if names else f"{c:.6g}"
    used = f": {c * k:.6g} * {_weight(search, entries)} for {true}" if k else ""
    text = f"the regulariser's gradient in {who} is {times} times what it must be{used}"
    return text + (f"\n{names[0].reason}" if names else "")


def _as_scalar(search, many, form, penalised):
    _, who, _, true = _about(search, many, penalised)
    return (
        f"the regulariser's gradient in {who} is a scalar, {many[0][1]:.6g}, added to every entry, "
        f"where {true} belongs"
    )


def _of_form(search, many, form, penalised):
    _, who, _, true = _about(search, many, penalised)
    used = f"{many[0][1]:.6g} * {form}"
    return f"the regulariser's gradient in {who} has another form: {used} for {true}"


_TEXTS = {
    "regulariser missing": _missing,
    "regulariser scale": _of_scale,
    "regulariser scalar": _as_scalar,
    "regulariser form": _of_form,
}


def _strength(search, entries, penalised):
    """k where the true gradient of the penalty is k times the weight."""
    for entry in entries:
        penalty = penalised.get(entry.bottom)
        if penalty is not None:
            return _multiple_of(search, penalty, entry.bottom)
    strengths = (_multiple_of(search, g, node) for node, g in penalised.items())
    return next(filter(None, strengths), None)


def _multiple_of(search, array, node):
    """k where an array is k times the value of a node, or None."""
    value = search.graph.value(node)
    return 1.0 if search.fit.agree(array, value) else search.fit.ratio(array, value)


def _parts(given, data, penalty, value, fit, constants, strength=None):
    """What a given gradient holds beside the gradient of the data: ("kind", words, factor of data).

    ``penalty`` is the true gradient of the regulariser there, None where there is none;
    ``strength`` is k where it is k * W elsewhere.
    """
    for factor, rest in _splits(given, data, penalty, value, fit, constants):
        found = _named(given, factor, data, rest, penalty, value, fit, strength)
        if found is not None:
            return (*found, factor)
    return None


def _splits(given, data, penalty, value, fit, constants):
    """Pairs (factor of the data, what is left as a multiple of something)."""
    yield 1.0, given - data
    if penalty is None or given.size < 4:
        return
    with np.errstate(all="ignore"):
        shapes = [penalty, np.ones_like(data), *(f(value) for _, f in _FORMS[1:])]
    for shape in shapes:
        columns = np.stack([data.ravel(), shape.ravel()], axis=1)
        if not np.isfinite(columns).all():
            continue
        (a, b), *_ = np.linalg.lstsq(columns, given.ravel(), rcond=None)
        if a and fit.explains(given, a * data + b * shape, data + penalty):
            a = constants.exact(a, max(1e-6, fit.precision(given, data)))
            if a is not None:
                yield a, b * shape


def _of_size(c, penalty, value, fit):
    """A multiple of a penalty's gradient: k * W / norm(W) is one, with a factor for each weight."""
    k = fit.ratio(penalty, value) or (1.0 if fit.agree(penalty, value) else 0.0)
    by_norm = c * np.linalg.norm(value)
    near = max(1e-6, 10 * fit.precision(penalty, penalty))
    if k and not _is_simple(c) and any(np.isclose(by_norm, n, rtol=near) for n in (1, 2, 0.5)):
        return "regulariser form", "W / norm(W)", c * k * np.linalg.norm(value)
    return "regulariser scale", "", c


def _is_simple(c):
    """Whether a number is a small integer or the inverse of one."""
    return any(np.isclose(x, round(x), rtol=1e-9) and round(x) for x in (c, 1 / c))


def _named(given, factor, data, rest, penalty, value, fit, strength):
    """(kind, words, coefficient) of what stands where the penalty's gradient belongs."""
    before = data + (0 if penalty is None else penalty)

    def is_(array):
        return fit.explains(given, factor * data + array, before)

    def multiple(array):
        """c where the rest is c times an array."""
        norm = np.vdot(array, array)
        c = float(np.vdot(array, rest) / norm) if norm and np.isfinite(norm) else 0.0
        return c if c and is_(c * array) else None

    if penalty is not None:
        if is_(np.zeros_like(data)):
            return "regulariser missing", "", 0.0
        if (c := multiple(penalty)) is not None:
            return _of_size(c, penalty, value, fit)
        if given.size > 1 and (c := multiple(np.ones_like(data))) is not None:
            return "regulariser scalar", "", c
    few = given.size < FEW
    for form, array in _forms(value, penalty is not None) if strength or not few else ():
        c = multiple(array)
        if c is not None and (not few or any(np.isclose(c, n * strength) for n in (1, 2, 0.5))):
            return "regulariser form", form, c
    return None


def _forms(value, with_others):
    """Pairs (form, array) of what may stand for a penalty's gradient: W, or any that tells."""
    for form, f in _FORMS:
        with np.errstate(all="ignore"):
            array = f(value)
        if (form == "W" or (with_others and np.ptp(array))) and np.isfinite(array).all():
            yield form, array
