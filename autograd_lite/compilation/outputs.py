"""What a function returned or left somewhere, as expressions in nested containers."""

import numpy as np

from ..engine import trees
from ..engine.tensor import Tensor, constant
from ..symbolic.expressions import Expression
from ..symbolic.traced import Traced
from .errors import CompilationError


class Tree:
    """What a function returned or left somewhere, nested: expressions, and what is no array.

    Attributes
    ----------
    expressions
        Of the arrays and the numbers that a program computes.
    nested
        The same in the function's own tuples and lists, where there is nothing else.
    plain
        The other leaves.
    """

    def __init__(self, graph, tree, where):
        leaves, self._rebuild = trees.flatten(tree)
        self._leaves = [_leaf(graph, leaf, where) for leaf in leaves]
        self.is_tensor = [isinstance(leaf, Tensor) for leaf in leaves]
        self.expressions = [x for x in self._leaves if type(x) is Expression]
        self.plain = [x for x in self._leaves if type(x) is not Expression]
        self.structure = _structure(tree)
        self.nested = None if "other" in _kinds(self.structure) else self._native(tree)
        self._place = where != "the result"
        self.is_single = self.structure == "leaf" and not isinstance(tree, Tensor)

    def _native(self, tree):
        expressions = iter(self.expressions)

        def put(part):
            return type(part)(map(put, part)) if type(part) in (tuple, list) else next(expressions)

        return put(tree)

    def is_integer(self):
        """Whether it is one Python integer."""
        value = self._leaves[0] if len(self._leaves) == 1 else None
        return type(value.value if type(value) is Expression else value) is int

    def build(self, values):
        """The same tree of the values that a program computed."""
        values = iter(values)
        leaves = [next(values) if type(x) is Expression else x for x in self._leaves]
        if self._place:
            leaves = [
                constant(np.asarray(v)) if is_tensor else v
                for v, is_tensor in zip(leaves, self.is_tensor)
            ]
        return self._rebuild(leaves)

    def forget(self):
        """Let go of the graph."""
        self._leaves = [_LEAF if type(x) is Expression else x for x in self._leaves]
        self.expressions = self.nested = None


_LEAF = Expression("input", 0.0)


def _leaf(graph, leaf, where):
    """A leaf as an expression where it is an array, of its own memory; else as it is."""
    if isinstance(leaf, Tensor):
        if where != "the result" and leaf.requires_grad:
            raise CompilationError(
                f"it leaves a tensor with its tape in {where}, and a program has no tape: leave "
                "t.detach() there, or t.data"
            )
        leaf = leaf._array
    if type(leaf) is Traced:
        expression = leaf.expression
    elif isinstance(leaf, np.ndarray):
        expression = graph.constant(leaf)
    else:
        return leaf
    if isinstance(expression.value, np.ndarray) and _is_shared(expression):
        return graph.own(expression)
    return expression


def _is_shared(expression):
    """Whether somebody else has the array too: an input, a constant, a view."""
    value = expression.value
    return (
        expression.kind != "call"
        or value.base is not None
        or any(value is operand.value for operand in expression.operands())
    )


def _structure(tree):
    """Nested tuples that tell trees apart."""
    if type(tree) in (tuple, list):
        return (type(tree), *map(_structure, tree))
    if isinstance(tree, dict):
        return ("other", type(tree), *((key, _structure(part)) for key, part in tree.items()))
    if isinstance(tree, (tuple, list)) or tree is None:
        return ("other", type(tree), *map(_structure, tree or ()))
    return "leaf" if isinstance(tree, (Traced, Tensor, np.ndarray)) else ("other", type(tree))


def _kinds(structure):
    """All that stands in nested tuples."""
    if isinstance(structure, tuple):
        return {kind for part in structure for kind in _kinds(part)}
    return {structure}


def outputs(capture):
    """All expressions that a program gives."""
    trees_ = [capture.result, *(tree for _, _, tree in capture.changes)]
    return [x for tree in trees_ for x in tree.expressions]
