"""The local derivative on one edge of the graph: what a cotangent is multiplied by there."""

import numpy as np

from .primitives import Elementwise


def local_derivative(node, position):
    """The factor of the chain rule between a call and its argument at ``position``.

    For an element-wise call it is the derivative of each element, an array of the result's
    shape; for a product ``x @ y`` the other operand; for a result that is one number the
    gradient. None where no single array is multiplied by (reshape, concatenate, indexing ...).
    """
    op, args = node.op, node.args
    if op.f is np.matmul:
        return args[1 - position]
    rule = op.rules[position]
    several = isinstance(node.out, tuple) or isinstance(args[position], tuple)
    if rule is None or op.sequence or several:
        return None
    if not (isinstance(op, Elementwise) or np.ndim(node.out) == 0):
        return None
    with np.errstate(all="ignore"):
        return rule(np.ones_like(node.out), node.out, *args, **node.kwargs)
