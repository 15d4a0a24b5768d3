"""scipy.signal: convolution in any number of dimensions."""

import numpy as np
import scipy.signal

from ..engine.arrays import called
from ..engine.primitives import primitive
from ..rules.convolution import uncut


def convolve(in1, in2, mode="full", method="auto"):
    """The convolution of two arrays of as many axes, as `scipy.signal.convolve`."""
    return called(scipy.signal.convolve, in1, in2, mode, method)


def correlate(in1, in2, mode="full", method="auto"):
    """The correlation of two arrays of as many axes, as `scipy.signal.correlate`.

    sum over n of in1[n + k] * conj(in2[n]), a convolution with in2 turned round.
    """
    if mode == "valid" and np.size(in1) < np.size(in2):  # SciPy swaps them, and turns the result
        return np.flip(convolve(np.conjugate(in2), np.flip(in1), mode, method))
    return convolve(in1, np.flip(np.conjugate(in2)), mode, method)


def _vjp(g, x, y, first, mode, method):
    """The contribution of x: the whole cotangent, correlated with y."""
    sizes = list(zip(x.shape, y.shape, strict=True))
    if mode == "full":
        start = [0] * g.ndim
    elif mode == "same":  # as large as the first argument
        start = [(n + m - 1 - k) // 2 for (n, m), k in zip(sizes, first, strict=True)]
    else:
        start = [min(n, m) - 1 for n, m in sizes]
    return convolve(uncut(g, sizes, start), np.flip(y), "valid", method)


convolve = primitive(
    convolve,
    lambda g, out, in1, in2, mode="full", method="auto":
        _vjp(g, in1, in2, in1.shape, mode, method),
    lambda g, out, in1, in2, mode="full", method="auto":
        _vjp(g, in2, in1, in1.shape, mode, method),
)  # fmt: skip
