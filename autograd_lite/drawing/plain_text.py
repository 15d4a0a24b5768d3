"""The picture model as lines of a terminal: each box, and under it the arrows that lead to it."""

from ..messages import quoting
from .captions import legend
from .rows import box_rows, edge_rows


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
