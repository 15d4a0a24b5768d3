"""Lines that are written alike: what one says of W1 the other says of W2."""

import re

_WORD = re.compile(r"[^\W\d]\w*")
_PART = re.compile(r"[^\W\d_]+|\d+")


def analogous(statement):
    """Texts of a statement, by what other lines of its function say of something else."""
    if statement.target is None or statement.part:
        return
    for other in statement.source.statements:
        same = other is not statement and other.function is statement.function
        if same and other.target is not None and not other.part:
            text = _renamed(other, statement.name)
            if text is not None:
                yield text


def is_analogous(statement, text=None):
    """Whether a statement, or another text in its place, says what another one says of else."""
    mine = _bare(statement.text if text is None else text)
    return any(_bare(text) == mine for text in analogous(statement))


def _renamed(other, name):
    """The text of another statement with its parts of names exchanged for those of a name."""
    theirs, mine = _PART.findall(other.name), _PART.findall(name)
    if len(theirs) != len(mine):
        return None
    changed = {a: b for a, b in zip(theirs, mine, strict=True) if a != b}
    if len(changed) != 1:
        return None
    ((old, new),) = changed.items()

    def exchanged(part):
        whole = part[0] == old or (len(old) > 1 and part[0].endswith(old))
        return part[0].removesuffix(old) + new if whole else part[0]

    return _WORD.sub(lambda word: _PART.sub(exchanged, word[0]), other.text)


def _bare(text):
    return re.sub(r"\s", "", text)
