"""One wrong step of the backward pass, as something to try."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ....engine.primitives import Elementwise
from ....engine.tape import Node
from .backward import Edge


@dataclass(eq=False)
class Mutant:
    """One wrong step.

    Attributes
    ----------
    key, words : str
        The mistake, and what was done; the words of a contribution of any size come from that size.
    seeds : dict
        What the step changes, ``{node: difference of its cotangent}``. Where a size is to be
        found it is the contribution itself, and any multiple of it may have been added.
    steps : callable
        ``steps(c)`` are the replaced steps, {node: step}, for `Backward.replaced`.
    edge : Edge or None
    size : str
        "" for an exact change, "contribution" for one of any size, "rate" for a positive one.
    rank : int
        Which of several that fit is said first.
    loose : bool
        Whether a named multiple of what is put in the place of the contribution may stand there.
    """

    key: str
    words: str
    seeds: dict
    steps: Callable
    edge: Edge | None = None
    size: str = ""
    rank: int = 2
    where: tuple[Node, ...] = ()
    loose: bool = False

    def __post_init__(self):
        if not self.where and self.edge is not None:
            self.where = (self.edge.node,)


class Steps:
    """The step of a wrong rule, c times what it gives."""

    def __init__(self, edge, rule):
        self.edge, self.rule = edge, rule

    def __call__(self, c):
        def contribution(edge):
            found = tried(self.rule, edge)
            return edge.contribution if found is None else found if c == 1 else c * found

        return self.edge.replaced(contribution)


def tried(rule, edge):
    """A rule's contribution as the argument needs it, None where the shapes do not allow it."""
    x = np.asarray(edge.parent.out if edge.position is None else edge.args[edge.position])
    try:
        contribution = np.asarray(rule(edge))
    except (ValueError, TypeError, IndexError):
        return None
    if edge.position is None:
        return contribution if contribution.shape == x.shape else None
    broadcast = isinstance(edge.op, Elementwise) and contribution.shape == np.shape(edge.g)
    if contribution.shape != x.shape and not broadcast:
        return None
    return edge.op.fitted(contribution, x, edge.g, False)


def through(value):
    """The rule of a product through another value of the other operand."""

    def rule(e):
        args = list(e.args)
        args[1 - e.position] = np.reshape(value, np.shape(args[1 - e.position]))
        return e.op.rules[e.position](e.g, e.out, *args, **e.kwargs)

    return rule


def unblanked(words):
    """Words without anything to fill in."""
    return words.replace("{", "(").replace("}", ")")
