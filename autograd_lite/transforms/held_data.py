"""Data by reference: the plain arrays that a function gets beside what it is differentiated by.

The one idea: the tape copies an array, because it may be written into before the pass back. While
a function is differentiated its data cannot be written into, under whatever name, and its tape is
gone when the call is over, so that the arrays themselves can stand on it.

Through a view that was made before, or an array that they are a view of, it could still write. So
its first call has copies, and so have the second, the fourth, the eighth ...: who writes in one of
them has copies from then on.
"""

import contextlib
import threading
import zlib
from weakref import WeakKeyDictionary

import numpy as np

from ..engine.calls import kept
from ..engine.modes import switched
from ..engine.tape import history

SMALL = 1 << 18  # bytes; such an array is copied in the 10 us that it takes to hold one
# An array on memory of another library, once it is there to read only, stays so.
_OWNERS = (type(None), np.ndarray)
_lock = threading.Lock()


def large(args, kwargs):
    """The large arrays among arguments that can be held, by their positions and keywords."""
    if not kwargs:
        for x in args:
            if type(x) is np.ndarray and x.nbytes > SMALL:
                break
        else:
            return None  # in the time that a look takes
    return {
        place: x
        for place, x in (*enumerate(args), *kwargs.items())
        if type(x) is np.ndarray and x.nbytes > SMALL
        if type(x.base) in _OWNERS and not x.dtype.hasobject
    }


@contextlib.contextmanager
def held(arrays):
    """In this block arrays are there to read only, and stand on a tape by reference.

    Those that another thread holds meanwhile are copied by the tape as ever.
    """
    with _lock:
        arrays = [x for x in arrays if x.flags.writeable]
        for array in arrays:
            array.flags.writeable = False
    try:
        with switched(held=frozenset(map(id, arrays))):
            yield
    finally:
        with _lock:
            for array in arrays:
                _give_back(array)


def _give_back(array):
    """Let an array be written into again, also if another thread holds what it is a view of."""
    try:
        array.flags.writeable = True
    except ValueError:
        array.base.flags.writeable = array.flags.writeable = True
        array.base.flags.writeable = False


class Conduct:
    """What was seen of a function: how often it had large data, and whether it writes into them."""

    __slots__ = ("__weakref__", "calls", "writes")

    def __init__(self):
        self.calls, self.writes = 0, False

    def is_checked(self):
        """Whether its next call has copies, and is seen to write or not to write."""
        self.calls += 1
        return self.calls & (self.calls - 1) == 0


conducts: WeakKeyDictionary = WeakKeyDictionary()


def conduct_of(f):
    """That of the function's code: a lambda in a loop is another function each time."""
    code = getattr(f, "__code__", None)
    return Conduct() if code is None else conducts.setdefault(code, Conduct())


def content(arrays):
    """What tells whether arrays have changed: a checksum of each."""
    return [zlib.crc32(np.ascontiguousarray(x)) for x in arrays]


def is_refused_write(error):
    """Whether an error is NumPy's about an array that is there to read only."""
    return isinstance(error, ValueError) and "read-only" in str(error)


def settle(*roots):
    """Copy the arrays of a tape that outlives the call."""
    with switched(held=frozenset()):
        for node in history(*roots):
            if node.op is not None:
                node.args = tuple(map(kept, node.args, node.parents))
                node.kwargs = {key: kept(value, None) for key, value in node.kwargs.items()}
