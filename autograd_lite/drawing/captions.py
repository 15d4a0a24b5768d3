"""What stands under a picture: the meaning of the signs that it has, and texts in full."""

from .formulas import HOLE
from .local_formulas import OUT
from .rows import long_texts

VERDICTS = [
    "Green: the gradient by hand is right. Red: it is wrong; pale red: because another one is.",
    "Grey: not given. A red frame: the derivative of this step is what is wrong.",
    "A green or red arrow: a factor of the chain that was given.",
]


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
