"""A comparison's table for a terminal."""

import textwrap

from . import cells

COLUMNS = 80  # of a terminal: the last column of the table is left out where it would be wider
PROSE = 96


def prose(line):
    """A sentence in lines of a page, the further ones indented."""
    return textwrap.fill(
        line, PROSE, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def table(report):
    """The rows as lines of text, aligned."""
    found = cells.table(report)
    texts = [found.heads, *found.rows]
    lines = _aligned(texts, found.numbers)
    if max(map(len, lines.splitlines())) > COLUMNS:
        lines = _aligned([line[:-1] for line in texts], found.numbers)
    return lines


def _aligned(texts, numbers):
    widths = [max(len(line[i]) for line in texts) for i in range(len(texts[0]))]
    lines = [
        " | ".join(
            text.rjust(width) if i in numbers else text.ljust(width)
            for i, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in texts
    ]
    return "\n".join(lines)
