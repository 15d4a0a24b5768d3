"""The picture model as a Mermaid flowchart: what GitHub, GitLab and many notebooks draw."""

import json

from ..messages import quoting
from .model import CONSTANT, GRADIENT, MODULE, OPERATION, OUTPUT, PARAMETER
from .plain_text import box_rows, edge_rows, legend, shortened, title
from .themes import DIRECTIONS

# Numbers of a matrix stand under one another, and lines are not broken.
_LONGEST = 2000  # characters of a text under the picture; Mermaid refuses 50,000 in all
_SETTINGS = {
    "flowchart": {"wrappingWidth": 2000},
    "themeVariables": {"fontFamily": "monospace", "fontSize": "12px"},
}
# Told apart without colour: a box, a flag, a rounded box, a double box, and a box with bars.
_SHAPES = {
    PARAMETER: ("[", "]"),
    CONSTANT: (">", "]"),
    OPERATION: ("(", ")"),
    OUTPUT: ("[[", "]]"),
    MODULE: ("[/", "/]"),
    GRADIENT: ("([", "])"),
}


def to_mermaid(diagram, style, look):
    """The text of a flowchart."""
    colours = look.colours
    lines = [f"%%{{init: {json.dumps(_SETTINGS)}}}%%", f"flowchart {DIRECTIONS[look.direction]}"]
    inside: dict = {}
    for box in diagram.boxes.values():
        inside.setdefault(box.group, []).append(box)
    children: dict = {}
    for group in diagram.groups.values():
        children.setdefault(group.parent, []).append(group)
    lines += _within(None, 1, inside, children, diagram, style)
    for edge in diagram.edges:
        arrow = "-->" if edge.flows else "-.->"
        rows = edge_rows(edge, diagram, style)
        beside = f"|{label(rows)}|" if rows else ""
        lines.append(f"  {edge.source} {arrow}{beside} {edge.target}")
    lines += _colours(diagram, colours)
    if below := legend(diagram, style):
        texts = [shortened(text, _LONGEST) for text in below]
        lines.append(f"  {diagram.root.id} ~~~ legend[{label(texts)}]")
        plain = f"fill:none,stroke:none,color:{colours.faint},text-align:left"
        lines.append(f"  style legend {plain}")
    return "\n".join(lines) + "\n"


def _within(id, depth, inside, children, diagram, style):
    """The boxes and frames inside a group, one after the other: there is no recursion."""
    stack = [("open", id, depth)]
    while stack:
        what, id, depth = stack.pop()
        pad = "  " * depth
        if what == "close":
            yield f"{pad}end"
            continue
        if id is not None:
            yield f'{pad[2:]}subgraph {id}["{quoting.mermaid(title(diagram.groups[id]))}"]'
        for box in inside.get(id, ()):
            before, after = _SHAPES[box.kind]
            yield f"{pad}{box.id}{before}{label(box_rows(box, diagram, style))}{after}"
        if id is not None:
            stack.append(("close", id, depth - 1))
        for group in reversed(children.get(id, ())):
            stack.append(("open", group.id, depth + 1))


def _colours(diagram, colours):
    """A class for each fill that is used."""
    classes: dict = {}
    for box in diagram.boxes.values():
        line = colours.suspect if box.suspect else colours.line
        key = colours.fill(box), line, 4 if box.suspect else 1
        classes.setdefault(key, []).append(box.id)
    for i, ((fill, line, width), ids) in enumerate(classes.items()):
        style = f"fill:{fill},stroke:{line},color:{colours.ink},stroke-width:{width}px"
        yield f"  classDef c{i} {style},text-align:left"
        yield f"  class {','.join(ids)} c{i}"
    marked = {
        i: colours.lines[edge.mark]
        for i, edge in enumerate(diagram.edges)
        if edge.mark in colours.lines
    }
    for i, line in marked.items():
        yield f"  linkStyle {i} stroke:{line},stroke-width:3px"


def label(lines):
    """Lines of text as a label in quotes; Mermaid reads the spaces that align a matrix once."""
    return '"' + "<br/>".join(map(quoting.mermaid, lines)) + '"'
