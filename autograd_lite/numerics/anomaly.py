"""Where does the first nan come from? Every operation checked, forward and backward.

While it is on, recorded calls carry a `Trace`: where in the user's code they were made, and
which of the user's own arrays they were given, with a checksum that tells later whether one
was written into.
"""

from __future__ import annotations

import linecache
import os
import sys
import zlib
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ..engine.contributions import Scattered
from ..engine.modes import Watcher, current, switched, watching
from ..engine.multiple_outputs import Parts, part
from ..engine.primitives import Elementwise
from ..engine.tensor import Tensor, plain
from ..messages import errors
from ..transforms import trees

Trace = namedtuple("Trace", "place arrays")
Place = namedtuple("Place", "file line function")

_PACKAGE = Path(__file__).parent.parent
_OURS = tuple(f"{d}{os.sep}" for d in (_PACKAGE, _PACKAGE.parent / "nn", Path(np.__file__).parent))
_BETWEEN = ("operators", "primitives", "tensor", "dispatch", "calls", "modes")
# from a user's call to the check
_PLUMBING = {__file__, *(str(_PACKAGE / "engine" / f"{name}.py") for name in _BETWEEN)}


class AnomalyError(FloatingPointError):
    """What `detect_anomaly` found: the operation, where it was called, and the way out."""

    __module__ = "autograd_lite"  # where users find it


@contextmanager
def detect_anomaly(forward: bool = True, broadcasting: bool = True) -> Iterator[None]:
    """Raise where something goes wrong first: a context manager, and a decorator.

    In its block, in this thread or task, an `AnomalyError` tells the operation, the index, the
    inputs there and the line of your code where the operation was called, for

    - the first operation, or derivative of one, that makes an infinity of finite numbers, or a
      nan of numbers. Infinities that come in, such as a mask of -inf, are let through;
    - an array of yours that was written into after an operation had used it: the gradient is
      that of the values at the call, which may not be what you meant;
    - a rule that returns a contribution of a wrong shape or dtype;
    - two operands that broadcast in both directions, (n, 1) with (n,), mostly by accident.

    Everything takes up to ten times as long.

    Parameters
    ----------
    forward : bool
        Whether the forward pass is checked for nan and infinities. In
        ``np.where(x > 0, np.log(x), 0)`` the first nan is one that is not used;
        ``np.log(np.where(x > 0, x, 1))`` makes none, and ``forward=False`` looks at the backward
        pass only, where nothing comes through the branch that was not taken.
    broadcasting : bool
        Whether operands that broadcast in both directions are refused.

    Raises
    ------
    AnomalyError
        A FloatingPointError.

    >>> x = Tensor([1.0, 0.0], requires_grad=True, name="x")
    >>> with detect_anomaly():
    ...     loss = np.sum(np.sqrt(x))
    ...     loss.backward()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    autograd_lite.AnomalyError: the derivative of sqrt made inf at [1] of the contribution to ...
    """
    with watching(_Anomalies(forward, broadcasting)):
        yield


