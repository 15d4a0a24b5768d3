"""Missing accumulation: of a value that is used several times one use is kept, or counted twice."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from .backward import both
from .edge_rules import MOVES
from .mutant import Mutant, unblanked

MANY = 16  # uses of which each is tried alone; of more, the first and the last


def missing_accumulation(backward, edges):
    """Only one use of a value kept, or one use in the place of another."""
    graph = backward.graph
    uses: dict = {}
    for edge in edges:
        uses.setdefault(edge.parent, []).append(edge)
    for node, many in uses.items():
        users: dict = {}
        for edge in many:
            users.setdefault(edge.node, []).append(edge)
        if len(users) > 2:
            yield from _kept(node, many, users, backward)
        if len(many) <= 4:
            yield from _doubled(node, many, graph)


def _kept(node, many, users, backward):
    """Of several users only one passes something back."""
    graph, tried = backward.graph, list(users)
    apart = are_apart(tried, graph)
    for user in tried if len(tried) <= MANY else (tried[0], tried[-1]):
        own = users[user]
        factors = {id(edge): int(edge.node is user) for edge in many}
        key, words, rank = kept_words(node, tried, own[0], apart, graph)
        change = sum(edge.contribution for edge in own) - backward.table[node]
        yield _weighted(node, many, factors, change, key, words, rank, own[0])


def _doubled(node, many, graph):
    """One use twice in the place of another."""
    for kept, dropped in permutations(many, 2):
        factors = {id(kept): 2, id(dropped): 0}
        key, words = doubled_words(node, kept, dropped, graph)
        change = kept.contribution - dropped.contribution
        rank = 1 if key == "quadratic form" else 2
        yield _weighted(node, many, factors, change, key, words, rank, kept)


def _weighted(node, many, factors, change, key, words, rank, edge):
    """The uses of a value, each with a factor of its own."""

    def steps(c):
        found: dict = {}
        for one in many:
            factor = factors.get(id(one), 1)
            if factor != 1:
                found = both(found, one.replaced(lambda e, factor=factor: e.contribution * factor))
        return found

    return Mutant(key, unblanked(words), {node: change}, steps, edge, "", rank, (node,))


def missing_words(edge, graph):
    x, h = graph.label(edge.parent), graph.label(edge.node)
    words = f"a path is missing: what {x} does through {h} is left out\nas if {h} were a constant"
    return "path missing", words


def kept_words(node, users, kept, apart, graph):
    """(key, words, rank) of what it is called when of many uses only one counts."""
    name = graph.label(node)
    at = len(users) - 1 - users.index(kept.node)  # users are newest first
    which = {0: "first", len(users) - 1: "last"}.get(at, f"number {at + 1}")
    if apart:
        words = (
            f"only the {which} of the {len(users)} uses of {name} counts, one sample's: "
            "= in place of += in the loop"
        )
        return "one sample", words, 1
    if node.op is not None and any(graph.leads(a, b) for a, b in permutations(users, 2)):
        words = (
            f"a path is missing: of the {len(users)} uses of {name} only that in "
            f"{graph.label(kept.node)} counts\nall else made of {name} is taken as a constant"
        )
        return "path missing", words, 1
    words = (
        f"{name} is used {len(users)} times, and only the {which} use, in "
        f"{graph.label(kept.node)}, counts: = overwrites where += must add up"
    )
    return "overwritten", words, 1 if are_alike(users) else 2


def are_apart(users, graph):
    """Whether what is made of the uses meets in nothing but numbers: samples of a batch."""
    if len(users) < 3 or not are_alike(users):
        return False
    seen = 0
    for user in users:
        above = graph.above[user] & graph.arrays
        if above & seen:
            return False
        seen |= above
    return True


def are_alike(nodes):
    """Whether nodes were all computed by the same last calls: uses in a loop, samples."""
    return len({_calls(node) for node in nodes}) == 1


def _calls(node, depth=2):
    """The names of the last calls that a node was computed by."""
    if node is None or node.op is None or not depth:
        return ""
    parents = (p for many in node.parents for p in (many if type(many) is tuple else (many,)))
    return f"{node.op.name}({','.join(_calls(p, depth - 1) for p in parents)})"


def doubled_words(node, kept, dropped, graph):
    name = graph.label(node)
    if is_quadratic(kept, dropped, graph):
        return "quadratic form", (
            f"{name} is used twice in a quadratic form, and twice one of the two contributions is "
            "taken\n2 A x holds for a symmetric A only: the gradient of x^T A x is (A + A^T) x"
        )
    return "overwritten", (
        f"{name} is used several times, and the use in {graph.label(kept.node)} is counted twice, "
        f"in the place of that in {graph.label(dropped.node)}"
    )


def is_quadratic(one, other, graph):
    """Whether two uses meet in a product, as those of x in x^T A x."""
    first, last = sorted((one.node, other.node), key=lambda n: n.serial)
    products = (np.matmul, np.multiply, np.vecdot)
    if first is last or last.op.f not in products or not graph.leads(first, last):
        return False
    between = [n for n in graph.nodes if graph.leads(first, n) and graph.leads(n, last)]
    return all(n is last or n.op.f is np.matmul or n.op.name in MOVES for n in between)
