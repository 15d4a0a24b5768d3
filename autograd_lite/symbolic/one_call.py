"""Operations that are none of NumPy's as one call each in a trace: sigmoid(z), softmax(h)."""

import numpy as np

from ..engine.modes import Watcher
from .traced import Traced

# Operations of ours that are NumPy's under another name: they are written as NumPy's call.
_WRITTEN_OUT = {
    "where", "clip", "astype", "alias", "reshape", "getitem", "fractional_part", "part", "chosen",
}  # fmt: skip


class OneCall(Watcher):
    """Has the operations that rules call on traced values recorded as one call each.

    Without ``as_written`` it changes nothing, and they are written out in NumPy.
    """

    def __init__(self, trace, as_written=True):
        self.trace = trace
        self.as_written = as_written

    def record(self, record, op, args, kwargs):
        if not (self.as_written and is_one_call(op)) or not _holds_traced(args):
            return record(op, args, kwargs)
        args, kwargs = op.bind(args, kwargs)
        return self.apply(op, args, kwargs)

    def apply(self, op, args, kwargs):
        """Call an operation on traced values: as one call, or as the calls that it makes."""
        if self.as_written and is_one_call(op):
            return self.trace.traced(op.f, tuple(args), kwargs)
        return op.f(*args, **kwargs)


def is_one_call(op):
    """Whether an operation is none of NumPy's."""
    module = getattr(op.f, "__module__", None) or "numpy"
    is_numpys = isinstance(op.f, np.ufunc) or module.partition(".")[0] == "numpy"
    return not is_numpys and op.name not in _WRITTEN_OUT


def _holds_traced(args):
    if type(args) in (list, tuple):
        return any(map(_holds_traced, args))
    return type(args) is Traced
