"""What a function gives when it runs by itself: what its program is held against."""

import numpy as np

from ..engine import trees
from ..engine.modes import enable_grad
from ..engine.rounding import SAFETY, floors
from ..engine.tensor import Tensor
from .capture import active
from .randomness import Generators

_NUMBERS = (np.ndarray, np.generic, int, float, complex)


class Observation:
    """One run of a function on plain values; its surroundings and generators are as before.

    Attributes
    ----------
    result
        What it returned.
    left : list of (place, value)
        What it left in its surroundings.
    drawn : list of (path, state)
        The generators that it drew from, and where that left them.
    """

    def __init__(self, f, arguments, surroundings):
        generators = Generators(surroundings.generators)
        active.tracing = True  # a compiled function inside runs by itself too
        try:
            with enable_grad(), surroundings.substituted(lambda value, name: value, {}):
                self.result = _plain(f(*arguments.args, **arguments.kwargs))
                changes = surroundings.changes()
                self.left = [(place, _plain(value)) for _, place, value in changes]
                self.paths = [path for path, _, _ in changes]
        finally:
            active.tracing = False
            self.drawn = generators.drawn()

    def difference(self, found, drawn, rounding, nearby):
        """What is another than here, in words, or None.

        ``found`` is what a program gave, (result, left); the numbers on the way to it are rounded
        to ``rounding``. ``nearby(draw)`` is what it gives at arguments a few roundings away.
        """
        where = self._where(*found, rounding, None)
        if where is not None and where != "what it draws":
            known = _numbers(*found)
            moved = floors(lambda draw: _like(known, _numbers(*nearby(draw))), known)
            where = self._where(*found, rounding, iter(moved))
        return "what it draws" if where is None and drawn != self.drawn else where

    def _where(self, result, left, rounding, moved):
        """What is another than here; ``moved`` is what rounding may move each number by."""
        if not _agree(self.result, _plain(result), rounding, moved):
            return "its result"
        values = {place: _plain(value) for place, value in left}
        floors_of = {place: [next(moved) for _ in _arrays(value)] for place, value in values.items()
                     } if moved else {}  # fmt: skip
        for (place, value), path in zip(self.left, self.paths):
            own = iter(floors_of[place]) if place in floors_of else None
            if place not in values or not _agree(value, values.pop(place), rounding, own):
                return f"what it leaves in {path}"
        return None


def _plain(tree):
    """The leaves of a tree, tensors as arrays."""
    leaves, _ = trees.flatten(tree)
    return [leaf._array if isinstance(leaf, Tensor) else leaf for leaf in leaves]


def _arrays(leaves):
    return [leaf for leaf in leaves if isinstance(leaf, _NUMBERS)]


def _numbers(result, left):
    """All numbers of what a program gave, in order."""
    leaves = [*_plain(result), *(leaf for _, value in left for leaf in _plain(value))]
    return list(map(np.asarray, _arrays(leaves)))


def _like(known, found):
    """The same numbers elsewhere, if they are of the same shapes."""
    alike = len(known) == len(found) and all(a.shape == b.shape for a, b in zip(known, found))
    return found if alike else None


def _agree(leaves, others, rounding, moved):
    if len(leaves) != len(others):
        return False
    floors_of = [next(moved) if moved and isinstance(leaf, _NUMBERS) else 0.0 for leaf in others]
    return all(_is_close(*pair, rounding) for pair in zip(leaves, others, floors_of))


def _is_close(one, other, floor, rounding):
    """Whether two leaves are the same: numbers to rounding, anything else exactly."""
    if not isinstance(one, _NUMBERS):
        return one is other or (type(one) is type(other) and bool(one == other))
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    if one.dtype.kind not in "fc":
        return bool(np.all(one == other))
    eps = max(rounding, np.finfo(one.dtype).eps)
    size = np.abs(one[np.isfinite(one)]).max(initial=0.0)
    same = np.isclose(other, one, rtol=np.sqrt(eps), atol=SAFETY * eps * size, equal_nan=True)
    with np.errstate(invalid="ignore"):
        return bool(np.all(same | (np.abs(other - one) <= floor)))
