"""What is wrong with a line, in words."""

import re

from .texts import tidied

_KINDS = {
    "sign": "the sign is wrong",
    "transpose": "a transpose is wrong",
    "order": "the operands are in the wrong order",
    "axis": "the sum goes over the wrong axis",
    "condition": "the condition is wrong",
    "exponent": "an exponent is wrong",
    "index": "an index is wrong",
    "subscripts": "the subscripts are wrong",
    "keepdims": "the shape of the sum is wrong",
    "repeated": "an index that comes twice is added once",
    "extra statement": "this line is too much",
}
_ACTIVATIONS = {
    r"\((\S+) > 0\)": "relu",
    r"\(1 - (\S+) \*\* 2\)": "tanh",
    r"\(?(\S+) \* \(1 - \1\)\)?": "the sigmoid",
}
_OVERWRITTEN = "the value is overwritten, where it must be added to what is there"
_ADDED = "the value is added to what is there, where it must replace it"


def of_edit(edit):
    """A clause on a wrong line, from what makes it right: `Edit`."""
    kind, old, new = edit.kind, short(_tidied(edit.old)), short(_tidied(edit.new))
    name = _activation(edit.new) if kind in ("derivative", "formula", "missing factor") else None
    if name and kind == "missing factor":
        return f"the factor {new}, the derivative of {name}, is left out"
    if name:
        return f"{old} stands where the derivative of {name} belongs, {new}"
    if kind == "missing factor":
        return f"the factor {new} is left out"
    if kind == "missing division":
        return f"the division by {new} is left out"
    if kind in ("missing term", "missing path"):
        return f"the term {new} is left out"
    if kind.startswith("extra "):
        return f"a {kind.removeprefix('extra ')} is too much: {old} stands where {new} belongs"
    if kind == "assignment":
        return {"+=": _OVERWRITTEN, "=": _ADDED}.get(new, f"{old} stands where {new} belongs")
    if kind == "exchanged":
        return f"{old} and {new} are in each other's place"
    if kind == "early update":
        return f"{old} is changed before line {new} has read it: move this line behind line {new}"
    if kind in _KINDS:
        return f"{_KINDS[kind]}: {old} stands where {new} belongs" if new else _KINDS[kind]
    return f"{old} stands where {new} belongs"


def _tidied(text):
    """A part of a line without brackets that do nothing, but for those around all of it."""
    return text if text.startswith("(") else tidied(text)


def _activation(text):
    """The activation that a text is the derivative of; None of others."""
    for pattern, name in _ACTIVATIONS.items():
        if re.fullmatch(pattern, text):
            return name
    return None


def short(text, length=48):
    """A text on one line, cut where it is long."""
    text = " ".join(text.split())
    return text if len(text) <= length else f"{text[: length - 3]}..."
