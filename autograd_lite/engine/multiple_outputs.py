"""Calls with several results: one node for the call, and one for each of its results.

The value of the call's node is the tuple. Its cotangent is a `Parts`: one entry a result,
None where nothing has arrived.
"""

import numpy as np

from .tape import Call, Operation


class Parts(tuple):
    """The cotangent of a tuple: added entry by entry."""

    def __add__(self, other):
        return Parts(_sum(a, b) for a, b in zip(self, other, strict=True))

    def filled(self, results):
        """The same with zeros in place of None, as the rules get it."""
        return tuple(
            np.zeros_like(r) if g is None else g for g, r in zip(self, results, strict=True)
        )


def _sum(a, b):
    return b if a is None else a if b is None else a + b


def _place(g, out, results, position):
    """The cotangent of one result, and nothing for the others."""
    return Parts(g if i == position else None for i in range(len(results)))


class _Part(Operation):
    """The operation that picks one of several results."""

    name = "part"
    rules = (_place,)

    def f(self, results, position):
        return results[position]

    def cotangents(self, g, out, args, kwargs, parents, careful=False):
        return [(parents[0], _place(g, out, *args, **kwargs))]

    def __reduce__(self):
        return "part"


part = _Part()


def part_nodes(results, node):
    """A node for each result of a recorded call."""
    return [Call(part, (results,), {"position": i}, r, (node,)) for i, r in enumerate(results)]


def continuous(result):
    """Whether a result can have a derivative: the rank of a matrix has none, and stays plain."""
    return result.dtype.kind in "fc"


def like(results, items):
    """The items in the type of tuple that the results came in."""
    kind = type(results)
    return kind(*items) if hasattr(kind, "_fields") else tuple(items)
