"""The functions of SciPy; a family of the table where SciPy is installed."""

import numpy as np
import scipy.integrate
import scipy.linalg
import scipy.signal
import scipy.special as sp
import scipy.stats

from autograd_lite.scipy import integrate, linalg, signal, special, stats
from autograd_lite.scipy.integrate import solve

from .table import above_one, at, binary, complex_, kind, positive, real, row, unary, unit

# fmt: off
probability = kind(0.1, 0.9)
far = kind(60, 70)
ORDERS = np.array([0, 1, 3])


def with_fixed(f):
    """Of the last argument; the others are not differentiated."""
    return lambda x, fixed: f(*fixed, x)


def last(f, *cases):
    return row(with_fixed(f), *cases, covers=(f,), name=f.__name__)


UFUNCS = [
    *(unary(f, positive) for f in (
        sp.gamma, sp.gammaln, sp.loggamma, sp.digamma, sp.y0, sp.y1, sp.k0, sp.k1, sp.k0e, sp.k1e,
        sp.exp1, sp.expi, sp.entr)),
    *(unary(f, real) for f in (
        sp.rgamma, sp.j0, sp.j1, sp.i0, sp.i1, sp.i0e, sp.i1e, sp.erf, sp.erfc, sp.erfi, sp.erfcx,
        sp.dawsn, sp.ndtr, sp.log_ndtr, sp.expit, sp.log_expit, sp.exp10, sp.cosm1)),
    *(unary(f, unit) for f in (sp.erfinv, sp.ellipk, sp.ellipe)),
    *(unary(f, probability) for f in (sp.ndtri, sp.logit, sp.erfcinv)),
    *(binary(f, positive, positive) for f in (
        sp.beta, sp.betaln, sp.rel_entr, sp.kl_div, sp.xlog1py, sp.pseudo_huber)),
    binary(sp.xlogy, real, positive),
    row(sp.huber, at(0.7, real(5)), at(kind(0.3, 0.9)(3, 1), kind(1.1, 2, signed=True)(4)),
        at(kind(2, 3)(3), unit(3))),
    *(last(f, at(positive(), fixed=(1,)), at(positive(3), fixed=(ORDERS,)),
           at(positive(2, 1), fixed=(0.5,)), at(positive(2, 1), fixed=(ORDERS,)))
      for f in (sp.jv, sp.yv, sp.iv, sp.ive, sp.kv, sp.kve)),
    *(last(f, at(positive(3), fixed=(2,)), at(positive(2, 1), fixed=(ORDERS,)))
      for f in (sp.yn, sp.kn)),
    *(last(f, at(positive(3), fixed=(0.7,)), at(positive(2, 1), fixed=(ORDERS + 1,)))
      for f in (sp.gammainc, sp.gammaincc)),
    *(last(f, at(probability(3), fixed=(0.7, 1.6)), at(probability(2, 1), fixed=(ORDERS + 1, 2)))
      for f in (sp.betainc, sp.betaincc)),
    last(sp.stdtr, at(real(3), fixed=(3.5,)), at(real(2, 1), fixed=(ORDERS + 1,))),
    last(sp.hyp1f1, at(real(3), fixed=(0.7, 1.6))),
    last(sp.hyp2f1, at(unit(3), fixed=(0.7, 1.6, 2.2))),
]

SPECIAL = [
    row(special.polygamma, at(0, positive(3)), at(ORDERS, positive(2, 1)),
        covers=(special.polygamma.__wrapped__,), reference=sp.polygamma),
    row(special.series, at(far(3), 0, of="erfcx", n=0), at(far(3), 0, of="dawsn", n=1),
        at(far(3), ORDERS, of="ive", n=1), at(far(2, 1), ORDERS, of="kve", n=0),
        covers=(special.series.__wrapped__,)),
    row(special.multigammaln, at(above_one(3), 3), at(positive(), 1),
        covers=(), reference=sp.multigammaln, keeps=True),
    row(special.logsumexp,
        at(real(3)), at(real(2, 3), axis=0, keepdims=True), at(real(2, 3), b=[1.0, 0.0, 2.0]),
        at(real(2, 3), (1,), positive(2, 3)),
        covers=(), reference=sp.logsumexp),
    row(special.softmax, at(real(2, 3)), at(real(2, 3), axis=1),
        covers=(), reference=sp.softmax),
    row(special.log_softmax, at(real(2, 3)), at(real(2, 3), axis=0),
        covers=(), reference=sp.log_softmax),
]

