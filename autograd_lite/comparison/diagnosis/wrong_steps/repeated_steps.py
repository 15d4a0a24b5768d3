"""The same wrong step everywhere: in a loop, and in a function used in each layer."""

from __future__ import annotations

import numpy as np

from .backward import both
from .composites import inside, virtual_edges
from .edge_rules import wrong_rules
from .fan_outs import are_apart
from .mutant import Mutant, Steps
from .stale_weights import weight_of


def repeated(backward, relevant):
    """One wrong rule at all steps of a kind: in a loop, and in a function used in each layer.

    Pairs (mutant, steps): what they change together is found by a whole pass.
    """
    parts = inside(backward.graph)
    groups: dict = {}
    edges = [*virtual_edges(backward), *(e for e in backward.edges if e.node not in parts)]
    for edge in edges:
        if edge.position is None or not relevant(edge.parent):
            continue
        other = weight_of(edge) if edge.op.f is np.matmul else None
        if edge.op.f is np.matmul and other is None:
            continue
        groups.setdefault((edge.op.f, edge.position, other), []).append(edge)
    for many in groups.values():
        if len(many) < 2:
            continue
        for key, words, rule, rank in wrong_rules(many[0]):
            steps: dict = {}
            for edge in many:
                steps = both(steps, Steps(edge, rule)(1.0))
            where = tuple(edge.node for edge in many)
            words = f"{words}, and so at all {len(many)} such steps"
            yield Mutant(key, words, {}, lambda c, steps=steps: steps, many[0], "", rank + 1, where)
        kind = f"all {len(many)} {many[0].op.name} steps ({{h}} is one of them)"
        for c, key, words in (
            (0.0, "path missing", f"nothing goes back through {kind}"),
            (-1.0, "sign", f"the sign is wrong in {kind}"),
        ):
            steps = {}
            for edge in many:
                steps = both(steps, edge.replaced(lambda e, c=c: e.share * c))
            where = tuple(edge.node for edge in many)
            yield Mutant(key, words, {}, lambda c, steps=steps: steps, many[0], "", 3, where)
    yield from _one_sample_everywhere(backward, relevant)


def _one_sample_everywhere(backward, relevant):
    """Of every variable that is used once a sample, only the uses of one sample count."""
    graph, uses = backward.graph, {}
    for edge in backward.edges:
        if edge.parent.op is None and relevant(edge.parent):
            uses.setdefault(edge.parent, []).append(edge)
    loops = {n: many for n, many in uses.items() if are_apart([e.node for e in many], graph)}
    counts = {len(many) for many in loops.values()}
    for n in counts:
        for at, which in ((0, "last"), (n - 1, "first")):
            steps: dict = {}
            for many in loops.values():
                for i, edge in enumerate(many):
                    if i != at and len(many) == n:
                        steps = both(steps, edge.replaced(lambda e: 0 * e.share))
            words = (
                f"only the {which} of the {n} samples counts: = in place of += in the loop over "
                "the batch"
            )
            yield Mutant(
                "one sample", words, {}, lambda c, steps=steps: steps, None, "", 0, tuple(loops)
            )
