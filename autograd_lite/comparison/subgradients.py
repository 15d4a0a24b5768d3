"""Whether a gradient by hand is another subgradient: right too at a kink.

The one idea: an argument that lies on a kink is moved off it, to either side, and the operation's
own rule says what the derivative is there. A gradient is affine in what is passed on at each
kink, so that any mixture of the sides that gives the numbers by hand shows them to be right.
"""

import itertools

import numpy as np

from ..engine.primitives import Elementwise, Primitive
from ..numerics.rounding import KINKED, Floor
from .diagnosis.wrong_steps.backward import Backward
from .rows import distance

KINKS = KINKED | {"norm", "quantile", "percentile", "nanquantile", "nanpercentile"}
MOST = 200  # elements at kinks that are mixed one by one


def is_kinked(node):
    """Whether a node is a call of an operation with kinks, and none of the user's."""
    op = node.op
    return isinstance(op, Primitive) and op.name in KINKS and not op.is_users


class Subgradients:
    """The other gradients that a graph has at the kinks that it is on."""

    def __init__(self, graph, backward):
        self._graph, self._backward = graph, backward
        floor = Floor(graph.root)
        self._sides = {}  # node -> arguments and result on either side, of a node at a kink
        with np.errstate(all="ignore"):
            for node in graph.nodes:
                if is_kinked(node) and node in backward.table:
                    probe = np.random.default_rng(0).uniform(1, 2, np.shape(node.out))
                    g = probe.astype(node.out.dtype)
                    if sides := [side for side in _sides(node, floor) if _differs(node, side, g)]:
                        self._sides[node] = sides

    def of(self, entry, allowed):
        """The name of a kinked call if what is given of a gradient is one of them; else None."""
        at = [node for node in self._sides if self._graph.leads(entry.bottom, node)]
        if not at or entry.given.shape != entry.true.shape:
            return None
        sizes = np.abs([entry.given, entry.true])
        allowed = allowed + 1e-9 * sizes[np.isfinite(sizes)].max(initial=0.0)  # of the mixture
        tries = self._tries(entry, at)
        held = any(bool((distance(entry.given, one) <= allowed).all()) for one in tries)
        return at[0].op.name if held else None

    def _tries(self, entry, at):
        """Gradients that come nearest to what is given: one side everywhere, then mixtures."""
        for k in range(max(len(self._sides[node]) for node in at)):
            steps = {node: self._step(self._sides[node][k]) for node in at if self._sides[node][k:]}
            table = Backward(self._graph, steps).table
            yield np.asarray(table.get(entry.bottom, np.zeros_like(entry.true)))
        yield self._mixture(entry, [(node, ...) for node in at])
        elements = [(node, index) for node in at for index in self._elements(node)]
        if 0 < len(elements) <= MOST:
            yield self._mixture(entry, elements)

    def _mixture(self, entry, places):
        """The gradient by autodiff plus the mixture of changes that is nearest to what is given."""
        columns, groups = [], []
        for group, (node, index) in enumerate(places):
            for side in self._sides[node]:
                columns.append(self._change(node, side, index, entry.bottom))
                groups.append(group)
        changes = np.reshape(columns, (len(columns), entry.true.size)).T
        weights = _mixed(changes, np.ravel(entry.given - entry.true), np.array(groups))
        return entry.true + np.reshape(changes @ weights, entry.true.shape)

    def _change(self, node, side, index, bottom):
        """What the gradient changes by where some elements are taken from a side."""
        g = self._backward.table[node]
        chosen = np.zeros_like(g)
        chosen[index] = g[index]
        seeds = {}
        for (parent, ours), (_, other) in zip(
            _passed_on(node, chosen), _passed_on(node, chosen, side), strict=True
        ):
            seeds[parent] = seeds.get(parent, 0) + (other - ours)
        found = self._backward.change(seeds, [bottom])
        return np.asarray(found.get(bottom, np.zeros_like(self._graph.value(bottom))))

    def _step(self, side):
        """The wrong step, as a search would call it, that takes a side everywhere."""
        return lambda node, g, pairs: _passed_on(node, g, side)

    def _elements(self, node):
        """The elements of a result that depend on the side; none where they are too many."""
        g = self._backward.table[node]
        indices = [index for index in np.ndindex(np.shape(g)) if g[index]]
        for index in indices if len(indices) <= 10 * MOST else ():
            unit = np.zeros_like(node.out)
            unit[index] = 1
            if any(_differs(node, side, unit) for side in self._sides[node]):
                yield index


