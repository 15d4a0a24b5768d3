"""What is wrong with one array by itself: a factor of the chain, or an array without a graph."""

from __future__ import annotations

import numpy as np

from ...graph import local_derivative
from . import phrasing
from .array_patterns import Fit, clipped, forms, same_numbers, typo
from .constants import Constants
from .mistakes import Finding
from .wrong_steps.backward import Edge
from .wrong_steps.edge_rules import wrong_rules
from .wrong_steps.mutant import tried


def findings_of_array(entry, case):
    """Findings about an array without a graph."""
    others = {label: value for label, value in case.others.items() if label != entry.label}
    return _findings(entry, _numbers(entry, case, Constants(), others.items()))


def findings_of_factor(entry, case):
    """Findings about a factor of the chain: first the formula that it was made with."""
    others = [(other.label, other.true) for other in case.entries if other is not entry]
    return _findings(
        entry,
        _signs(entry, case.tolerance)
        or _other_rule(entry, case)
        or _other_function(entry, case)
        or _numbers(entry, case, Constants(case.graph), others)
        or _value(entry, case),
    )


def _findings(entry, found):
    """One finding of pairs (key, text), of which all fit; none of none."""
    if not found:
        return []
    first, *more = dict.fromkeys(text for _, text in found)
    where = tuple(node for node in (entry.top, entry.bottom) if node is not None)
    text = f"{entry.label}: {first}"
    return [Finding(found[0][0], text, (entry.label,), where, tuple(more[:2]))]


def _numbers(entry, case, constants, others):
    """What the numbers show: a factor, another order, those of another row, a few wrong ones."""
    given, true, fit = entry.given, entry.true, Fit(case.tolerance)
    if found := _factor(given, true, fit, constants):
        return found
    form = next(forms(given, true, fit), None)
    if form is None and (label := same_numbers(entry, others, fit)):
        return [("wrong variable", f"these are the values of {label}")]
    form = form or clipped(given, true, case.tolerance) or typo(given, true, case.tolerance)
    return [(form.key, form.words)] if form is not None else []


def _factor(given, true, fit, constants):
    c = fit.ratio(given, true)
    if c is None:
        return []
    names = constants.names(c, max(1e-6, fit.precision(given, true)))
    if not names and given.size > 1:
        return [("factor", f"it is {c:.6g} times the true value")]
    found = []
    for named in names:
        times = "the negative of" if named.key == "sign" else f"{named.text} times"
        found.append((named.key, f"it is {times} the true value: {named.reason}"))
    return found


def _value(entry, case):
    """The values of a tensor."""
    nodes = [node for node in case.graph.nodes if not isinstance(node.out, tuple)]
    values = [(case.graph.label(node), node.out) for node in nodes]
    label = same_numbers(entry, values, Fit(case.tolerance))
    return [("value for gradient", f"these are the values of {label}")] if label else []


def _signs(entry, tolerance):
    """Entries of the wrong sign among right ones."""
    given, true = entry.given, entry.true
    if given.size < 2 or not Fit(tolerance).agree(np.abs(given), np.abs(true)):
        return []
    flipped = np.argwhere(np.sign(given) != np.sign(true))
    if not 0 < len(flipped) < given.size:
        return []
    listed = ", ".join(str([int(i) for i in index]) for index in flipped[:3])
    return [("sign", f"the sign is wrong at {listed}, and the magnitude is right")]


def _other_rule(entry, case):
    """Wrong rules of the step, where top is computed from bottom in one step."""
    top, bottom, fit = entry.top, entry.bottom, Fit(case.tolerance)
    found = []
    for position, parent in enumerate(top.parents):
        if parent is not bottom or top.op.rules[position] is None:
            continue
        true = local_derivative(top, position)
        if true is None or np.shape(true) != entry.given.shape or top.op.f is np.matmul:
            continue
        g = np.ones_like(top.out)
        contribution = top.op.fitted(top.op.rules[position](g, top.out, *top.args, **top.kwargs),
                              np.asarray(top.args[position]), g, False)  # fmt: skip
        edge = Edge(top, 0, bottom, position, g, contribution)
        for key, text, rule, _ in wrong_rules(edge):
            value = tried(rule, edge)
            if value is None or np.ptp(value) == 0:
                continue
            if fit.explains(entry.given, value, entry.true):
                found.append((key, phrasing.told(text, edge, case.graph)))
    return found


def _other_function(entry, case):
    """The formula of a well-known derivative, where the step is not that function."""
    h, fit = np.asarray(entry.top.out), Fit(case.tolerance)
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