# --- matrices -----------------------------------------------------------------------------------


def definite(x):
    """A matrix with positive eigenvalues, away from each other's negatives."""
    return x @ np.swapaxes(x, -1, -2) + 2 * np.eye(x.shape[-1])


def of_definite(f):
    return lambda x: f(definite(x))


def dominant(f):
    """Solve with a matrix whose diagonal is large."""
    def solve(a, b, **keywords):
        return f(a + 3 * np.eye(a.shape[-1]), b, **keywords)
    return solve


def banded(f):
    def solve(ab, b, l_and_u, **keywords):
        main = np.zeros(ab.shape)
        main[l_and_u[1]] = 4
        return f(l_and_u, ab + main, b, **keywords)
    return solve


def sylvester(f):
    return lambda a, b, q: f(a + 4 * np.eye(len(a)), b, q)


SETTINGS = [{}, {"lower": True, "check_finite": False}, {"trans": 1},
            {"lower": True, "trans": "T", "unit_diagonal": True}]

LINALG = [
    row(linalg.expm, at(real(1, 1)), at(real(3, 3)), at(unit(2, 2, 2)), at(complex_(2, 2)),
        covers=(linalg.expm.__wrapped__,), reference=scipy.linalg.expm),
    row(of_definite(linalg.sqrtm), at(real(1, 1)), at(real(3, 3)),
        covers=(linalg._root.__wrapped__,), name="sqrtm",
        reference=of_definite(scipy.linalg.sqrtm)),
    row(sylvester(linalg.solve_sylvester), at(real(2, 2), real(3, 3), real(2, 3)),
        covers=(linalg.solve_sylvester.__wrapped__,), name="solve_sylvester",
        reference=sylvester(scipy.linalg.solve_sylvester)),
    row(dominant(linalg.solve_triangular),
        *(at(real(3, 3), real(*shape), **s) for s in SETTINGS for shape in ((3,), (3, 2))),
        at(complex_(2, 2), complex_(2), trans="C"), at(real(2, 2), real(2), trans=2),
        covers=(linalg._triangular.__wrapped__,), name="solve_triangular",
        reference=dominant(scipy.linalg.solve_triangular)),
    row(banded(linalg.solve_banded),
        at(real(3, 4), real(4), l_and_u=(1, 1)), at(real(3, 4), real(4, 2), l_and_u=(0, 2)),
        at(real(4, 5), real(5), l_and_u=(2, 1)), at(real(1, 3), real(3), l_and_u=(0, 0)),
        at(real(3, 3), real(3), l_and_u=(1, 1), check_finite=False),
        covers=(linalg._banded.__wrapped__,), name="solve_banded",
        reference=banded(scipy.linalg.solve_banded)),
]

# --- signals and differential equations -----------------------------------------------------------

MODES = [
    at(real(5), real(3)), at(real(2), real(4), mode="full"), at(real(4), real(2), mode="same"),
    at(real(2), real(5), mode="same"), at(real(5), real(2), mode="valid"),
    at(real(2), real(4), mode="valid"), at(real(3, 4), real(2, 2), mode="same"),
    at(real(3, 4), real(2, 1), mode="valid", method="direct"), at(complex_(3), complex_(2)),
]


def pendulum(y, t, a, b):
    return np.stack([a[0] * y[1], -b * np.sin(y[0]) + a[1] * t])


def timed(t, y, a):
    return [a * y[0] * t]


def solution(f):
    def run(y0, t, a, b):
        t = np.cumsum(np.abs(t))
        return f(pendulum, y0, t, args=(a, b), rtol=1e-11, atol=1e-11)
    return run


