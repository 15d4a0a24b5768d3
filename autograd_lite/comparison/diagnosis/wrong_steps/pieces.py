"""What is done wrong with the pieces of an array: slices, and the parts of a concatenation.

The pieces of an array are its slices, or what it was put together of. On the way back each has a
place of its own, and what overlaps adds up.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from .backward import both
from .mutant import Mutant, unblanked

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
    regions = list(map(_region, many))  # newest first
    if not any((one & other).any() for one, other in combinations(regions, 2)):
        return
    for which, order in (("last", 1), ("first", -1)):
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
