"""The report of a comparison: one row a name, and what the numbers show."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

RIGHT, WRONG, SHAPE = "right", "WRONG", "SHAPE"


@dataclass(frozen=True)
class Row:
    """One comparison of a given array with the true one.

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
    given, true : float or None
        Both values at that index.
    verdict : str
        "right", "WRONG" or "SHAPE".
    notes : tuple of str
        What the numbers show about a difference.
    """

    name: str
    given_shape: tuple
    true_shape: tuple
    max_abs: float
    max_rel: float
    worst: tuple | None
    given: float | None
    true: float | None
    verdict: str
    notes: tuple = ()

    def __bool__(self):
        return self.verdict == RIGHT


def compared(name, given, true, rtol, atol, others=None):
    """The row of a given array beside the true one; they are never broadcast.

    An entry is right when |given - true| <= atol + rtol * max(|given|, |true|). Without
    ``atol`` it is rtol times the largest magnitude of the true array: a rounding error
    anywhere in a sum is no mistake in its small entries.
    """
    given, true = np.asarray(given), np.asarray(true)
    if given.shape != true.shape:
        notes = _shape_notes(given, true)
        return Row(name, given.shape, true.shape, np.nan, np.nan, None, None, None, SHAPE, notes)
    if given.size == 0:
        return Row(name, given.shape, true.shape, 0.0, 0.0, None, None, None, RIGHT)
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = np.where(given == true, 0.0, np.abs(given - true))
        difference = np.where(np.isnan(difference), np.inf, difference)
        size = np.maximum(np.abs(given), np.abs(true))
        finite = np.abs(true[np.isfinite(true)])
        floor = rtol * finite.max(initial=0.0) if atol is None else atol
        allowed = floor + rtol * np.where(np.isfinite(size), size, 0.0)
        excess = np.where(difference == 0, 0.0, difference / allowed)
        relative = np.where(difference == 0, 0.0, difference / np.where(size == 0, 1, size))
        relative = np.where(np.isnan(relative), np.inf, relative)
    worst = tuple(int(i) for i in np.unravel_index(np.argmax(excess), excess.shape))
    right = bool((difference <= allowed).all())
    notes = () if right else _notes(given, true, difference > allowed, rtol, others or {})
    return Row(
        name, given.shape, true.shape, float(difference.max()), float(relative.max()),
        worst, given[worst].item(), true[worst].item(), RIGHT if right else WRONG, notes,
    )  # fmt: skip


def _shape_notes(given, true):
    if given.size == true.size and given.ndim == true.ndim == 2 and given.T.shape == true.shape:
        return (f"has the shape of the transpose: {given.shape} for {true.shape}",)
    return (f"has shape {given.shape}, and it must have {true.shape}; nothing is broadcast",)


def _notes(given, true, wrong, rtol, others):
    """Facts about the difference, each checked on every entry."""
    notes = []
    count = int(wrong.sum())
    if count < wrong.size:
        listed = ", ".join(str([int(i) for i in index]) for index in np.argwhere(wrong)[:3])
        notes.append(f"{count} of {wrong.size} entries differ: {listed}{', ...' * (count > 3)}")
    ratio = _constant_ratio(given, true, rtol)
    if ratio is not None:
        text = "the negative" if ratio == -1 else f"{ratio:.6g} times the true value"
        notes.append(f"every entry is {text}")
    elif _agree(given[wrong], -true[wrong], rtol):
        notes.append("the sign is wrong there, and the magnitude is right")
    for name, value in others.items():
        if value.shape == given.shape and value is not true and _agree(given, value, rtol):
            notes.append(f"these are the values of {name}")
        elif value.shape == given.shape and value is not true and _agree(abs(given), abs(value), rtol):
            notes.append(f"apart from signs these are the values of {name}")
    return tuple(notes)


def _constant_ratio(given, true, rtol):
    """c with given = c * true in every entry, or None."""
    if given.size < 2 or not (np.isfinite(given).all() and true.any()):
        return None
    ratio = float(np.vdot(true, given) / np.vdot(true, true))
    if ratio == 0 or not _agree(given, ratio * true, rtol):
        return None
    return float(round(ratio)) if abs(ratio - round(ratio)) < rtol else ratio


def _agree(a, b, rtol):
    scale = np.abs(b).max(initial=0.0)
    return bool((np.abs(a - b) <= rtol * (np.maximum(np.abs(a), np.abs(b)) + scale)).all())


@dataclass(frozen=True)
class Comparison:
    """A table of rows; true if every row is right, and printed as text.

    >>> row = compared("dLoss/db", [1.0, 2.5], [1.0, 2.0], rtol=1e-6, atol=None)
    >>> print(Comparison([row]))
             | shape | max abs | max rel | worst |       manual |     autodiff | verdict
    dLoss/db | (2,)  | 5.0e-01 | 2.0e-01 | [1]   |   2.50000000 |   2.00000000 | WRONG
    <BLANKLINE>
    dLoss/db: 1 of 2 entries differ: [1]
    """

    rows: list[Row]
    given_is: str = "manual"
    true_is: str = "autodiff"
    _by_name: dict = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        object.__setattr__(self, "_by_name", {row.name: row for row in self.rows})

    def __bool__(self) -> bool:
        return all(self.rows)

    def __iter__(self):
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> Row:
        return self._by_name[name]

    def __str__(self) -> str:
        heads = ("", "shape", "max abs", "max rel", "worst", self.given_is, self.true_is, "verdict")
        cells = [heads, *(_cells(row) for row in self.rows)]
        widths = [max(len(line[i]) for line in cells) for i in range(len(heads))]
        numbers = {5, 6}
        lines = [
            " | ".join(
                text.rjust(width) if i in numbers else text.ljust(width)
                for i, (text, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in cells
        ]
        notes = [f"{row.name}: {note}" for row in self.rows for note in row.notes]
        return "\n".join([*lines, *([""] if notes else []), *notes])

    def raise_if_bad(self) -> None:
        """Raise an AssertionError that shows the table unless every row is right."""
        if not self:
            bad = [row.name for row in self.rows if not row]
            raise AssertionError(f"{', '.join(bad)} of {len(self)} compared:\n{self}")


def _cells(row):
    shape = _shape(row.given_shape)
    if row.verdict == SHAPE:
        shape += f" for {_shape(row.true_shape)}"
    worst = "" if row.worst is None else str(list(row.worst))
    return (
        row.name, shape, _size(row.max_abs), _size(row.max_rel), worst,
        _number(row.given), _number(row.true), row.verdict,
    )  # fmt: skip


def _shape(shape):
    return str(tuple(shape)).replace(" ", "")


def _size(x):
    return "" if np.isnan(x) else f"{x:.1e}"


def _number(x):
    if x is None:
        return ""
    if isinstance(x, (bool, int)) or isinstance(x, complex):
        return str(x)
    return f"{x:12.8f}" if x == 0 or 1e-4 <= abs(x) < 1e4 else f"{x:12.5e}"
