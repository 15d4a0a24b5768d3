"""Values that are used several times: only one use kept, or one in the place of another."""

from __future__ import annotations

import numpy as np

from .backward import both
from .edge_rules import MOVES
from .mutant import Mutant, unblanked


def fan_outs(backward, edges):
    """Only one use of a value kept, or one use in the place of another."""
    graph = backward.graph
    uses: dict = {}
    for edge in edges:
        uses.setdefault(edge.parent, []).append(edge)
    for node, many in uses.items():
        by_user: dict = {}
        for edge in many:
            by_user.setdefault(edge.node, []).append(edge)
        total = backward.table[node]
        for user, own in by_user.items():
            share = sum(edge.share for edge in own)
            if len(own) > 1 and len(by_user) > 1:
                factors = {id(edge): 0 for edge in own}
                yield _weighted(
                    node, many, factors, -share, *missing_words(own[0], graph), 1, own[0]
                )
            if len(by_user) > 2:
                factors = {id(edge): int(edge.node is user) for edge in many}
                key, words, rank = kept_words(node, many, own[0], graph)
                yield _weighted(node, many, factors, share - total, key, words, rank, own[0])
        for kept in many if len(many) <= 4 else ():
            for dropped in many:
                if kept is not dropped:
                    factors = {id(kept): 2, id(dropped): 0}
                    key, words = doubled_words(node, kept, dropped, graph)
                    change = kept.share - dropped.share
                    rank = 1 if key == "quadratic form" else 2
                    yield _weighted(node, many, factors, change, key, words, rank, kept)


def _weighted(node, many, factors, change, key, words, rank, edge):
    """The uses of a value, each with a factor of its own."""

    def steps(c):
        found: dict = {}
        for one in many:
            factor = factors.get(id(one), 1)
            if factor != 1:
                found = both(found, one.replaced(lambda e, factor=factor: e.share * factor))
        return found

    return Mutant(key, unblanked(words), {node: change}, steps, edge, "", rank, (node,))


def missing_words(edge, graph):
    x, h = graph.label(edge.parent), graph.label(edge.node)
    words = f"a path is missing: what {x} does through {h} is left out, as if {h} were a constant"
    return "path missing", words


def kept_words(node, many, kept, graph):
    """(key, words, rank) of what it is called when of many uses only one counts."""
    name, users = graph.label(node), list(dict.fromkeys(edge.node for edge in many))
    at = len(users) - 1 - users.index(kept.node)  # users are newest first
    which = {0: "first", len(users) - 1: "last"}.get(at, f"number {at + 1}")
    if are_apart(users, graph):
        words = (
            f"only the {which} of the {len(users)} uses of {name} counts: = in place of += in the "
            "loop, so that one sample's contribution is left"
        )
        return "one sample", words, 1
    if any(graph.leads(a, b) for a in users for b in users if a is not b) and node.op is not None:
        words = (
            f"a path is missing: of the {len(users)} uses of {name} only that in "
            f"{graph.label(kept.node)} counts, as if all else that is made of {name} were constant"
        )
        return "path missing", words, 1
    words = (
        f"{name} is used {len(users)} times, and only the {which} use, in "
        f"{graph.label(kept.node)}, counts: = overwrites where += must add up"
    )
    return "overwritten", words, 1


def are_apart(users, graph):
    """Whether what is made of the uses meets in nothing but numbers: samples of a batch."""
    if len(users) < 3:
        return False
    above = [graph.above[user] for user in users]
    arrays = graph.arrays
    return not any(a & b & arrays for i, a in enumerate(above) for b in above[:i])


def doubled_words(node, kept, dropped, graph):
    name = graph.label(node)
    if is_quadratic(kept, dropped, graph):
        return "quadratic form", (
            f"{name} is used twice in a quadratic form, and twice one of the two contributions is "
            "taken: 2 A x holds for a symmetric A only, the gradient of x^T A x is (A + A^T) x"
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
    return first.op.f is np.matmul or first.op.name in MOVES
