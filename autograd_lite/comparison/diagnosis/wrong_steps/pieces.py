"""What is done wrong with the pieces of an array: slices, and the parts of a concatenation.

The pieces of an array are its slices, or what it was put together of. On the way back each has a
place of its own, and what overlaps adds up.
"""

from __future__ import annotations

from functools import reduce
from itertools import combinations, product

import numpy as np

from .backward import both
from .mutant import Mutant, Steps, through, unblanked

MANY = 32  # slices of one array: of more, none is tried


def wrong_pieces(backward, relevant):
    """Mutants with slices that overwrite each other, or with pieces that are exchanged."""
    edges = _of_pieces(backward, relevant)
    for x, many in _slices(edges).items():
        yield from _overwriting(x, many, backward)
    for groups in _exchanges(backward, edges).values():
        if len(groups) == 1:
            yield _exchanged(groups, backward.graph, whole=False)


def pieces_exchanged_everywhere(backward, relevant):
    """Two pieces exchanged in each step of a loop: two of the gates of an LSTM."""
    edges = _of_pieces(backward, relevant)
    for groups in _exchanges(backward, edges).values():
        if len(groups) > 1:
            yield _exchanged(groups, backward.graph, whole=True)


def _of_pieces(backward, relevant):
    """The edges to what is sliced, and from what is put together, of what is relevant."""
    return [
        edge
        for edge in backward.edges
        if (edge.op.name == "getitem" and relevant(edge.parent))
        or (edge.op.name in ("concatenate", "stack") and relevant(edge.node))
    ]


def _slices(edges):
    found: dict = {}
    for edge in edges:
        if edge.op.name == "getitem":
            found.setdefault(edge.parent, []).append(edge)
    return {x: many for x, many in found.items() if 1 < len(many) <= MANY}


def _region(edge):
    where = np.zeros(np.shape(edge.parent.out), bool)
    where[edge.kwargs["index"]] = True
    return where


def _overwriting(x, many, backward):
    """Where slices overlap one alone counts: = in place of +=."""
    whole = list(map(_region, many))  # newest first
    if not any((one & other).any() for one, other in combinations(whole, 2)):
        return
    written = [edge.contribution != 0 for edge in many]  # of a window its maximum alone
    for regions, (which, order) in product((whole, written), (("last", 1), ("first", -1))):
        covered, steps, change = np.zeros_like(regions[0]), {}, 0.0
        for edge, region in list(zip(many, regions, strict=True))[::order]:
            kept = region & ~covered
            covered |= region
            change = change + np.where(kept, 0, -edge.contribution)
            steps = both(
                steps, edge.replaced(lambda e, kept=kept: np.where(kept, e.contribution, 0))
            )
        words = (
            f"slices of {backward.graph.label(x)} overlap, and the {which} of them overwrites the "
            "others: = in place of +="
        )
        as_made, step = unblanked(words), lambda c, steps=steps: steps
        yield Mutant("overwritten", as_made, {x: change}, step, many[0], "", 1, (x,))


def _exchanges(backward, edges):
    """{what they have in common: pairs of pieces of one shape that may be exchanged}."""
    found: dict = {}
    for x, many in _slices(edges).items():
        for one, other in combinations(many, 2):
            if np.shape(one.g) == np.shape(other.g) and not (_region(one) & _region(other)).any():
                indices = (str(edge.kwargs["index"]) for edge in (one, other))
                found.setdefault((x.op, np.shape(x.out), *indices), []).append((one, other))
    parts: dict = {}
    for edge in edges:
        if edge.op.name in ("concatenate", "stack"):
            parts.setdefault(edge.node, []).append(edge)
    for node, many in parts.items():
        for one, other in combinations(many, 2) if len(many) < MANY else ():
            if np.shape(one.contribution) == np.shape(other.contribution):
                found.setdefault((node.op, np.shape(node.out), one.k, other.k), []).append(
                    (one, other)
                )
    return found


def _exchanged(groups, graph, whole):
    """Each of two pieces gets the gradient of the other."""
    steps, seeds = {}, {}
    for one, other in groups:
        if one.op.name == "getitem":
            changes = [(one, one.g, other), (other, other.g, one)]
            for edge, g, place in changes:
                put = np.zeros_like(edge.contribution)
                put[place.kwargs["index"]] = g
                seeds[edge.parent] = seeds.get(edge.parent, 0.0) + put - edge.contribution
                steps = both(steps, edge.replaced(_put_at(place.kwargs["index"])))
        else:
            seeds[one.parent] = other.contribution - one.contribution
            seeds[other.parent] = one.contribution - other.contribution
            steps = both(steps, _swapped(one, other))
    one, other = groups[0]
    names = (one.node, other.node) if one.op.name == "getitem" else (one.parent, other.parent)
    words = "the gradients of {} and {} are exchanged".format(*map(graph.label, names))
    if whole:
        words = f"at all {len(groups)} steps: {words}"
    node = one.parent if one.op.name == "getitem" else one.node
    return Mutant(
        "piece", unblanked(words), {} if whole else seeds, lambda c: steps, one, "", 1, (node,)
    )


