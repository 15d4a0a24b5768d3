"""Error messages that say what was given, where, and the way out."""

import sys

import numpy as np

BROADCAST = (
    "Shapes are aligned from the last axis, and sizes must be equal or 1: "
    "reshape, transpose or index an operand first (x[:, None] adds an axis)."
)
MATMUL = (
    "The last axis of the first operand must be as long as the last but one of the "
    "second, (..., n, k) @ (..., k, m): transpose one (x.mT) or swap them."
)
JOIN = "All arrays must have the same shape except along the axis they are joined on."
RESHAPE = "The new shape must hold as many elements as the old one; one size may be -1."
STORED = "A Tensor cannot be stored into a NumPy array: its gradient would be lost in silence. "
OBJECTS = (
    "{} was given an array of Python objects, which has no derivative: "
    "make one tensor of them with np.stack(list(array))."
)


def refused(name, keywords):
    """The error for keywords that an operation is not differentiated with."""
    what = ", ".join(f"{keyword}=" for keyword in sorted(keywords)) or "that many arguments"
    return TypeError(
        f"{name} is not differentiated with {what}: leave it out, or write it with other operations"
    )


def where_scipy_is():
    """A sentence for a Tensor that one of SciPy's functions would have made an array of."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("scipy."):
            return " SciPy's functions that are differentiated are in autograd_lite.scipy."
        frame = frame.f_back
    return ""


def describe(value):
    """One argument in words: its name, shape and dtype, or its value if it is small."""
    if isinstance(value, (list, tuple)):
        inside = ", ".join(describe(v) for v in value[:8])
        return f"[{inside}{', ...' if len(value) > 8 else ''}]"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        name = getattr(value, "name", None)
        kind = type(value).__name__
        return f"{name or kind} of shape {tuple(value.shape)}, {value.dtype}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def restated(error, name, args, way_out):
    """NumPy's error again, of the same kind, with the operation, its operands, a way out."""
    for kind in (np.linalg.LinAlgError, IndexError, TypeError, ValueError):
        if isinstance(error, kind):
            given = "; ".join(describe(arg) for arg in args)
            return kind(f"{name}({given}): {error}. {way_out}".rstrip())
    return error
