"""The backward pass of a recorded graph, run with wrong steps in it.

The one idea: a pass is linear in its cotangents. What one wrong step changes is what a walk
that starts with the difference finds, and it need only go as far as the rows that it is held
against.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ....engine.tape import Node, Pending, backward_pass


class Backward:
    """The cotangents of all nodes, in a pass with some steps replaced.

    Parameters
    ----------
    graph : Graph
    steps : dict
        ``{node: step}``: ``step(node, g, pairs)`` returns what is passed on in place of the
        pairs (parent, contribution) of the true rule; ``{Arrival(node): step}``: ``step(g)``
        returns what arrives at a node in place of its cotangent.
    fixed : dict
        ``{node: g}``: the cotangent that goes on from a node, whatever arrives there.
    """

    def __init__(self, graph, steps=None, fixed=None):
        self.graph = graph
        self.steps = dict(steps or {})
        self.fixed = dict(fixed or {})

    @cached_property
    def table(self):
        """What arrives at every node, {node: cotangent}."""
        start = {self.graph.root: np.ones_like(self.graph.root.out)}
        table = self._walk(start, self.graph.nodes, self._whole, self._arrived)
        for node in [n for n in table if n.op is None and Arrival(n) in self.steps]:
            table[node] = self.steps[Arrival(node)](table[node])
        return table

    def begun(self, count):
        """({leaf: g}, [g, ...]): what a pass over the newest nodes brings, and what would go on."""
        start = {self.graph.root: np.ones_like(self.graph.root.out)}
        last = self.graph.nodes[-count]
        found = self._walk(start, [last], self._whole, self._arrived)
        leaves = {node: g for node, g in found.items() if node.op is None}
        return leaves, [g for node, g in found.items() if node.op is not None]

    def replaced(self, steps):
        """The same pass with further steps replaced, each after those before it."""
        return Backward(self.graph, both(self.steps, steps), self.fixed)

    def change(self, starts, targets):
        """What cotangents that are added at some nodes change at the targets, {node: change}."""
        towards = self.graph.towards(targets)

        def step(node, g, careful):
            if node in self.fixed:
                return ()
            if node not in self.steps:
                parents = self.graph.parents_among(node, towards)
                return node.op.cotangents(g, node.out, node.args, node.kwargs, parents, careful)
            return [pair for pair in self.contributions(node, g) if pair[0] in towards]

        found = self._walk(starts, targets, step)
        return {node: found[node] for node in targets if node in found}

    def contributions(self, node, g):
        """Pairs (parent, contribution) of a cotangent, by the step in place of this node's rule."""
        pairs = [
            (parent, g.total() if isinstance(g, Pending) else g)
            for parent, g in node.step(g, self.graph.careful)
        ]
        step = self.steps.get(node)
        return pairs if step is None else step(node, g, pairs)

    @cached_property
    def edges(self):
        """Every edge of the graph that a cotangent goes through here, newest first."""
        edges = []
        for node in reversed(self.graph.nodes):
            if node.op is None or node not in self.table:
                continue
            g = self.fixed.get(node, self.table[node])
            if isinstance(g, tuple):
                continue
            with np.errstate(all="ignore"):
                pairs = self.contributions(node, g)
            positions = _positions(node)
            for k, (parent, contribution) in enumerate(pairs):
                if isinstance(contribution, tuple):
                    continue
                position = positions[k] if len(positions) == len(pairs) else None
                edges.append(Edge(node, k, parent, position, g, contribution))
        return edges

    def _arrived(self, node, g):
        step = self.steps.get(Arrival(node))
        return g if step is None else step(g)

    def _whole(self, node, g, careful):
        g = self.fixed.get(node, g)
        return self.contributions(node, g) if node in self.steps else node.step(g, careful)

    def _walk(self, seeds, targets, step, arrived=None):
        """One backward pass: what arrives at the targets."""
        graph = self.graph
        graph.walks += 1

        def arrive(node, g):
            graph.visits += graph.costs[node]
            return g if arrived is None else arrived(node, g)

        with np.errstate(all="ignore"):
            return backward_pass(seeds, targets, arrive, step, graph.careful)


@dataclass(frozen=True)
class Arrival:
    """A node, where a step concerns what arrives there."""

    node: Node


class Edge:
    """A use of a value: the k-th contribution that a node passes on, to its parent.

    ``op``, ``args``, ``kwargs`` and ``out`` are of the call, and ``position`` is that of the
    argument, None where it is inside a sequence.
    """

    __slots__ = (
        "args",
        "g",
        "k",
        "kwargs",
        "node",
        "op",
        "out",
        "parent",
        "position",
        "contribution",
    )

    def __init__(
        self, node, k, parent, position, g, contribution, op=None, args=None, kwargs=None, out=None
    ):
        self.node, self.k, self.parent, self.position = node, k, parent, position
        self.g, self.contribution = g, contribution
        self.op = node.op if op is None else op
        self.args = node.args if args is None else args
        self.kwargs = node.kwargs if kwargs is None else kwargs
        self.out = node.out if out is None else out

    def like(self, g, contribution):
        """The same use, of another cotangent."""
        return Edge(self.node, self.k, self.parent, self.position, g, contribution)

    def replaced(self, rule):
        """The step in which this edge contributes ``rule(edge)``, for the cotangent given then."""

        def step(node, g, pairs):
            parent, contribution = pairs[self.k]
            return [
                *pairs[: self.k],
                (parent, rule(self.like(g, contribution))),
                *pairs[self.k + 1 :],
            ]

        return {self.node: step}


def both(steps, more):
    """Two sets of steps, those of one node one after the other."""
    joined = dict(steps)
    for node, step in more.items():
        if node in joined:
            step = (_then if isinstance(node, Arrival) else _after)(joined[node], step)
        joined[node] = step
    return joined


def _then(first, second):
    return lambda g: second(first(g))


def _after(first, second):
    return lambda node, g, pairs: second(node, g, first(node, g, pairs))


def _positions(node):
    """Which argument each contribution is of, where none is a sequence."""
    return [
        i
        for i, (rule, parent) in enumerate(zip(node.op.rules, node.parents, strict=False))
        if rule is not None
        and parent is not None
        and type(parent) is not tuple
        and parent.requires_grad
    ]
