"""A part of an expression that the rest is linear in: what it must be for the whole to be right."""

import ast

import numpy as np

_PART = "__part__"


class Factor:
    """One node of an expression, with the expression around it.

    Attributes
    ----------
    text : str
        The part.
    around : str
        The expression with a name in the place of the part.
    """

    def __init__(self, whole, at):
        tree = ast.parse(f"({whole})", mode="eval")
        part = list(ast.walk(tree.body))[at]
        self.text = ast.unparse(part)
        self.around = ast.unparse(_Exchange(part).visit(tree))

    def solved(self, scope, wanted):
        """(slope, value, right value) for the whole to be as wanted, in the shape of the whole.

        Where the slope is 0 the value is as right as any. A ValueError where the whole is not
        linear in the part, entry by entry.
        """
        given = np.broadcast_to(eval(self.text, dict(scope)), wanted.shape)
        zero, one, as_it_is = (
            np.asarray(eval(self.around, {**scope, _PART: x}))
            for x in (np.zeros(given.shape), np.ones(given.shape), given)
        )
        slope = one - zero
        if slope.shape != wanted.shape or not np.allclose(zero + slope * given, as_it_is):
            raise ValueError(f"{self.text} is no factor of the whole")
        safe = np.where(slope, slope, 1.0)
        return slope, given, np.where(slope, (wanted - zero) / safe, given)


class _Exchange(ast.NodeTransformer):
    """Puts a name in the place of one node."""

    def __init__(self, node):
        self.node = node

    def visit(self, node):
        return ast.Name(_PART, ast.Load()) if node is self.node else self.generic_visit(node)
