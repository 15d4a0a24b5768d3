"""Looking over the engine's shoulder: while someone watches, two functions of it are replaced.

When nobody does, no operation pays for the possibility, not even with a test. Watching is
per thread and per asyncio task, like recording: the replacement asks who watches here.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from threading import Lock

from . import primitives, tensor

_watchers = ContextVar("watchers", default=())
is_watched = _watchers.get  # true while anyone watches here
_originals = primitives.record, tensor.pullback
_lock = Lock()
_count = 0  # of the blocks that watch, in all threads


class Watcher:
    """What is called around every operation and every walk back; this one changes nothing."""

    def record(self, record, op, args, kwargs):
        """An operation is called."""
        return record(op, args, kwargs)

    def pullback(self, pullback, starts, targets=(), visit=None, careful=False, keep=True):
        """A walk back is made."""
        return pullback(starts, targets, visit, careful, keep)


@contextmanager
def watching(watcher):
    """Have a watcher called in this block, after those that watch already."""
    token = _watchers.set((*_watchers.get(), watcher))
    _add(1)
    try:
        yield watcher
    finally:
        _add(-1)
        _watchers.reset(token)


def watchers(kind):
    """Those who watch here and are of a kind, the last first."""
    return [watcher for watcher in reversed(_watchers.get()) if isinstance(watcher, kind)]


def _add(change):
    global _count
    with _lock:
        _count += change
        functions = (_record, _pullback) if _count else _originals
        primitives.record, tensor.pullback = functions


def _record(op, args, kwargs):
    call = _originals[0]
    for watcher in _watchers.get():
        call = partial(watcher.record, call)
    return call(op, args, kwargs)


def _pullback(*args, **kwargs):
    call = _originals[1]
    for watcher in _watchers.get():
        call = partial(watcher.pullback, call)
    return call(*args, **kwargs)
