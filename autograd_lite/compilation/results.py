"""What a function returned or left somewhere, as expressions in nested containers."""

import numpy as np

from ..engine import trees
from ..engine.tensor import Tensor, constant
from ..symbolic.expressions import Expression
from ..symbolic.traced import Traced
from .errors import CompilationError

_LEAF = Expression("input", 0.0)


class Tree:
    """What a function returned or left somewhere, nested: expressions, and what is no array.

    Attributes
    ----------
    leaves
        Expressions of the arrays and the numbers that a program computes; others as they are.
    expressions
        The first of these alone.
    nested
        The same in the function's own tuples and lists, where there is nothing else.
    structure
        Nested tuples that tell trees apart.
    """

    def __init__(self, graph, tree, where):
        leaves, self._rebuild = trees.flatten(tree)
        self.leaves = [_leaf(graph, leaf, where) for leaf in leaves]
        self.expressions = [x for x in self.leaves if type(x) is Expression]
        self.structure = _structure(tree)
        self.nested = _nested(self.structure, iter(self.expressions))
        self._is_tensor = [where != _RESULT and isinstance(leaf, Tensor) for leaf in leaves]
        self.is_single = self.structure == "leaf" and not isinstance(tree, Tensor)

    def is_integer(self):
        """Whether it is one Python integer."""
        value = self.leaves[0] if len(self.leaves) == 1 else None
        return type(value.value if type(value) is Expression else value) is int

    def build(self, values):
        """The same tree of the values that a program computed."""
        values = iter(values)
        leaves = [next(values) if type(x) is Expression else x for x in self.leaves]
        pairs = zip(leaves, self._is_tensor)
        return self._rebuild([constant(np.asarray(v)) if t else v for v, t in pairs])

    def forget(self):
        """Let go of the graph."""
        self.leaves = [_LEAF if type(x) is Expression else x for x in self.leaves]
        self.expressions = self.nested = None


_RESULT = "the result"


def _leaf(graph, leaf, where):
    """A leaf as an expression where it is an array, of its own memory; else as it is."""
    if isinstance(leaf, Tensor):
        if where != _RESULT and leaf.requires_grad:
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
    if type(tree) in (tuple, list):
        return (type(tree), *map(_structure, tree))
    if isinstance(tree, dict):
        return ("other", type(tree), *((key, _structure(part)) for key, part in tree.items()))
    if isinstance(tree, (tuple, list)) or tree is None:
        return ("other", type(tree), *map(_structure, tree or ()))
    return "leaf" if isinstance(tree, (Traced, Tensor, np.ndarray)) else ("other", type(tree))


def _nested(structure, expressions):
    """Expressions in tuples and lists of a structure, or None where there is anything else."""
    if structure == "leaf":
        return next(expressions)
    kind, *parts = structure
    parts = None if kind == "other" else [_nested(part, expressions) for part in parts]
    return None if parts is None or None in parts else kind(parts)
