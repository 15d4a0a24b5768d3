"""What comes back through a branch that was not taken: nothing, whatever is undefined in it.

A zero cotangent times an infinite or undefined derivative is nan in floating point. It is zero
where the cotangent is zero all around the point: the element was not chosen, or is multiplied by a
constant 0. It is undefined where the cotangent only happens to be zero there, as that of sqrt(x)
in sqrt(x)**2 at 0. So a careful walk carries along which elements are dead.
"""

import numpy as np

from .results import Parts, part
from .tape import Pending

# Element by element: a zero in the share of what was not chosen.
_CHOOSING = frozenset("where maximum minimum fmax fmin relu clip hard_tanh fix".split())
# Elements that go to other places, or to none.
_MOVING = frozenset(
    "getitem scatter setitem reshape flat transpose swapaxes moveaxis squeeze expand_dims flip "
    "fliplr flipud rot90 roll broadcast_to concatenate stack sum mean alias astype tril triu "
    "diagonal diag repeat tile take sliding_window_view".split()
)
_PICKING = frozenset("max min amax amin nanmax nanmin max_pool sort partition median".split())


class Cotangent:
    """A cotangent, and where it is zero for good: an array of booleans, or one for all.

    Of a cotangent that is pending it may be pending too: what is added up is 1 where it is alive.
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


def walk(pullback, starts, targets, visit, keep=True):
    """`tape.pullback` with no nan out of dead branches; ``visit`` as there, or None."""

    def careful(node, cotangent):
        cotangent = cotangent.total()
        g, out, args, op = cotangent.g, node.out, node.args, node.op
        if visit is not None:
            op, g, out, args = visit(node, g)
        return _Step(op), Cotangent(g, cotangent.dead), out, args

    starts = {node: Cotangent(g, _plain(g) == 0) for node, g in starts.items()}
    table = pullback(starts, targets, careful, keep=keep)
    return {node: cotangent.total().g for node, cotangent in table.items()}


class _Step:
    """What stands for an operation: its rules, and what is dead in the share of each argument."""

    def __init__(self, op):
        self.op = op
        self.name = getattr(op, "name", "")

    def shares(self, cotangent, out, args, kwargs, parents, careful):
        """Pairs (parent, its share)."""
        op, g, dead = self.op, cotangent.g, cotangent.dead
        if op.shares is not None:
            yield from self._several(g, dead, out, args, kwargs, parents)
            return
        if isinstance(out, tuple):
            g, dead = g.filled(out), all(np.all(one) for one in dead)
        for i, (rule, x, parent) in enumerate(zip(op.rules, args, parents)):
            if parent is None or rule is None or not parent.requires_grad:
                continue
            share = rule(g, out, *args, **kwargs)
            if op.broadcasts:
                own = np.broadcast_to(dead, g.shape)
                if self.name in _CHOOSING:
                    blocked = _blocked(rule, np.ones(g.shape), out, args, kwargs)
                    own = own | (blocked if self.name != "relu" else blocked & (_plain(x) < 0))
                share, own = self._elementwise(i, share, x, g, own, args, parents)
            else:
                share, own = self._whole(rule, share, g, dead, out, args, kwargs)
            yield parent, Cotangent(op.fitted(share, x, g, False), own)

    def _several(self, g, dead, out, args, kwargs, parents):
        if self.op is part:
            position = args[1] if len(args) > 1 else kwargs["position"]
            [(parent, share)] = self.op.shares(g, out, args, kwargs, parents, False)
            yield (
                parent,
                Cotangent(
                    share, tuple(dead if i == position else True for i in range(len(args[0])))
                ),
            )
            return
        nothing = np.all(dead) if not isinstance(dead, tuple) else all(map(np.all, dead))
        pairs = list(self.op.shares(g, out, args, kwargs, parents, bool(nothing)))
        alive = None
        if self.name in _MOVING and not nothing:
            ones = np.where(np.broadcast_to(dead, np.shape(out)), 0.0, 1.0)
            alive = [a for _, a in self.op.shares(ones, out, args, kwargs, parents, False)]
        for i, (parent, share) in enumerate(pairs):
            own = bool(nothing) if alive is None else alive[i]
            if alive is not None and not isinstance(own, Pending):
                own = _plain(own) == 0
            yield parent, Cotangent(share, own)

    def _elementwise(self, i, share, x, g, own, args, parents):
        if share.shape != g.shape:
            return share, bool(np.all(own))
        # On a tape all of it, so that the next order finds these elements not chosen.
        undefined = own if hasattr(share, "node") else np.isnan(_plain(share)) & own
        if undefined.any():
            share = np.where(undefined, 0, share)
        if self._is_factor(i) and not getattr(parents[1 - i], "requires_grad", False):
            zero = np.broadcast_to(_plain(args[1 - i]) == 0, g.shape)
            share = np.where(zero & np.isnan(_plain(share)), 0, share) if zero.any() else share
            own = own | zero
        if x.shape != g.shape:
            own = np.logical_and.reduce(own, axis=_axes(x.shape, g.shape)).reshape(x.shape)
        return share, own

    def _is_factor(self, i):
        """Whether the share of an argument is a multiple of the other argument."""
        return self.name == "multiply" or (self.name in ("power", "float_power") and i == 0)

    def _whole(self, rule, share, g, dead, out, args, kwargs):
        if np.all(dead):
            undefined = np.isnan(_plain(share))
            return (np.where(undefined, 0, share) if undefined.any() else share), True
        if self.name in _PICKING or self.name in _MOVING:  # what is overwritten or not read is dead
            alive = np.where(np.broadcast_to(dead, np.shape(out)), 0.0, 1.0)
            return share, _blocked(rule, alive, out, args, kwargs)
        return share, False


def _blocked(rule, alive, out, args, kwargs):
    """Where nothing of a cotangent that is 1 where it is alive comes through a rule."""
    return _plain(rule(alive, _plain(out), *map(_plain, args), **kwargs)) == 0


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


def _axes(shape, larger):
    new = len(larger) - len(shape)
    return (*range(new), *(new + i for i, n in enumerate(shape) if n == 1 != larger[new + i]))
