"""Who answers a call here: one switch, for each thread and each asyncio task.

The one idea: whether calls are recorded, whose body or rule is being run, and who watches are
one value of one context variable. A block sets another value, and the one before comes back when
it is left, by an exception too.
"""

from __future__ import annotations

from contextlib import ContextDecorator, contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, NamedTuple


class Mode(NamedTuple):
    """What holds in a block.

    Attributes
    ----------
    recording : bool
        Whether a call with a tensor that requires a gradient goes onto the tape.
    body : operation or None
        Of the user's, whose function is being computed: a tensor that requires a gradient is
        out of place there.
    rule : str or None
        The name of the user's rule that is being recorded: what leaves the tape there would be
        no derivative.
    node : Node or None
        Whose rule is being run, where anomalies are looked for.
    watchers : tuple of Watcher
        Called around every operation and every backward pass, the first innermost.
    nested : bool
        Whether a function is being differentiated.
    tracing : bool
        Whether a function is being traced for a program: a compiled one runs by itself in it.
    held : set
        The ids of arrays that nobody writes into meanwhile: they, and their views that are there
        to read only, need no copy on the tape.
    """

    recording: bool = True
    body: Any = None
    rule: str | None = None
    node: Any = None
    watchers: tuple = ()
    nested: bool = False
    tracing: bool = False
    held: Any = frozenset()


EVERYWHERE = Mode()
_mode = ContextVar("mode", default=EVERYWHERE)
current, enter, leave = _mode.get, _mode.set, _mode.reset


def is_recording() -> bool:
    """Whether calls are recorded here."""
    return current().recording


class switched(ContextDecorator):
    """In this block, or in each call of a function, the mode has other attributes."""

    def __init__(self, **changes):
        self._changes = changes

    def __enter__(self):
        self._token = enter(current()._replace(**self._changes))

    def __exit__(self, *error):
        leave(self._token)

    def _recreate_cm(self):
        return switched(**self._changes)  # for each call of a function one of its own


def no_grad() -> switched:
    """Compute without recording: a context manager, and a decorator.

    Results inside are constants. The switch is per thread and per asyncio task, and it
    is restored when the block is left, by an exception too.
    """
    return switched(recording=False, body=None)


def enable_grad() -> switched:
    """Record again inside ``no_grad()``: what the gradient of a function needs."""
    return switched(recording=True, body=None)


class Watcher:
    """What is called around every operation and every backward pass; this one changes nothing."""

    def record(self, record, op, args, kwargs):
        """An operation is called."""
        return record(op, args, kwargs)

    def backward_pass(
        self, run, seeds, targets=(), arrive=None, step=None, careful=False, leave=None
    ):
        """A backward pass is made; see `tape.backward_pass`."""
        return run(seeds, targets, arrive, step, careful, leave)


@contextmanager
def watching(watcher):
    """Have a watcher called in this block, after those that watch already."""
    with switched(watchers=(*current().watchers, watcher)):
        yield watcher


def watched(name, call):
    """A call with the method of that name of everyone who watches here around it."""
    for watcher in current().watchers:
        call = partial(getattr(watcher, name), call)
    return call
