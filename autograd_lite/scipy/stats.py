"""scipy.stats: densities, masses and distribution functions, composed of what has rules.

The one idea: a distribution is a log-density of the standardised variable, and its
distribution function one of `scipy.special`. All gradients follow: with respect to the
variable, the location, the scale, and the parameters, where the function has one.
"""

import functools
import math

import numpy as np
import scipy.special as sp

from ..engine.arrays import asarray
from ..engine.tensor import plain
from ..messages import errors

LOG_TWO_PI = math.log(2 * math.pi)


class Continuous:
    """A distribution with location and scale, under the names of `scipy.stats`.

    Arguments are those of SciPy: x, the parameters of the shape, loc=0, scale=1, by position
    or by name. Outside of its support the density is 0.
    """

    def __init__(self, name, shapes, low, high, log_density, below, beyond):
        self.name = name
        self._names = (*shapes.split(), "loc", "scale")
        self._low, self._high = low, high
        self._log_density, self._below, self._beyond = log_density, below, beyond

    def __repr__(self):
        return f"<distribution {self.name}>"

    def logpdf(self, x, *args, **kwargs):
        """The logarithm of the density."""
        z, shapes, scale = self._standardised(x, args, kwargs)
        outside = (z < self._low) | (z > self._high)
        z = np.where(outside, 0.5, z)  # a place in the support of any
        return np.where(outside, -math.inf, self._log_density(z, *shapes) - np.log(scale))

    def pdf(self, x, *args, **kwargs):
        """The density."""
        return np.exp(self.logpdf(x, *args, **kwargs))

    def cdf(self, x, *args, **kwargs):
        """The probability of a value up to x."""
        z, shapes, _ = self._standardised(x, args, kwargs)
        return self._below(self._supported(z), *shapes)

    def sf(self, x, *args, **kwargs):
        """The probability of a value beyond x."""
        z, shapes, _ = self._standardised(x, args, kwargs)
        return self._beyond(self._supported(z), *shapes)

    def logcdf(self, x, *args, **kwargs):
        """The logarithm of the probability of a value up to x."""
        return _log(self.cdf(x, *args, **kwargs))

    def logsf(self, x, *args, **kwargs):
        """The logarithm of the probability of a value beyond x."""
        return _log(self.sf(x, *args, **kwargs))

    def _supported(self, z):
        return z if self._low == -math.inf else np.clip(z, self._low, self._high)

    def _standardised(self, x, args, kwargs):
        """(x - loc) / scale, the parameters of the shape, and the scale."""
        given = _named(self.name, self._names, args, {"loc": 0, "scale": 1, **kwargs})
        x, *shapes, loc, scale = _alike(x, *(given[name] for name in self._names))
        return (x - loc) / scale, shapes, scale


class Normal(Continuous):
    """The normal distribution, whose tails have logarithms of their own."""

    def logcdf(self, x, *args, **kwargs):
        """The logarithm of the probability of a value up to x."""
        return sp.log_ndtr(self._standardised(x, args, kwargs)[0])

    def logsf(self, x, *args, **kwargs):
        """The logarithm of the probability of a value beyond x."""
        return sp.log_ndtr(-self._standardised(x, args, kwargs)[0])


# fmt: off
norm = Normal("norm", "", -math.inf, math.inf,
    lambda z: -0.5 * (z * z + LOG_TWO_PI),
    lambda z: sp.ndtr(z),
    lambda z: sp.ndtr(-z))
t = Continuous("t", "df", -math.inf, math.inf,
    lambda z, df: -0.5 * (df + 1) * np.log1p(z * z / df) - sp.betaln(*_alike(0.5 * df, 0.5))
        - 0.5 * np.log(df),
    lambda z, df: sp.stdtr(df, z),
    lambda z, df: sp.stdtr(df, -z))
beta = Continuous("beta", "a b", 0, 1,
    lambda z, a, b: sp.xlogy(a - 1, z) + sp.xlog1py(b - 1, -z) - sp.betaln(a, b),
    lambda z, a, b: sp.betainc(a, b, z),
    lambda z, a, b: sp.betaincc(a, b, z))
