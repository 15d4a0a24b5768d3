"""Functions whose derivatives of any order are integrals: sinc, and the Bessel function i0.

A derivative is the same integral with another factor, so one rule closes each family, and no
formula with a removable singularity is evaluated near it.
"""

import functools

import numpy as np

from ..engine.primitives import elementwise

_COSINES = (  # the derivatives of cos, in turn
    np.cos,
    lambda t: -np.sin(t),
    lambda t: -np.cos(t),
    np.sin,
)


@functools.cache
def _quadrature():
    """The pairs of nodes in [0, 1] and weights, of sum 1, by Gauss and Legendre."""
    nodes, weights = np.polynomial.legendre.leggauss(20)
    return list(zip((nodes / 2 + 0.5).tolist(), (weights / 2).tolist(), strict=True))


def sinc_derivative(x, order):
    """The derivative of sin(pi x) / (pi x) of an order: with t = pi x, and up to pi**order,

    the integral over s in [0, 1] of s**order * cos(t s + order * pi / 2), and for large t the
    recurrence t f[n] + n f[n - 1] = (the n-th derivative of sin)(t).
    """
    t = np.pi * x
    near = np.abs(t) < order + 2
    f = _COSINES[order % 4]
    inside = np.where(near, t, 0)
    value = sum(f(inside * s) * (w * s**order) for s, w in _quadrature())
    t = np.where(near, 1, t)
    far = np.sin(t) / t
    for n in range(1, order + 1):
        far = (_COSINES[(n - 1) % 4](t) - n * far) / t
    return np.where(near, value, far) * np.pi**order


def modified_bessel(x, order):
    """The modified Bessel function I of an integer order: the mean over angles a of

    exp(x cos a) cos(order a), by the midpoint rule, which converges exponentially for a
    periodic function. Opposite angles are added in advance, to cosh or sinh.
    """
    a = (np.arange(64) + 0.5) * (np.pi / 128)
    f = np.sinh if order % 2 else np.cosh
    pairs = zip(np.cos(a).tolist(), (np.cos(order * a) / 64).tolist(), strict=True)
    return sum(f(x * c) * w for c, w in pairs)


# fmt: off
slope = elementwise(sinc_derivative,
    lambda g, out, x, order: g * slope(x, order=order + 1))
bessel = elementwise(modified_bessel,
    lambda g, out, x, order:
        g * (bessel(x, order=abs(order - 1)) + bessel(x, order=order + 1)) / 2)
elementwise(np.sinc, lambda g, out, x: g * slope(x, order=1))
elementwise(np.i0,   lambda g, out, x: g * bessel(x, order=1))
# fmt: on
