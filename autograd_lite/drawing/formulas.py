"""The text of a picture: calls as a person writes them, ``□ ** 2``; lines for any renderer."""

import numpy as np

from ..symbolic.text import labelled
from .model import OUTPUT

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


# --- what a box and an arrow say, in a font of fixed width ----------------------------------------


def box_lines(box, diagram, style):
    """The head of a box, what it is and its shape, and a row for each of its arrays."""
    head = box.formula or box.kind
    if box.name is not None:
        head = f"{box.name} = {head}" if box.formula else f"{box.name}: {head}"
    rows = [head]
    if box.value is not None:
        dtype = "" if box.dtype == np.float64 else f" {box.dtype}"
        rows = [f"{head}  {box.shape or 'scalar'}{dtype}"]
    if style.values and box.value is not None:
        rows.append(labelled(box.name or "value", box.value, style))
    if style.gradients and box.gradient is not None and box.kind != OUTPUT:
        label = f"{_d(diagram.loss)}/{_d(box.name)}" if box.name else "gradient"
        rows.append(labelled(label, box.gradient, style))
    rows += [labelled(label, value, style) for label, value in box.notes]
    return "\n".join(rows).split("\n")


def edge_lines(edge, diagram, style):
    """The local derivative on an arrow, and where the gradient is summed on its way back.

    Nothing is said where no single array is multiplied by.
    """
    if not style.gradients or edge.derivative is None:
        return []
    source, target = diagram.boxes[edge.source], diagram.boxes[edge.target]
    top = target.name or target.formula
    if target.kind == OUTPUT and target.name:
        top = diagram.loss
    label = f"{_d(top)}/{_d(source.name or HOLE)}"
    array = edge.derivative
    if edge.factor is None:
        row = labelled(label, _collapsed(array), style)
    else:
        row = f"{label} = {edge.factor}"
        one_row = np.size(array) == np.shape(array)[-1] <= style.max_elements
        if edge.factor != HOLE and one_row:  # else its numbers are in a box beside this arrow
            row = labelled(row, array, style)
    if edge.summed:
        axes = ", ".join(map(str, edge.summed))
        row += f"\nsummed over {'axis' if len(edge.summed) == 1 else 'axes'} {axes}"
    return row.split("\n")


def _d(name):
    """The differential of a name: dW1, d(layers.0.weight), d(y - h2), d□."""
    return f"d{name}" if name.isidentifier() or name == HOLE else f"d({name})"


def _collapsed(array):
    """One number for an array of equal elements, -1, 0 and 1 without decimals."""
    values = np.unique(array)
    if len(values) != 1:
        return array
    return int(values[0].real) if values[0] in (-1, 0, 1) else values[0]