gamma = Continuous("gamma", "a", 0, math.inf,
    lambda z, a: sp.xlogy(a - 1, z) - z - sp.gammaln(a),
    lambda z, a: sp.gammainc(a, z),
    lambda z, a: sp.gammaincc(a, z))
chi2 = Continuous("chi2", "df", 0, math.inf,
    lambda z, df: sp.xlogy(0.5 * df - 1, 0.5 * z) - 0.5 * z - sp.gammaln(0.5 * df)
        - math.log(2),
    lambda z, df: sp.gammainc(0.5 * df, 0.5 * z),
    lambda z, df: sp.gammaincc(0.5 * df, 0.5 * z))
# fmt: on


class Poisson:
    """The Poisson distribution; k is an integer and has no derivative."""

    def logpmf(self, k, mu, loc=0):
        """The logarithm of the probability of k."""
        k = _integers("poisson", k, loc)
        possible = (k >= 0) & (k == np.floor(k))
        k = np.where(possible, k, 0)
        return np.where(possible, sp.xlogy(k, mu) - sp.gammaln(k + 1) - mu, -math.inf)

    def pmf(self, k, mu, loc=0):
        """The probability of k."""
        return np.exp(self.logpmf(k, mu, loc))

    def cdf(self, k, mu, loc=0):
        """The probability of a value up to k."""
        k = np.floor(_integers("poisson", k, loc))
        return np.where(k >= 0, sp.gammaincc(np.maximum(k, 0) + 1, mu), 0)

    def sf(self, k, mu, loc=0):
        """The probability of a value beyond k."""
        k = np.floor(_integers("poisson", k, loc))
        return np.where(k >= 0, sp.gammainc(np.maximum(k, 0) + 1, mu), 1)

    def logcdf(self, k, mu, loc=0):
        """The logarithm of the probability of a value up to k."""
        return _log(self.cdf(k, mu, loc))

    def logsf(self, k, mu, loc=0):
        """The logarithm of the probability of a value beyond k."""
        return _log(self.sf(k, mu, loc))


class MultivariateNormal:
    """The multivariate normal distribution.

    x is of shape (..., d), mean of (d,), cov of (d, d), (d,) for a diagonal or a number for a
    multiple of the identity. The entries of cov count as independent of each other; where
    ``allow_singular`` meets a singular cov its gradient is symmetric, at a constant rank.
    """

    def logpdf(self, x, mean=None, cov=1, allow_singular=False):
        """The logarithm of the density, of a singular cov on its range; -inf beside it."""
        x = np.asarray(x) if not hasattr(x, "shape") else x
        mean, cov, d = _moments(mean, cov, x.dtype)
        x = np.reshape(x, (-1, 1)) if x.ndim < 2 and d == 1 else x
        away = np.reshape(x - mean, (-1, d))
        null, tiny = _null_space(cov, allow_singular)
        inverse, log_det = _inverse(cov, null.shape[-1])
        distance = np.sum(away * inverse(away.T).T, axis=-1)
        out = -0.5 * ((d - null.shape[-1]) * LOG_TWO_PI + log_det + distance)
        if null.size:
            beside = np.linalg.norm(plain(away) @ null, axis=-1) >= 1e3 * tiny
            out = np.where(beside, -math.inf, out)
        return np.squeeze(np.reshape(out, x.shape[:-1]))

    def pdf(self, x, mean=None, cov=1, allow_singular=False):
        """The density."""
        return np.exp(self.logpdf(x, mean, cov, allow_singular))

    def entropy(self, mean=None, cov=1):
        """The differential entropy."""
        _, cov, d = _moments(mean, cov)
        vanishing = _null_space(cov, True)[0].shape[-1]
        return 0.5 * ((d - vanishing) * (LOG_TWO_PI + 1) + _inverse(cov, vanishing)[1])


