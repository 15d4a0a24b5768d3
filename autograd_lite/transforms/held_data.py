"""Data by reference: the plain arrays that a function gets beside what it is differentiated by.

The one idea: the tape copies an array, because it may be written into before the pass back. A
function gets its data as views to read only, and its tape is gone when the call is over, so that
the arrays themselves can stand on it. (Through another name, a global that is passed as an
argument too, it could still write into them: that is not seen.)
"""

import numpy as np

from ..engine.calls import kept
from ..engine.tape import history

SMALL = 4096  # bytes; such an array is copied in the time that a view takes


def hold(args, positions, kwargs):
    """Put a view to read only in place of each large array; the ids of what the views are of.

    ``args`` is a list, of which those at ``positions`` are left alone.
    """
    held = set()
    for i, value in enumerate(args):
        if type(value) is np.ndarray and _is_large(value) and i not in positions:
            args[i] = view = _view(value)
            held.add(id(view.base))
    for key, value in kwargs.items():
        if type(value) is np.ndarray and _is_large(value):
            kwargs[key] = view = _view(value)
            held.add(id(view.base))
    return held


def _is_large(array):
    return array.nbytes > SMALL and array.flags.writeable


def _view(array):
    view = array.view()
    view.flags.writeable = False
    return view


def is_refused_write(error):
    """Whether an error is NumPy's about an array that is there to read only."""
    return isinstance(error, ValueError) and "read-only" in str(error)


def settle(root):
    """Copy the arrays of a tape that outlives the call."""
    for node in history(root):
        node.args = tuple(map(kept, node.args, node.parents)) if node.op else node.args
        node.kwargs = {key: kept(value, None) for key, value in node.kwargs.items()}
