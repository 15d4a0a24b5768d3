"""The picture model as DOT, Graphviz's language. Labels are plain text: HTML-like ones and
record shapes have a syntax of their own, and not every renderer knows them.
"""

import graphviz

from .formulas import HOLE
from .labels import box_lines, edge_lines
from .model import CONSTANT, OPERATION, OUTPUT, PARAMETER

FONT = "Courier"  # every renderer knows its widths: 0.6 of the size, as in other fixed-width fonts

# Told apart by shape and by lightness, so that colour is not needed; hues of Okabe and Ito.
LOOKS = {
    PARAMETER: {"shape": "box", "fillcolor": "#F9DFA8", "penwidth": "2.2"},
    CONSTANT: {"shape": "note", "fillcolor": "#FFFFFF"},
    OPERATION: {"shape": "box", "fillcolor": "#DCEEF8", "style": "filled,rounded"},
    OUTPUT: {"shape": "box", "fillcolor": "#BFE3D6", "peripheries": "2"},
}

CAPTION = [
    "On an arrow: the local derivative, which the gradient is multiplied by on its way back.",
    f"{HOLE} is the value that arrives by the arrow; a dashed arrow takes no gradient back.",
]


def to_dot(diagram, style):
    """The DOT text of a picture model."""
    dot = graphviz.Digraph("tape")
    if style.gradients and diagram.edges:
        dot.attr("graph", label=label(CAPTION), labeljust="l", fontname=FONT, fontsize="9")
    dot.attr("graph", nodesep="0.35", ranksep="0.3", ordering="in")
    dot.attr("node", style="filled", fontname=FONT, fontsize="11", margin="0.12,0.08")
    dot.attr("edge", fontname=FONT, fontsize="10", fontcolor="#404040", arrowsize="0.8")
    for box in diagram.boxes.values():
        dot.node(box.id, label(box_lines(box, diagram, style)), **LOOKS[box.kind])
    for edge in diagram.edges:
        beside = [f" {text}" for text in edge_lines(edge, diagram, style)]
        line = "solid" if edge.flows else "dashed"
        dot.edge(edge.source, edge.target, label(beside), style=line)
    return dot.source


def label(lines):
    """Lines of text as a label that draws them as they are; none ends in ">", as HTML would."""
    return "".join(f"{_literal(line)}\\l" for line in lines)


def _literal(line):
    """A line without the meaning Graphviz gives to backslashes and to entities such as &amp;."""
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)
    return graphviz.escape(shown.replace("&", "&amp;"))
