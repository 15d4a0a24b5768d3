"""The same change in two entries that say the same of two things: (dx + a, dy + b) for (dx, dy)."""

import ast
import re
from dataclasses import replace
from itertools import pairwise

_WORD = re.compile(r"[^\W\d]\w*")


def parallels(line):
    """A function of an edit of a line that gives the edits which change the other entry too."""
    twins = list(_twins(line))
    whole = line.statement.text

    def in_both(edit):
        for span, renamed, other in twins:
            old = whole.encode()
            new = edit.text.encode()
            start, end = span[0], span[1] + len(new) - len(old)
            if new[:start] != old[:start] or new[end:] != old[span[1] :]:
                continue  # what is changed is not inside the entry
            twin = renamed(new[start:end].decode()).encode()
            at, to = other
            if at > start:
                text = new[: at + end - span[1]] + twin + new[to + end - span[1] :]
            else:
                text = new[:at] + twin + new[to:]
            yield replace(edit, text=text.decode(), single=edit.text)

    return in_both if twins else lambda edit: ()


def _twins(line):
    """Triples (where an entry is, what makes another one of its text, where that is)."""
    for node in line.nodes:
        entries = getattr(node, "elts", None) or (node.args if isinstance(node, ast.Call) else [])
        entries = [n for n in entries if not isinstance(n, (ast.Constant, ast.Starred))]
        for one, other in pairwise(entries):
            a, b = line.text.of(one), line.text.of(other)
            for old, new, first, second in ((a, b, one, other), (b, a, other, one)):
                renamed = _renaming(old, new)
                if renamed is not None:
                    yield line.text.span(first), renamed, line.text.span(second)


def _renaming(old, new):
    """What makes the text of one entry into that of another: one part of names for another."""
    words = list(zip(_WORD.findall(old), _WORD.findall(new), strict=False))
    different = next(((a, b) for a, b in words if a != b), None)
    if different is None:
        return None
    a, b = different
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), 0)
    ends = [n for n in range(min(len(a), len(b)) - start) if a[len(a) - n :] == b[len(b) - n :]]
    end = max(ends, default=0)
    part, other = a[start : len(a) - end], b[start : len(b) - end]
    if not part or not other or (a == old and len(part) != len(other)):
        return None  # (u, v) are two of a kind, (o, index) are not

    def word(found):
        text = found[0]
        here = text[start : start + len(part)] == part
        return text[:start] + other + text[start + len(part) :] if here else text

    def renamed(text):
        return _WORD.sub(word, text)

    return renamed if renamed(old) == new else None
