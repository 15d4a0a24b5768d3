"""Mistakes that were made elsewhere: in public threads, courses and fixes, rewritten small.

A program returns a loss, its tensors by name and their gradients by hand, or a report, and is
right as it stands. A mistake is one of its lines written otherwise, and what an honest first
sentence cannot do without.
"""

import inspect
import linecache
import re
import textwrap
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

import numpy as np

import autograd_lite as ag

PROGRAMS: dict = {}
MISTAKES: list = []


@dataclass(frozen=True)
class Mistake:
    """One line of a program, what was written in its place, and words that name it."""

    program: str
    old: str
    new: str
    words: str

    @property
    def id(self):
        return f"{self.program}: {self.new}"

    def report(self):
        return reported(edited(PROGRAMS[self.program], self.old, self.new))

    def is_named_by(self, report):
        return not report and re.search(self.words, report.summary, re.IGNORECASE) is not None


def program(f):
    assert f.__name__ not in PROGRAMS, f.__name__
    PROGRAMS[f.__name__] = f
    return f


def mistake(f, old, new, words):
    MISTAKES.append(Mistake(f.__name__, old, new, words))


def edited(f, old, new):
    """A program with other code in one place."""
    source = textwrap.dedent(inspect.getsource(f)).removeprefix("@program\n")
    assert source.count(old) == 1, (f.__name__, old, source.count(old))
    source, name = source.replace(old, new), f"<{f.__name__} {len(linecache.cache)}>"
    linecache.cache[name] = len(source), None, source.splitlines(True), name
    scope = dict(f.__globals__)
    exec(compile(source, name, "exec"), scope)
    return scope[f.__name__]


def reported(f):
    """What is said of a program."""
    with np.errstate(all="ignore"):
        found = f()
        if not isinstance(found, tuple):
            return found
        loss, names, by_hand = found
        return ag.compare(loss, by_hand, names=names)


def tensor(array):
    return ag.Tensor(np.asarray(array, float), requires_grad=True)


def plain(x):
    return x.numpy() if isinstance(x, ag.Tensor) else x


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z, axis=-1):
    e = np.exp(z - z.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


for _module in iter_modules(__path__, f"{__name__}."):
    import_module(_module.name)
