"""What depends on values where a program needs it fixed: held by guards, which leave the program.

A program is one straight line of calls, and traced for certain shapes, dtypes and settings.
"""

import numpy as np

from . import calls
from .aliasing import Stored
from .expressions import mapped, mapped_call, operands_of

# Their results have as many elements as the values say.
_SHAPED_BY_VALUES = {
    np.nonzero, np.flatnonzero, np.argwhere, np.extract, np.compress, np.repeat, np.bincount,
    np.unique, np.unique_values, np.unique_all, np.unique_counts, np.unique_inverse,
    np.union1d, np.intersect1d, np.setdiff1d, np.setxor1d, np.trim_zeros, np.delete, np.insert,
    np.ix_, np.histogram, np.histogram_bin_edges, np.linalg.lstsq,
    np.roots, np.polymul, np.polydiv, np.polyfit,
}  # fmt: skip
# Their results are complex where the values ask for it.
_TYPED_BY_VALUES = {
    np.linalg.eig, np.linalg.eigvals, np.roots, np.poly, np.real_if_close,
    *(getattr(np.emath, name) for name in
      "sqrt log log2 log10 logn power arccos arcsin arctanh".split()),
}  # fmt: skip
_TYPED_BY_NAME = {"sqrtm", "logm", "fractional_matrix_power", "signm"}
# Integers among their arguments are data, not settings.
_OF_DATA = {
    getattr(np, name)
    for name in """
    allclose append array_equal array_equiv atleast_1d atleast_2d atleast_3d average
    broadcast_arrays can_cast choose clip column_stack common_type concatenate convolve copyto
    corrcoef correlate cov cross digitize dot dstack ediff1d einsum full_like hstack inner
    interp isclose isin kron lexsort linspace matmul may_share_memory meshgrid nanpercentile
    nanquantile outer percentile polyval put_along_axis putmask quantile result_type
    searchsorted select shares_memory stack take take_along_axis tensordot trapezoid unwrap vdot
    vecdot vstack where
    """.split()
    if hasattr(np, name)
}
_DATA_KEYWORDS = {"where", "initial", "weights", "fill_value"}


def is_of_data(func):
    """Whether integers among a function's arguments are data."""
    own = isinstance(func, (np.ufunc, calls.Method, calls.Masked)) or func in calls.OWN
    return own or func in _OF_DATA or func.__module__ != "numpy"


def with_fixed_settings(func, args, kwargs):
    """The arguments with traced integers that say how to compute as ints, which are held.

    The first argument is data always.
    """
    if func is np.linspace:
        fixed, kwargs = mapped_call(_fixed, args[2:], kwargs)
        return args[:2] + fixed, kwargs
    if is_of_data(func):
        return args, kwargs
    kept = {key: v if key in _DATA_KEYWORDS else mapped(_fixed, v) for key, v in kwargs.items()}
    return args[:1] + tuple(mapped(_fixed, arg) for arg in args[1:]), kept


def _fixed(value):
    if isinstance(value, Stored) and value.shape == () and value.dtype.kind in "biu":
        return bool(value) if value.dtype.kind == "b" else value.__index__()
    return value


def hold(graph, func, args, kwargs, expression, value):
    """Guard the shapes of results that values decide, and whether they are complex."""
    if all(x.kind == "constant" for x in operands_of([*args, *kwargs.values()])):
        return
    if _is_shaped_by_values(func, args, kwargs):
        for one in _results(graph, expression, value):
            graph.guard(graph.apply(np.shape, one), one.shape)
    if func in _TYPED_BY_VALUES or getattr(func, "__name__", "") in _TYPED_BY_NAME:
        for one in _results(graph, expression, value):
            graph.guard(graph.apply(np.iscomplexobj, one), bool(np.iscomplexobj(one.value)))


def _is_shaped_by_values(func, args, kwargs):
    if func is calls.getitem:
        return any(x.dtype == np.bool for x in operands_of(args[1]))
    if func is np.where:
        return len(args) + len(kwargs) == 1
    if func in _SHAPED_BY_VALUES:
        return True
    settings = [*args[1:], *(v for key, v in kwargs.items() if key not in _DATA_KEYWORDS)]
    dtypes = [x.dtype for x in operands_of(settings) if x.dtype is not None]
    return not is_of_data(func) and any(dtype.kind in "biu" for dtype in dtypes)


def _results(graph, expression, value):
    """The arrays among the results, as expressions."""
    if not isinstance(value, (tuple, list)):
        return [expression] if isinstance(value, np.ndarray) else []
    parts = []
    for place, one in enumerate(value):
        if isinstance(one, (tuple, list, np.ndarray)):
            part = graph.call(calls.part, (expression, place), {}, one)
            parts += _results(graph, part, one)
    return parts
