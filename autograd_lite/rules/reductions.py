"""Functions that reduce axes: sum, prod, mean, var, std, max, min; and the same without nan."""

import functools
import math

import numpy as np

from ..engine.arrays import unbroadcast
from ..engine.dispatch import registry
from ..engine.primitives import composed, faster, primitive
from ..engine.tensor import plain
from .columns import as_columns, from_columns, products_before
from .elementwise import along

_ARRAYS = (np.ndarray, np.float64, np.float32)
_INEXACT = frozenset({np.dtype(np.float64), np.dtype(np.float32)})


def _spread(g, axis, keepdims):
    """What was reduced, with its axes back as axes of size 1, so that it broadcasts."""
    return g if keepdims or axis is None or g.ndim == 0 else np.expand_dims(g, axis)


def _repeated(g, x):
    """g in the shape of x. A small array is filled in a sixth of the time of a view of stride 0."""
    if x.size > 2000 or type(x) is not np.ndarray or type(g) not in _ARRAYS:
        return np.broadcast_to(g, x.shape)
    filled = np.empty(x.shape, g.dtype)
    filled[...] = g
    return filled


def _count(x, axis, where):
    """How many elements each result was made of."""
    if where is True:
        axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        return math.prod(x.shape[a] for a in axes if x.ndim)
    return np.sum(np.broadcast_to(where, x.shape), axis=axis, keepdims=True)


def _sum_vjp(g, out, x, axis=None, dtype=None, keepdims=False, initial=None, where=True):
    """Every summand receives the cotangent of its sum."""
    g = _repeated(_spread(g, axis, keepdims), x)
    return g if where is True else np.where(where, g, 0)


def _mean_vjp(g, out, x, axis=None, dtype=None, keepdims=False, where=True):
    if axis is None and where is True:
        return _repeated(g / math.prod(x.shape), x)
    g = _spread(g, axis, keepdims) / _count(x, axis, where)
    return _sum_vjp(g, out, x, axis, keepdims=True, where=where)


def _prod_vjp(g, out, x, axis=None, dtype=None, keepdims=False, initial=1, where=True):
    """The product of all other factors, without a division: exact at zeros, to any order."""
    factors = as_columns(x if where is True else np.where(where, x, 1), axis)
    others = products_before(factors, dtype) * products_before(factors[::-1], dtype)[::-1]
    contribution = _spread(g, axis, keepdims) * initial * from_columns(others, x.shape, axis)
    return contribution if where is True else np.where(where, contribution, 0)


def _var_vjp(g, out, x, axis=None, dtype=None, ddof=0, keepdims=False, where=True, correction=None):
    """As about a constant mean: the path through the mean cancels."""
    dtype = np.float32 if dtype is None and x.dtype == np.float16 else dtype
    mean = np.sum(x, axis=axis, dtype=dtype, keepdims=True, where=where) / _count(x, axis, where)
    return _var_about_vjp(g, out, x, mean, axis, dtype, ddof, keepdims, where, correction)


def _var_about_vjp(
    g, out, x, mean, axis=None, dtype=None, ddof=0, keepdims=False, where=True, correction=None
):
    """d/dx sum |x - mean|^2 / n = 2 conj(x - mean) / n"""
    degrees = _count(x, axis, where) - (ddof if correction is None else correction)
    degrees = degrees * (degrees > 0)  # NumPy: 0 for less than none
    contribution = _spread(g, axis, keepdims) * 2 / degrees * (x - mean).conj()
    return contribution if where is True else np.where(where, contribution, 0)


def _mean_of_var_vjp(
    g, out, x, mean, axis=None, dtype=None, ddof=0, keepdims=False, where=True, correction=None
):
    contribution = _var_about_vjp(g, out, x, mean, axis, dtype, ddof, keepdims, where, correction)
    return unbroadcast(-contribution, mean.shape)


def _root(vjp):
    """The rule of std = sqrt(var); the gradient of a constant's std is taken as 0."""

    @functools.wraps(vjp)
    def std_vjp(g, out, *args, **kwargs):
        return vjp(along(g, 0.5, out), out, *args, **kwargs)

    return std_vjp


def _extremum_vjp(g, out, x, axis=None, keepdims=False, initial=None, where=True):
    """The elements that attain the extremum share its cotangent equally."""
    g, out = _spread(g, axis, keepdims), _spread(out, axis, keepdims)
    hit = x == out if where is True else (x == out) & where
    hits = np.sum(hit, axis=axis, keepdims=True, dtype=g.dtype)
    if initial is not None:
        hits = hits + (plain(out) == initial)
    return np.where(hit, g / hits, 0)


def _but_nan(vjp):
    """The rule of a reduction that leaves nan out: where= leaves out more."""

    @functools.wraps(vjp)
    def nan_vjp(g, out, x, *args, where=True, **kwargs):
        numbers = ~np.isnan(x)
        return vjp(g, out, np.where(numbers, x, 1), *args, where=where & numbers, **kwargs)

    return nan_vjp


def var_about(x, mean, axis=None, dtype=None, out=None, ddof=0, keepdims=False, **more):
    return np.var(x, axis, dtype, out, ddof, keepdims, mean=mean, **more)


def std_about(x, mean, axis=None, dtype=None, out=None, ddof=0, keepdims=False, **more):
    return np.std(x, axis, dtype, out, ddof, keepdims, mean=mean, **more)


def _mean_of_all(x):
    """np.mean(x), in half of its time."""
    if type(x) is np.ndarray and x.size and x.dtype in _INEXACT:
        return np.add.reduce(x, axis=None) / x.size
    return np.mean(x)


faster[np.mean] = _mean_of_all


# fmt: off
primitive(np.sum,     _sum_vjp)
primitive(np.prod,    _prod_vjp)
primitive(np.mean,    _mean_vjp)
primitive(np.max,     _extremum_vjp)
primitive(np.min,     _extremum_vjp)
primitive(np.amax,    _extremum_vjp)
primitive(np.amin,    _extremum_vjp)
var       = primitive(np.var, _var_vjp)
std       = primitive(np.std, _root(_var_vjp))
var_about = primitive(var_about, _var_about_vjp,        _mean_of_var_vjp)
std_about = primitive(std_about, _root(_var_about_vjp), _root(_mean_of_var_vjp))

primitive(np.nansum,  _but_nan(_sum_vjp))
primitive(np.nanprod, _but_nan(_prod_vjp))
primitive(np.nanmean, _but_nan(_mean_vjp))
primitive(np.nanvar,  _but_nan(_var_vjp))
primitive(np.nanstd,  _root(_but_nan(_var_vjp)))
primitive(np.nanmax,  _but_nan(_extremum_vjp))
primitive(np.nanmin,  _but_nan(_extremum_vjp))
# fmt: on


def _or_about(f, about):
    """NumPy's function, which may be given the mean."""

    @functools.wraps(f)
    def call(a, *args, mean=None, **kwargs):
        return f(a, *args, **kwargs) if mean is None else about(a, mean, *args, **kwargs)

    return call


registry[np.var] = _or_about(var, var_about)
registry[np.std] = _or_about(std, std_about)


@composed(np.ptp)
def _np_ptp(a, axis=None, out=None, keepdims=False):
    return np.max(a, axis, keepdims=keepdims) - np.min(a, axis, keepdims=keepdims)
