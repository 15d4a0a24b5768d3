"""The report of a review, in each of its forms: text, Markdown, HTML, JSON, a diff."""

from __future__ import annotations

import dataclasses
import difflib
import json
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..messages import quoting
from .verdicts import FOLLOWS, RIGHT, WRONG, Line

if TYPE_CHECKING:
    from ..drawing import Picture

_COLOURS = {RIGHT: "32", WRONG: "1;31", FOLLOWS: "33"}
_WASHES = {
    RIGHT: "rgba(0, 158, 115, 0.18)",
    WRONG: "rgba(213, 94, 0, 0.28)",
    FOLLOWS: "rgba(230, 159, 0, 0.22)",
}


@dataclass(frozen=True, repr=False)
class Review:
    """What `autograd_lite.review` found; true if every gradient that was compared is right.

    Attributes
    ----------
    lines : list of Line
        One for each source line that was judged: path, line, name, verdict, because, suggestion.
    compared : dict
        The gradients that were compared: {name in the result: what it is the gradient of}.
    unpaired : tuple of str
        Returned arrays that were not compared, as it is not known what they are gradients of.
    wrong : tuple of str
        Of those compared, the wrong ones.
    notes : tuple of str
        What else is to be said.
    fixed : dict of str by path
        The sources with the right lines in place; nothing is changed on the disk.
    """

    lines: list[Line]
    compared: dict[str, str]
    unpaired: tuple[str, ...]
    wrong: tuple[str, ...]
    notes: tuple[str, ...] = ()
    fixed: dict[str, str] = field(default_factory=dict)
    sources: dict[str, list[str]] = field(default_factory=dict, repr=False)
    graph: Any = field(default=None, repr=False, compare=False)

    def __bool__(self) -> bool:
        return not self.wrong

    def __str__(self) -> str:
        return self._text(_wants_colour())

    __repr__ = __str__

    @property
    def summary(self) -> str:
        """One sentence: the first wrong line and what is wrong with it, or that all is right."""
        if not self.compared:
            if not self.unpaired:
                return (
                    "no gradient was compared: there is none in what was returned, nor in an "
                    "object or a tensor.grad: return (loss, {'W': dW})"
                )
            return "no gradient was compared: none of what was returned could be paired"
        bad = [line for line in self.lines if line.verdict == WRONG]
        if not bad:
            if self.wrong:
                return (
                    f"{', '.join(self.wrong)}: wrong, and no single line was found to be the cause"
                )
            return f"right: all {len(self.compared)} gradients that were compared agree"
        return _sentence(bad[0])

    def _text(self, colour):
        bad = [line for line in self.lines if line.verdict == WRONG]
        out = [_sentence(line) for line in bad] or [self.summary]
        number = max((len(str(line.line)) for line in self.lines), default=1)
        for path in dict.fromkeys(line.path for line in self.lines) if bad else ():
            mine = [line for line in self.lines if line.path == path]
            out += ["", *([_short(path)] if len({x.path for x in self.lines}) > 1 else [])]
            width = min(max(len(_first(line.text)) for line in mine), 60)
            for line in mine:
                out += _rows(line, number, width, colour)
        return "\n".join([*out, "", *self._counts()])

    def _counts(self):
        count = {v: sum(line.verdict == v for line in self.lines) for v in (RIGHT, WRONG, FOLLOWS)}
        total = len(self.compared) + len(self.unpaired)
        them = "it" if count[WRONG] == 1 else "them"
        parts = [
            f"{count[RIGHT]} {'line' if count[RIGHT] == 1 else 'lines'} of the backward pass right",
            *([f"{count[WRONG]} wrong"] if count[WRONG] else []),
            *([f"{count[FOLLOWS]} wrong because of {them}"] if count[FOLLOWS] else []),
        ]
        compared = f"{len(self.compared)} of {total} gradients returned were compared"
        yield f"{', '.join(parts)}; {compared}"
        if self.unpaired:
            names = ", ".join(self.unpaired)
            yield f"not compared, as nothing tells what they are gradients of: {names}"
        yield from self.notes

    def draw(self, **options) -> Picture:
        """The graph of the loss in the colours of the verdicts; see `autograd_lite.draw`.

        Green is a tensor whose gradient by hand is right, red one whose line is wrong, pale red
        one that is wrong because of another line, and grey one that the backward pass does not
        name. The verdicts are written in the boxes too.

        Parameters
        ----------
        **options
            ``precision``, ``max_elements``, ``max_nodes``, ``values``, ``gradients``,
            ``numbers``, ``theme``, ``direction`` and ``collapse``, as those of
            `autograd_lite.draw`.

        Raises
        ------
        ValueError
            For a review whose loss tensors could not follow: there is no graph.
        """
        if self.graph is None:
            raise ValueError(
                "this review has no graph to draw: tensors could not follow the loss, and its "
                "gradients were held against finite differences"
            )
        return self.graph.picture(**options)

    @property
    def diff(self) -> str:
        """The right lines as a unified diff."""
        parts: list[str] = []
        for path, text in self.fixed.items():
            before = [line + "\n" for line in self.sources[path]]
            after = text.splitlines(keepends=True)
            parts += difflib.unified_diff(before, after, path, path)
        return "".join(parts)

    def markdown(self) -> str:
        """The report in Markdown."""
        rows = [
            f"| {line.line} | {quoting.markdown_code(_first(line.text))} | {line.verdict} | "
            f"{quoting.markdown(_note(line))} |"
            for line in self.lines
        ]
        head = ["| line | code | verdict | |", "| ---: | :--- | :--- | :--- |"]
        sentence = f"**{quoting.markdown(self.summary)}**"
        return "\n".join([sentence, "", *head, *rows, "", *self._counts()]) + "\n"

    def _repr_html_(self) -> str:
        cells = []
        for line in self.lines:
            wash = _WASHES.get(line.verdict, "none")
            code = quoting.html(_first(line.text))
            note = quoting.html(_note(line))
            cells.append(
                f'<tr><td style="text-align:right">{line.line}</td>'
                f'<td style="text-align:left"><code>{code}</code></td>'
                f'<td style="text-align:left; background:{wash}">{line.verdict}</td>'
                f'<td style="text-align:left">{note}</td></tr>'
            )
        counts = "<br>".join(map(quoting.html, self._counts()))
        return (
            f'<div style="overflow-x:auto"><p><strong>{quoting.html(self.summary)}</strong></p>'
            f"<table>{''.join(cells)}</table><p>{counts}</p></div>"
        )

    def json(self) -> str:
        """The report as JSON."""
        return json.dumps(
            {
                "right": bool(self),
                "summary": self.summary,
                "lines": [dataclasses.asdict(line) for line in self.lines],
                "compared": self.compared,
                "unpaired": list(self.unpaired),
                "wrong": list(self.wrong),
                "notes": list(self.notes),
                "diff": self.diff,
            },
            ensure_ascii=False,
        )

    def raise_if_bad(self) -> None:
        """Raise an AssertionError that shows the report unless every gradient is right."""
        __tracebackhide__ = True
        if not self:
            raise AssertionError(self._text(False))


