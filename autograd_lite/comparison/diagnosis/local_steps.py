"""What is wrong with one factor of the chain, such as dh2/dz2."""

from __future__ import annotations

import numpy as np

from ...edges import local_derivative
from . import words
from .closed_forms import Fit, forms, same_numbers, typo
from .constants import Constants
from .mistakes import Finding
from .wrong_steps.backward import Edge
from .wrong_steps.edge_rules import wrong_rules
from .wrong_steps.mutant import tried


def factor_of_the_chain(entry, case):
    """Findings about one factor: the formula that it was made with."""
    fit = Fit(case.tolerance)
    found = (
        _signs(entry, case.tolerance)
        or _other_rule(entry, case, fit)
        or _other_function(entry, case, fit)
        or _factor(entry, case, fit)
        or _same_numbers(entry, case, fit)
    )
    if not found:
        form = next(forms(entry.given, entry.true, fit), None)
        form = form or typo(entry.given, entry.true, case.tolerance)
        found = [(form.key, form.words)] if form is not None else []
    if not found:
        return []
    texts = list(dict.fromkeys(text for _, text in found))
    where = tuple(n for n in (entry.top, entry.bottom) if n is not None)
    first = f"{entry.label}: {texts[0]}"
    return [Finding(found[0][0], first, (entry.label,), where, tuple(texts[1:3]))]


def _signs(entry, tolerance):
    """Entries of the wrong sign among right ones."""
    given, true = entry.given, entry.true
    if given.size < 2 or not Fit(tolerance).agree(np.abs(given), np.abs(true)):
        return []
    flipped = np.argwhere(np.sign(given) != np.sign(true))
    if not 0 < len(flipped) < given.size:
        return []
    listed = ", ".join(str([int(i) for i in index]) for index in flipped[:3])
    words = f"the sign is wrong at {listed}, and the magnitude is right"
    return [("sign", words)]


def _factor(entry, case, fit):
    c = fit.ratio(entry.given, entry.true)
    if c is None:
        return []
    names = Constants(case.graph).names(c, max(1e-6, fit.precision(entry.given, entry.true)))
    if not names:
        return [("factor", f"it is {c:.6g} times the derivative")] if entry.given.size > 2 else []
    return [
        (n.key, f"it is the negative of the derivative: {n.reason}" if n.key == "sign"
         else f"it is {n.text} times the derivative: {n.reason}")
        for n in names
    ]  # fmt: skip


def _other_rule(entry, case, fit):
    """Wrong rules of the step, where top is computed from bottom in one step."""
    top, bottom = entry.top, entry.bottom
    found = []
    for position, parent in enumerate(top.parents):
        if parent is not bottom or top.op.rules[position] is None:
            continue
        true = local_derivative(top, position)
        if true is None or np.shape(true) != entry.given.shape or top.op.f is np.matmul:
            continue
        g = np.ones_like(top.out)
        share = top.op.fitted(top.op.rules[position](g, top.out, *top.args, **top.kwargs),
                              np.asarray(top.args[position]), g, False)  # fmt: skip
        edge = Edge(top, 0, bottom, position, g, share)
        for key, text, rule, _ in wrong_rules(edge):
            value = tried(rule, edge)
            if value is None or np.ptp(value) == 0:
                continue
            if fit.explains(entry.given, value, entry.true):
                found.append((key, words.told(text, edge, case.graph)))
    return found


def _same_numbers(entry, case, fit):
    """The numbers of another row, or of a tensor."""
    rows = [(other.label, other.true) for other in case.entries if other is not entry]
    nodes = [node for node in case.graph.nodes if not isinstance(node.out, tuple)]
    values = [(case.graph.label(node), node.out) for node in nodes]
    for key, others in (("wrong variable", rows), ("value for gradient", values)):
        if label := same_numbers(entry, others, fit):
            return [(key, f"these are the values of {label}")]
    return []


def _other_function(entry, case, fit):
    """The formula of a well-known derivative, where the step is not that function."""
    h = np.asarray(entry.top.out)
    if h.shape != entry.given.shape:
        return []
    name, z = case.graph.label(entry.top), case.graph.label(entry.bottom)
    for formula, function, derivative in _KNOWN:
        if not fit.explains(entry.given, derivative(h), entry.true):
            continue
        c = fit.ratio(entry.given, entry.true)
        times = f"it is {c:.6g} times the derivative: " if c else ""
        text = (
            f"{times}{formula.format(h=name)} is the derivative of {function}({z}), and {name} is "
            f"not {function}({z}): the function that was coded is not the one that was derived"
        )
        return [("other function", text)]
    return []


_KNOWN = [
    ("1 - {h}^2", "tanh", lambda h: 1 - h * h),
    ("{h} * (1 - {h})", "sigmoid", lambda h: h * (1 - h)),
    ("{h}", "exp", lambda h: h),
]