def solution_time_first(f):
    return lambda y0, t, a: f(timed, y0, np.abs(t), (a,), tfirst=True, rtol=1e-11, atol=1e-11)


SIGNALS = [
    row(signal.convolve, *MODES,
        covers=(signal.convolve.__wrapped__,), reference=scipy.signal.convolve),
    row(signal.correlate, *MODES, covers=(), reference=scipy.signal.correlate),
    row(solution(integrate.odeint), at(real(2), kind(0.1, 0.3)(2), real(2), positive()),
        covers=(solve.__wrapped__,), reference=solution(scipy.integrate.odeint),
        name="odeint", order=1),
    row(solution_time_first(integrate.odeint), at(positive(1), np.array([0.1, 0.2]), positive()),
        covers=(), reference=solution_time_first(scipy.integrate.odeint),
        name="odeint of t first"),
]

# --- distributions ------------------------------------------------------------------------------

DENSITIES, CUMULATIVE = ("pdf", "logpdf"), ("cdf", "sf", "logcdf", "logsf")


def methods(name, names, *cases):
    """A row of each method of a distribution."""
    return [
        row(getattr(getattr(stats, name), method), *cases, covers=(), name=f"{name}.{method}",
            reference=getattr(getattr(scipy.stats, name), method), keeps=True)
        for method in names
    ]


def on_the_simplex(f):
    """Of x that are scaled to the sum 1."""
    return lambda x, alpha: f(x / np.sum(x, axis=0), alpha)


def with_definite(f):
    return lambda x, mean, a: f(x, mean, definite(a))


def entropy(f):
    return lambda mean, a: f(mean, definite(a))


STATS = [
    *methods("norm", DENSITIES + CUMULATIVE, at(real(3)), at(real(2, 3), real(3), positive())),
    *methods("t", DENSITIES, at(real(3), positive(), real(), positive(3)), at(real(3), df=2.5)),
    *methods("t", CUMULATIVE, at(real(3), df=2.5, loc=0.3), at(real(3), df=2)),
    *methods("beta", DENSITIES, at(probability(3), positive(3), above_one()),
             at(probability(3), positive(), positive(), -0.05, 1.3)),
    *methods("beta", CUMULATIVE, at(probability(3), a=0.7, b=1.6),
             at(probability(3), 2, 2, -0.1, 1.4)),
    *methods("gamma", DENSITIES, at(positive(3), positive()),
             at(positive(3), positive(), 0.2, positive(3))),
    *methods("gamma", CUMULATIVE, at(positive(3), a=0.7), at(positive(3), 2, real(), positive(3))),
    *methods("chi2", DENSITIES, at(positive(3), positive()),
             at(positive(3), positive(), 0.2, 1.3)),
    *methods("chi2", CUMULATIVE, at(positive(3), 3)),
    *methods("poisson", ("pmf", "logpmf", *CUMULATIVE), at(np.array([0, 1, 4]), positive(3)),
             at(np.array([1, 2, 4]), positive(), 1)),
    *(row(with_definite(getattr(stats.multivariate_normal, name)),
          at(real(2), real(2), real(2, 2)), at(real(4, 2), real(2), real(2, 2)),
          covers=(), name=f"multivariate_normal.{name}",
          reference=with_definite(getattr(scipy.stats.multivariate_normal, name)))
      for name in DENSITIES),
    row(entropy(stats.multivariate_normal.entropy), at(real(2), real(2, 2)), covers=(),
        reference=entropy(scipy.stats.multivariate_normal.entropy),
        name="multivariate_normal.entropy"),
    *(row(on_the_simplex(getattr(stats.dirichlet, name)),
          at(positive(3), positive(3)), at(positive(3, 2), above_one(3)),
          covers=(), name=f"dirichlet.{name}",
          reference=on_the_simplex(getattr(scipy.stats.dirichlet, name)), keeps=True)
      for name in DENSITIES),
]
# fmt: on

ROWS = UFUNCS + SPECIAL + LINALG + SIGNALS + STATS
