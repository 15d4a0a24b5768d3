"""A comparison as HTML for a notebook: one table, without scripts, style sheets or anything else.

Text has the notebook's own colour, and what is coloured is a thin wash of it, so that both light
and dark themes show it. Verdicts are words too: nothing is told by colour alone.
"""

from ...engine import quoting
from ..rows import RIGHT
from . import cells

VERDICT = 1  # its column
_CELL = "padding:2px 10px; text-align:{}; white-space:nowrap; border:none;"
_WASHES = {True: "rgba(0, 158, 115, 0.22)", False: "rgba(213, 94, 0, 0.28)"}
_LINE = "border-bottom:1px solid rgba(128, 128, 128, 0.6);"


def page(report):
    """The sentence, the table and the evidence."""
    found = cells.table(report)
    rows = [_row(found.heads, found.numbers, "th", _LINE)]
    for texts in found.rows:
        wash = f"background-color:{_WASHES[texts[VERDICT] == RIGHT]};"
        rows.append(_row(texts, found.numbers, "td", "background:none;", wash))
    lines = "".join(f"<li>{quoting.html(line)}</li>" for line in report.evidence)
    return (
        f'<div style="overflow-x:auto"><p><strong>{quoting.html(report.summary)}</strong></p>'
        f'<table style="border-collapse:collapse; font-family:monospace">{"".join(rows)}</table>'
        f"{f'<ul>{lines}</ul>' if lines else ''}</div>"
    )


def _row(texts, numbers, tag, style, verdict=""):
    """One row of the table; ``verdict`` is the style of that cell."""
    parts = []
    for i, text in enumerate(texts):
        side = "right" if i in numbers else "left"
        look = _CELL.format(side) + style + (verdict if i == VERDICT else "")
        parts.append(f'<{tag} style="{look}">{quoting.html(text)}</{tag}>')
    return f"<tr>{''.join(parts)}</tr>"