class Dirichlet:
    """The Dirichlet distribution.

    x is of shape (k,) or (k, n), positive and of sum 1 along the first axis; or (k - 1,) or
    (k - 1, n), when the last is what is missing to 1. alpha is of shape (k,).
    """

    def logpdf(self, x, alpha):
        """The logarithm of the density."""
        if x.shape[0] == alpha.shape[0] - 1:
            x = np.concatenate([x, 1 - np.sum(x, axis=0, keepdims=True)])
        if x.shape[0] != alpha.shape[0]:
            raise ValueError(
                f"dirichlet takes as many or one fewer x than alpha, not {errors.describe(x)} "
                f"with {errors.describe(alpha)}"
            )
        rounding = max(1e-9, 4 * np.finfo(np.result_type(x.dtype, np.float16)).eps)
        if (x < 0).any() or not np.allclose(np.sum(x, axis=0), 1, rtol=0, atol=rounding):
            raise ValueError("dirichlet takes x that are not negative and of sum 1")
        norming = sp.gammaln(np.sum(alpha)) - np.sum(sp.gammaln(alpha))
        return norming + np.sum(sp.xlogy(alpha - 1, x.T), axis=-1)

    def pdf(self, x, alpha):
        """The density."""
        return np.exp(self.logpdf(x, alpha))


poisson = Poisson()
multivariate_normal = MultivariateNormal()
dirichlet = Dirichlet()


def _log(probability):
    with np.errstate(divide="ignore"):
        return np.log(probability)


def _named(name, names, args, kwargs):
    """Arguments by their names."""
    given = {**kwargs, **dict(zip(names, args, strict=False))}
    if len(args) > len(names) or given.keys() != set(names):
        raise TypeError(f"{name} takes x, {', '.join(names)}")
    return given


def _alike(*values):
    """Python numbers in the dtype of the arrays beside them, which they do not change."""
    dtype = np.result_type(*(getattr(value, "dtype", value) for value in values))
    return [value if hasattr(value, "dtype") else np.asarray(value, dtype) for value in values]


def _integers(name, k, loc):
    for value in (k, loc):
        if getattr(value, "requires_grad", False):
            raise TypeError(
                f"{name} has no derivative with respect to the integer {errors.describe(value)}: "
                "detach() it"
            )
    return asarray(plain(k)) - asarray(plain(loc))


def _moments(mean, cov, dtype=float):
    """The mean, the covariance as a matrix, and the dimension."""
    rank = np.ndim(cov)
    d = np.shape(cov)[-1] if rank else np.size(mean) if mean is not None else 1
    mean = np.zeros(d, dtype) if mean is None else np.reshape(mean, (d,))
    if rank < 2:
        cov = np.eye(d, dtype=getattr(cov, "dtype", dtype)) * cov
    return mean, cov, d


def _null_space(cov, allow_singular):
    """The eigenvectors of the eigenvalues that are 0 but for rounding, and what is rounding."""
    w, v = np.linalg.eigh(plain(cov))
    tiny = (1e3 if w.dtype == np.float32 else 1e6) * np.finfo(w.dtype).eps * np.abs(w).max()
    if w.min() < -tiny:
        raise ValueError(f"cov has the eigenvalue {w.min():.3g}: a covariance has none below 0")
    if w.min() <= tiny and not allow_singular:
        raise np.linalg.LinAlgError(
            f"cov has the eigenvalue {w.min():.3g}, so it is singular: write allow_singular=True"
        )
    return v[:, w <= tiny], tiny


def _inverse(cov, vanishing):
    """The product with cov's inverse, or pseudo-inverse, and the logarithm of its determinant."""
    if not vanishing:
        return functools.partial(np.linalg.solve, cov), np.linalg.slogdet(cov)[1]
    w = np.linalg.eigvalsh(cov)
    rank = len(cov) - vanishing
    cutoff = plain(w)[vanishing - 1 :][:2].mean() / plain(w)[-1] if rank else 1
    inverse = np.linalg.pinv(cov, rtol=cutoff, hermitian=True)
    return functools.partial(np.matmul, inverse), np.sum(np.log(w[vanishing:]))
