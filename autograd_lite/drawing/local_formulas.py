"""The local derivative of a call as a formula of names: ``h2 * (1 - h2)``.

It is the engine's own rule, run once on arrays that remember the calls that made them.
"""

import re

import numpy as np

from ..engine.modes import watching
from ..engine.primitives import Elementwise
from ..rules.activations import sigmoid
from ..symbolic.graph import Graph
from ..symbolic.text import TextWriter, reciprocal
from ..symbolic.trace import OneCall, Trace
from ..symbolic.traced import Traced
from .formulas import is_array

OUT = "out"  # a result without a name
LONG = 60  # characters, beyond which a formula is no label
_OWN = "along(", "scatter("  # words of ours, which stand for no factor
_FILLED = re.compile(r"full\(\([^()]*\), ([^(),]*)\)")  # an array of one number: the number


def local_formula(node, position, operands, name):
    """The formula of a local derivative, or None where it has none that can be read.

    ``operands`` are the texts of the arguments, and ``name`` is that of the result.
    """
    op = node.op
    rule = op.rules[position]
    if not isinstance(op, Elementwise) and np.ndim(node.out):
        return None
    trace = Trace(Graph())
    known: dict = {}

    def lifted(value, text):
        if not isinstance(value, (np.ndarray, np.floating)) or not (is_array(value) or text):
            return value
        if text not in known:
            known[text] = trace.input(np.asarray(value), text)
        return known[text]

    try:
        with np.errstate(all="ignore"), watching(OneCall(trace)):
            out = lifted(node.out, name or OUT)
            args = list(map(lifted, node.args, operands))
            if op.f is np.logaddexp and np.isfinite(node.out).all():
                derivative = _of_logaddexp(args[position], args[1 - position])
            else:
                derivative = rule(np.ones_like(out), out, *args, **node.kwargs)
    except Exception:  # a rule that looks at values, or is written for arrays alone
        return None
    if isinstance(op, Elementwise):
        return _written(derivative, known)
    return _of_reduction(derivative, known)


def _of_logaddexp(one, other):
    """What the rule says too, and more at infinite numbers."""
    return sigmoid(one if not is_array(other) and other == 0 else one - other)


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
