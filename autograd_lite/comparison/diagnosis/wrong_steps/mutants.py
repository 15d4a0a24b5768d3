"""Mutants: the backward pass with one wrong step, enumerated over the graph."""

from __future__ import annotations

import numpy as np

from ..graph import ENDS, LOOP
from .accumulation import missing_accumulation
from .backward import Arrival, Backward
from .edge_rules import Substitutes, wrong_rules
from .errors_of_losses import errors, other_targets, wrong_errors
from .mutant import Mutant, Steps, tried
from .pieces import wrong_pieces
from .recognised_functions import fused_edges, inside


def mutants(backward: Backward, relevant, typical=False):
    """Every mutant whose first changed node is relevant: ``relevant(node)``.

    ``typical`` ones are those that people make most: none with other arrays in the place of a
    cotangent, and those too that change nothing here.
    """
    parts = inside(backward.graph)
    held = None if typical else Substitutes(backward)
    edges = [edge for edge in backward.edges if relevant(edge.parent)]
    fused = [edge for edge in fused_edges(backward) if relevant(edge.parent)]
    tried = at_the_ends([*fused, *edges])
    for edge in fused:
        if edge in tried:
            yield from wrong_steps(edge, held, -1, typical)
    for edge in edges:
        if (typical and edge.node in parts) or edge not in tried:
            continue
        later = 3 if edge.node in parts else 0
        yield _scaled(edge, later)
        yield from wrong_steps(edge, held, later, typical)
    nodes = {edge.parent for edge in tried}
    yield from missing_accumulation(backward, [e for e in edges if e.parent in nodes])
    yield from wrong_pieces(backward, relevant)
    yield from wrong_errors_at(backward, relevant)


def at_the_ends(edges):
    """The edges that are tried alone: of the steps of a long loop the first ones and the last."""
    alike: dict = {}
    for edge in edges:
        calls = edge.parent.op, edge.node.op, edge.k, np.shape(edge.g), np.shape(edge.contribution)
        alike.setdefault(calls, []).append(edge)
    ends = ([*many[:ENDS], *many[-ENDS:]] if len(many) > LOOP else many for many in alike.values())
    return {edge for many in ends for edge in many}


def _scaled(edge, later):
    """The contribution times any number: a sign, a factor, a missing path."""

    def steps(c):
        return edge.replaced(lambda e: e.contribution * c)

    return Mutant(
        "factor", "", {edge.parent: edge.contribution}, steps, edge, "contribution", later
    )


def wrong_steps(edge, held, later=0, unchanged=False):
    """The wrong rules of an edge; ``unchanged``: those too that are right here."""
    size = np.abs(edge.contribution).max(initial=0.0)
    for key, words, rule, rank in wrong_rules(edge, held, not later > 0):
        contribution = tried(rule, edge)
        if contribution is None or not np.isfinite(contribution).all():
            continue
        difference = contribution - edge.contribution
        if np.abs(contribution).max(initial=0.0) <= 1e-9 * size and not unchanged:
            continue  # nothing goes on: a contribution of size 0, of the kind `_scaled`
        changes = np.abs(difference).max(initial=0.0) > 1e-9 * size
        if not changes and not (unchanged and _could_show(rule, edge)):
            continue
        seeds, steps = {edge.parent: difference}, Steps(edge, rule)
        loose = key == "value for gradient"
        yield Mutant(key, words, seeds, steps, edge, "", rank + later, loose=loose)


def _could_show(rule, edge):
    """Whether a wrong rule differs from the true one at some other values: relu' twice does not."""
    rng = np.random.default_rng(0)

    def drawn(value):
        is_array = isinstance(value, np.ndarray) and value.dtype.kind == "f"
        return rng.normal(size=value.shape).astype(value.dtype) if is_array else value

    args = tuple(map(drawn, edge.args))
    try:
        out = edge.op.f(*args, **edge.kwargs)
    except (TypeError, ValueError, IndexError, np.linalg.LinAlgError):
        return True
    other = edge.like(drawn(np.asarray(edge.g)), edge.contribution)
    other.args, other.out = args, out
    true = tried(lambda e: e.op.rules[e.position](e.g, e.out, *e.args, **e.kwargs), other)
    other.contribution = true
    contribution = tried(rule, other)
    return (
        contribution is None or true is None or not np.allclose(contribution, true, equal_nan=True)
    )


def wrong_errors_at(backward, relevant):
    """Mistakes in p - y, at the node whose gradient is w * (p - y)."""
    for z, s, y, kind in errors(backward):
        if not relevant(z):
            continue
        name, g = backward.graph.label(z), backward.table[z]
        others = other_targets(backward.graph, y, kind)
        for key, words, rule in (*wrong_errors(kind), *_one_sample(g), *others):
            wrong = rule(g, s, y, z.out)
            if not np.isfinite(wrong).all() or np.array_equal(wrong, g):
                continue
            steps = _arriving(z, rule, s, y)
            yield Mutant(key, words.format(z=name), {z: wrong - g}, steps, rank=0, where=(z,))


def _one_sample(g):
    """The error of one row of the batch for that of all."""
    if len(g) < 3:
        return
    for kept, which in ((len(g) - 1, "last"), (0, "first")):
        words = f"only the {which} of the {len(g)} samples counts at {{z}}: = in place of += in "
        rows = np.reshape(np.arange(len(g)) == kept, (-1,) + (1,) * (g.ndim - 1))
        yield (
            "one sample",
            words + "the loop over the batch",
            lambda g, p, y, z, rows=rows: g * rows,
        )


def _arriving(z, rule, s, y):
    """The step in which a wrong error arrives at a node."""

    def step(g):
        return rule(g, s, y, z.out)

    return lambda c: {Arrival(z): step}
