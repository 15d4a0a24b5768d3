"""What an arrow of a picture says: the local derivative, and what becomes of axes.

The formula of a local derivative, ``h2 * (1 - h2)``, is the engine's own rule, run once on arrays
that remember the calls that made them.
"""

import re

import numpy as np

from ..engine.arrays import broadcast_axes
from ..engine.modes import watching
from ..engine.primitives import Elementwise
from ..graph import local_derivative
from ..rules.activations import sigmoid
from ..symbolic.graph import Graph
from ..symbolic.text import TextWriter, reciprocal
from ..symbolic.trace import OneCall, Trace
from ..symbolic.traced import Traced
from .formulas import HOLE, holes_of, is_array, operand
from .model import Edge

OUT = "out"  # a result without a name
LONG = 60  # characters, beyond which a formula is no label
_OWN = "along(", "scatter("  # words of ours, which stand for no factor
_FILLED = re.compile(r"full\(\([^()]*\), ([^(),]*)\)")  # an array of one number: the number
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
    derivative, formula = local_derivative(call, position), None
    if derivative is not None and call.op.f is not np.matmul:
        formula = local_formula(call, position, operands, names.given(call))
    return Edge(
        *ends,
        derivative=derivative,
        factor=_factor(call, position, source, operands),
        formula=formula,
        hole=hole,
        summed=summed,
        transposed=turned,
        step=use.step,
    )


def _factor(call, position, source, operands):
    """The other operand of a product, by its name; one without is seen only beside a named one."""
    if call.op.name not in ("multiply", "matmul") or not is_array(call.args[1 - position]):
        return None
    other = operands[1 - position]
    return None if other.startswith(HOLE) and source.name is None else other


def local_formula(node, position, operands, name):
    """The formula of a local derivative, or None where it has none that can be read.

    ``operands`` are the texts of the arguments, and ``name`` is that of the result.
    """
    op, trace, known = node.op, Trace(Graph()), {}

    def lifted(value, text):
        if isinstance(value, (np.ndarray, np.floating)) and (is_array(value) or text):
            return known.setdefault(text, trace.input(np.asarray(value), text))
        return value

    try:
        with np.errstate(all="ignore"), watching(OneCall(trace)):
            out = lifted(node.out, name or OUT)
            args = list(map(lifted, node.args, operands))
            if op.f is np.logaddexp and np.isfinite(node.out).all():
                one, other = args[position], args[1 - position]  # more than the rule says at inf
                derivative = sigmoid(one if not is_array(other) and other == 0 else one - other)
            else:
                derivative = op.rules[position](np.ones_like(out), out, *args, **node.kwargs)
    except Exception:  # a rule that looks at values, or is written for arrays alone
        return None
    if isinstance(op, Elementwise):
        return _written(derivative, known)
    return _of_reduction(derivative, known)


def _written(derivative, known):
    if type(derivative) is not Traced:
        return None
    x = derivative.expression
    x = x.filling or x
    if x.is_number and (n := reciprocal(x.value)):
        return f"1 / {n}"
    names = {one.expression: text for text, one in known.items()}
    text = _FILLED.sub(r"\1", TextWriter(names).write(x))
    text = re.sub(r"^1 \* \((.*)\)$", r"\1", text)  # a condition counts as 1 where it holds
    size = len(TextWriter(dict.fromkeys(names, "x")).write(x))  # long names are shortened
    return text if size <= LONG and not any(word in text for word in _OWN) else None


def _of_reduction(derivative, known):
    """1/N of a mean, with its N; of others as it is."""
    value = np.asarray(derivative.value if type(derivative) is Traced else derivative)
    if not value.size or value.dtype.kind != "f" or not np.all(value == value.flat[0]):
        return _written(derivative, known)
    c = float(value.flat[0])
    n = round(1 / c) if 0 < abs(c) < 1 else 0
    if n in (value.size, *value.shape) and abs(c * n - 1) <= 4 * np.finfo(value.dtype).eps:
        return f"1/N, N = {n}"
    return f"{c:.6g}"
