"""The order in which to look for the mistakes behind wrong rows.

First what needs no pattern: nan, zeros, shapes. Then which rows are wrong, and which only
because another is. Then one mistake after the other, each checked on all rows that it explains
(`search`). What is left is said to be unexplained: nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from . import phrasing
from .agreement import agreement_hints, warnings
from .array_patterns import Fit, clipped, typo
from .mistakes import Finding
from .search import Search
from .single_arrays import findings_of_array, findings_of_factor
from .wrong_steps.backward import Backward


@dataclass(frozen=True)
class Diagnosis:
    """What was found: see the attributes of a Comparison."""

    findings: tuple[Finding, ...] = ()
    hints: tuple[str, ...] = ()
    because: dict[str, str] = field(default_factory=dict)


@np.errstate(all="ignore")
def diagnosed(case) -> Diagnosis:
    """The mistakes that explain what is wrong in a case."""
    wrong = [entry for entry in case.entries if not entry.row]
    if case.loss is None:
        findings, unexplained = _of_arrays(case, wrong)
        return Diagnosis(tuple(findings), _left(unexplained, findings, case))
    if np.isnan(case.loss.node.out):
        return Diagnosis((_where_nan_begins(case),))
    if not wrong:
        warned = warnings(case)
        return Diagnosis(tuple(warned), tuple(agreement_hints(case)))
    findings, wrong = _before_any_pattern(case, wrong)
    unused = [e for e in wrong if e.bottom is None]
    findings += [_of_unused(entry) for entry in unused]
    wrong = [e for e in wrong if e not in unused]
    factors = [
        e for e in wrong if e.bottom not in case.gradients or case.gradients[e.bottom] is not e
    ]
    for entry in factors:
        findings += findings_of_factor(entry, case)
    found, because = _of_gradients(case, [e for e in wrong if e not in factors])
    findings += found
    explained = {label for finding in findings for label in finding.explains}
    unexplained = [e for e in wrong if e.label not in explained and e.label not in because]
    for entry in list(unexplained):
        found = list(_of_single_entries(entry, case))
        findings += found[:1]
        unexplained = [e for e in unexplained if not found or e is not entry]
    findings = [*_in_order(findings, because, case), *warnings(case)]
    hints = (*_left(unexplained, findings, case), *_cut(unexplained, case))
    return Diagnosis(tuple(findings), hints, because)


def _of_single_entries(entry, case):
    """Findings on the numbers of a row that nothing else explains."""
    who = phrasing.short(entry, case)
    if entry.given.size and not entry.given.any() and entry.given.shape == entry.true.shape:
        text = f"{who} is zero in every entry: it was never filled, or nothing came through"
        yield Finding("all zero", text, (entry.label,))
    for key, look in (("clipped", clipped), ("typo", typo)):
        if (form := look(entry.given, entry.true, case.tolerance)) is not None:
            yield Finding(key, f"{who}: {form.words}", (entry.label,))


def _of_unused(entry):
    """The finding on the gradient of a parameter that the forward pass never used."""
    name = entry.label.partition("/d")[2]
    text = (
        f"the loss does not depend on {name}: the forward pass does not use it\nits gradient is 0; "
        "is another parameter used in its place?"
    )
    return Finding("not used", text, (entry.label,))


def _in_order(findings, because, case):
    """The findings: first what makes most rows wrong, and of equals the nearest to the loss."""
    users = case.graph.users
    place = {}
    for entry in case.entries:
        if entry.bottom is None:
            place[entry.label] = 0
            continue
        inner = entry.bottom.op is not None
        serials = [entry.bottom.serial] if inner else [u.serial for u in users[entry.bottom]]
        place[entry.label] = min(serials, default=0)
    causes = list(because.values())

    def key(finding):
        follow = sum(cause in finding.explains for cause in causes)
        nearest = max((place[label] for label in finding.explains), default=0)
        return -len(finding.explains) - follow, -nearest

    return sorted(findings, key=key)


def _left(unexplained, findings, case):
    """That rows remain which no known mistake explains."""
    if not unexplained or not findings:
        return ()
    n = len(unexplained)
    names = phrasing.subject(unexplained, case)
    return (
        f"{names} {'remains' if n == 1 else 'remain'} unexplained: at least one more mistake, "
        "which fits no known pattern",
    )


def _cut(unexplained, case):
    """That not all wrong steps were tried in a large graph."""
    if unexplained and case.graph.cut:
        n = len(case.graph.nodes)
        yield f"not every wrong step was tried: the graph is large, {n} calls and variables"


def _where_nan_begins(case):
    """The finding that a loss is nan: the first call that made one, and of what."""
    graph = case.graph
    for node in graph.nodes:
        if node.op is None or isinstance(node.out, tuple) or not np.isnan(node.out).any():
            continue
        inputs = [(x, p) for x, p in node.inputs() if isinstance(x, (np.ndarray, np.generic))]
        if any(np.isnan(x).any() for x, _ in inputs):
            continue
        at = [int(i) for i in np.argwhere(np.isnan(node.out))[0]]
        where = f"{graph.label(node)} is nan first" + (f", at {at}" if at else "")
        given = [
            f"{graph.label(p)} is {x[tuple(at)]:.6g} there"
            for x, p in inputs
            if p is not None and np.shape(x) == np.shape(node.out)
        ]
        because = f": {', '.join(given)}" if given else ""
        break
    else:
        where, because = "a variable is nan already", ""
    text = f"the loss is nan, so nothing can be told of its gradients: {where}{because}"
    return Finding("not finite", text, (), (graph.root,))


# --- before any pattern -----------------------------------------------------------------------


def _before_any_pattern(case, wrong):
    """Findings of what is no number or nothing at all, and the rows that are left."""
    findings, left = [], []
    for entry in wrong:
        who, given = phrasing.short(entry, case), entry.given
        bad = ~np.isfinite(given)
        if bad.any() and np.isfinite(entry.true).all():
            at = [int(i) for i in np.argwhere(bad)[0]]
            count = f"{int(bad.sum())} of {given.size} entries are nan or infinite"
            text = f"{who}: {count}, first at {at}"
            findings.append(Finding("not finite", text, (entry.label,)))
        else:
            left.append(entry)
    return findings, left


# --- gradients --------------------------------------------------------------------------------


def _of_gradients(case, wrong):
    """Findings about the gradients of a loss, and which are wrong only because others are."""
    if not wrong:
        return [], {}
    graph = case.graph
    true = case.backward
    fixed = {e.bottom: e.given for e in wrong
             if e.bottom.op is not None and e.given.shape == e.true.shape}  # fmt: skip
    base = Backward(graph, fixed=fixed) if fixed else true
    right = [e for e in case.gradients.values() if e.row]
    because = _consequences(case, graph, base, wrong, fixed) if fixed else {}
    own = [e for e in wrong if e.label not in because]
    fit = Fit(case.tolerance)
    kept = [e for e in right if fit.agree(e.given, np.asarray(base.table[e.bottom]), e.floor)]
    search = Search(case, graph, base, own, kept).run()
    findings = search.findings
    if search.left and fixed:
        search = Search(case, graph, true, search.left, right).run()
        findings += search.findings
    if search.left:
        findings += _shapes(search.left, case)
    return findings, because


def _consequences(case, graph, base, wrong, fixed):
    """{label: label of the row it is wrong because of}.

    In ``base`` the given gradients of inner tensors stand in the place of the true ones, and the
    true rules go on from them. A row that comes out as given was computed rightly from wrong
    numbers.
    """
    fit = Fit(case.tolerance)
    because = {}
    for entry in wrong:
        expected = base.table.get(entry.bottom)
        if expected is None or not fit.explains(entry.given, np.asarray(expected), entry.true):
            continue
        causes = [n for n in fixed if n is not entry.bottom and graph.leads(entry.bottom, n)]
        if causes:
            nearest = min(causes, key=lambda n: graph.distance(entry.bottom, n))
            because[entry.label] = case.gradients[nearest].label
    return because


def _shapes(left, case):
    """Rows whose shape is wrong, and in which no pattern was found."""
    for entry in left:
        if entry.given.shape != entry.true.shape:
            text = (
                f"{phrasing.short(entry, case)} has shape {entry.given.shape}, and it must have "
                f"{entry.true.shape}; nothing is broadcast"
            )
            yield Finding("shape", text, (entry.label,))


# --- arrays without a graph -------------------------------------------------------------------


def _of_arrays(case, wrong):
    """Findings from the numbers alone, and the rows that are left."""
    findings, wrong = _before_any_pattern(case, wrong)
    for entry in wrong:
        findings += findings_of_array(entry, case)
    explained = {label for finding in findings for label in finding.explains}
    left = [entry for entry in wrong if entry.label not in explained]
    shapes = list(_shapes(left, case))
    return findings + shapes, [e for e in left if e.given.shape == e.true.shape]
