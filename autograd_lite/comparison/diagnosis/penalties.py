"""The penalties in a loss: terms that depend on parameters alone."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ...engine.tape import history

_LINEAR = ("add", "subtract", "negative", "positive", "sum", "stack")
_MOVES = {*_LINEAR, "mean", "getitem", "reshape", "transpose", "alias"}


class Penalties:
    """The terms of a loss that depend on parameters alone, and their gradients.

    A penalty is a term of a sum that no data enter, and in which no two parameters meet.
    """

    def __init__(self, graph):
        self.graph = graph
        found = _terms(graph.root)
        self.terms = [term for term in found if _is_penalty(term)]
        self.alone = len(self.terms) == len(found)  # then the loss may be anything of one variable

    def gradients(self, backward, targets):
        """{node: gradient of all penalties}, with the cotangents of a pass."""
        starts = {t: backward.table[t] for t in self.terms if t in backward.table}
        found = backward.change(starts, targets) if starts else {}
        if self.alone:
            return {n: g for n, g in found.items() if _is_proportional(g, self.graph.value(n))}
        return found

    @cached_property
    def value(self):
        """The sum of all penalties."""
        return sum(float(np.real(term.out)) for term in self.terms)

    def over(self, nodes):
        """The penalties that depend on these variables and no other."""
        leaves = {
            t: {n for n in history(t) if n.op is None and n.requires_grad} for t in self.terms
        }
        return [term for term, own in leaves.items() if own <= set(nodes)]


def _is_proportional(one, other):
    norm = np.vdot(other, other)
    return bool(norm) and np.allclose(one, np.vdot(other, one) / norm * other, rtol=1e-9, atol=0)


def _terms(root):
    """The scalars that a scalar is a weighted sum of."""
    terms, stack = [], [root]
    while stack:
        node = stack.pop()
        parents = [p for p in node.parents if p is not None and p.requires_grad] if node.op else []
        name = node.op.name if node.op else ""
        is_sum = name in ("add", "subtract", "negative", "positive")
        is_scaled = name == "multiply" or (name == "divide" and node.parents[0] in parents)
        scalar = all(not isinstance(p.out, tuple) and np.ndim(p.out) == 0 for p in parents)
        if parents and scalar and (is_sum or (is_scaled and len(parents) == 1)):
            stack += parents
        else:
            terms.append(node)
    return list(dict.fromkeys(terms))


def _is_penalty(term):
    """Whether a term is made of parameters alone, each by itself."""
    if term.op is None or all(map(_is_linear, history(term))):
        return False  # what is linear in the parameters is a score, and keeps nothing small
    leaves: dict = {}
    for node in history(term):
        if node.op is None:
            if not node.requires_grad and np.ndim(node.out):
                return False
            leaves[node] = {node} if node.requires_grad else set()
            continue
        if isinstance(node.out, tuple):
            return False
        if any(p is None and not _is_shape(v) and np.ndim(v) for v, p in node.inputs()):
            return False
        leaves[node] = set().union(*(leaves[p] for _, p in node.inputs() if p is not None))
        if len(leaves[node]) > 1 and (np.ndim(node.out) or node.op.name not in _LINEAR):
            return False
        if node.op.f is np.matmul and np.ndim(node.out):
            return False
    return bool(leaves[term])


def _is_linear(node):
    """Whether a call is linear in the parameters: a product of two of them is not."""
    many = [p for _, p in node.inputs() if p is not None and p.requires_grad]
    if node.op is None or node.op.name in _MOVES:
        return True
    return node.op.name in ("multiply", "divide") and len(many) < 2


def _is_shape(value):
    return isinstance(value, (tuple, list))
