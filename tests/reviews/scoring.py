"""What a review says of one version of a program, and how right that is."""

import itertools
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import autograd_lite as ag
from autograd_lite.reviewing.runs import parted

_numbers = itertools.count()


@dataclass(frozen=True)
class Outcome:
    """``named``: the wrong lines and no others were; ``repair`` is "right", "wrong" or "none"."""

    version: object
    own: frozenset
    accused: bool
    named: bool
    repair: str


def arguments(module):
    found = module.example()
    return found if isinstance(found, tuple) else (found,)


def outcome(version, folder, right):
    """The review of a version; ``right`` is the right version of the program."""
    module = version.loaded(folder, f"{version.program}_{next(_numbers)}")
    report = ag.review(module.run, *arguments(module))
    own = {}
    for line in report.lines:
        if line.verdict == "WRONG":
            own[Path(line.path).name, line.line] = line
    accused = bool(own) or not report
    if version.kind in ("right", "same"):
        return Outcome(version, frozenset(own), accused, False, "none")
    places = version.lines | version.also
    named = set(own) == version.lines or bool(own and version.also and set(own) <= places)
    offers = {p: line.suggestion for p, line in own.items() if p in places and line.suggestion}
    return Outcome(version, frozenset(own), accused, named, _repair(version, offers, folder, right))


def _repair(version, offers, folder, right):
    """Put the offered lines in place, the others as they are in the right version."""
    if not offers:
        return "none"
    files = {file: text.split("\n") for file, text in version.files.items()}
    if version.kind == "two":
        for file, number in version.lines - set(offers):
            files[file][number - 1] = right.files[file].split("\n")[number - 1]
    for (file, number), text in offers.items():
        indent = re.match(r"\s*", files[file][number - 1])[0]
        files[file][number - 1] = indent + text
    mended = {file: "\n".join(lines) for file, lines in files.items()}
    again = type(version)(version.program, "same", mended, frozenset(), frozenset())
    one, other = (
        v.loaded(folder, f"{v.program}_{next(_numbers)}").__dict__ for v in (again, right)
    )
    close = 1e-3 if any("float32" in text for text in mended.values()) else 1e-6
    if not _agree(_gradients(one), _gradients(other), close):
        return "wrong"
    return "right" if version.kind != "two" or set(offers) >= version.lines else "none"


def _gradients(module):
    args = module["example"]()
    return parted(module["run"](*(args if isinstance(args, tuple) else (args,))))[1]


def _agree(one, other, close):
    return one.keys() == other.keys() and all(
        np.shape(one[p]) == np.shape(other[p])
        and np.linalg.norm(np.asarray(one[p]) - other[p])
        <= close * (np.linalg.norm(other[p]) + 1e-300)
        for p in other
    )