class _Anomalies(Watcher):
    def __init__(self, forward, broadcasting):
        self.forward = forward
        self.broadcasting = broadcasting

    def record(self, record, op, args, kwargs):
        """Check a call, and note on its node where it was made."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            result = record(op, args, kwargs)
            tensors = [t for t in trees.flatten(result)[0] if isinstance(t, Tensor)]
            if tensors:
                self._check(op, args, kwargs, tensors)
        return result

    def _check(self, op, args, kwargs, tensors):
        place, direct = _caller()
        differentiated = current().node
        if place is not None:
            if self.broadcasting and direct and isinstance(op, Elementwise):
                _check_broadcasting(op, args, tensors[0], place)
            if self.forward:
                for t in tensors:
                    _check_result(op, args, kwargs, t, place)
        elif hasattr(differentiated, "trace"):
            place = differentiated.trace.place
        node = tensors[0].node
        node = node.parents[0] if node.op is part else node
        if node.op is op:
            node.trace = Trace(place, list(_arrays(args, kwargs)))

    def backward_pass(
        self, run, seeds, targets=(), arrive=None, step=None, careful=False, leave=None
    ):
        """Check a pass. It is careful: what a zero cotangent is multiplied by is no matter."""
        sick = set(seeds)  # the nodes that a nan or an infinity may have come to

        def checked_arrival(node, g):
            _check_sum(node, g, sick)
            _check_unchanged(node)
            return g if arrive is None else arrive(node, g)

        def checked_step(node, g, careful):
            with switched(node=node):  # what a rule records is known to be this node's
                try:
                    pairs = node.step(g, careful) if step is None else step(node, g, careful)
                except TypeError as error:
                    raise _error(node, str(error)) from error
            for parent, contribution in pairs:
                if not _is_finite(contribution):
                    sick.add(parent)
                    _check_contribution(node, g, parent, contribution)
            return pairs

        table = run(seeds, targets, checked_arrival, checked_step, True, leave)
        for node, g in table.items():
            _check_sum(node, g, sick)
        return table


# --- the checks ------------------------------------------------------------------------------


def _check_result(op, args, kwargs, result, place):
    inputs, keywords = list(args), trees.flatten([kwargs])[0]
    aligned = isinstance(op, Elementwise) and not keywords
    index = _first_new(result, [*inputs, *keywords], aligned)
    if index is None:
        return
    names = [getattr(x, "name", None) or f"argument {i}" for i, x in enumerate(inputs)]
    raise AnomalyError(
        f"{op.name} made {result._array[index]} at {_at(index)} of its result of shape "
        f"{result.shape}, from {_values(inputs, names, index, aligned)}. Keep the arguments where "
        "the function is defined: for the branch of a where that is not taken, "
        "np.log(np.where(x > 0, x, 1)) or detect_anomaly(forward=False)." + _told(place)
    )


def _check_contribution(node, g, parent, contribution):
    """What is not finite must be made of what is not, or be a part of a cotangent as it is."""
    if isinstance(contribution, (Parts, Scattered)):
        return
    inputs = [g, node.out, *node.args]
    aligned = isinstance(node.op, Elementwise) and contribution.shape == np.shape(node.out)
    index = _first_new(contribution, inputs, aligned)
    if index is None:
        return
    names = ["the cotangent", "the result", *_names(node)]
    value = np.asarray(plain(contribution))[index]
    raise _error(
        node,
        f"the derivative of {node.op.name} made {value} at {_at(index)} of the contribution to "
        f"{_described(parent)}, from {_values(inputs, names, index, aligned)}. The derivative "
        "is infinite or undefined there: move the argument away from that point (np.sqrt(x + "
        "eps)), or choose another argument with np.where before the call",
    )


def _error(node, text):
    trace = getattr(node, "trace", None)
    place = trace and trace.place
    told = _told(place) if place else " (recorded outside detect_anomaly: have it inside too)"
    return AnomalyError(f"{text}.{told}")


def _check_broadcasting(op, args, result, place):
    operands = [a for a in args if np.size(plain(a)) > 1]
    if len(args) != 2 or len(operands) != 2 or result.size <= max(map(_size, operands)):
        return
    shapes = " with ".join(errors.describe(a) for a in operands)
    raise AnomalyError(
        f"{op.name} broadcast {shapes}, to {result.shape}: both were stretched. If that is an "
        "accident, give them one shape (x[:, 0], y[:, None], y.reshape(x.shape)); if it is meant, "
        f"say so for one of them with np.broadcast_to(x, {result.shape}), or pass "
        "broadcasting=False to detect_anomaly." + _told(place)
    )


def _check_unchanged(node):
    trace = getattr(node, "trace", None)
    if trace is None:
        return
    for what, array, checksum in trace.arrays:
        if _checksum(array) != checksum:
            raise AnomalyError(
                f"{what} of {node.op.name}, an array of shape {array.shape}, {array.dtype}, was "
                "written into after the call. The tape has a copy, so the gradient is that of the "
                "values at the call: if that is meant, give the call a copy too (a.copy()); if "
                "not, make a new array, a = a + 1 in place of a += 1." + _told(trace.place)
            )


def _check_sum(node, g, sick):
    if node not in sick and not _is_finite(g):
        raise AnomalyError(
            f"the gradient of {_described(node)} is the sum of several, each of them finite, and "
            "the sum overflows: scale the loss down, or use float64"
            + (_told(node.trace.place) if hasattr(node, "trace") else "")
        )


def _is_finite(g):
    if type(g) is Scattered:
        g = tuple(part for part, _ in g.parts)
    if isinstance(g, tuple):
        return all(_is_finite(one) for one in g if one is not None)
    return bool(np.isfinite(plain(g)).all())


def _first_new(result, inputs, aligned):
    """The first index of a nan made of no nan, or of an infinity made of finite numbers."""
    result = np.asarray(plain(result))
    if result.dtype.kind not in "fc" or np.isfinite(result).all():
        return None
    inputs = [x for x in map(np.asarray, trees.flatten(plain(inputs))[0]) if x.dtype.kind in "fc"]
    had_nan, had_any = np.False_, np.False_
    for x in inputs:
        nan, infinite = np.isnan(x), np.isinf(x)
        if not aligned:
            nan, infinite = nan.any(), infinite.any()
        had_nan, had_any = had_nan | nan, had_any | nan | infinite
    nan = np.isnan(result)
    new = (nan & ~had_nan) | (np.isinf(result) & ~nan & ~had_any)
    return tuple(int(i) for i in np.argwhere(new)[0]) if new.any() else None


# --- words ----------------------------------------------------------------------------------------


def _values(inputs, names, index, aligned):
    """The inputs at an index, or their ranges where a result is made of many elements."""
    words = []
    for x, name in zip(inputs, names, strict=False):
        x = plain(x)
        if isinstance(x, (list, tuple)) or np.asarray(x).dtype.kind not in "biufc":
            continue
        x = np.asarray(x)
        if aligned or x.size == 1:
            here = index[len(index) - x.ndim :]
            words.append(f"{name} = {x[tuple(i if n > 1 else 0 for i, n in zip(here, x.shape))]}")
        elif x.size and x.dtype.kind != "c":
            words.append(f"{name} of shape {x.shape}, {np.min(x)} to {np.max(x)}")
        else:
            words.append(f"{name} of shape {x.shape}")
    return ", ".join(words)


def _names(node):
    """How the arguments of a recorded call are called."""
    for i, parent in enumerate(node.parents):
        yield getattr(parent, "name", None) or f"argument {i}"


def _described(node):
    made = "a leaf" if node.op is None else f"the result of {node.op.name}"
    return f"{node.name or made} of shape {np.shape(node.out)}"


def _at(index):
    return str(list(index))


def _size(x):
    return np.size(plain(x))


def _told(place):
    if place is None:
        return ""
    line = linecache.getline(place.file, place.line).strip()
    code = f"\n    {line}" if line else ""
    return f'\n  File "{place.file}", line {place.line}, in {place.function}{code}'


# --- where, and what ------------------------------------------------------------------------------


def _caller():
    """The user's line that called an operation, and whether it called it itself.

    None for what a rule calls: the backward pass is met before any line of the user.
    """
    frame, direct = sys._getframe(1), True
    while frame is not None:
        code = frame.f_code
        file = code.co_filename
        if not file.startswith(_OURS):
            return Place(file, frame.f_lineno, code.co_name), direct
        if file.startswith(_OURS[0]):
            if code.co_name == "backward_pass" and file.endswith("tape.py"):
                return None, False
            direct = direct and file in _PLUMBING
        elif file.startswith(_OURS[2]):
            direct = False
        frame = frame.f_back
    return Place("?", 0, "?"), direct


def _arrays(args, kwargs):
    """Triples (what it is, array, checksum) of the plain arrays that a call is given."""
    named = [(f"argument {i}", arg) for i, arg in enumerate(args)]
    for what, value in [*named, *((f"{key}=", value) for key, value in kwargs.items())]:
        for array in trees.flatten(value)[0]:
            if isinstance(array, np.ndarray) and array.dtype.kind in "biufc":
                yield what, array, _checksum(array)


def _checksum(array):
    return zlib.crc32(np.ascontiguousarray(array))
