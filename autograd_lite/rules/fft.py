"""Fourier transforms.

The one idea: the matrix of a transform is symmetric, so what pulls a cotangent back is a
transform again. Of the real ones each has its partner, rfft and hfft, irfft and ihfft: half
a spectrum stands for two halves, and an entry that stands for two counts twice.
"""

import numpy as np

from ..engine.dispatch import registry
from ..engine.primitives import primitive
from .indexing import add_at
from .through_numpy import through_implementation


def _fitted(g, shape, axis):
    """Cut to a shape along an axis, or filled up with zeros: the transpose of what n= does."""
    axis = axis % len(shape)
    kept = (slice(None),) * axis + (slice(min(g.shape[axis], shape[axis])),)
    return add_at(g[kept], index=kept, shape=shape)


def _twice(n, ndim, axis, dtype):
    """2 for the entries of half a spectrum that stand for two of the n, 1 for the others."""
    counts = np.full(n // 2 + 1, 2, dtype=np.finfo(dtype).dtype)
    counts[0] = 1
    counts[n - n // 2 :] = 1  # the last one of an even n
    return counts.reshape((-1,) + (1,) * (ndim - 1 - axis % ndim))


# fmt: off
def _fft_vjp(g, out, a, n=None, axis=-1, norm=None):
    return _fitted(np.fft.fft(g, axis=axis, norm=norm), a.shape, axis)

def _ifft_vjp(g, out, a, n=None, axis=-1, norm=None):
    return _fitted(np.fft.ifft(g, axis=axis, norm=norm), a.shape, axis)

def _rfft_vjp(g, out, a, n=None, axis=-1, norm=None):
    n = a.shape[axis] if n is None else n
    half = g / _twice(n, g.ndim, axis, g.dtype)
    return _fitted(np.fft.hfft(half, n, axis, norm), a.shape, axis)

def _hfft_vjp(g, out, a, n=None, axis=-1, norm=None):
    twice = _twice(g.shape[axis], g.ndim, axis, g.dtype)
    return _fitted(np.fft.rfft(g, axis=axis, norm=norm) * twice, a.shape, axis)

def _irfft_vjp(g, out, a, n=None, axis=-1, norm=None):
    twice = _twice(g.shape[axis], g.ndim, axis, g.dtype)
    return _fitted(np.fft.ihfft(g, axis=axis, norm=norm) * twice, a.shape, axis)

def _ihfft_vjp(g, out, a, n=None, axis=-1, norm=None):
    n = a.shape[axis] if n is None else n
    half = g / _twice(n, g.ndim, axis, g.dtype)
    return _fitted(np.fft.irfft(half, n, axis, norm), a.shape, axis)


primitive(np.fft.fft,   _fft_vjp)
primitive(np.fft.ifft,  _ifft_vjp)
primitive(np.fft.rfft,  _rfft_vjp)
primitive(np.fft.hfft,  _hfft_vjp)
primitive(np.fft.irfft, _irfft_vjp)
primitive(np.fft.ihfft, _ihfft_vjp)

for _f in (
    np.fft.fft2, np.fft.ifft2, np.fft.fftn, np.fft.ifftn, np.fft.rfft2, np.fft.irfft2,
    np.fft.rfftn, np.fft.irfftn, np.fft.fftshift, np.fft.ifftshift,
):
    registry[_f] = through_implementation(_f)
# fmt: on
