"""Complex numbers: for a real loss L of z = x + iy the gradient is dL/dx - i dL/dy.

So dL = Re(g dz). A holomorphic f gives g * f'(z) without a conjugate, and needs no rule of its
own; here is what is not holomorphic. The real part for a real argument is taken by the engine.
"""

import numpy as np

from ..engine.primitives import composed, elementwise
from ..engine.tensor import plain
from .through_numpy import through_implementation


def sign(x):
    return np.sign(x)


def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def _sign_vjp(g, out, x):
    """d(z / |z|) = (dz - s Re(conj(s) dz)) / |z|, which is 0 along z; 0 at z = 0."""
    across = g - np.conj(out) * np.real(g * out)
    return across / np.where(x == 0, np.inf, np.abs(x))


# fmt: off
real_part = elementwise(np.real, lambda g, out, x: g)
elementwise(np.imag,      lambda g, out, x: g * -1j)
elementwise(np.conjugate, lambda g, out, x: np.conj(g))
direction = elementwise(sign, _sign_vjp)
finite = elementwise(nan_to_num,
    lambda g, out, x, nan=0.0, posinf=None, neginf=None: np.where(np.isfinite(x), g, 0))
# fmt: on


@composed(np.real)
def _np_real(val):
    """A real array is its own real part, not a copy: what is stored into one is in the other."""
    return real_part(val) if plain(val).dtype.kind == "c" else val


@composed(np.sign)
def _np_sign(x):
    """Of a complex number it is the direction z / |z|; of a real one it has no derivative."""
    return direction(x) if plain(x).dtype.kind == "c" else np.sign(plain(x))


composed(np.angle)(lambda z, deg=False: through_implementation(np.angle)(z, deg))
composed(np.real_if_close)(lambda a, tol=100: through_implementation(np.real_if_close)(a, tol))


@composed(np.nan_to_num)
def _np_nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    """Real and imaginary part are replaced one by one."""
    keywords = {"nan": nan, "posinf": posinf, "neginf": neginf}
    if np.iscomplexobj(x):
        result = finite(np.real(x), **keywords) + 1j * finite(np.imag(x), **keywords)
    else:
        result = finite(x, **keywords)
    if copy:
        return result
    x[...] = result
    return x
