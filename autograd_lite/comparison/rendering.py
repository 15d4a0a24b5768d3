"""The forms in which a comparison is shown: one table as text, Markdown, HTML; and JSON.

In HTML text has the notebook's own colour, and what is coloured is a thin wash of it, so that
both light and dark themes show it. Verdicts are words too: nothing is told by colour alone.
"""

import json
import textwrap
from dataclasses import dataclass

import numpy as np

from ..messages import quoting
from .rows import RIGHT, SHAPE, UNSURE

COLUMNS = 80  # of a terminal: the last column of the table is left out where it would be wider
PROSE = 96

VERDICT = 1  # its column
_CELL = "padding:2px 10px; text-align:{}; white-space:nowrap; border:none;"
_WASHES = {True: "rgba(0, 158, 115, 0.22)", False: "rgba(213, 94, 0, 0.28)"}
_LINE = "border-bottom:1px solid rgba(128, 128, 128, 0.6);"


@dataclass(frozen=True)
class Table:
    """Texts by column and row; ``numbers`` are the columns whose decimal points are aligned."""

    heads: tuple
    rows: list
    numbers: frozenset


def table(report):
    """The cells of a report, what is wrong first; ``numeric`` where differences were taken."""
    third = ("numeric",) if any(row.numeric is not None for row in report) else ()
    heads = ("", "verdict", "shape", "worst", report.given_is, report.true_is, *third, "max rel")
    numbers = frozenset(range(4, len(heads) - 1))
    rows = sorted(report, key=lambda row: _rank(row, report.because))
    return Table(heads, [_cells(row, bool(third)) for row in rows], numbers)


def _rank(row, because):
    """What is wrong by itself, wrong because of another, unsure, right."""
    return 3 if row else 2 if row.verdict == UNSURE else int(row.name in because)


def _cells(row, third):
    shape = _shape(row.given_shape)
    if row.verdict == SHAPE:
        shape += f" for {_shape(row.true_shape)}"
    worst = "" if row.worst is None else str(list(row.worst)).replace(" ", "")
    return (
        row.name, row.verdict, shape, worst,
        _digits(row.given), _digits(row.true), *[_digits(row.numeric)] * third,
        "" if np.isnan(row.max_rel) else f"{row.max_rel:.1e}",
    )  # fmt: skip


def _digits(x):
    """A value to six digits."""
    if x is None:
        return ""
    return f"{x:.6g}" if isinstance(x, (float, complex)) else str(x)


def _shape(shape):
    return str(tuple(shape)).replace(" ", "")


# --- text -------------------------------------------------------------------------------------


def text(report):
    """The sentence, the table, and the evidence in paragraphs."""
    evidence = [_paragraph(line) for line in report.evidence]
    gap = [""] if evidence else []
    return "\n".join([_paragraph(report.summary), "", _aligned(table(report)), *gap, *evidence])


def _paragraph(line):
    """A sentence in lines of a page, the further ones indented."""
    return textwrap.fill(
        line, PROSE, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def _aligned(cells):
    """The rows as lines of text."""
    rows = [cells.heads, *cells.rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        padded = [
            cell.rjust(width) if i in cells.numbers else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(padded)
    wide = max(len(" | ".join(line).rstrip()) for line in lines) > COLUMNS
    return "\n".join(" | ".join(line[:-1] if wide else line).rstrip() for line in lines)


# --- Markdown and HTML ------------------------------------------------------------------------


def markdown(report):
    """The sentence, a table as GitHub and others know it, and the evidence as a list."""
    cells, quoted = table(report), quoting.markdown
    rule = ["---:" if i in cells.numbers else ":---" for i in range(len(cells.heads))]
    rows = [[quoting.markdown_code(name), *map(quoted, rest)] for name, *rest in cells.rows]
    lines = [f"**{quoted(report.summary)}**", ""]
    lines += [f"| {' | '.join(row)} |" for row in (map(quoted, cells.heads), rule, *rows)]
    evidence = [f"- {quoted(line)}" for line in report.evidence]
    return "\n".join([*lines, *([""] if evidence else []), *evidence]) + "\n"


def html(report):
    """The same for a notebook, without scripts and style sheets."""
    cells = table(report)
    rows = [_html_row(cells.heads, cells.numbers, "th", _LINE)]
    for texts in cells.rows:
        wash = f"background-color:{_WASHES[texts[VERDICT] == RIGHT]};"
        rows.append(_html_row(texts, cells.numbers, "td", "background:none;", wash))
    lines = "".join(f"<li>{quoting.html(line)}</li>" for line in report.evidence)
    return (
        f'<div style="overflow-x:auto"><p><strong>{quoting.html(report.summary)}</strong></p>'
        f'<table style="border-collapse:collapse; font-family:monospace">{"".join(rows)}</table>'
        f"{f'<ul>{lines}</ul>' if lines else ''}</div>"
    )


def _html_row(texts, numbers, tag, style, verdict=""):
    """One row of the table; ``verdict`` is the style of that cell."""
    parts = []
    for i, cell in enumerate(texts):
        side = "right" if i in numbers else "left"
        look = _CELL.format(side) + style + (verdict if i == VERDICT else "")
        parts.append(f'<{tag} style="{look}">{quoting.html(cell)}</{tag}>')
    return f"<tr>{''.join(parts)}</tr>"


# --- JSON -------------------------------------------------------------------------------------


def as_json(report):
    """All that a report says; numbers are written so that reading them gives the same ones.

    JSON has no number for nan and infinities: they are the strings "nan", "inf" and "-inf",
    which `float` reads. A complex number is an object with "real" and "imag".
    """
    names = None if report.case is None else report.case.names
    return json.dumps(
        {
            "right": bool(report),
            "summary": report.summary,
            "given_is": report.given_is,
            "true_is": report.true_is,
            "rows": [_json_row(row) for row in report],
            "findings": [_finding(finding, names) for finding in report.findings],
            "because": dict(report.because),
            "evidence": list(report.evidence),
        },
        ensure_ascii=False,
        allow_nan=False,
    )


def _json_row(row):
    return {
        "name": row.name,
        "verdict": row.verdict,
        "given_shape": list(row.given_shape),
        "true_shape": list(row.true_shape),
        "max_abs": None if np.isnan(row.max_abs) else _number(row.max_abs),
        "max_rel": None if np.isnan(row.max_rel) else _number(row.max_rel),
        "worst": None if row.worst is None else list(row.worst),
        "given": _number(row.given),
        "true": _number(row.true),
        "numeric": _number(row.numeric),
    }


def _finding(finding, names):
    where = [] if names is None else [names.of(node) for node in finding.where]
    return {
        "mistake": finding.mistake,
        "sentence": finding.sentence,
        "details": list(finding.details),
        "explains": list(finding.explains),
        "where": where,
        "also": list(finding.also),
    }


def _number(x):
    if isinstance(x, complex):
        return {"real": _number(x.real), "imag": _number(x.imag)}
    return str(x) if isinstance(x, float) and not np.isfinite(x) else x
