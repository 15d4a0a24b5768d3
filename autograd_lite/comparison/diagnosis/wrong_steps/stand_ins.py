"""What may stand in the place of a cotangent: another gradient, a value, an error of the loss."""

from __future__ import annotations

import numpy as np

from .errors_of_losses import errors, wrong_errors
from .mutant import unblanked

NEAR = 6  # other tensors of the same shape that may stand for a cotangent


class Held:
    """What may stand in the place of a cotangent: other gradients, values, errors of the loss."""

    def __init__(self, backward):
        self.backward, self.graph = backward, backward.graph
        self._by_shape: dict = {}
        for node in self.graph.nodes:
            if not isinstance(node.out, tuple) and np.ndim(node.out):
                self._by_shape.setdefault(np.shape(node.out), []).append(node)
        self._errors = {z: (s, y, kind) for z, s, y, kind in errors(backward)}
        self._memo: dict = {}

    def instead_of(self, node):
        """Four-tuples (key, words, array, rank)."""
        if node not in self._memo:
            self._memo[node] = list(self._instead_of(node))
        return self._memo[node]

    def _instead_of(self, node):
        same = self._by_shape.get(np.shape(node.out), [])
        if not same:
            return
        at = same.index(node) if node in same else 0
        near = same[max(0, at - NEAR // 2) : at + NEAR // 2 + 1]
        mine, name = self.backward.table.get(node), self.graph.label(node)
        for other in near:
            g = self.backward.table.get(other)
            if other is node or not isinstance(g, np.ndarray) or np.array_equal(g, mine):
                continue
            label = self.graph.label(other)
            words = f"the gradient of {label} is used in the place of that of {name}"
            if self.graph.leads(node, other):
                words += ": the derivative between them is left out"
                yield "derivative missing", words, g, 3
            else:
                yield "wrong variable", words, g, 4
        for other in near:
            words = (
                f"the value {self.graph.label(other)} is used where the gradient of {name} belongs"
            )
            yield "value for gradient", words, np.asarray(other.out), 3
        for other in near:
            if other in self._errors:
                words = (
                    f"the value p, what the last activation makes of {self.graph.label(other)}, is "
                    f"used where the gradient of {name} belongs"
                )
                yield "value for gradient", words, self._errors[other][0], 3
                yield from self._wrong_errors(other)

    def _wrong_errors(self, z):
        p, y, kind = self._errors[z]
        for key, words, rule in wrong_errors(kind):
            array = rule(self.backward.table[z], p, y, z.out)
            if np.isfinite(array).all():
                yield key, words.format(z=self.graph.label(z)), array, 4


def stand_ins(edge, held):
    """The rule of an edge with something else in the place of the cotangent."""
    for key, words, array, rank in held.instead_of(edge.node):
        yield key, unblanked(words), _with(array), rank
    name, parent = held.graph.label(edge.node), edge.parent
    words = f"the gradient of {name} is left out: the derivative of {name} with respect to "
    words += f"{held.graph.label(parent)} stands alone, and is to be multiplied by it"
    yield "chain factor missing", unblanked(words), slope, 3
    for node in (edge.node, parent):
        words = f"the value {held.graph.label(node)} is used where the gradient of "
        words += f"{held.graph.label(parent)} belongs"
        yield "value for gradient", unblanked(words), _constant(node.out), 3


def pulled(e, g=None, x=None, out=None):
    """The true rule of an edge, with something else in the place of g, x or out."""
    args = list(e.args)
    if x is not None:
        args[e.position] = x
    rule = e.op.rules[e.position]
    return rule(e.g if g is None else g, e.out if out is None else out, *args, **e.kwargs)


def slope(e):
    return pulled(e, np.ones_like(e.g))


def _with(array):
    return lambda e: pulled(e, array)


def _constant(array):
    return lambda e: array
