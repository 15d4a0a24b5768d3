"""Functions that only move, repeat or drop elements.

The one idea: let NumPy move the elements' numbers 1, 2, 3 ..., and it says where each element
went. A 0 stands where the function put a zero of its own.
"""

import numpy as np

from ..primitives import primitive
from .indexing import add_at


def moves(f):
    """Declare a function whose results are elements of its first argument, or zeros."""

    def vjp(g, out, x, **kwargs):
        """Every element receives the cotangents of its copies."""
        numbers = f(np.arange(1, x.size + 1).reshape(x.shape), **kwargs)
        kept = numbers > 0
        return np.reshape(add_at(g[kept], index=numbers[kept] - 1, shape=(x.size,)), x.shape)

    return primitive(f, vjp)


# fmt: off
for _f in (
    np.diag, np.diagflat, np.diagonal, np.flip, np.repeat, np.resize, np.roll, np.rot90,
    np.tile, np.tril, np.triu, np.fliplr, np.flipud,
):
    moves(_f)
# fmt: on
