"""What a box and an arrow say, as lines of text for any renderer with a fixed-width font."""

import sys
from dataclasses import dataclass

import numpy as np

from .formulas import HOLE
from .model import OUTPUT


@dataclass(frozen=True)
class Style:
    """Which rows are shown, and how numbers are written.

    ``precision`` is the number of decimals; arrays of up to ``max_elements`` are written in
    full, larger ones as a summary.
    """

    precision: int = 4
    max_elements: int = 12
    values: bool = True
    gradients: bool = True


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


def labelled(label, value, style):
    """``label = value``, the further lines of an array under its first."""
    if isinstance(value, str):
        lead, text = f"{label}: ", value
    elif np.size(value) > style.max_elements:
        lead, text = f"{label}: ", _summary(np.asarray(value), style.precision)
    else:
        lead, text = f"{label} = ", _in_full(np.asarray(value), style.precision)
    return lead + text.replace("\n", "\n" + " " * len(lead.split("\n")[-1]))


def _in_full(array, precision):
    """All elements, aligned."""
    write = _writer(array, precision)
    width = max((len(write(x)) for x in array.ravel()), default=0)
    return np.array2string(
        array,
        max_line_width=88,
        threshold=sys.maxsize,
        formatter={"all": lambda x: write(x).rjust(width)},
    )


def _summary(array, precision):
    """The smallest, mean and largest element, and how many are not finite."""
    if array.dtype == bool:
        return f"{np.count_nonzero(array)} of {array.size} true"
    size = "size " if array.dtype.kind == "c" else ""
    sizes = np.abs(array) if size else array
    finite = sizes[np.isfinite(sizes)].astype(np.float64)
    low, high = finite.min(initial=np.inf), finite.max(initial=-np.inf)
    facts = []
    if low < high:
        facts = [("min", low), ("mean", np.sum(finite / finite.size)), ("max", high)]
    elif low == high:
        facts = [("all" if finite.size == array.size else "others", low)]
    texts = [f"{size}{what} {x:.{precision}g}" for what, x in facts]
    for what, found in ("nan", np.isnan(array)), ("inf", np.isinf(array)):
        if found.any():
            texts.append(f"{np.count_nonzero(found)} {what}")
    return "  ".join(texts)


def _writer(array, precision):
    """How the numbers of an array are written: all with an exponent if one would else read 0."""
    if array.dtype.kind not in "fc":
        return str
    sizes = np.abs(array[np.isfinite(array) & (array != 0)])
    fits = not sizes.size or (sizes.min() >= 0.5 * 10.0**-precision and sizes.max() < 1e8)
    return lambda x: f"{x:.{precision}{'f' if fits else 'e'}}"
