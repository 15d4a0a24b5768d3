"""The lines of a derivation as text, Markdown and LaTeX, with loops for equal steps.

Lines are triples (name, formula, value), written in the language of the form. With a `Style`
each is followed by its value, and no step is equal to another; without one, None, the values are
left out.
"""

import re
import sys

import numpy as np

from ..messages import quoting
from ..symbolic.array_text import labelled
from ..symbolic.calls import named
from ..symbolic.text import PLACING, TextWriter
from .notation import LATEX, TEXT
from .rolling import Block, rolled


def text_rows(lines, style):
    """The rows of text of some lines."""
    rows = []
    for block in _blocks(lines, TEXT, style):
        if block.span:
            rows.append(_head(block))
        for name, formula, *values in block.lines:
            rows.append(f"{'    ' * bool(block.span)}{name} = {formula}")
            rows += [_beside(name, v, style) for v in values if not isinstance(v, tuple)]
    return rows


def markdown_table(title, lines, style):
    """A table of some lines under a title; what is in a loop is set in."""
    rows = [f"**{title}**", "", f"| | formula |{' value |' * bool(style)}"]
    rows.append(f"|---|---|{'---|' * bool(style)}")
    for block in _blocks(lines, TEXT, style):
        if block.span:
            rows.append(f"| {_head(block)} | |")
        for name, formula, *values in block.lines:
            cells = [
                f"{'&emsp;' * bool(block.span)}{quoting.markdown_code(name)}",
                quoting.markdown_code(formula),
                *("<br>".join(map(quoting.markdown_code, _apart(v, style))) for v in values),
            ]
            rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def latex_rows(lines, style, writer):
    """The rows of some lines in ``align``; before a line of a loop stands the range of t.

    There it is on the page, however long the formula. ``writer`` writes the values.
    """
    rows = []
    for block in _blocks(lines, LATEX, style):
        lead = ""
        if block.span:
            lead = rf"{block.span.latex}:\quad ".replace("...", r"\dots")
        for name, formula, *values in block.lines:
            shown = [writer.value(v, style) for v in values if not isinstance(v, tuple)]
            rows.append(f"{lead}{name} &= {' = '.join([formula, *shown])}")
    return " \\\\\n".join(rows)


def _blocks(lines, notation, style):
    if style is not None:
        return [Block([line]) for line in lines]
    return rolled([(name, formula) for name, formula, _ in lines], notation)


def _head(block):
    return f"for {block.span}:"


def _beside(name, value, style):
    """A value under the equals sign of its line; of a large one its shape and a summary."""
    pad, text = " " * len(name), labelled("", value, style)
    if text.startswith(": "):
        return f"{pad}   {np.shape(value)}{text}"
    return labelled(pad, value, style)


def _apart(value, style):
    """The rows of a value in a cell; several results have none."""
    if isinstance(value, tuple):
        return []
    text = labelled("", value, style).removeprefix(" = ")
    if text.startswith(": "):
        return [f"{np.shape(value)}{text}"]
    return [row.strip() for row in text.split("\n")]


# --- what stands below --------------------------------------------------------------------------


class OwnWords:
    """The functions of ours among some steps, by the names that they are written under."""

    def __init__(self, steps):
        public = sys.modules[__name__.partition(".")[0]].__all__
        self._says = {}
        for step in steps:
            func = getattr(step, "func", None)
            module, says = getattr(func, "__module__", None) or "", getattr(func, "__doc__", None)
            if module.startswith("autograd_lite") and says and func is not named:
                name = TextWriter({}).called(func)
                name = PLACING.get(name, name)
                if name not in public:
                    self._says[name] = says.strip().split("\n")[0].rstrip(".")

    def explained(self, lines):
        """A line for each of these words that some lines use."""
        text = "\n".join(line.formula for line in lines)
        for word, says in sorted(self._says.items()):
            if re.search(rf"\b{word}\(", text):
                yield f"{word}: {says}"


def nameless(inputs):
    """A line for the arrays of each shape that have no name."""
    shapes: dict = {}
    for x in inputs:
        if re.fullmatch(r"array_\d+", x.name or ""):
            shapes.setdefault(x.shape, []).append(x.name)
    for shape, names in shapes.items():
        listed = f"{names[0]} ... {names[-1]}" if len(names) > 2 else " and ".join(names)
        what = "are arrays" if len(names) > 1 else "is an array"
        yield f"{listed} {what} of shape {shape} without a name"
