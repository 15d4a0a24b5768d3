"""The rounds of a loop: which call of a round is which of the round before.

The one idea: two calls correspond where what uses them does. So one pair, a state and the state
before it, tells all others, those of the first round too, in which constants stand for states.
"""

from __future__ import annotations

from functools import cached_property


class Rounds:
    """The rounds of the loops of a graph.

    Attributes
    ----------
    before : dict
        {node: the node that is computed like it one round earlier}
    """

    def __init__(self, graph):
        self.before: dict = {}
        newest: dict = {}
        pairs: dict = {}
        for node in graph.nodes:
            if node.op is None:
                continue
            kind = graph.kinds[node], *(parent is None for _, parent in node.inputs())
            if kind in newest and graph.leads(newest[kind], node):
                pairs[kind] = node, newest[kind]
            newest[kind] = node
        for node, older in sorted(pairs.values(), key=lambda pair: -pair[0].serial):
            self._pair(node, older)

    def _pair(self, node, older):
        """Two calls that correspond, and all pairs that follow from it."""
        stack = [(node, older)]
        while stack:
            node, older = stack.pop()
            if node in self.before or older.op is not node.op or node.op is None:
                continue
            if older.serial >= node.serial:  # one array, read by a loop forwards and by another
                continue
            self.before[node] = older
            own, others = ([p for _, p in one.inputs()] for one in (node, older))
            if len(own) == len(others):
                stack += [(p, q) for p, q in zip(own, others, strict=True) if p and q]

    def back(self, node):
        """A node and what corresponds to it in the rounds before, newest first."""
        found = [node]
        while found[-1] in self.before:
            found.append(self.before[found[-1]])
        return found

    def lines(self):
        """What corresponds in all rounds, newest first, of each call of the last round."""
        return [self.back(node) for node in self.before if node not in self._later]

    @cached_property
    def _later(self):
        return {older: node for node, older in self.before.items()}

    def __contains__(self, node):
        return node in self.before or node in self._later

    def after(self, node):
        """What corresponds to a node in the round after, or None."""
        return self._later.get(node)

    @cached_property
    def _age(self):
        """Of how many rounds ago a node is, {node: int}."""
        return {node: age for line in self.lines() for age, node in enumerate(line)}

    def is_state(self, node, user):
        """Whether a node is of an older round than a call that uses it."""
        return self._age.get(node, 0) > self._age.get(user, 0)

    def groups(self, edges):
        """The edges that correspond to each other, newest first: [[edge, ...], ...]."""
        known = {_place(edge): edge for edge in edges}
        found = []
        for edge in edges:
            if edge.node in self.before and edge.node not in self._later:
                line = (known.get((node, *_place(edge)[1:])) for node in self.back(edge.node))
                found.append([one for one in line if one is not None])
        return [many for many in found if len(many) > 1]


def _place(edge):
    return (edge.node, "k", edge.k) if edge.position is None else (edge.node, edge.position)
