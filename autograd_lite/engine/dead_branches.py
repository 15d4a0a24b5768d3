"""What comes back through a branch that was not taken: nothing, whatever is undefined in it.

A zero cotangent times an infinite or undefined derivative is nan in floating point. It is zero
where the cotangent is zero all around the point: the element was not chosen, or is multiplied by a
constant 0. It is undefined where the cotangent only happens to be zero there, as that of sqrt(x)
in sqrt(x)**2 at 0. So a careful pass carries along which elements are dead.
"""

import numpy as np

from . import tape
from .arrays import broadcast_axes
from .multiple_outputs import Parts, part
from .tape import Pending

# Element by element: a zero in the contribution to what was not chosen.
_CHOOSING = frozenset("where maximum minimum fmax fmin relu clip hard_tanh fix".split())
# Elements that go to other places, or to none.
_MOVING = frozenset(
    "getitem scatter setitem reshape flat transpose swapaxes moveaxis squeeze expand_dims flip "
    "fliplr flipud rot90 roll broadcast_to concatenate stack sum mean alias astype tril triu "
    "diagonal diag repeat tile take sliding_window_view".split()
)
_LARGE = 1 << 14  # elements: to look at all of them takes longer than to look at an edge
_PICKING = frozenset("max min amax amin nanmax nanmin max_pool sort partition median".split())


class Cotangent(Pending):
    """A cotangent, and where it is zero for good: an array of booleans, or one for all.

    Both may be pending; what is added up of the second is 1 where it is alive.
    """

    __slots__ = ("dead", "g")

    def __init__(self, g, dead):
        self.g, self.dead = g, dead

    def __add__(self, other):
        return Cotangent(self.g + other.g, _both(self.dead, other.dead))

    def total(self):
        """The same with what is pending added up."""
        g, dead = self.g, self.dead
        g = g.total() if isinstance(g, Pending) else g
        return Cotangent(g, _plain(dead.total()) == 0 if isinstance(dead, Pending) else dead)


def backward_pass(seeds, targets, arrive=None, values=None, leave=None):
    """`tape.backward_pass` with no nan out of dead branches.

    ``values(node)`` are the result and the arguments that the steps run on, by default those that
    were recorded.
    """

    def arrive_alive(node, cotangent):
        return Cotangent(arrive(node, cotangent.g), cotangent.dead)

    def step(node, cotangent, careful):
        out, args = values(node) if values else node.values()
        return _Step(node.op, out, args, node.kwargs, node.parents).pairs(cotangent)

    seeds = {node: Cotangent(g, _plain(g) == 0) for node, g in seeds.items()}
    found = tape.backward_pass(seeds, targets, arrive and arrive_alive, step, leave=leave)
    return {node: cotangent.g for node, cotangent in found.items()}


