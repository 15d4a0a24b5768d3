"""SciPy's functions."""

import functools

import numpy

from .table import above_one, at, fraction, positive, real, spd, unit

COUNTS = numpy.array([0.0, 2.0, 5.0])
SIMPLEX = numpy.array([0.2, 0.5, 0.3])
TIMES = numpy.linspace(0.0, 1.0, 4)
TIGHT = {"rtol": 1e-11, "atol": 1e-11}
L = numpy.array([[2.0, 0.0, 0.0], [0.3, 1.5, 0.0], [-0.4, 0.6, 3.0]])
BANDS = numpy.array([[0.0, 0.3, -0.2, 0.4], [3.0, 2.5, 4.0, 3.5], [0.5, -0.3, 0.2, 0.0]])


def special(kind, *names):
    """Functions of scipy.special of one array."""
    return [
        at(f"scipy.special.{name}",
           lambda np, x, name=name: getattr(np.scipy.special, name)(x), kind(2, 3))
        for name in names
    ]  # fmt: skip


def pairs(left, right, *names):
    """Functions of scipy.special of two arrays."""
    return [
        at(f"scipy.special.{name}",
           lambda np, x, y, name=name: getattr(np.scipy.special, name)(x, y), left(2, 3), right(3))
        for name in names
    ]  # fmt: skip


def after(argument, kind, *names):
    """Functions of scipy.special whose last argument alone has a derivative."""
    return [
        at(f"scipy.special.{name}",
           lambda np, x, name=name: getattr(np.scipy.special, name)(*argument, x), kind(2, 3))
        for name in names
    ]  # fmt: skip


def stats(distribution, kinds, *names, before=(), between=()):
    """Methods of a distribution of scipy.stats; constants before the first array or after it."""

    def call(np, x, *parameters, name):
        method = getattr(getattr(np.scipy.stats, distribution), name)
        return method(*before, x, *between, *parameters)

    return [
        at(f"scipy.stats.{distribution}.{name}", functools.partial(call, name=name), *kinds)
        for name in names
    ]


def _growth(np, y0, rate, pack=tuple):
    return np.scipy.integrate.odeint(lambda y, t, r: r * y, y0, TIMES, pack([rate]), **TIGHT)


def _growth_hips(np, y0, rate):
    from autograd.builtins import tuple as traced_tuple

    return _growth(np, y0, rate, traced_tuple)


# fmt: off
SAMPLES = [
    # --- scipy.special ----------------------------------------------------------------------------
    *special(positive,          "gamma", "gammaln", "rgamma", "gammasgn", "digamma", "psi", "entr"),
    *special(positive,          "j0", "j1", "y0", "y1", "i0", "i1"),
    *special(real,              "erf", "erfc", "expit", "ndtr"),
    *special(unit,              "erfinv"),
    *special(fraction,          "logit", "erfcinv"),
    *pairs(positive, positive,  "beta", "betaln"),
    *pairs(real, positive,      "xlogy"),
    *after((1,), positive,      "polygamma"),
    *after((2,), positive,      "jn", "yn"),
    *after((1.5,), positive,    "gammainc", "gammaincc", "iv", "ive"),
    *after((1.5, 2.0), fraction, "betainc"),
    at("scipy.special.multigammaln",
        lambda np, x: np.scipy.special.multigammaln(x, 2), above_one(3)),
    at("scipy.special.logsumexp",
        lambda np, x: np.scipy.special.logsumexp(x, axis=1), real(2, 3)),
    at("scipy.special.softmax",
        lambda np, x: np.scipy.special.softmax(x, axis=1), real(2, 3),
        mygrad=lambda np, x: np.softmax(x)),
    at("scipy.special.log_softmax",
        lambda np, x: np.scipy.special.log_softmax(x, axis=1), real(2, 3),
        mygrad=lambda np, x: np.logsoftmax(x)),

    # --- scipy.linalg, scipy.signal, scipy.integrate ----------------------------------------------
    at("scipy.linalg.sqrtm",
        lambda np, x: np.scipy.linalg.sqrtm(spd(np, x)), real(3, 3)),
    at("scipy.linalg.expm",
        lambda np, x: np.scipy.linalg.expm(0.5 * x), real(3, 3)),
    at("scipy.linalg.solve_triangular",
        lambda np, x, b: np.scipy.linalg.solve_triangular(L + 0.1 * x, b, lower=True),
        real(3, 3), real(3)),
    at("scipy.linalg.solve_banded",
        lambda np, x, b: np.scipy.linalg.solve_banded((1, 1), BANDS + 0.1 * x, b),
        real(3, 4), real(4)),
    at("scipy.linalg.solve_sylvester",
        lambda np, a, b, q: np.scipy.linalg.solve_sylvester(L + 0.1 * a, L + 0.1 * b, q),
        real(3, 3), real(3, 3), real(3, 3)),
    at("scipy.signal.convolve",
        lambda np, x, y: np.scipy.signal.convolve(x, y), real(3, 4), real(2, 2)),
    at("scipy.integrate.odeint",
        _growth, real(2), real(), hips=_growth_hips),

    # --- scipy.stats: of x and of the parameters --------------------------------------------------
    *stats("norm", (real(2, 3), real(3), positive()),
           "pdf", "cdf", "sf", "logpdf", "logcdf", "logsf"),
    *stats("t",     (real(2, 3), above_one(3), real(), positive()), "pdf", "logpdf"),
    *stats("beta",  (fraction(2, 3), above_one(3), above_one()),    "pdf", "logpdf"),
    *stats("gamma", (positive(2, 3), above_one(3)),                 "pdf", "logpdf"),
    *stats("poisson", (positive(3),), "pmf", "logpmf", "cdf",       before=(COUNTS,)),
    *stats("dirichlet", (above_one(3),), "pdf", "logpdf",           before=(SIMPLEX,)),

    # --- scipy.stats: of x alone, or of x and its place -------------------------------------------
    *stats("t",     (real(2, 3), real()), "cdf", "logcdf",          between=(2.5,)),
    *stats("beta",  (fraction(3),), "cdf",                          between=(1.5, 2.5)),
    *stats("gamma", (positive(3),), "cdf",                          between=(1.5,)),
    *stats("chi2",  (positive(3),), "pdf", "logpdf", "cdf",         between=(3.0,)),

    # --- scipy.stats: matrices --------------------------------------------------------------------
    *(at(f"scipy.stats.multivariate_normal.{name}",
         lambda np, x, m, s, name=name: getattr(np.scipy.stats.multivariate_normal, name)(
             x, m, spd(np, s)),
         real(2, 3), real(3), real(3, 3)) for name in ("pdf", "logpdf")),
    at("scipy.stats.multivariate_normal.entropy",
        lambda np, m, s: np.scipy.stats.multivariate_normal.entropy(m, spd(np, s)),
        real(3), real(3, 3)),
]
# fmt: on
