"""A comparison's table for a terminal."""

from .cells import RIGHT_ALIGNED, cells, heads


def table(report):
    """The rows as lines of text, aligned."""
    texts = [heads(report), *map(cells, report)]
    widths = [max(len(line[i]) for line in texts) for i in range(len(texts[0]))]
    lines = [
        " | ".join(
            text.rjust(width) if i in RIGHT_ALIGNED else text.ljust(width)
            for i, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in texts
    ]
    return "\n".join(lines)
