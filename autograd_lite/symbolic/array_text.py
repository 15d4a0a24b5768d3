"""Arrays as text for people: small ones in full, large ones in a few facts."""

import sys
from dataclasses import dataclass

import numpy as np


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
    sizes = np.abs(array) if size else array
    finite = sizes[np.isfinite(sizes)].astype(np.float64)
    low, high = finite.min(initial=np.inf), finite.max(initial=-np.inf)
    facts = []
    if low < high:
        mean = np.sum(finite / finite.size)
        mean = mean if abs(mean) > 1e-14 * max(abs(low), abs(high)) else 0.0  # of rounding alone
        facts = [("min", low), ("mean", mean), ("max", high)]
    elif low == high:
        facts = [("all" if finite.size == array.size else "others", low)]
    texts = [f"{size}{what} {x:.{precision}g}" for what, x in facts]
    for what, found in ("nan", np.isnan(array)), ("inf", np.isinf(array)):
        if found.any():
            texts.append(f"{np.count_nonzero(found)} {what}")
    return "  ".join(texts)


def _writer(array, precision):
    """How the numbers of an array are written: all with an exponent if one would else read 0."""
    if array.dtype.kind not in "fc":
        return str
    sizes = np.abs(array[np.isfinite(array) & (array != 0)])
    fits = not sizes.size or (sizes.min() >= 0.5 * 10.0**-precision and sizes.max() < 1e8)
    return lambda x: f"{x:.{precision}{'f' if fits else 'e'}}"
