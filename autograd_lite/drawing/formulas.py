"""Calls of a tape as a person writes them: ``y - h2``, ``□ ** 2``."""

import numpy as np

from ..symbolic.text import reciprocal

HOLE = "□"  # an operand without a name: the value that comes along the arrow; of several □1, □2

_INFIX = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/",
    "power": "**", "matmul": "@", "remainder": "%",
}  # fmt: skip
_MANY = 4


def formula(node, names, holes=None):
    """The call of a node: operands by their names, small numbers as themselves.

    ``holes`` tells those without a name apart; see `holes_of`.
    """
    operands = [operand(node, position, names, holes) for position in range(len(node.args))]
    op = node.op.name
    if op in _INFIX and len(operands) == 2:
        if op == "multiply" and (over := _divided(node, operands)):
            return over
        return f"{operands[0]} {_INFIX[op]} {operands[1]}"
    if op == "negative":
        return f"-{operands[0]}"
    if op == "part":
        return operands[0] + _part(node.args[0], node.kwargs["position"])
    if op == "getitem":
        return f"{operands[0]}[{_index(node.kwargs['index'], names)}]"
    operands += [f"{key}={_brief(value, names)}" for key, value in node.kwargs.items()]
    return f"{op}({', '.join(operands)})"


def operand(node, position, names, holes=None):
    """One argument of a call: a name, a hole, or a number."""
    value, parent = node.args[position], node.parents[position]
    if not isinstance(value, list):
        return _one(value, parent, names, holes or {})
    parents = parent or (None,) * len(value)
    texts = [_one(v, p, names, holes or {}) for v, p in zip(value, parents, strict=True)]
    if len(texts) > _MANY:
        texts[1:-1] = [f"... {len(texts)} arrays ..."]
    return f"[{', '.join(texts)}]"


def holes_of(node, names):
    """{operand: its hole} where several operands of a call have no name: □1, □2 in order.

    An operand is the node that it came from, or the id of a plain array.
    """
    found: dict = {}
    for value, parent in node.inputs():
        key = parent or id(value)
        if _one(value, parent, names, {}) == HOLE:
            found.setdefault(key, f"{HOLE}{len(found) + 1}")
    return found if len(found) > 1 else {}


def is_array(value):
    """Whether a plain argument gets a box of its own: numbers are part of the formula."""
    shape = getattr(value, "shape", ())
    return isinstance(shape, tuple) and shape != ()  # np.float64, the class, has a shape too


def _one(value, parent, names, holes):
    if parent is not None:
        return names.given(parent) or holes.get(parent, HOLE)
    if is_array(value):
        return names.of_array(value) or holes.get(id(value), HOLE)
    return _brief(value, names)


def _divided(node, operands):
    """□ / 32 where a call multiplies by 1 / 32: what divided by a size, as it is read."""
    for value, other in zip(node.args, operands[::-1], strict=True):
        if isinstance(value, (float, np.floating)) and (n := reciprocal(value)):
            return f"{other} / {n}"
    return None


def _part(results, position):
    """One of several results: ``.eigenvalues``, ``[0]``."""
    fields = getattr(results, "_fields", None)
    return f".{fields[position]}" if fields else f"[{position}]"


def _index(index, names):
    if isinstance(index, tuple):
        return ", ".join(_index(part, names) for part in index)
    if isinstance(index, slice):
        ends = ["" if end is None else str(end) for end in (index.start, index.stop, index.step)]
        return ":".join(ends if ends[2] else ends[:2])
    if is_array(index):
        return names.of_array(index) or "indices"
    return "..." if index is ... else _brief(index, names)


def _brief(value, names):
    """A plain value in a few characters."""
    if is_array(value):
        return names.of_array(value) or f"array{value.shape}"
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.item()
    text = f"{value:.6g}" if isinstance(value, float) else getattr(value, "__name__", repr(value))
    return text if len(text) <= 30 else f"{text[:27]}..."
