"""Covariances, gradients on a grid and weighted counts, mostly through NumPy's own source.

Where NumPy writes into an array of its own, its first argument is made a tensor.
"""

import functools
import inspect

import numpy as np

from ..engine import arrays
from ..engine.calls import holds_tensor, requires_grad
from ..engine.dispatch import registry, undifferentiated
from ..engine.primitives import composed
from ..engine.tensor import plain
from .creation import asarray
from .indexing import add_at
from .through_numpy import through_implementation

_cov = through_implementation(np.cov)
_gradient = through_implementation(np.gradient)


@composed(np.gradient)
def _np_gradient(f, *varargs, axis=None, edge_order=1):
    spacing = [asarray(v) if holds_tensor(v) else v for v in varargs]
    return _gradient(asarray(f), *spacing, axis=axis, edge_order=edge_order)


@composed(np.cov)
def _np_cov(
    m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None
):
    fweights = None if fweights is None else asarray(fweights)
    return _cov(asarray(m), y, rowvar, bias, ddof, fweights, aweights, dtype=dtype)


@composed(np.corrcoef)
def _np_corrcoef(x, y=None, rowvar=True, *, dtype=None):
    c = np.cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    std = np.sqrt(np.diag(c).real)
    c = c / std[:, None] / std[None, :]
    if c.dtype.kind == "c":
        return np.clip(c.real, -1, 1) + 1j * np.clip(c.imag, -1, 1)
    return np.clip(c, -1, 1)


@composed(np.bincount)
def _np_bincount(x, weights=None, minlength=0):
    """Counts have no derivative, sums of weights are linear in the weights."""
    x = arrays.asarray(plain(x))
    counts = np.bincount(x, plain(weights), minlength)
    if not (x.size and requires_grad(weights)):
        return counts
    return add_at(asarray(weights).astype(counts.dtype), index=x, shape=counts.shape)


_WEIGHTS = (
    "np.{} is not differentiated with weights=: np.bincount(np.digitize(x, edges), weights) is"
)


def _histogram(f):
    """Counts, and nothing that is differentiable."""

    @functools.wraps(f)
    def call(*args, **kwargs):
        given = inspect.signature(f).bind(*args, **kwargs).arguments
        if requires_grad(given.get("weights")):
            raise TypeError(_WEIGHTS.format(f.__name__))
        return f(**{name: plain(value) for name, value in given.items()})

    return call


for _f in (np.histogram, np.histogram2d, np.histogramdd, np.histogram_bin_edges):
    registry[_f] = _histogram(_f)
    undifferentiated.add(_f)
