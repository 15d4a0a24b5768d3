"""Gradients of parameters by something else than the parameter: by its logarithm, its square."""

from __future__ import annotations

import numpy as np

from . import words
from .candidates import Candidate

# What a gradient is by, the factor dx/du for u of x, that factor in words, and where it holds.
# fmt: off
_FORMS = [
    ("log({x})",   lambda x: x,                    "{x}",           lambda x: x > 0),
    ("{x}^2",      lambda x: 1 / (2 * x),          "1 / (2 {x})",   lambda x: x > 0),
    ("1 / {x}",    lambda x: -x * x,               "-{x}^2",        lambda x: x > 0),
    ("sqrt({x})",  lambda x: 2 * np.sqrt(x),       "2 sqrt({x})",   lambda x: x > 0),
    ("{x} in degrees", lambda x: np.full_like(x, np.pi / 180), "pi / 180",  lambda x: x == x),
    ("{x} in radians", lambda x: np.full_like(x, 180 / np.pi), "180 / pi",  lambda x: x == x),
]
# fmt: on


def look(search):
    """Rows of parameters that are the derivative by another function of the parameter."""
    groups: dict = {}
    for entry in search.left:
        if entry.bottom.op is None and entry.given.shape == entry.true.shape:
            for i in _fitting(search, entry):
                groups.setdefault(i, []).append(entry)
    return [_candidate(search, _FORMS[i], many) for i, many in groups.items()]


def _fitting(search, entry):
    value = np.asarray(search.graph.value(entry.bottom))
    expected = search.expected(entry)
    if not value.size or value.dtype.kind != "f":
        return
    for i, (_, slope, _, holds) in enumerate(_FORMS):
        with np.errstate(all="ignore"):
            factor = slope(value)
        if not holds(value).all() or np.allclose(factor, 1, rtol=1e-3):
            continue
        if search.fit.explains(entry.given, factor * expected, expected):
            yield i


def _candidate(search, form, many):
    by, _, factor, _ = form
    names = [search.graph.label(entry.bottom) for entry in many]
    who = words.subject(many, search.case)
    text = "; ".join(
        f"{words.short(entry, search.case)} is the derivative by {by.format(x=name)}, "
        f"{factor.format(x=name)} times that by {name}"
        for entry, name in zip(many[:1], names, strict=False)
    )
    if len(many) > 1:
        listed = ", ".join(by.format(x=name) for name in names[:4]) + ", ..." * (len(names) > 4)
        text = f"{who} are the derivatives by {listed}, not by the parameters themselves"
    return Candidate("wrong variable", text, many, rank=0)
