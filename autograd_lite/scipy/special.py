"""scipy.special: its ufuncs, under SciPy's own names, with the functions that are none.

An argument without a closed derivative - the order of a Bessel function, the parameters of
an incomplete gamma or beta function - is refused when it requires a gradient.
"""

import functools
import math

import numpy as np
import scipy.special as sp

from ..engine.arrays import called
from ..engine.dispatch import registry, undifferentiated
from ..engine.primitives import elementwise
from ..engine.tensor import plain
from ..messages import errors
from ..rules import softmax as _softmax
from ..rules.elementwise import by_convention
from ..rules.error_function import bell

TWO_BY_ROOT_PI = 2 / math.sqrt(math.pi)
ROOT_TWO_PI = math.sqrt(2 * math.pi)
ROOT_HALF = math.sqrt(0.5)
LOG_10 = math.log(10)


def fixed(f, *names):
    """Refuse the first arguments of f, of these names, when they require a gradient."""
    f = getattr(f, "__wrapped__", f)
    answer = registry[f]

    @functools.wraps(f)
    def checked(*args, **kwargs):
        for name, value in [*zip(names, args, strict=False), *kwargs.items()]:
            if name in names and getattr(value, "requires_grad", False):
                raise TypeError(
                    f"{f.__name__} has no derivative here with respect to {name}, and "
                    f"{errors.describe(value)} requires a gradient: detach() it"
                )
        return answer(*args, **kwargs)

    registry[f] = checked
    return checked


def polygamma(n, x):
    """The n-th derivative of digamma, as `scipy.special.polygamma`."""
    return called(sp.polygamma, n, x)


# The series in 1 / x of functions far out: the first power, the step from power to power, the
# first coefficient, and the quotient of the following one by the k-th.
# fmt: off
TAILS = {
    "erfcx": (1.0, 2, 1 / math.sqrt(math.pi), lambda k, v: -(k + 0.5)),
    "dawsn": (1.0, 2, 0.5, lambda k, v: k + 0.5),
    "ive": (0.5, 1, 1 / ROOT_TWO_PI, lambda k, v: ((2 * k + 1) ** 2 - 4 * v * v) / (8 * k + 8)),
    "kve": (0.5, 1, math.sqrt(math.pi / 2),
            lambda k, v: (4 * v * v - (2 * k + 1) ** 2) / (8 * k + 8)),
}
# fmt: on


def series(x, v, of, n):
    """The n-th derivative far out of a function of TAILS, of order v, by its series."""
    power, step, factor, quotient = TAILS[of]
    total, term = 0, factor
    for k in range(24):
        total = total + term * math.prod(power + step * k + i for i in range(n))
        term = term * quotient(k, v) / x**step
    return (-1) ** n * total / x ** (power + n)


def _or_tail(contribution, g, x, bound, of, v=0):
    """A contribution that cancels far out; from a bound on g times the derivative of the series."""
    size = plain(x)
    if size.dtype.kind != "f" or not (far := size > bound).any():
        return contribution
    return np.where(far, g * series(np.where(far, x, bound), v, of=of, n=1), contribution)


def _dawsn_vjp(g, out, x):
    """1 - 2 x f, the same on both sides of 0."""
    return _or_tail(g * (1 - 2 * x * out), g, abs(x) if x.dtype.kind == "f" else x, 10, "dawsn")


def _i0e_vjp(g, out, x):
    contribution = g * sp.i1e(x) - by_convention(g * out, np.sign(x), x)
    return _or_tail(contribution, g * np.sign(x), np.abs(x), _far_from(0), "ive", 0)


def _i1e_vjp(g, out, x):
    contribution = g * (sp.i0e(x) + sp.ive(2, x)) / 2 - by_convention(g * out, np.sign(x), x)
    return _or_tail(contribution, g, np.abs(x), _far_from(1), "ive", 1)


def _ive_vjp(g, out, v, x):
    """Its factor exp(-|Re x|) is not holomorphic."""
    side, bend = np.sign(np.real(x)), _bend(v, x)
    contribution = g * (sp.ive(v - 1, x) + sp.ive(v + 1, x)) / 2
    contribution = contribution - by_convention(np.real(g * out), side, bend)
    return _or_tail(contribution, g, x, _far_from(v), "ive", v)


