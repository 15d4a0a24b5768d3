"""Arrays as text for people: small ones in full, large ones in a few facts."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np

BINS = 8
_BARS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Style:
    """Which rows are shown, and how numbers are written.

    ``precision`` is the number of decimals; arrays of up to ``max_elements`` are written in
    full, larger ones as a summary.
    """

    precision: int = 4
    max_elements: int = 12
    values: bool = True
    gradients: bool = True


def labelled(label, value, style):
    """``label = value``, the further lines of an array under its first."""
    if isinstance(value, str):
        lead, text = f"{label}: ", value
    elif np.size(value) > style.max_elements:
        lead, text = f"{label}: ", _summary(np.asarray(value), style.precision)
    else:
        lead, text = f"{label} = ", _in_full(np.asarray(value), style.precision)
    return lead + text.replace("\n", "\n" + " " * len(lead.split("\n")[-1]))


def _in_full(array, precision):
    """All elements, aligned."""
    write = _writer(array, precision)
    width = max((len(write(x)) for x in array.ravel()), default=0)
    return np.array2string(
        array,
        max_line_width=88,
        threshold=sys.maxsize,
        formatter={"all": lambda x: write(x).rjust(width)},
    )


def _summary(array, precision):
    """The smallest, mean and largest element, and how many are not finite."""
    if array.dtype == bool:
        return f"{np.count_nonzero(array)} of {array.size} true"
    size = "size " if array.dtype.kind == "c" else ""
    facts = Statistics.of(array)
    shown = []
    if facts.low < facts.high:
        largest = max(abs(facts.low), abs(facts.high))
        mean = facts.mean if abs(facts.mean) > 1e-14 * largest else 0.0  # of rounding alone
        shown = [("min", facts.low), ("mean", mean), ("max", facts.high)]
    elif facts.low == facts.high:
        shown = [("others" if facts.nan + facts.inf else "all", facts.low)]
    texts = [f"{size}{what} {x:.{precision}g}" for what, x in shown]
    texts += [f"{n} {what}" for what, n in (("nan", facts.nan), ("inf", facts.inf)) if n]
    return "  ".join(texts)


def _writer(array, precision):
    """How the numbers of an array are written: all with an exponent if one would else read 0."""
    if array.dtype.kind not in "fc":
        return str
    sizes = np.abs(array[np.isfinite(array) & (array != 0)])
    fits = not sizes.size or (sizes.min() >= 0.5 * 10.0**-precision and sizes.max() < 1e8)
    return lambda x: f"{x:.{precision}{'f' if fits else 'e'}}"


@dataclass(frozen=True)
class Statistics:
    """Of the finite elements; ``low``, ``mean`` and ``high`` are nan where there are none.

    Attributes
    ----------
    low, mean, high, norm : float
        The norm is Euclidean. Of complex numbers all are of their sizes.
    nan, inf : int
        How many elements are nan, and infinite.
    counts : tuple of int
        How many lie in each of 8 equal parts of [low, high].
    """

    low: float
    mean: float
    high: float
    norm: float
    nan: int
    inf: int
    counts: tuple

    @property
    def bars(self):
        """The counts as a line of bars, none of which reads 0 where the count is not."""
        most = max(self.counts, default=0)
        return "".join(_BARS[-(-8 * count // most) if most else 0] for count in self.counts)

    @classmethod
    def of(cls, array):
        """The facts of an array of numbers."""
        sizes = np.abs(array) if array.dtype.kind == "c" else array
        sizes = sizes.astype(np.float64, copy=False).ravel()
        finite = sizes[np.isfinite(sizes)]
        nan = int(np.count_nonzero(np.isnan(sizes)))
        inf = sizes.size - finite.size - nan
        if not finite.size:
            return cls(np.nan, np.nan, np.nan, 0.0, nan, inf, ())
        low, high = float(finite.min()), float(finite.max())
        scale = max(abs(low), abs(high)) or 1.0  # sums of large numbers do not overflow
        mean = float(np.sum(finite / finite.size))
        norm = scale * float(np.sqrt(np.sum((finite / scale) ** 2)))
        counts: tuple = ()
        if np.isfinite(high - low) and high - low > 1e-12 * scale:
            counts = tuple(map(int, np.histogram(finite, BINS, (low, high))[0]))
        return cls(low, mean, high, norm, nan, inf, counts)
