"""The picture model as plain text: the rows of boxes and arrows, the captions, all of it.

Every format that shows text takes its rows, titles and captions from here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..messages import quoting
from ..symbolic.array_text import Statistics, Style, labelled
from ..symbolic.text import differential
from .arrows import OUT
from .formulas import HOLE
from .model import CONSTANT, MODULE, OUTPUT

VERDICTS = [
    "Green: the gradient by hand is right. Red: it is wrong; pale red: because another one is.",
    "Grey: not given. A red frame: the derivative of this step is what is wrong.",
    "A green or red arrow: a factor of the chain that was given.",
]
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


# --- what stands under a picture -------------------------------------------------------------


def captions(diagram, style):
    """What explains the signs that a picture has."""
    lines = []
    if any(box.mark for box in diagram.boxes.values()):
        lines += VERDICTS
    edges, boxes = diagram.edges, diagram.boxes.values()
    if style.gradients and any(edge.flows for edge in edges):
        lines.append("On an arrow: the local derivative, which the gradient is multiplied by on "
                     "its way back.")  # fmt: skip
    texts = [*(b.formula or "" for b in boxes), *(e.formula or "" for e in edges)]
    signs = []
    if any(HOLE in text for text in texts):
        signs.append(f"{HOLE} is the value that arrives by the arrow")
    if style.gradients and any(edge.formula and OUT in edge.formula.split() for edge in edges):
        signs.append(f"{OUT} is the result of the box")
    if any(not edge.flows for edge in edges):
        signs.append("a dashed arrow takes no gradient back")
    if signs:
        lines.append(f"{'; '.join(signs)}.")
    if any(group.times > 1 for group in diagram.groups.values()):
        lines.append("A frame with x N stands for N equal steps, and shows the last.")
    return lines


def legend(diagram, style):
    """The captions, and what was shortened, for a format without tooltips."""
    whole = [f"  {text}" for text in long_texts(diagram, style)]
    return [*captions(diagram, style), *(["Shortened above:"] if whole else []), *whole]


# --- the whole of it ---------------------------------------------------------------------------


def to_text(diagram, style):
    """The picture as plain text, boxes in the order of the model.

    ``<- n1  dz2/dh1 = W2`` under a box is an arrow from the box n1; ``<. n0`` is one that takes
    no gradient back. Boxes in a frame are indented under its title.
    """
    incoming: dict = {}
    for edge in diagram.edges:
        incoming.setdefault(edge.target, []).append(edge)
    lines, around = [], []
    for box in diagram.boxes.values():
        groups = _around(box.group, diagram.groups)
        for depth, group in enumerate(groups):
            if groups[: depth + 1] != around[: depth + 1]:
                lines.append(f"{'  ' * depth}{title(group)}:")
        around = groups
        pad = "  " * len(groups)
        first, *more = box_rows(box, diagram, style)
        lines.append(f"{pad}{box.id:<4} {first}")
        lines += [f"{pad}     {row}" for row in more]
        for edge in incoming.get(box.id, ()):
            rows = edge_rows(edge, diagram, style) or [""]
            sign = "<-" if edge.flows else "<."
            lead = f"{pad}       {sign} {edge.source:<4} "
            lines.append(f"{lead}{'; '.join(rows)}".rstrip())
    below = legend(diagram, style)
    return "\n".join([*lines, *([""] if below else []), *below]) + "\n"


def title(group):
    """What a frame is called: "lstm_step  x 50"."""
    text = quoting.text(group.label)
    return f"{text}  x {group.times}" if group.times > 1 else text


def _around(id, groups):
    """The groups around a box, outermost first."""
    found: list = []
    while id is not None:
        found.insert(0, groups[id])
        id = groups[id].parent
    return found