def _put_at(index):
    def rule(edge):
        put = np.zeros_like(edge.contribution)
        put[index] = edge.g
        return put

    return rule


def _swapped(one, other):
    """The step of a concatenation in which two parts get each other's piece."""

    def step(node, g, pairs):
        pairs = list(pairs)
        first, second = pairs[one.k], pairs[other.k]
        pairs[one.k], pairs[other.k] = (first[0], second[1]), (second[0], first[1])
        return pairs

    return {one.node: step}


def slices_elsewhere(backward, relevant):
    """The windows of an array without their stride or dilation, or all at the first one's place."""
    for x, many in _slices(_of_pieces(backward, lambda node: True)).items():
        for words, indices in _other_places(many):
            moved = {edge.node: index for edge, index in zip(many, indices, strict=True)}
            words = words.format(unblanked(backward.graph.label(x)))
            places = {edge: _put_at(moved[edge.node]) for edge in many} if relevant(x) else {}
            values = dict(_through_slices(backward, np.asarray(x.out), moved))
            for rules in (places, {e: rule for e, rule in values.items() if relevant(e.parent)}):
                joined = [Steps(edge, rule)(1.0) for edge, rule in rules.items()]
                steps = reduce(both, joined, {})
                of_all = lambda c, steps=steps: steps  # noqa: E731
                yield Mutant("piece", words, {}, of_all, next(iter(rules), None), "", 1, (x,))


def _other_places(many):
    """Pairs (words, indices): what slices in a row become with other distances."""
    found = [edge.kwargs["index"] for edge in many]
    indices = [index if type(index) is tuple else (index,) for index in found]
    if any(type(i) not in (int, slice) for index in indices for i in index if i is not Ellipsis):
        return
    if len({tuple(map(_length, index)) for index in indices}) > 1:
        return
    starts = np.array([[_start(i) for i in index] for index in indices])
    ranks = [list(np.unique(column)) for column in starts.T]
    gaps = {gap for rank in ranks for gap in np.diff(rank)}
    if len(gaps) != 1:
        return
    gap = gaps.pop()
    apart = f"the windows of {{}} are {gap} apart, and are taken 1 apart: the stride or the "
    apart += "dilation is left out"
    same = "every window of {} is taken where the first is: its own start is left out"
    for words, step, anchor in ((apart, 1, 0), (apart, 1, -1), (same, 0, 0)):
        moved = [
            [
                r[anchor] + step * (r.index(i) - r.index(r[anchor]))
                for r, i in zip(ranks, row, strict=True)
            ]
            for row in starts
        ]
        if step != gap:
            yield words, [tuple(map(_moved, *pair)) for pair in zip(indices, moved, strict=True)]


def _start(i):
    return i if type(i) is int else (getattr(i, "start", 0) or 0)


def _length(i):
    if type(i) is not slice or i == slice(None):
        return str(i) if type(i) is not int else ""
    return (i.stop or 0) - (i.start or 0), i.step


def _moved(i, start):
    if type(i) is int:
        return int(start)
    if type(i) is not slice or i.stop is None:
        return i
    return slice(int(start), int(start) + i.stop - (i.start or 0), i.step)


def _through_slices(backward, x, moved):
    """Pairs (edge, rule) of the products with what slices of x become elsewhere."""

    def value(node):
        if node in moved:
            return x[moved[node]]
        if node is None or node.op is None or node.op.name not in ("getitem", "reshape"):
            return None
        inner = value(node.parents[0])
        return None if inner is None else node.op.f(inner, *node.args[1:], **node.kwargs)

    for edge in backward.edges:
        if edge.op.f in (np.multiply, np.matmul) and edge.position is not None:
            other = value(edge.node.parents[1 - edge.position])
            if other is not None:
                yield edge, through(other)


def wrong_slices(edge):
    """Four-tuples (key, words, rule of an edge, rank): another slice for a part of a whole."""
    shape, whole = np.shape(edge.parent.out), np.shape(edge.g)
    if edge.op.name == "pad_with_zeros":
        words = "the first rows and columns of the padded gradient of {h} are taken for {x}\n"
        words += "what the padding added in front is to be cut off"
        cut = tuple(slice(n) for n in shape)
        yield "piece", words, lambda e: e.g[cut], 1
    if edge.op.name != "concatenate":
        return
    axis = edge.kwargs.get("axis", 0)
    if axis is None:
        return
    n, sizes = shape[axis], [np.shape(part)[axis] for part in edge.args[0]]
    starts = [0, *np.cumsum(sizes)]
    tracked = [i for i, part in enumerate(edge.node.parents[0]) if part is not None]
    own = starts[[i for i in tracked if edge.node.parents[0][i].requires_grad][edge.k]]
    for start in dict.fromkeys([0, whole[axis] - n, *starts[:-1]]):
        if start != own and start + n <= whole[axis]:
            words = f"the slice {start}:{start + n} of the gradient of {{h}} is taken for {{x}}\n"
            words += f"its own is {own}:{own + n}, along axis {axis}"
            at = (*(slice(None),) * (axis % len(whole)), slice(start, start + n))
            yield "piece", words, lambda e, at=at: e.g[at], 1
