"""The picture model as DOT, the language of Graphviz.

Labels are plain text: HTML-like ones and record shapes have a syntax of their own, and not every
renderer knows them.
"""

import graphviz

from ..messages import quoting
from .model import CONSTANT, GRADIENT, MODULE, NEXT, OPERATION, OUTPUT, PARAMETER
from .plain_text import box_rows, captions, edge_rows, head, shortened, title
from .themes import DIRECTIONS

FONT = "Courier"  # every renderer knows its widths: 0.6 of the size, as in other fixed-width fonts

TOOLTIP = 12_000  # characters; Graphviz reads no more than 16,384 in a text

# Told apart without colour.
SHAPES = {
    PARAMETER: {"shape": "box", "penwidth": "2.2"},
    CONSTANT: {"shape": "note"},
    OPERATION: {"shape": "box", "style": "filled,rounded"},
    OUTPUT: {"shape": "box", "peripheries": "2"},
    MODULE: {"shape": "box3d"},
    GRADIENT: {"shape": "box", "style": "filled,rounded,dashed"},
}

# Arrows, beyond which a picture is laid out in a tenth of the time, 0.3 s for 250: labels take no
# place of their own, arrows are of straight pieces, and the search for short ones ends earlier.
MANY = 80


def to_dot(diagram, style, look):
    """The DOT text of a picture model."""
    colours = look.colours
    dot = graphviz.Digraph("tape")
    dot.attr("graph", **_graph(diagram, style, look))
    dot.attr("node", style="filled", fontname=FONT, fontsize="11", margin="0.12,0.08",
             color=colours.line, fontcolor=colours.ink)  # fmt: skip
    dot.attr("edge", fontname=FONT, fontsize="10", fontcolor=colours.faint, arrowsize="0.8",
             color=colours.line)  # fmt: skip
    frames = {id: _frame(group, colours) for id, group in diagram.groups.items()}
    column = _column(diagram)
    for box in diagram.boxes.values():
        attributes = _box(box, colours)
        if box.id in column:
            attributes["group"] = "column"
        rows = box_rows(box, diagram, style)
        parent = frames.get(box.group, dot)
        parent.node(
            box.id, label(rows), tooltip=_quoted(shortened(head(box), TOOLTIP)), **attributes
        )
    beside = _beside(diagram, column)
    for leaf, (target, _) in beside.items():
        with frames.get(diagram.boxes[target].group, dot).subgraph() as row:
            row.attr(rank="same")
            row.node(target)
            row.node(leaf)
    for id, group in reversed(diagram.groups.items()):
        frames.get(group.parent, dot).subgraph(frames[id])
    _draw_edges(dot, diagram, style, colours, column, beside)
    return dot.source


def _graph(diagram, style, look):
    """The attributes of the whole."""
    is_large = len(diagram.edges) > MANY
    found = {
        "rankdir": DIRECTIONS[look.direction], "nodesep": "0.3", "ranksep": "0.3",
        "ordering": "in", "bgcolor": look.colours.paper,
    }  # fmt: skip
    if is_large:
        found |= {"splines": "polyline", "nslimit": "2", "mclimit": "0.5"}
    if caption := captions(diagram, style):
        found |= {"label": label(caption), "labeljust": "l", "fontname": FONT, "fontsize": "9",
                  "fontcolor": look.colours.faint}  # fmt: skip
    return found


def _column(diagram):
    """The boxes of the longest way to the root along gradients: they stand in one column."""
    far, way = {}, {}
    for edge in diagram.edges:
        if edge.step != NEXT:
            length = far.get(edge.source, 0) + 1
            if length > far.get(edge.target, 0) or (
                length == far.get(edge.target, 0) and _is_inner(diagram, edge.source)
            ):
                far[edge.target], way[edge.target] = length, edge.source
    found, id = set(), diagram.root.id
    while id is not None:
        found.add(id)
        id = way.get(id)
    return found


def _beside(diagram, column):
    """{leaf: (call, whether it stands to its right)} of leaves that one call uses, beside it.

    So each call stands under the one before, and modules under one another.
    """
    uses, arrows = {}, {}
    for edge in diagram.edges:
        uses.setdefault(edge.source, []).append(edge)
        arrows.setdefault(edge.target, []).append(edge)
    found: dict = {}
    for box in diagram.boxes.values():
        used = uses.get(box.id, ())
        if box.kind not in (PARAMETER, CONSTANT) or len(used) != 1 or box.id in column:
            continue
        edge = used[0]
        above = [e for e in arrows[edge.target] if e.source != box.id and e.source not in found]
        is_same = diagram.boxes[edge.target].group == box.group and edge.step is None
        place = edge.target, bool(above) and edge.position >= above[0].position
        if above and is_same and place not in found.values():
            found[box.id] = place
    return found


def _is_inner(diagram, id):
    return diagram.boxes[id].kind not in (PARAMETER, CONSTANT)


def _box(box, colours):
    """The attributes of a box."""
    found = {**SHAPES[box.kind], "fillcolor": colours.fill(box)}
    if box.mark == "wrong":
        found["penwidth"] = "3"
    if box.suspect:
        found |= {"color": colours.suspect, "penwidth": "4"}
    if box.cut:
        found["style"] = "filled,rounded,dashed"
    return found


def _frame(group, colours):
    """The cluster of a group."""
    frame = graphviz.Digraph(f"cluster_{group.id}")
    text = title(group)
    frame.attr(
        label=label([text]), labeljust="l", fontname=FONT, fontsize="11", style="rounded",
        color=colours.frame, fontcolor=colours.ink, margin="10",
        tooltip=_quoted(text), penwidth="2.5" if group.times > 1 else "1",
    )  # fmt: skip
    return frame


def _draw_edges(dot, diagram, style, colours, column, beside):
    where = "xlabel" if len(diagram.edges) > MANY else "label"
    for edge in diagram.edges:
        rows = [f" {text}" for text in edge_rows(edge, diagram, style)]
        attributes = {"style": "solid" if edge.flows else "dashed", where: label(rows)}
        if edge.mark in colours.lines:
            attributes |= {"color": colours.lines[edge.mark], "penwidth": "2.5"}
        if edge.step == NEXT:
            attributes |= {"constraint": "false", "style": "bold"}
        elif edge.source in column and edge.target in column:
            attributes["weight"] = "100"
        elif _is_inner(diagram, edge.source):
            attributes["weight"] = "8"
        ends = edge.source, edge.target
        if beside.get(edge.source) == (edge.target, True):
            ends = ends[::-1]
            attributes["dir"] = "back"
        dot.edge(*ends, **attributes)


def label(lines):
    """Lines of text as a label that draws them as they are; none ends in ">", as HTML would."""
    return "".join(f"{_quoted(line)}\\l" for line in lines)


def _quoted(line):
    """A line of a label without the meaning of backslashes and of entities."""
    return graphviz.escape(quoting.text(line).replace("&", "&amp;"))
