"""A comparison's table for a terminal."""

from . import cells


def table(report):
    """The rows as lines of text, aligned."""
    found = cells.table(report)
    texts = [found.heads, *found.rows]
    widths = [max(len(line[i]) for line in texts) for i in range(len(found.heads))]
    lines = [
        " | ".join(
            text.rjust(width) if i in found.numbers else text.ljust(width)
            for i, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in texts
    ]
    return "\n".join(lines)