def _sentence(line):
    """``file:line: name is wrong: why``."""
    name = "what it returns" if line.name == "return" else line.name
    return f"{_short(line.path)}:{line.line}: {name} is wrong: {line.reason}"


def _short(path):
    """A path from here, where that is shorter."""
    try:
        near = os.path.relpath(path)
    except ValueError:
        return path
    return near if len(near) < len(path) and not near.startswith("..") else path


def _first(text):
    first, *more = text.split("\n")
    return f"{first} ..." if more else first


def _note(line):
    if line.verdict == FOLLOWS:
        return f"because of line {line.because}" if line.because else "because of another line"
    if line.verdict == WRONG:
        offer = f"write: {line.suggestion}" if line.suggestion else ""
        return "; ".join(filter(None, [line.reason, line.values, offer]))
    return ""


def _rows(line, number, width, colour):
    """A line of code with its verdict, and what to write."""
    mark = ">" if line.verdict == WRONG else " "
    verdict = line.verdict
    if line.verdict == FOLLOWS:
        verdict = (
            f"wrong because of line {line.because}" if line.because else "wrong because of another"
        )
    if colour:
        verdict = f"\x1b[{_COLOURS.get(line.verdict, '0')}m{verdict}\x1b[0m"
    text = _first(line.text)
    note = f"   {line.values}" if line.verdict == WRONG and line.values else ""
    yield f" {mark} {line.line:>{number}} | {text:<{width}}  {verdict}{note}"
    if line.verdict == WRONG and line.suggestion:
        first, *more = line.suggestion.split("\n")
        yield f"   {'':>{number}} | write: {first}"
        yield from (f"   {'':>{number}} |        {text}" for text in more)


def _wants_colour():
    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )
