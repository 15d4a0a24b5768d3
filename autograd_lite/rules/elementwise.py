"""Functions that work element by element: the aligned table.

Kinks and boundaries are conventions, each pinned by a test: abs'(0) = 0; ties of maximum and
minimum are shared; clip passes the gradient in the closed interval; power is exact at zeros.
"""

import numpy as np

from ..engine.calls import record_sum
from ..engine.dispatch import registry
from ..engine.primitives import composed, elementwise, faster, registered
from ..engine.tensor import Tensor, plain
from ..messages import errors


def _not_zero(x):
    """1 in place of 0: for a divisor whose dividend is 0 there too."""
    return np.where(x == 0, 1, x)


def _one_less(x, y):
    """y - 1, but 1 for y = 0 where 1 / x is infinite: the factor y is 0 there."""
    if isinstance(y, (int, float)):
        return y - 1 if y else 1
    return np.where((y == 0) & ~np.isfinite(np.divide(1, plain(x))), 1, y - 1)


def _lower(x, y):
    """x ** (y - 1), which for a square is x itself."""
    if type(y) in (int, float) and y == 2:
        return x
    return x ** _one_less(x, _unsteady(y, x, y))


def _log(x, out):
    """log x, but 0 at 0; of a negative number in the complex plane, where the power lies there."""
    x = _not_zero(x)
    into_the_plane = np.iscomplexobj(out) and not np.iscomplexobj(x)
    return np.log(x + 0j if into_the_plane else x)


def along(a, x, r):
    """a * x / r, the gradient of a length r with respect to x, a part of it; 0 where r is 0."""
    return a * x / np.where(r == 0, 1, r)  # x is 0 there


def chosen(g, slope, where):
    return g * slope


def by_convention(g, slope, x):
    """g * slope, where the slope at x = 0 is a convention, such as the 0 of abs.

    There it has no derivative in g: of |x|**2 that would be 0 * 0, and from both sides it is 2.
    The slope is a plain array, so that the second derivative of |x| stays 0.
    """
    return choice(g, slope, where=plain(x) == 0) if isinstance(g, Tensor) else g * slope


def _absolute_vjp(g, out, x):
    """The sign, and of a complex number the conjugate of its direction; 0 at 0."""
    return along(g, np.conj(x), out) if x.dtype.kind == "c" else _sign_vjp(g, out, x)


def _sign_vjp(g, out, x):
    return by_convention(g, np.sign(x), x)


def _unsteady(value, x, y):
    """A factor of a contribution of x**y, whose mixed derivatives at x = 0 are infinite.

    The second one is so up to y = 1, the third ones up to y = 2.
    """
    if isinstance(x, Tensor) and isinstance(y, Tensor):
        bases = np.where(plain(y) <= 2, plain(x), 1)
        return by_convention(np.broadcast_to(value, bases.shape), 1, bases)
    return value


def _by_square(a, x, y):
    """a / (x * x + y * y), where the squares may underflow; 0 at the origin."""
    radius = np.hypot(x, y)
    return along(along(1, a, radius), 1, radius)


def _same_infinity(x, y):
    return (x == y) & np.isinf(x)


def _below(x, top):
    """x - top, where an infinity minus itself is 0."""
    return np.where(_same_infinity(x, top), 0, x - top)


def _logaddexp(x, y):
    """np.logaddexp; of a number and a large array a sum of what NumPy computes in vectors.

    log(exp c + exp z) = max(z, c) + log1p(exp(-|z - c|))
    """
    c, z = (x, y) if type(x) in (int, float) else (y, x)
    is_large = type(z) is np.ndarray and z.size > 1000 and z.dtype in (np.float64, np.float32)
    if not is_large or type(c) not in (int, float) or not -1e30 < c < 1e30:
        return np.logaddexp(x, y)
    rest = z - c
    np.negative(np.absolute(rest, rest), rest)
    np.log1p(np.exp(rest, rest), rest)
    rest += np.maximum(z, c)
    return rest


def maximum_of_array(x, y):
    """np.maximum; of a large array and a number with a row of that number, in half the time.

    NumPy has vectors for the maximum of two arrays, and none for that of an array and a number.
    """
    is_large = type(x) is np.ndarray and x.size > 1000 and x.shape[-1] > 30
    if is_large and type(y) in (int, float) and x.dtype.kind == "f":
        y = np.full(x.shape[-1:], y, x.dtype)
    return np.maximum(x, y)


def _portion(x, y, out):
    """exp(y - out) of out = log(exp(x) + exp(y)); a half each for twice the same infinity."""
    if type(out) is np.ndarray and np.isfinite(out).all():
        return np.exp(y - out)
    return np.where(_same_infinity(x, y), 0.5, np.exp(_below(y, out)))


