"""NumPy's warnings of overflow, of a division by zero, of a nan: switched off for a while.

The one idea: NumPy keeps what it does about them in a context variable, so that it is set for one
thread and one asyncio task. ``np.errstate`` makes the value anew each time, which takes ten times
as long as to set the variable to one that has been made: a fiftieth of the gradient of a small
network, and as much again where its code is not in the processor's cache.

For a block of code::

    token = silence()
    try:
        ...
    finally:
        end_silence(token)

and for one call of a function that reads no context variable, ``quiet.call(f, *args)``.
"""

import threading
from contextvars import copy_context
from functools import partial

import numpy as np


class _Quiet(threading.local):
    """A context of this thread's in which NumPy warns of nothing."""

    def __init__(self):
        self.call = _silent_context().run


def _silent_context():
    """A copy of the context here, in which NumPy warns of nothing."""
    context = copy_context()
    context.run(np.seterr, all="ignore")
    return context


def _switches():
    """What begins silence, and what ends it, given what the first returned.

    Where NumPy keeps its state elsewhere they are calls of np.seterr, slower and as right.
    """
    for variable, value in _silent_context().items():
        if variable.get(None) is not value:  # np.seterr has set this one
            return partial(variable.set, value), variable.reset
    return partial(np.seterr, all="ignore"), lambda before: np.seterr(**before)


quiet = _Quiet()
silence, end_silence = _switches()
