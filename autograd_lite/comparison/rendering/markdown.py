"""A comparison in Markdown, for a pull request or a report."""

from ...engine.quoting import markdown, markdown_code
from . import cells


def page(report):
    """The sentence, a table as GitHub and others know it, and the evidence as a list."""
    found = cells.table(report)
    rule = ["---:" if i in found.numbers else ":---" for i in range(len(found.heads))]
    rows = [[markdown_code(texts[0]), *map(markdown, texts[1:])] for texts in found.rows]
    lines = [f"**{markdown(report.summary)}**", ""]
    lines += [f"| {' | '.join(row)} |" for row in (map(markdown, found.heads), rule, *rows)]
    evidence = [f"- {markdown(line)}" for line in report.evidence]
    return "\n".join([*lines, *([""] if evidence else []), *evidence]) + "\n"