def _inside(x, low, high):
    """Where clip returns x itself: in the closed interval."""
    above = True if low is None else x >= low
    return above & (x <= high) if high is not None else above


def _crossed(low, high):
    """Where clip's bounds are in the wrong order, so that it returns the upper one."""
    return np.False_ if low is None or high is None else np.greater(low, high)


def where(condition, x, y):
    return np.where(condition, x, y)


def clip(x, low, high):
    return np.clip(x, low, high)


faster[np.logaddexp] = _logaddexp
faster[np.maximum] = maximum_of_array


def fractional_part(x):
    return np.modf(x)[0]


def astype(x, dtype):
    return x.astype(dtype)


def alias(x, order="C"):
    return x.copy() if order == "C" else x.copy(order)


# fmt: off

# --- lengths ------------------------------------------------------------------------------------
# At a length of 0 the gradient is 0 by convention, and no higher derivative is defined.
along = elementwise(along,
    lambda g, out, a, x, r: g * x / r,
    lambda g, out, a, x, r: g * a / r,
    lambda g, out, a, x, r: -g * out / r)
choice = elementwise(chosen,
    lambda g, out, a, slope, where: np.where(where, np.nan, g * slope),
    lambda g, out, a, slope, where: np.where(where, np.nan, g * a))

# --- arithmetic -----------------------------------------------------------------------------
elementwise(np.add,
    lambda g, out, x, y: g,
    lambda g, out, x, y: g)
elementwise(np.subtract,
    lambda g, out, x, y: g,
    lambda g, out, x, y: -g)
elementwise(np.multiply,
    lambda g, out, x, y: g * y,
    lambda g, out, x, y: g * x)
elementwise(np.divide,
    lambda g, out, x, y: g / y,
    lambda g, out, x, y: -g * out / y)
elementwise(np.remainder,
    lambda g, out, x, y: g,
    lambda g, out, x, y: -g * np.floor_divide(x, y))
elementwise(np.fmod,
    lambda g, out, x, y: g,
    lambda g, out, x, y: -g * np.trunc(x / y))
elementwise(np.power,
    lambda g, out, x, y: g * y * _lower(x, y),
    lambda g, out, x, y: g * _unsteady(out, x, y) * _log(x, out))
elementwise(np.float_power,
    lambda g, out, x, y: g * y * np.float_power(x, _one_less(x, _unsteady(y, x, y))),
    lambda g, out, x, y: g * _unsteady(out, x, y) * _log(x, out))
elementwise(np.hypot,
    lambda g, out, x, y: along(g, x, out),
    lambda g, out, x, y: along(g, y, out))
elementwise(np.negative,   lambda g, out, x: -g)
elementwise(np.positive,   lambda g, out, x: g)
elementwise(np.absolute,   _absolute_vjp)
elementwise(np.fabs,       _sign_vjp)
elementwise(np.square,     lambda g, out, x: g * (2 * x))
elementwise(np.sqrt,       lambda g, out, x: g / (2 * out))
elementwise(np.cbrt,       lambda g, out, x: g / (3 * out * out))
elementwise(np.reciprocal, lambda g, out, x: -g * out * out)

# --- exponentials and logarithms --------------------------------------------------------------
elementwise(np.exp,     lambda g, out, x: g * out)
elementwise(np.exp2,    lambda g, out, x: g * out * float(np.log(2)))
elementwise(np.expm1,   lambda g, out, x: g * np.exp(x))
elementwise(np.log,     lambda g, out, x: g / x)
elementwise(np.log2,    lambda g, out, x: g / (x * float(np.log(2))))
elementwise(np.log10,   lambda g, out, x: g / (x * float(np.log(10))))
elementwise(np.log1p,   lambda g, out, x: g / (1 + x))

# --- trigonometry -----------------------------------------------------------------------------
elementwise(np.sin,     lambda g, out, x: g * np.cos(x))
elementwise(np.cos,     lambda g, out, x: -g * np.sin(x))
elementwise(np.tan,     lambda g, out, x: g * (1 + out * out))
elementwise(np.arcsin,  lambda g, out, x: g / np.sqrt(1 - x * x))
elementwise(np.arccos,  lambda g, out, x: -g / np.sqrt(1 - x * x))
elementwise(np.arctan,  lambda g, out, x: g / (1 + x * x))
elementwise(np.sinh,    lambda g, out, x: g * np.cosh(x))
elementwise(np.cosh,    lambda g, out, x: g * np.sinh(x))
elementwise(np.tanh,    lambda g, out, x: g * (1 - out * out))
elementwise(np.arcsinh, lambda g, out, x: g / np.sqrt(x * x + 1))
elementwise(np.arccosh, lambda g, out, x: g / (np.sqrt(x - 1) * np.sqrt(x + 1)))
elementwise(np.arctanh, lambda g, out, x: g / (1 - x * x))
elementwise(np.deg2rad, lambda g, out, x: g * (np.pi / 180))
elementwise(np.radians, lambda g, out, x: g * (np.pi / 180))
elementwise(np.rad2deg, lambda g, out, x: g * (180 / np.pi))
elementwise(np.degrees, lambda g, out, x: g * (180 / np.pi))
elementwise(np.arctan2,
    lambda g, out, x, y: g * _by_square(y, x, y),
    lambda g, out, x, y: -g * _by_square(x, x, y))

