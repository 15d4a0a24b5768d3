"""Reading by index, and its transpose: adding up by index."""

import numpy as np

from ..dispatch import registry
from ..primitives import primitive


def getitem(x, index):
    return x[index]


def scatter(g, index, shape):
    """Zeros of a shape with g added at index; an element that is indexed twice is added twice."""
    result = np.zeros_like(g, shape=shape)
    parts = index if isinstance(index, tuple) else (index,)
    if any(isinstance(part, (list, tuple, np.ndarray)) and _may_repeat(part) for part in parts):
        np.add.at(result, index, g)
    else:
        result[index] = g
    return result


def _may_repeat(part):
    """Integer arrays may name an element twice; slices and boolean masks cannot."""
    return np.asarray(part).dtype != bool


# fmt: off
registry["getitem"] = primitive(getitem,
    lambda g, out, x, index: add_at(g, index=index, shape=x.shape),
    way_out="An index is an int, a slice, None, ..., or an array of integers or booleans.")
add_at = primitive(scatter,
    lambda g, out, x, index, shape: g[index])
# fmt: on
