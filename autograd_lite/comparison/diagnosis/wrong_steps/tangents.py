"""Whether a wrong step can give a row at all, without a walk to that row.

The one idea: a pass is linear in its cotangents. What a change of the cotangents comes to in the
gradient of x, added up with the weights v, is the change times the tangents of its nodes: their
derivatives along v. So two directions v, each one forward pass, tell for the price of a dot product
what a walk back would find. What passes here is held against the row entry by entry.
"""

from __future__ import annotations

import numpy as np

from ....engine.primitives import Elementwise, Primitive
from ....numerics.rounding import KINKED

NEAR = 1e-6  # of a difference quotient: how far the arguments are moved
LOST = 1e-5  # of a tangent: what difference quotients may lose of it
ZERO = 0.0
_LINEAR = frozenset(
    "getitem reshape transpose swapaxes moveaxis matrix_transpose sum mean negative".split()
)


class Probe:
    """A row along two random directions, and what changes of cotangents come to along them.

    Parameters
    ----------
    graph : Graph
    entry : Entry
        The row.
    base : array
        What the pass gives for it.
    tolerance : Tolerance
    fixed : collection of Node
        Nodes of which the cotangents are given: no change of a cotangent goes through these.
    """

    def __init__(self, graph, entry, base, tolerance, fixed=()):
        shape = np.shape(base)
        self._directions = np.random.default_rng(0).normal(size=(2, *shape))
        with np.errstate(all="ignore"):
            self._ways = [_derivatives(graph, entry.bottom, v, fixed) for v in self._directions]
        allowed = self._directions * tolerance.allowed(entry.given, base)
        self._allowed = 10 * np.linalg.norm(allowed.reshape(2, -1), axis=1)
        self._base, self._given = (self._along(array) for array in (base, entry.given))
        self._left = self._along(entry.given - base)

    def may_give(self, mutant):
        """Whether a mutant can make the row what it is, with a factor of its own or of the row."""
        change = self._sums(mutant.seeds)
        if change is None:
            return True
        if mutant.size:
            return _are_multiples(change, (self._left, self._allowed))
        put = change[0] + self._base, change[1]
        if _are_multiples(put, (self._given, self._allowed)):
            return True
        true = self._sums({mutant.edge.parent: mutant.edge.contribution}) if mutant.loose else None
        if true is None:
            return mutant.loose
        put = change[0] + true[0], change[1] + true[1]
        return _are_multiples(put, (self._left + true[0], self._allowed + true[1]))

    def _along(self, array):
        return np.tensordot(self._directions, array, np.ndim(array))

    def _sums(self, seeds):
        """What changes of cotangents come to, and what that may be wrong by; None: not known."""
        sums, sizes = [], []
        for way in self._ways:
            found = [way.get(node, ZERO) for node in seeds]
            if any(t is None for t in found):
                return None
            terms = [np.asarray(g * t) for g, t in zip(seeds.values(), found, strict=True)]
            sums.append(sum(term.sum() for term in terms))
            sizes.append(sum(np.abs(term).sum() for term in terms))
        return np.array(sums), LOST * np.array(sizes)


def _are_multiples(one, other):
    """Whether two pairs of numbers, each with what it may be wrong by, are multiples."""
    (a, da), (b, db) = one, other
    bound = da[0] * abs(b[1]) + da[1] * abs(b[0]) + db[0] * abs(a[1]) + db[1] * abs(a[0])
    return not abs(a[0] * b[1] - a[1] * b[0]) > bound + da[0] * db[1] + da[1] * db[0]


def _derivatives(graph, start, v, fixed):
    """{node: derivative along v, None where it is not known}, of what depends on a node."""
    found: dict = {start: v}
    for node in graph.nodes:
        if node.op is None or node is start or node in fixed:
            continue
        ways = [_of_input(parent, found) for parent in node.parents]
        if all(way is ZERO for way in ways):
            continue
        is_array = not isinstance(node.out, tuple)
        graph.visits += graph.costs[node]
        try:
            found[node] = _derivative(node, ways) if is_array else None
        except Exception:  # it refuses numbers that are a little off
            found[node] = None
    return found


def _of_input(parent, found):
    """The derivative of an argument, a list of them where it is a sequence; ZERO of a constant."""
    if type(parent) is tuple:
        ways = [_of_input(one, found) for one in parent]
        if any(way is None for way in ways):
            return None
        return ZERO if all(way is ZERO for way in ways) else ways
    return ZERO if parent is None else found.get(parent, ZERO)


def _derivative(node, ways):
    op, args, out = node.op, node.args, node.out
    known = isinstance(op, Primitive) and not op.is_users and np.isrealobj(out)
    if not known or any(way is None for way in ways):
        return None
    if op.name in _LINEAR and len(ways) == 1:
        return op.f(ways[0], **node.kwargs)
    if op.f is np.matmul:
        (a, b), (da, db) = args, ways
        return (0 if da is ZERO else da @ b) + (0 if db is ZERO else a @ db)
    if isinstance(op, Elementwise):  # its rule is the product with a derivative of each element
        terms = [
            rule(_spread(way, out.shape), out, *args, **node.kwargs)
            for rule, way in zip(op.rules, ways, strict=True)
            if way is not ZERO
        ]
        return terms[0] if len(terms) == 1 else sum(terms)
    return _difference(node, ways)


def _spread(way, shape):
    return way if np.shape(way) == shape else np.broadcast_to(way, shape)


def _difference(node, ways):
    """The difference quotient of a call; None where a kink lies between its two points."""
    beside = [_moved(node, ways, by) for by in (NEAR, -NEAR)]
    difference = (beside[0] - beside[1]) / (2 * NEAR)
    if node.op.name in KINKED:
        bend = np.abs(beside[0] + beside[1] - 2 * node.out)
        if (bend > 1e-3 * NEAR * np.abs(difference).max()).any():
            return None
    return difference


def _moved(node, ways, by):
    """What a call gives a little beside its arguments."""
    return node.op.f(*map(_beside, node.args, ways, [by] * len(ways)), **node.kwargs)


def _beside(value, way, by):
    if way is ZERO:
        return value
    if isinstance(way, list):
        return [_beside(x, t, by) for x, t in zip(value, way, strict=True)]
    return np.asarray(value, np.float64) + by * way
