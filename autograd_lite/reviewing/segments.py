"""The parts that a flat gradient is put together from: np.concatenate([dW.ravel(), db])."""

import numpy as np

from .truths import size_of

_SAME = {"reshape", "copy", "ravel", "positive"}  # the entries in the same order


def segments(root):
    """Pairs (where it is, its node) of the parts of a flat gradient; [] where it is of one piece.

    ``root`` is its node, and where a part is a range.
    """
    if root is None or root.out.ndim != 1:
        return []
    found, at = [], 0
    for node in _parts(root):
        found.append((range(at, at + size_of(node)), node))
        at += size_of(node)
    return found if len(found) > 1 and at == root.out.size else []


def _parts(node):
    """What a node was put together from, in order."""
    inputs = [parent for _, parent in node.inputs()]
    name = getattr(node.op, "name", "")
    if name in _SAME and len(inputs) == 1 and size_of(inputs[0]) == size_of(node):
        return _parts(inputs[0])
    if name != "concatenate" or node.out.ndim != 1:
        return [node]
    return [part for parent in inputs for part in _parts(parent)]


def whole(path):
    """The path of the gradient that a part is of."""
    return path[:-1] if path and isinstance(path[-1], range) else path


def root_of(path, gradients):
    """The node of a gradient, or of a part of one; None where there is none."""
    root = getattr(gradients.get(whole(path)), "node", None)
    return dict(segments(root)).get(path[-1], root) if whole(path) != path else root


def split(arrays, ranges):
    """Arrays by their paths, with those that have ``ranges`` in parts."""
    found = {}
    for path, array in arrays.items():
        mine = ranges.get(path, ())
        if mine and getattr(array, "shape", None) == (mine[-1].stop,):
            found |= {(*path, part): array[part.start : part.stop] for part in mine}
        else:
            found[path] = array
    return found


def taken_from(leaf, part, forward):
    """The nodes of a forward pass that are entries of a flat array, some of them in a range.

    Where there are none it is the array itself.
    """
    same = {leaf} | {n for n in forward if _parents(n) == [leaf] and _is_equal(n, leaf)}
    pieces = [n for n in forward if n not in same and same.intersection(_parents(n))]
    found = []
    for node in pieces:
        at = _position(leaf.out, node.out.ravel()) if 0 < size_of(node) < size_of(leaf) else None
        if at is not None and at < part.stop and part.start < at + size_of(node):
            found.append(node)
    return found or [leaf]


def _parents(node):
    return [parent for _, parent in node.inputs()]


def _is_equal(node, other):
    return np.array_equal(node.out, other.out)


def _position(flat, piece):
    """Where in a flat array another one stands; None if nowhere."""
    starts = np.flatnonzero(flat[: flat.size - piece.size + 1] == piece[0])
    return next((i for i in starts if np.array_equal(flat[i : i + piece.size], piece)), None)
