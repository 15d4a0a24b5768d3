"""Subgradients: at a kink every derivative between those of the two sides is right.

The one idea: a little beside a kink there is none, and the rule of the step gives a limit of
gradients. So rows are tried with the rules of kinked steps run a little beside their arguments.
"""

from __future__ import annotations

import numpy as np

from ..rounding import KINKED
from ..tape import shares
from .diagnosis.wrong_steps.backward import Backward
from .rows import distance

ASIDE = 1e-9


def _patterns(x):
    """Directions in which an argument is moved: to both sides, and each entry a little further."""
    ones = np.ones(x.shape)
    order = np.arange(x.size).reshape(x.shape) / max(x.size, 1)
    return ones, -ones, 0.5 + order, -0.5 - order


def subgradients(case):
    """{label: name of the kinked call} of the wrong rows that are subgradients at this point."""
    wrong = [e for e in case.gradients.values() if not e.row and e.given.shape == e.true.shape]
    wrong = [e for e in wrong if e.given.size and np.isfinite(e.given).all()]
    graph = case.graph if wrong else None
    nodes = [n for n in graph.nodes if _may_kink(n)] if wrong else []
    if not nodes:
        return {}
    tables, kinked = [], {}
    for k in range(4):
        steps = {}
        for node in nodes:
            aside = _aside(node, k)
            if _differs(case, node, aside):
                steps[node] = _step(*aside)
                kinked[node] = None
        if steps:
            tables.append(Backward(graph, steps).table)
    if not tables:
        return {}
    chosen = [e for e in wrong if _lies_between(e, tables, case.tolerance)]
    # what is right at one choice is right only if one choice holds for all rows
    if len(chosen) < len(wrong) and not _same_choice(chosen, tables, case.tolerance):
        return {}
    name = next(iter(kinked)).op.name
    return {entry.label: name for entry in chosen}


def _may_kink(node):
    return node.op is not None and node.op.name in KINKED and not isinstance(node.out, tuple)


def _aside(node, k):
    """(result, arguments) of a call a little beside its arguments, each to another side."""
    args, side = list(node.args), 1
    for i, x in enumerate(args):
        if isinstance(x, np.ndarray) and x.dtype.kind == "f":
            step = side * ASIDE * max(1.0, float(np.abs(x[np.isfinite(x)]).max(initial=0.0)))
            args[i] = x + (step * _patterns(x)[k]).astype(x.dtype)
            side = -side
    return node.op.f(*args, **node.kwargs), args


def _differs(case, node, aside):
    """Whether the rule gives something else a little beside: the argument is at a kink."""
    g = case.backward.table.get(node)
    if not isinstance(g, np.ndarray):
        return False
    there = _shares(node, g, *aside)
    here = _shares(node, g, node.out, node.args)
    return any(not np.allclose(a, b, rtol=1e-6) for (_, a), (_, b) in zip(here, there))


def _shares(node, g, out, args):
    return list(shares(node.op, g, out, args, node.kwargs, node.parents))


def _step(out, args):
    return lambda node, g, pairs: _shares(node, g, out, args)


def _columns(entry, tables):
    """What each choice changes in a row."""
    return [np.asarray(t.get(entry.bottom, entry.true)) - entry.true for t in tables]


def _lies_between(entry, tables, tolerance):
    return _fitted([entry], tables, tolerance) is not None


def _same_choice(entries, tables, tolerance):
    return bool(entries) and _fitted(entries, tables, tolerance) is not None


def _fitted(entries, tables, tolerance):
    """Weights of the choices, none negative and at most 1 together, that give these rows."""
    columns = np.stack(
        [
            np.concatenate([_columns(e, tables)[j].ravel() for e in entries])
            for j in range(len(tables))
        ],
        axis=1,
    )
    if not np.isfinite(columns).all():
        return None
    target = np.concatenate([(e.given - e.true).ravel() for e in entries])
    weights, *_ = np.linalg.lstsq(columns, target, rcond=None)
    sizes = np.sum(columns**2, axis=0)
    alone = np.divide(columns.T @ target, sizes, out=np.zeros(len(tables)), where=sizes > 0)
    choices = [weights, *np.diag(alone)]
    for chosen in choices:
        if (chosen < -1e-6).any() or chosen.sum() > 1 + 1e-6:
            continue
        if all(_is(e, sum(w * c for w, c in zip(chosen, _columns(e, tables))), tolerance)
               for e in entries):  # fmt: skip
            return chosen
    return None


def _is(entry, change, tolerance):
    allowed = tolerance.allowed(entry.given, entry.true)
    return bool((distance(entry.given, entry.true + change) <= allowed).all())