class _Step:
    """One step back, with what is dead in the contribution to each argument."""

    def __init__(self, op, out, args, kwargs, parents):
        self.op, self.out, self.args, self.kwargs, self.parents = op, out, args, kwargs, parents
        self.name = op.name

    def pairs(self, cotangent):
        """Pairs (parent, contribution)."""
        op, g, dead = self.op, cotangent.g, cotangent.dead
        if not op.by_rules:
            return self._several(g, dead)
        if isinstance(self.out, tuple):
            g, dead = g.filled(self.out), all(np.all(one) for one in dead)
        pairs = []
        for i, (rule, x, parent) in enumerate(zip(op.rules, self.args, self.parents)):
            if parent is None or rule is None or not parent.requires_grad:
                continue
            gx = rule(g, self.out, *self.args, **self.kwargs)
            if op.broadcasts:
                own = np.broadcast_to(dead, g.shape)
                if self.name in _CHOOSING:
                    blocked = self._blocked(rule, np.ones(g.shape))
                    own = own | (blocked if self.name != "relu" else blocked & (_plain(x) < 0))
                gx, own = self._elementwise(i, gx, x, g, own)
            else:
                gx, own = self._whole(rule, gx, g, dead)
            pairs.append((parent, Cotangent(op.fitted(gx, x, g, False), own)))
        return pairs

    def _several(self, g, dead):
        """Pairs of an operation that makes its contributions by itself."""
        call = self.out, self.args, self.kwargs, self.parents
        if self.op is part:
            position = self.args[1] if len(self.args) > 1 else self.kwargs["position"]
            [(parent, gx)] = self.op.cotangents(g, *call)
            own = tuple(dead if i == position else True for i in range(len(self.args[0])))
            return [(parent, Cotangent(gx, own))]
        nothing = np.all(dead) if not isinstance(dead, tuple) else all(map(np.all, dead))
        pairs = self.op.cotangents(g, *call, bool(nothing))
        own = [bool(nothing)] * len(pairs)
        if self.name in _MOVING and not nothing:
            ones = np.where(np.broadcast_to(dead, np.shape(self.out)), 0.0, 1.0)
            alive = [a for _, a in self.op.cotangents(ones, *call)]
            own = [a if isinstance(a, Pending) else _plain(a) == 0 for a in alive]
        return [(parent, Cotangent(gx, d)) for (parent, gx), d in zip(pairs, own, strict=True)]

    def _elementwise(self, i, gx, x, g, own):
        if gx.shape != g.shape:
            return gx, bool(np.all(own))
        # On a tape all of it, so that the next order finds these elements not chosen.
        undefined = own if hasattr(gx, "node") else np.isnan(_plain(gx)) & own
        if undefined.any():
            gx = np.where(undefined, 0, gx)
        if self._is_factor(i) and not getattr(self.parents[1 - i], "requires_grad", False):
            zero = np.broadcast_to(_plain(self.args[1 - i]) == 0, g.shape)
            gx = np.where(zero & np.isnan(_plain(gx)), 0, gx) if zero.any() else gx
            own = own | zero
        if x.shape != g.shape:
            own = np.logical_and.reduce(own, axis=broadcast_axes(x.shape, g.shape)).reshape(x.shape)
        return gx, own

    def _is_factor(self, i):
        """Whether the contribution to an argument is a multiple of the other argument."""
        return self.name == "multiply" or (self.name in ("power", "float_power") and i == 0)

    def _whole(self, rule, gx, g, dead):
        if np.all(dead):
            undefined = np.isnan(_plain(gx))
            return (np.where(undefined, 0, gx) if undefined.any() else gx), True
        if self.name in _PICKING or self.name in _MOVING:  # what is overwritten or not read is dead
            alive = np.where(np.broadcast_to(dead, np.shape(self.out)), 0.0, 1.0)
            return gx, self._blocked(rule, alive)
        return gx, False

    def _blocked(self, rule, alive):
        """Where nothing of a cotangent that is 1 where it is alive comes through a rule."""
        args = map(_plain, self.args)
        return _plain(rule(alive, _plain(self.out), *args, **self.kwargs)) == 0


def needs_care(found, ends):
    """Whether a nan has arrived of which a careful pass may make a number; for ends see `tape`."""
    for node, g in found.items():
        if type(g) is np.ndarray:
            edge = (g if g.size <= _LARGE else _edge(g, node, ends.get(node))).ravel("K")
            if edge.dot(edge) > 0:  # a nan is not
                continue
        if has_nan(g):
            return True
    return False


def _edge(g, leaf, node):
    """A part of a gradient that needs no care if that is neither nan nor zero.

    In the product of a cotangent and another factor, a nan of the cotangent is a row or a column of
    nan. That of the other factor stays, unless the cotangent, and so the product, is zero.
    """
    if node is None or node.op.name != "matmul" or g.ndim != 2:
        return g
    return g[0] if node.parents[1] is leaf else g[:, 0]


def has_nan(g):
    """Whether a cotangent, of one result or of several, has a nan in it."""
    if isinstance(g, Parts):
        return any(has_nan(part) for part in g if part is not None)
    g = _plain(g)
    norm = np.vdot(g, g)  # nan if any element is
    return norm != norm and bool(np.isnan(g).any())


def _both(one, other):
    """Where both are dead."""
    if isinstance(one, tuple):
        return tuple(map(_both, one, other))
    if isinstance(one, Pending):
        one, other = other, one
    if not isinstance(other, Pending):
        return one & other
    if isinstance(one, Pending):
        return other + one
    if np.ndim(one) == 0:
        return other if one else False
    return other + np.where(one, 0, 1).astype(other.dtype)


def _plain(x):
    if isinstance(x, Parts):
        return np.array([part is None for part in x])
    return getattr(x, "_array", x)