def _kve_vjp(g, out, v, x):
    contribution = g * (out - (sp.kve(v - 1, x) + sp.kve(v + 1, x)) / 2)
    return _or_tail(contribution, g, x, _far_from(v), "kve", v)


def _far_from(v):
    """From where the series of a Bessel function of order v has all digits."""
    return 50 + plain(v) * plain(v)


def _normal_ratio(x):
    """The density over the distribution function of the normal distribution: x below, 0 above."""
    below = 1 / sp.erfcx(np.minimum(x, 0) * -math.sqrt(0.5))
    above = bell(x * ROOT_HALF) / (2 * sp.ndtr(np.maximum(x, 0)))
    return math.sqrt(2 / math.pi) * np.where(plain(x) > 0, above, below)


def _pseudo_huber_slope(delta, r):
    """(h - delta)^2 / h with h = sqrt(delta^2 + r^2), where h - delta is r^2 / (h + delta)."""
    h = np.hypot(delta, r)
    return (r / (h + delta)) ** 2 * (r / h) * r


def _quotient(x, y):
    """x / y, where 0 / 0 is 0."""
    return x / np.where((x == 0) & (y == 0), 1, y)


def _gammainc_slope(a, x):
    return np.exp(sp.xlogy(a - 1, x) - x - sp.gammaln(a))


def _betainc_slope(a, b, x):
    return np.exp(sp.xlogy(a - 1, x) + sp.xlog1py(b - 1, -x) - sp.betaln(a, b))


def _bend(v, x):
    """What is 0 where exp(-|Re x|) I_v(x) is not smooth: of a real x only for v below 2."""
    return np.real(plain(x)) if np.iscomplexobj(x) else np.where(np.abs(v) < 2, plain(x), 1)


def _stdtr_slope(df, t):
    """The density of Student's t distribution."""
    return np.exp(
        -0.5 * (df + 1) * np.log1p(t * t / df) - sp.betaln(0.5 * df, 0.5) - 0.5 * np.log(df)
    )


def _rgamma_slope(x, out):
    """By reflection below 1/2, where gamma and digamma have their poles and 1 / gamma has none."""
    below = np.real(x) < 0.5
    z = np.where(below, 1 - x, 1)
    reflected = np.cos(math.pi * x) - sp.digamma(z) * np.sin(math.pi * x) / math.pi
    return np.where(below, sp.gamma(z) * reflected, -out * sp.digamma(np.where(below, 1, x)))


# fmt: off

# --- gamma and beta functions -----------------------------------------------------------------
polygamma = elementwise(polygamma, None, lambda g, out, n, x: g * polygamma(n + 1, x))
elementwise(sp.gamma,     lambda g, out, x: g * out * sp.digamma(x))
elementwise(sp.gammaln,   lambda g, out, x: g * sp.digamma(x))
elementwise(sp.loggamma,  lambda g, out, x: g * sp.digamma(x))
elementwise(sp.rgamma,    lambda g, out, x: g * _rgamma_slope(x, out))
elementwise(sp.digamma,   lambda g, out, x: g * polygamma(1, x))
elementwise(sp.gammainc,  None, lambda g, out, a, x: g * _gammainc_slope(a, x))
elementwise(sp.gammaincc, None, lambda g, out, a, x: -g * _gammainc_slope(a, x))
elementwise(sp.beta,
    lambda g, out, a, b: g * out * (sp.digamma(a) - sp.digamma(a + b)),
    lambda g, out, a, b: g * out * (sp.digamma(b) - sp.digamma(a + b)))
elementwise(sp.betaln,
    lambda g, out, a, b: g * (sp.digamma(a) - sp.digamma(a + b)),
    lambda g, out, a, b: g * (sp.digamma(b) - sp.digamma(a + b)))
elementwise(sp.betainc,   None, None, lambda g, out, a, b, x: g * _betainc_slope(a, b, x))
elementwise(sp.betaincc,  None, None, lambda g, out, a, b, x: -g * _betainc_slope(a, b, x))

# --- series far out ---------------------------------------------------------------------------
series = elementwise(series,
    lambda g, out, x, v, of, n: g * series(x, v, of=of, n=n + 1),
    None)

