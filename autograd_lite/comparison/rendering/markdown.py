"""A comparison in Markdown, for a pull request or a report."""

import re

from . import cells


def page(report):
    """The sentence, a table as GitHub and others know it, and the evidence as a list."""
    found = cells.table(report)
    rule = ["---:" if i in found.numbers else ":---" for i in range(len(found.heads))]
    rows = [[_code(texts[0]), *map(_plain, texts[1:])] for texts in found.rows]
    lines = [f"**{_plain(report.summary)}**", ""]
    lines += [f"| {' | '.join(row)} |" for row in (map(_plain, found.heads), rule, *rows)]
    evidence = [f"- {_plain(line)}" for line in report.evidence]
    return "\n".join([*lines, *([""] if evidence else []), *evidence]) + "\n"


def _plain(text):
    """A text on one line, without the meaning that Markdown gives to its characters."""
    return re.sub(r"([\\`*_\[\]<>|~#&])", r"\\\1", " ".join(text.split()))


def _code(text):
    """A name as code; a bar would end the cell even there."""
    text = " ".join(text.split()).replace("|", "\\|")
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"
