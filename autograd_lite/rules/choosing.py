"""Functions that choose between arrays, element by element or line by line."""

import numpy as np

from ..engine.arrays import asarray
from ..engine.primitives import composed
from ..engine.tensor import plain


@composed(np.select)
def _np_select(condlist, choicelist, default=0):
    """The first choice whose condition holds: the last is written first."""
    conditions = [asarray(plain(c)) for c in condlist]
    if not conditions or any(c.dtype != bool for c in conditions):
        raise TypeError("select takes a list of boolean arrays, at least one, as conditions")
    result = default
    for condition, choice in reversed(list(zip(conditions, choicelist, strict=True))):
        result = np.where(condition, choice, result)
    return result


@composed(np.apply_along_axis)
def _np_apply_along_axis(func1d, axis, arr, *args, **kwargs):
    """One call a line along the axis; the axes of a call's result stand where the axis was."""
    lines = np.moveaxis(arr, axis, -1)
    others = lines.shape[:-1]
    results = [func1d(line, *args, **kwargs) for line in np.reshape(lines, (-1, lines.shape[-1]))]
    results = np.stack(results)
    results = np.reshape(results, others + results.shape[1:])
    made = range(results.ndim - len(others))
    axis %= arr.ndim
    return np.moveaxis(results, [len(others) + i for i in made], [axis + i for i in made])
