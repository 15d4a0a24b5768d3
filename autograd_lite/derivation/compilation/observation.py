"""What a function gives when it runs by itself: what its program is held against."""

import numpy as np

from ... import trees
from ...tape import enable_grad
from ...tensor import Tensor
from .capture import active
from .randomness import Generators


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
            with enable_grad(), surroundings.standing_in(lambda value, name: value, {}):
                self.result = _plain(f(*arguments.args, **arguments.kwargs))
                changes = surroundings.changes()
                self.left = [(place, _plain(value)) for _, place, value in changes]
                self.paths = [path for path, _, _ in changes]
        finally:
            active.tracing = False
            self.drawn = generators.drawn()

    def difference(self, result, left, drawn, rounding):
        """What is another than here, in words, or None.

        The numbers on the way to the result are rounded to ``rounding``.
        """
        if not _agree(self.result, _plain(result), rounding):
            return "its result"
        if drawn != self.drawn:
            return "what it draws"
        values = dict(left)
        for (place, value), path in zip(self.left, self.paths):
            if place not in values or not _agree(value, _plain(values.pop(place)), rounding):
                return f"what it leaves in {path}"
        return None


def _plain(tree):
    """The leaves of a tree, tensors as arrays."""
    leaves, _ = trees.flatten(tree)
    return [leaf._array if isinstance(leaf, Tensor) else leaf for leaf in leaves]


def _agree(leaves, others, rounding):
    pairs = zip(leaves, others)
    return len(leaves) == len(others) and all(_is_close(*pair, rounding) for pair in pairs)


def _is_close(one, other, rounding):
    """Whether two leaves are the same: numbers to rounding, anything else exactly."""
    if not isinstance(one, (np.ndarray, np.generic, int, float, complex)):
        return one is other or (type(one) is type(other) and bool(one == other))
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    if one.dtype.kind not in "fc":
        return bool(np.all(one == other))
    close = np.sqrt(max(rounding, np.finfo(one.dtype).eps))
    size = np.abs(one[np.isfinite(one)]).max(initial=0.0)
    return np.allclose(other, one, rtol=close, atol=close * size, equal_nan=True)
