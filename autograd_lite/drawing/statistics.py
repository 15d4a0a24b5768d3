"""An array in a few facts: what a picture shows of one that is too large to be written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BINS = 8
_BARS = " ▁▂▃▄▅▆▇█"


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


def statistics(array) -> Statistics:
    """The facts of an array of numbers."""
    sizes = np.abs(array) if array.dtype.kind == "c" else array
    sizes = sizes.astype(np.float64, copy=False).ravel()
    finite = sizes[np.isfinite(sizes)]
    nan = int(np.count_nonzero(np.isnan(sizes)))
    inf = sizes.size - finite.size - nan
    if not finite.size:
        return Statistics(np.nan, np.nan, np.nan, 0.0, nan, inf, ())
    low, high = float(finite.min()), float(finite.max())
    scale = max(abs(low), abs(high)) or 1.0  # sums of large numbers do not overflow
    mean = float(np.sum(finite / finite.size))
    norm = float(scale * np.sqrt(np.sum((finite / scale) ** 2)))
    counts: tuple = ()
    if np.isfinite(high - low) and high - low > 1e-12 * scale:
        counts = tuple(map(int, np.histogram(finite, BINS, (low, high))[0]))
    return Statistics(low, mean, high, norm, nan, inf, counts)
