"""Whether a program does what its function does: two traces compared, and one run by itself."""

from functools import partial
from itertools import zip_longest

import numpy as np

from ..engine.tensor import Tensor
from ..messages import errors
from ..numerics.rounding import SAFETY, floors
from ..symbolic.expressions import Expression, key_of
from ..symbolic.graph import needed
from ..transforms import trees
from .arguments import Identity
from .capture import Run

_DRAWS = 16  # arguments move by single roundings: of 4 draws an entry may stand still in all
_NUMBERS = (np.ndarray, np.generic, int, float, complex)


def difference(one, other):
    """What differs between two captures of a function, in words, or None.

    It would be a constant of one of them.
    """
    pairs = zip_longest(_described(one), _described(other), fillvalue=("nothing more", (), ""))
    for (text, key, where), (other_text, other_key, _) in pairs:
        if not _is_same(key, other_key):
            said = list(dict.fromkeys(map(_words, (text, other_text))))
            return ", and then ".join(said) + where
    return None


def _described(capture):
    """Triples (words, what tells it apart, where) of all that a capture consists of, in order."""
    numbers = {expression: i for i, expression in enumerate(capture.graph.inputs)}
    for step in needed(capture.graph.steps, capture.outputs()):
        if step.kind == "guard":
            key = numbers.get(step.expression), repr(step.expected)
            yield "another branch", key, ""
            continue
        name = getattr(step.func, "__name__", repr(step.func))
        yield name, step.func, ""
        yield from _parts((step.args, step.kwargs), f", an argument of {name}", numbers)
        numbers[step] = len(numbers)
    for draw in capture.draws:
        called = [draw.position, draw.method, draw.args, draw.kwargs]
        yield from _parts(called, ", in what it draws", numbers)
    for where, tree in capture.trees():
        yield f"another structure of {where}", (where, tree.structure), ""
        yield from _parts(tree.leaves, f", in {where}", numbers)


def _parts(tree, where, numbers):
    kind = type(tree)
    if kind is Expression and tree.kind != "constant":
        yield "another value", numbers.get(tree), where
    elif isinstance(tree, (tuple, list)):
        yield f"{len(tree)} values", (kind, len(tree)), where
    elif kind is dict:
        yield f"the keywords {list(tree)}", tuple(tree), where
    elif kind is not slice:
        value = tree.value if kind is Expression else tree
        yield partial(_of_constant, value), _key(value), where
    for part in _inside(tree):
        yield from _parts(part, where, numbers)


def _inside(tree):
    if type(tree) is slice:
        return tree.start, tree.stop, tree.step
    if type(tree) is dict:
        return tree.values()
    return tree if isinstance(tree, (tuple, list)) else ()


def _words(text):
    return text if isinstance(text, str) else text()


def _of_constant(value):
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} with other numbers"
    return f"{value}" if isinstance(value, _NUMBERS) else errors.describe(value)


def _key(value):
    """What tells a constant apart, bit by bit."""
    if isinstance(value, np.ndarray):
        numbers = tuple(value.flat) if value.dtype.hasobject else value.tobytes()
        return value.shape, value.dtype, numbers
    return key_of(value) if isinstance(value, _NUMBERS) else value


def _is_same(a, b):
    return a is b or Identity(a) == Identity(b) or bool(a == b)


class Observation(Run):
    """A run of a function on plain values: what its program is held against."""

    def take(self, tree, where):
        return _plain(tree)

    def difference(self, found, drawn, rounding, nearby):
        """What is another than here, in words, or None.

        ``found`` is what a program gave, (result, left); the numbers on the way to it are rounded
        to ``rounding``. ``nearby(draw)`` is what it gives at arguments a few roundings away.
        """
        found = _by_place(*found)
        where = self._where(found, rounding, {})
        if where is not None:
            known = _inexact(found)
            moved = iter(
                floors(lambda draw: _like(known, _by_place(*nearby(draw))), known, draws=_DRAWS)
            )
            of = {place: [next(moved) for _ in leaves] for place, leaves in found.items()}
            where = self._where(found, rounding, of)
        return "what it draws" if where is None and drawn != self.drawn else where

    def _where(self, found, rounding, moved):
        """What is another than here; ``moved`` is what rounding may move each leaf by."""
        left = [(place, f"what it leaves in {path}", here) for path, place, here in self.changes]
        for place, words, here in [(None, "its result", self.result), *left]:
            there = found.get(place)
            if there is None or len(here) != len(there):
                return words
            bounds = moved.get(place, [0.0] * len(here))
            if not all(_is_close(*each, rounding) for each in zip(here, there, bounds)):
                return words
        return None


def _plain(tree):
    """The leaves of a tree, tensors as arrays."""
    return [leaf._array if isinstance(leaf, Tensor) else leaf for leaf in trees.flatten(tree)[0]]


def _by_place(result, left):
    """The leaves of what a program gave, of the result under None."""
    return {None: _plain(result), **{place: _plain(value) for place, value in left}}


def _inexact(found):
    """All leaves in order as arrays, those that are exact as 0."""
    arrays = [np.asarray(leaf) for leaves in found.values() for leaf in leaves]
    return [array if array.dtype.kind in "fc" else np.zeros(()) for array in arrays]


def _like(known, found):
    """The same leaves elsewhere, if they are of the same shapes."""
    arrays = _inexact(found)
    return arrays if [a.shape for a in known] == [a.shape for a in arrays] else None


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
