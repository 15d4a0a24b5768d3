"""What an arrow of a picture says: the local derivative, and what becomes of axes."""

import numpy as np

from ..engine.arrays import broadcast_axes
from ..engine.primitives import Elementwise
from ..graph import local_derivative
from .formulas import HOLE, holes_of, is_array, operand
from .local_formulas import local_formula
from .model import Edge

_TURNING = {"transpose", "swapaxes", "moveaxis", "matrix_transpose", "rollaxis"}


def edge_of(use, source, target, count, names):
    """The edge of a use by a call that has a box of its own."""
    call, position = use.call, use.position
    ends = source.id, target.id, count, use.flows
    turned = call.op.name in _TURNING
    holes = holes_of(call, names)
    hole = holes.get(use.parent or id(use.value))
    if not use.flows:
        return Edge(*ends, hole=hole, transposed=turned, step=use.step)
    operands = [operand(call, i, names, holes) for i in range(len(call.args))]
    summed = ()
    if isinstance(call.op, Elementwise):
        summed = broadcast_axes(source.shape, np.shape(call.out))
    return Edge(
        *ends,
        derivative=local_derivative(call, position),
        factor=_factor(call, position, source, operands),
        formula=_formula(call, position, operands, names.given(call)),
        hole=hole,
        summed=summed,
        transposed=turned,
        step=use.step,
    )


def _formula(call, position, operands, name):
    """None of products of matrices and of what no single array is multiplied by."""
    several = isinstance(call.out, tuple) or isinstance(call.args[position], (tuple, list))
    if several or call.op.f is np.matmul or call.op.sequence:
        return None
    return local_formula(call, position, operands, name)


def _factor(call, position, source, operands):
    """The other operand of a product, by its name; one without is seen only beside a named one."""
    if call.op.name not in ("multiply", "matmul") or not is_array(call.args[1 - position]):
        return None
    other = operands[1 - position]
    return None if other.startswith(HOLE) and source.name is None else other
