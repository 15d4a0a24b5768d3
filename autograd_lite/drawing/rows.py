"""The rows of a box and of an arrow as plain text, for every format that shows text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..messages import quoting
from ..symbolic.array_text import Statistics, Style, labelled
from ..symbolic.text import differential
from .formulas import HOLE
from .model import CONSTANT, MODULE, OUTPUT

LONGEST = 32  # characters of a name, half of those of a call


@dataclass(frozen=True)
class Rows(Style):
    """What is shown: as `Style`, and ``numbers`` of local derivatives too."""

    numbers: bool = False


def shortened(text, longest=LONGEST):
    """A name that is no longer than a box."""
    return quoting.shortened(text, longest)


def head(box):
    """What a box is: "h1 = sigmoid(z1)", "W1: parameter"."""
    what = box.formula or box.kind
    if box.kind == MODULE:
        what = box.name
        return f"{box.formula} = {what}" if box.formula else what
    if box.name is None:
        return what
    return f"{box.name} = {what}" if box.formula else f"{box.name}: {what}"


def long_texts(diagram, style):
    """What boxes and arrows are, each once, where that is longer than they show."""
    texts = [quoting.text(head(box)) for box in diagram.boxes.values()]
    if style.gradients:
        texts += [edge.factor or edge.formula or "" for edge in diagram.edges if edge.flows]
    return [text for text in dict.fromkeys(texts) if len(text) > 2 * LONGEST]


def box_rows(box, diagram, style):
    """The head of a box with its shape, and a row for each of its arrays."""
    first = shortened(quoting.text(head(box)), 2 * LONGEST)
    if box.value is not None:
        dtype = "" if box.dtype == np.float64 else f" {box.dtype}"
        first = f"{first}  {box.shape or 'scalar'}{dtype}"
    rows = [first]
    if box.calls > 1:
        rows.append(f"{box.calls:,} calls")
    name = box.symbol
    if style.values and box.value is not None:
        rows.append(_array(shortened(name or "value"), box.value, style))
    if style.gradients:
        rows += _gradient_rows(box, name, diagram, style)
    rows += [_array(label, value, style) for label, value in box.notes]
    if box.metric_label:
        rows.append(box.metric_label)
    if box.cut:
        rows.append("computed from what is left out")
    return "\n".join(rows).split("\n")


def _gradient_rows(box, name, diagram, style):
    if box.missing:
        yield box.missing
    if box.gradient is None or box.kind in (OUTPUT, CONSTANT):
        return
    label = f"{_d(diagram.loss)}/{_d(name)}" if name else "gradient"
    yield _array(label, box.gradient, style)
    if box.uses > 1:
        yield f"the sum of {box.uses}"


def edge_rows(edge, diagram, style):
    """The local derivative on an arrow, and what becomes of axes on the way."""
    rows = [edge.hole] if edge.hole else []
    if edge.step:
        rows.append(f"to the {edge.step} step")
    if style.gradients and edge.flows:
        rows += _derivative_rows(edge, diagram, style)
    if edge.transposed:
        rows.append("transposed")
    if edge.summed:
        source, target = diagram.boxes[edge.source], diagram.boxes[edge.target]
        rows.append(f"broadcast {source.shape or 'scalar'} to {target.shape}")
        axes = ", ".join(map(str, edge.summed))
        if style.gradients:
            rows.append(f"summed over {'axis' if len(edge.summed) == 1 else 'axes'} {axes}")
    return "\n".join(rows).split("\n") if rows else []


def _derivative_rows(edge, diagram, style):
    formula = edge.factor or edge.formula
    if not formula and (not style.numbers or edge.derivative is None):
        return
    source, target = diagram.boxes[edge.source], diagram.boxes[edge.target]
    top = target.symbol or target.formula
    if target.kind == OUTPUT and target.name:
        top = diagram.loss
    label = f"{_d(top)}/{_d(source.symbol or edge.hole or HOLE)}"
    if formula:
        label = f"{label} = {shortened(formula, 2 * LONGEST)}"
    if style.numbers and edge.derivative is not None:
        label = _numbers(label, edge, formula, style)
    yield label


def _numbers(label, edge, formula, style):
    """The label with the numbers of a derivative behind it, where they are not beside it."""
    array = edge.derivative
    if edge.factor is None:
        collapsed = _collapsed(array)
        if np.ndim(collapsed) == 0 and formula == str(collapsed):
            return label
        return labelled(label, collapsed, style)
    one_row = np.size(array) == np.shape(array)[-1] <= style.max_elements
    return labelled(label, array, style) if edge.factor[0] != HOLE and one_row else label


def _d(name):
    """The differential of a name: dW1, d(layers.0.weight), d(y - h2), d□."""
    return (
        f"d{name}" if name.startswith(HOLE) and " " not in name else differential(shortened(name))
    )


def _collapsed(array):
    """One number for an array of equal elements, -1, 0 and 1 without decimals."""
    values = np.unique(array)
    if len(values) != 1:
        return array
    return int(values[0].real) if values[0] in (-1, 0, 1) else values[0]


def _array(label, value, style):
    """A row of a box: an array in full, or in a few facts with a histogram."""
    if isinstance(value, str) or np.size(value) <= style.max_elements:
        return labelled(label, value, style)
    array = np.asarray(value)
    row = labelled(label, array, style)
    if array.dtype.kind not in "iufc":
        return row
    facts = Statistics.of(array)
    if not facts.counts:
        return row
    bars = f"{' ' * (len(label) + 2)}norm {facts.norm:.{style.precision}g}  {facts.bars}"
    return f"{row}\n{bars}"