# --- choices ----------------------------------------------------------------------------------
elementwise(np.maximum,
    lambda g, out, x, y: np.where(x == y, g / 2, np.where(x > y, g, 0)),
    lambda g, out, x, y: np.where(x == y, g / 2, np.where(x > y, 0, g)))
elementwise(np.minimum,
    lambda g, out, x, y: np.where(x == y, g / 2, np.where(x < y, g, 0)),
    lambda g, out, x, y: np.where(x == y, g / 2, np.where(x < y, 0, g)))
elementwise(np.fmax,
    lambda g, out, x, y: np.where(x == y, g / 2, np.where((x > y) | np.isnan(y), g, 0)),
    lambda g, out, x, y: np.where(x == y, g / 2, np.where((x > y) | np.isnan(y), 0, g)))
elementwise(np.fmin,
    lambda g, out, x, y: np.where(x == y, g / 2, np.where((x < y) | np.isnan(y), g, 0)),
    lambda g, out, x, y: np.where(x == y, g / 2, np.where((x < y) | np.isnan(y), 0, g)))
elementwise(np.copysign,
    lambda g, out, x, y: _sign_vjp(g, out, x) * np.where(np.signbit(y), -1, 1),
    None)
elementwise(np.heaviside,
    None,
    lambda g, out, x, y: np.where(x == 0, g, 0))
elementwise(np.logaddexp,
    lambda g, out, x, y: g * _portion(y, x, out),
    lambda g, out, x, y: g * _portion(x, y, out))
elementwise(np.logaddexp2,
    lambda g, out, x, y: g * np.where(_same_infinity(x, y), 0.5, np.exp2(_below(x, out))),
    lambda g, out, x, y: g * np.where(_same_infinity(x, y), 0.5, np.exp2(_below(y, out))))
choose = elementwise(where,
    None,
    lambda g, out, condition, x, y: np.where(condition, g, 0),
    lambda g, out, condition, x, y: np.where(condition, 0, g))
limit = elementwise(clip,
    lambda g, out, x, low, high: g * _inside(x, low, high),
    lambda g, out, x, low, high: g * ((x < low) & ~_crossed(low, high)),
    lambda g, out, x, low, high: g * ((x > high) | _crossed(low, high)))

# --- parts of a number ------------------------------------------------------------------------
fraction = elementwise(fractional_part, lambda g, out, x: g)
elementwise(np.ldexp,
    lambda g, out, x, n: np.ldexp(g, n),
    None)
elementwise(np.nextafter,
    lambda g, out, x, y: g,
    None)
elementwise(np.unwrap, lambda g, out, x, discont=None, axis=-1, period=2 * np.pi: g)

# --- the same value ---------------------------------------------------------------------------
cast = elementwise(astype, lambda g, out, x, dtype: g)  # the engine gives g the dtype of x
registry["alias"] = elementwise(alias, lambda g, out, x, order="C": g)
# fmt: on

# What these rules do not read, the tape may forget.
for _f in (np.add, np.subtract):
    registered(_f).record = record_sum
for _f in (np.add, np.subtract, np.multiply):
    registered(_f).reads_out = False


@composed(np.where)
def _np_where(condition, *choices):
    return choose(condition, *choices) if choices else np.nonzero(plain(condition))


@composed(np.clip)
def _np_clip(a, a_min=None, a_max=None, *, min=None, max=None):
    return limit(a, a_min if min is None else min, a_max if max is None else max)


composed(np.modf)(lambda x: (fraction(x), np.modf(plain(x))[1]))


@composed(np.frexp)
def _np_frexp(x):
    """x = m * 2**n, and n, like a comparison, has no derivative."""
    n = np.frexp(plain(x))[1]
    return np.ldexp(x, -n), n


composed(np.divmod)(lambda x, y: (np.floor_divide(x, y), np.remainder(x, y)))


@composed("astype")
def _np_astype(x, dtype):
    """Integers and booleans have no derivative: they come back as a plain array."""
    if np.dtype(dtype).hasobject and x.requires_grad:
        raise TypeError(f"{errors.STORED}astype(object) of {errors.describe(x)} has no derivative")
    return cast(x, dtype=dtype) if np.dtype(dtype).kind in "fc" else plain(x).astype(dtype)