# --- Bessel functions -------------------------------------------------------------------------
elementwise(sp.j0,  lambda g, out, x: -g * sp.j1(x))
elementwise(sp.j1,  lambda g, out, x: g * (sp.j0(x) - sp.jv(2, x)) / 2)
elementwise(sp.jv,  None, lambda g, out, v, x: g * (sp.jv(v - 1, x) - sp.jv(v + 1, x)) / 2)
elementwise(sp.y0,  lambda g, out, x: -g * sp.y1(x))
elementwise(sp.y1,  lambda g, out, x: g * (sp.y0(x) - sp.yv(2, x)) / 2)
elementwise(sp.yn,  None, lambda g, out, v, x: g * (sp.yv(v - 1, x) - sp.yv(v + 1, x)) / 2)
elementwise(sp.yv,  None, lambda g, out, v, x: g * (sp.yv(v - 1, x) - sp.yv(v + 1, x)) / 2)
elementwise(sp.i0,  lambda g, out, x: g * sp.i1(x))
elementwise(sp.i1,  lambda g, out, x: g * (sp.i0(x) + sp.iv(2, x)) / 2)
elementwise(sp.iv,  None, lambda g, out, v, x: g * (sp.iv(v - 1, x) + sp.iv(v + 1, x)) / 2)
elementwise(sp.i0e, _i0e_vjp)
elementwise(sp.i1e, _i1e_vjp)
elementwise(sp.ive, None, _ive_vjp)
elementwise(sp.k0,  lambda g, out, x: -g * sp.k1(x))
elementwise(sp.k1,  lambda g, out, x: -g * (sp.k0(x) + sp.kv(2, x)) / 2)
elementwise(sp.kn,  None, lambda g, out, v, x: -g * (sp.kv(v - 1, x) + sp.kv(v + 1, x)) / 2)
elementwise(sp.kv,  None, lambda g, out, v, x: -g * (sp.kv(v - 1, x) + sp.kv(v + 1, x)) / 2)
elementwise(sp.k0e, lambda g, out, x: _kve_vjp(g, out, 0, x))
elementwise(sp.k1e, lambda g, out, x: _kve_vjp(g, out, 1, x))
elementwise(sp.kve, None, _kve_vjp)

# --- error functions and the normal distribution ------------------------------------------------
elementwise(sp.erf,      lambda g, out, x: g * TWO_BY_ROOT_PI * bell(x))
elementwise(sp.erfc,     lambda g, out, x: -g * TWO_BY_ROOT_PI * bell(x))
elementwise(sp.erfi,     lambda g, out, x: g * TWO_BY_ROOT_PI * np.exp(x * x))
elementwise(sp.erfcx,    lambda g, out, x:
    _or_tail(g * (2 * x * out - TWO_BY_ROOT_PI), g, x, 10, "erfcx"))
elementwise(sp.dawsn,    _dawsn_vjp)
elementwise(sp.erfinv,   lambda g, out, x: g * np.exp(out * out) / TWO_BY_ROOT_PI)
elementwise(sp.erfcinv,  lambda g, out, x: -g * np.exp(out * out) / TWO_BY_ROOT_PI)
elementwise(sp.ndtr,     lambda g, out, x: g * bell(x * ROOT_HALF) / ROOT_TWO_PI)
elementwise(sp.ndtri,    lambda g, out, x: g * np.exp(0.5 * out * out) * ROOT_TWO_PI)
elementwise(sp.log_ndtr, lambda g, out, x: g * _normal_ratio(x))
elementwise(sp.stdtr,    None, lambda g, out, df, t: g * _stdtr_slope(df, t))

# --- logistic and exponential functions, integrals ----------------------------------------------
elementwise(sp.logit,     lambda g, out, x: g / (x * (1 - x)))
elementwise(sp.expit,     lambda g, out, x: g * out * (1 - out))
elementwise(sp.log_expit, lambda g, out, x: g * sp.expit(-x))
elementwise(sp.exp10,     lambda g, out, x: g * out * LOG_10)
elementwise(sp.cosm1,     lambda g, out, x: -g * np.sin(x))
elementwise(sp.exp1,      lambda g, out, x: -g * np.exp(-x) / x)
elementwise(sp.expi,      lambda g, out, x: g * np.exp(x) / x)
elementwise(sp.ellipk,    lambda g, out, m: g * math.pi / 8 * sp.hyp2f1(1.5, 1.5, 2, m))
elementwise(sp.ellipe,    lambda g, out, m: -g * math.pi / 8 * sp.hyp2f1(0.5, 1.5, 2, m))
elementwise(sp.hyp1f1, None, None, lambda g, out, a, b, x: g * a / b * sp.hyp1f1(a + 1, b + 1, x))
elementwise(sp.hyp2f1, None, None, None,
    lambda g, out, a, b, c, x: g * a * b / c * sp.hyp2f1(a + 1, b + 1, c + 1, x))

