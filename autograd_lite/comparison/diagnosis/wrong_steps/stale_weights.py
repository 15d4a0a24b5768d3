"""A weight that was updated before the error went through it."""

from __future__ import annotations

import numpy as np

from .backward import both
from .mutant import Mutant, through, tried


def stale(backward, edges, updates, both_kinds=True):
    """The error went through a weight that had been updated, at any rate.

    ``updates`` are the gradients by which the weights were updated, {leaf: array}. Of
    ``both_kinds``, all weights were updated before, or one alone.
    """
    for edge in edges:
        weight = weight_of(edge)
        if weight is None or weight not in updates or np.size(updates[weight]) < 3:
            continue  # one or two numbers fit a step of some rate by chance
        contribution = tried(through(-updates[weight]), edge)
        if contribution is None or (both_kinds and not np.any(contribution)):
            continue
        name = backward.graph.label(weight)
        words = (
            f"stale weight: the error went through {name} after {name} had been updated, "
            f"{name} - {{rate}} * d{name} in the place of {name} (a step of rate {{rate}})"
        )
        for many in (backward.edges, [edge]) if both_kinds else ([edge],):
            steps = _updated(many, updates)
            yield Mutant("stale weight", words, {edge.parent: contribution}, steps, edge, "rate", 1)


def _updated(edges, updates):
    """Steps through the weights of these edges as they are after a step of some rate."""

    def steps(rate):
        found: dict = {}
        for edge in edges:
            if (weight := weight_of(edge)) in updates:
                value = edge.args[1 - edge.position] - rate * updates[weight]
                found = both(found, edge.replaced(through(value)))
        return found

    return steps


def weight_of(edge):
    """The variable that an error goes through in a product."""
    if edge.op.f not in (np.matmul, np.multiply) or edge.position is None:
        return None
    other = edge.node.parents[1 - edge.position]
    if other is None or other.op is not None or not other.requires_grad:
        return None
    return other if edge.parent is not other else None