def _passed_on(node, g, side=None):
    """Pairs (parent, contribution) of a cotangent, on a side of the kinks."""
    args, out = side or (node.args, node.out)
    return node.op.cotangents(g, out, args, node.kwargs, node.parents)


def _differs(node, side, g):
    """Whether a side passes on something else than the rule does at the kink."""
    pairs = zip(_passed_on(node, g), _passed_on(node, g, side), strict=True)
    return any((np.abs(np.asarray(b) - a) > 1e-3).any() for (_, a), (_, b) in pairs)


def _sides(node, floor):
    """The arguments and the result of a call on either side of its kinks.

    An argument is on a kink when it is there but for rounding.
    """
    arrays = [np.abs(a) for a in node.args if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
    position = next(i for i, parent in enumerate(node.parents) if parent is not None)
    x = node.args[position]
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f" or not x.size:
        return
    size = max(float(np.max(a[np.isfinite(a)], initial=0.0)) for a in arrays)
    noise = floor.of(lambda tape: tape.value(node.parents[position], x))
    step = noise + 16 * np.finfo(x.dtype).eps * (size or 1.0)
    if isinstance(node.op, Elementwise):
        moves = [step, -step]
    else:
        moves = [np.max(step) * order for order in _orders(x.shape)]
    for move in moves:
        args = list(node.args)
        args[position] = (x + move).astype(x.dtype)
        yield args, node.op.f(*args, **node.kwargs)


def _orders(shape):
    """Numbers in [0, 1] that tell equal elements apart: first, last, corners of a window, any."""
    whole = np.reshape(np.arange(np.prod(shape)), shape)
    axes = range(len(shape))[-2:]
    for count in range(len(axes) + 1):
        for chosen in itertools.combinations(axes, count):
            yield np.flip(whole, chosen) / whole.size
    yield np.flip(whole) / whole.size
    rng = np.random.default_rng(0)
    yield from (np.reshape(rng.permutation(whole.size), shape) / whole.size for _ in range(4))


def _mixed(changes, wanted, groups):
    """Weights, at least 0 and in each group at most 1 in sum, for the nearest mixture of changes.

    Slack columns fill each group up to 1; its sum is an equation that weighs much. Non-negative
    least squares by active sets: Lawson and Hanson, Solving Least Squares Problems, chapter 23.
    """
    if np.iscomplexobj(changes) or not np.isfinite(changes).all():
        return np.zeros(changes.shape[1])
    size = np.abs(changes).max(initial=0.0) or 1.0
    count = groups.max() + 1
    sums = np.concatenate([groups == np.arange(count)[:, None], np.eye(count)], axis=1)
    above = np.concatenate([changes / size, np.zeros((len(changes), count))], axis=1)
    a = np.concatenate([above, 1e3 * sums])
    b = np.concatenate([wanted / size, 1e3 * np.ones(count)])
    return _non_negative(a, b)[: changes.shape[1]]


def _non_negative(a, b):
    """The x >= 0 that minimises |a x - b|."""
    n = a.shape[1]
    x, active = np.zeros(n), np.zeros(n, bool)
    for _ in range(3 * n):
        slope = a.T @ (b - a @ x)
        slope[active] = -np.inf
        if slope.max(initial=-np.inf) <= 1e-12 * np.abs(b).max(initial=1.0):
            break
        active[np.argmax(slope)] = True
        while True:
            z = np.zeros(n)
            z[active] = np.linalg.lstsq(a[:, active], b, rcond=None)[0]
            low = active & (z <= 0)
            if not low.any():
                break
            part = np.min(x[low] / np.maximum(x[low] - z[low], 1e-300))
            x = x + part * (z - x)
            active &= x > 1e-14
            x[~active] = 0
            if not active.any():
                break
        x = np.where(active, z, 0)
    return x