# --- entropies and losses: 0 * log(0) is 0 ------------------------------------------------------
elementwise(sp.xlogy,
    lambda g, out, x, y: g * np.log(y),
    lambda g, out, x, y: g * _quotient(x, y))
elementwise(sp.xlog1py,
    lambda g, out, x, y: g * np.log1p(y),
    lambda g, out, x, y: g * _quotient(x, 1 + y))
elementwise(sp.entr,      lambda g, out, x: -g * (np.log(x) + 1))
elementwise(sp.rel_entr,
    lambda g, out, x, y: g * (np.log(x / y) + 1),
    lambda g, out, x, y: -g * _quotient(x, y))
elementwise(sp.kl_div,
    lambda g, out, x, y: g * np.log(x / y),
    lambda g, out, x, y: g * (1 - _quotient(x, y)))
elementwise(sp.huber,
    lambda g, out, delta, r: g * np.where(np.abs(r) <= delta, 0, np.abs(r) - delta),
    lambda g, out, delta, r: g * np.clip(r, -delta, delta))
elementwise(sp.pseudo_huber,
    lambda g, out, delta, r: g * _pseudo_huber_slope(delta, r),
    lambda g, out, delta, r: g * r / np.hypot(1, r / delta))

# --- arguments without a derivative -------------------------------------------------------------
polygamma = fixed(polygamma, "n")
fixed(sp.gammainc, "a")
fixed(sp.gammaincc, "a")
fixed(sp.betainc, "a", "b")
fixed(sp.betaincc, "a", "b")
fixed(sp.hyp1f1, "a", "b")
fixed(sp.hyp2f1, "a", "b", "c")
fixed(sp.stdtr, "df")
for _f in (sp.jv, sp.yn, sp.yv, sp.iv, sp.ive, sp.kn, sp.kv, sp.kve):
    fixed(_f, "the order")
# fmt: on


registry[sp.gammasgn] = lambda x: sp.gammasgn(plain(x))
undifferentiated.add(sp.gammasgn)


def __getattr__(name):
    """SciPy's own ufuncs, which need no second version."""
    f = getattr(sp, name)
    if isinstance(f, np.ufunc):
        return f
    raise AttributeError(f"autograd_lite.scipy.special has no {name}")


# --- functions that are no ufuncs -----------------------------------------------------------------


def multigammaln(a, d):
    """The logarithm of the multivariate gamma function of dimension d, element by element."""
    if np.any(plain(a) <= 0.5 * (d - 1)):
        raise ValueError(f"multigammaln needs a > (d - 1) / 2 = {0.5 * (d - 1)}")
    terms = (sp.gammaln(a - 0.5 * j) for j in range(d))
    return sum(terms, d * (d - 1) * 0.25 * math.log(math.pi))


def logsumexp(a, axis=None, b=None, keepdims=False, return_sign=False):
    """log(sum(b * exp(a))), as `scipy.special.logsumexp`."""
    if b is None and not return_sign:
        return _softmax.logsumexp(a, axis=axis, keepdims=keepdims)
    b = 1.0 if b is None else b
    used = np.where(plain(b) == 0, -math.inf, plain(a))
    top = np.max(used, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    below = a - top
    if not getattr(b, "requires_grad", False):
        below = np.where(used == -math.inf, -math.inf, below)  # no 0 * inf
    total = np.sum(b * np.exp(below), axis=axis, keepdims=True)
    sign = np.sign(total)
    with np.errstate(divide="ignore", invalid="ignore"):
        out = np.log(np.abs(total) if return_sign else total) + top
    if not keepdims:
        out, sign = np.squeeze(out, axis=axis), np.squeeze(sign, axis=axis)
    return (out, sign) if return_sign else out


def softmax(x, axis=None):
    """exp(x) / sum(exp(x)), over all elements by default, as `scipy.special.softmax`."""
    return _softmax.softmax(x, axis=axis)


def log_softmax(x, axis=None):
    """log(softmax(x)), over all elements by default, as `scipy.special.log_softmax`."""
    return _softmax.log_softmax(x, axis=axis)
