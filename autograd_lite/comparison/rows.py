"""One row of a comparison: how far a given array is from the true one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

RIGHT, WRONG, SHAPE, UNSURE = "right", "WRONG", "SHAPE", "UNSURE"
NOISE = "it differs by no more than rounding may"


@dataclass(frozen=True, repr=False)
class Row:
    """A given array beside the true one.

    Attributes
    ----------
    name : str
        What is compared, such as "dLoss/dW1".
    given_shape, true_shape : tuple of int
    max_abs, max_rel : float
        The largest absolute difference, and the largest relative to the larger of the two
        values; nan where the shapes differ.
    worst : tuple of int or None
        The index of the largest difference in proportion to what is tolerated.
    given, true : number or None
        Both values at that index.
    verdict : str
        "right", "WRONG", "SHAPE", or "UNSURE" where nothing could be told.
    numeric : number, str or None
        The value by finite differences at that index, or why there is none; None where no
        differences were taken.
    note : str
        Why a row is right although its numbers differ: rounding, a kink, a convention.
    """

    name: str
    given_shape: tuple
    true_shape: tuple
    max_abs: float
    max_rel: float
    worst: tuple | None
    given: complex | None
    true: complex | None
    verdict: str
    numeric: float | str | None = None
    note: str = ""

    def __bool__(self):
        return self.verdict == RIGHT

    def __repr__(self):
        if self.worst is None:
            given, true = self.given_shape, self.true_shape
            what = f" {given} for {true}" if self.verdict == SHAPE else ""
        else:
            what = f", at {list(self.worst)} {self.given:.6g} where {self.true:.6g} is right"
        return f"<{self.name}: {self.verdict}{what}{self.note and f' ({self.note})'}>"


@dataclass(frozen=True)
class Tolerance:
    """When two numbers agree: |a - b| <= atol + rtol * max(|a|, |b|).

    Without ``rtol`` it is that of the coarser of the two dtypes. Without ``atol`` it is, entry by
    entry, the floor that is known: what rounding alone may move the number by. Where none is
    known it is rtol times the largest magnitude of the true array.
    """

    rtol: float | None = None
    atol: float | None = None

    def allowed(self, given, true, floor=None):
        """What each entry may differ by."""
        rtol = self.relative(given, true)
        finite = np.abs(true[np.isfinite(true)])
        atol = rtol * finite.max(initial=0.0) if floor is None else floor
        size = np.maximum(np.abs(given), np.abs(true)).astype(np.float64)
        atol = atol if self.atol is None else self.atol
        return atol + rtol * np.where(np.isfinite(size), size, 0.0)

    def relative(self, given, true):
        """The part of a number that it may differ by."""
        return max(map(_rtol, (given, true))) if self.rtol is None else self.rtol

    def agree(self, given, true, floor=None):
        """Whether two arrays of one shape agree in every entry."""
        return bool((distance(given, true) <= self.allowed(given, true, floor)).all())


def _rtol(array):
    """1e-6 in double precision, and what sums of a thousand terms lose in lower ones."""
    return {"f2": 1e-2, "f4": 1e-4, "c8": 1e-4}.get(array.dtype.str[1:], 1e-6)


def distance(given, true):
    """|given - true|; equal infinities have none, and nan is infinitely far from everything."""
    with np.errstate(invalid="ignore"):
        difference = np.where(given == true, 0.0, np.abs(given - true))
    return np.where(np.isnan(difference), np.inf, difference)


def compared(name, given, true, tolerance, floor=None):
    """The row of a given array beside the true one; they are never broadcast."""
    given, true = np.asarray(given), np.asarray(true)
    shapes = name, given.shape, true.shape
    if given.shape != true.shape:
        return Row(*shapes, np.nan, np.nan, None, None, None, SHAPE)
    if given.size == 0:
        return Row(*shapes, 0.0, 0.0, None, None, None, RIGHT)
    far = distance(given, true)
    allowed = tolerance.allowed(given, true, floor)
    size = np.maximum(np.abs(given), np.abs(true))
    with np.errstate(invalid="ignore", divide="ignore"):
        excess = np.where(far == 0, 0.0, far / allowed)
        relative = np.where(far == 0, 0.0, np.where(np.isinf(far), np.inf, far / size))
    worst = tuple(int(i) for i in np.unravel_index(np.argmax(excess), excess.shape))
    wrong = far > allowed
    row = Row(
        *shapes, float(far.max()), float(relative.max()), worst,
        given[worst].item(), true[worst].item(), WRONG if wrong.any() else RIGHT,
    )  # fmt: skip
    if row and floor is not None and (relative > tolerance.relative(given, true)).any():
        return replace(row, note=NOISE)
    return row
