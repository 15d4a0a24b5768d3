"""Lines that are written alike: what one says of W1 the other says of W2."""

import ast
import re

from .texts import Text

_WORD = re.compile(r"[^\W\d]\w*")
_PART = re.compile(r"[^\W\d_]+|\d+")


def analogous(statement):
    """Texts of a statement, by what other lines of its function say of something else.

    So do the entries of tuples, lists, dicts: ``return dW / n, db`` could be ``dW / n, db / n``.
    """
    yield from _by_entries(statement)
    yield from _by_keys(statement)
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


def _by_entries(statement):
    """Texts in which entries that are names have what an entry beside them has after its name."""
    display = None if statement.part else getattr(statement.node, "value", None)
    entries = display.elts if isinstance(display, (ast.Tuple, ast.List)) else ()
    names = [entry for entry in entries if isinstance(entry, ast.Name)]
    for other in entries if names else ():
        if isinstance(other, ast.BinOp) and isinstance(other.left, ast.Name):
            said = statement.source.segment(other)[len(other.left.id) :]
            new = [(name, name.id + _of_another(other.left.id, name.id, said)) for name in names]
            for pairs in [[pair] for pair in new] + ([new] if len(new) > 1 else []):
                yield Text(statement).replaced(*pairs)


def _by_keys(statement):
    """Texts in which an entry of a dict is what another one is, with its key in their names."""
    display = _displayed(None if statement.part else getattr(statement.node, "value", None))
    pairs = zip(display.keys, display.values, strict=True) if display is not None else ()
    named = [(k.value, v) for k, v in pairs if isinstance(getattr(k, "value", None), str)]
    for key, value in named:
        for other, theirs in named:
            said = statement.source.segment(theirs)
            new = _WORD.sub(lambda word, a=other, b=key: word[0].replace(a, b), said)
            if other in said and new != statement.source.segment(value):
                yield Text(statement).replaced((value, new))


def _displayed(node):
    """The dict that a value is, or that is an entry of it."""
    entries = node.elts if isinstance(node, ast.Tuple) else [node]
    return next((entry for entry in entries if isinstance(entry, ast.Dict)), None)


def _of_another(one, other, text):
    """What a text says of one name, of another one: after "gr", " * r" is " * q" after "gq"."""
    ends = [i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b]
    old, new = (one[ends[0] :], other[ends[0] :]) if ends else ("", "")
    return _WORD.sub(lambda word: new if old and word[0] == old else word[0], text)


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
