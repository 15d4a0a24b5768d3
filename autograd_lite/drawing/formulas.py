"""A recorded call as a person writes it: ``y - h2``, ``sigmoid(z2)``, ``□ ** 2``."""

import numpy as np

HOLE = "□"  # an operand without a name: the value that comes along the arrow

_INFIX = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/",
    "power": "**", "matmul": "@", "remainder": "%",
}  # fmt: skip
_MANY = 4


def formula(node, names):
    """The call of a node: operands by their names, small numbers as themselves."""
    operands = [operand(node, position, names) for position in range(len(node.args))]
    op = node.op.name
    if op in _INFIX and len(operands) == 2:
        return f"{operands[0]} {_INFIX[op]} {operands[1]}"
    if op == "negative":
        return f"-{operands[0]}"
    if op == "part":
        return operands[0] + _part(node.args[0], node.kwargs["position"])
    if op == "getitem":
        return f"{operands[0]}[{_index(node.kwargs['index'], names)}]"
    operands += [f"{key}={_brief(value, names)}" for key, value in node.kwargs.items()]
    return f"{op}({', '.join(operands)})"


def operand(node, position, names):
    """One argument of a call: a name, a hole, or a number."""
    value, parent = node.args[position], node.parents[position]
    if not isinstance(value, list):
        return _one(value, parent, names)
    parents = parent or (None,) * len(value)
    texts = [_one(v, p, names) for v, p in zip(value, parents, strict=True)]
    if len(texts) > _MANY:
        texts[1:-1] = [f"... {len(texts)} arrays ..."]
    return f"[{', '.join(texts)}]"


def is_array(value):
    """Whether a plain argument gets a box of its own: numbers are part of the formula."""
    shape = getattr(value, "shape", ())
    return isinstance(shape, tuple) and shape != ()  # np.float64, the class, has a shape too


def _one(value, parent, names):
    if parent is not None:
        return names.given(parent) or HOLE
    if is_array(value):
        return names.of_array(value) or HOLE
    return _brief(value, names)


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
