"""What a box and an arrow say, as lines of text for any renderer with a fixed-width font."""

import numpy as np

from ..symbolic.text import labelled
from .formulas import HOLE
from .model import OUTPUT


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
