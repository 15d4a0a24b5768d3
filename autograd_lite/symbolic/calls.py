"""Calls in a graph, as people write them: of NumPy's functions, and of a few beside them.

The array comes first, and what is the default is left out.
"""

import functools
import inspect
import operator
from dataclasses import dataclass

import numpy as np

from ..engine.dispatch import registry

getitem = operator.getitem


def setitem(x, index, value):
    """A copy of x with value stored at index."""
    result = np.array(x)
    result[index] = value
    return result


def add_at(x, index, value):
    """A copy of x with value added at index, as often as an element is named."""
    result = np.array(x)
    np.add.at(result, index, value)
    return result


def astype(x, dtype):
    """The same values in another dtype."""
    return x.astype(dtype) if hasattr(x, "astype") else np.dtype(dtype).type(x)


@dataclass(frozen=True)
class Masked:
    """A ufunc of the elements where a condition holds; elsewhere what stands in the last."""

    ufunc: np.ufunc

    __name__ = property(lambda self: f"masked_{self.ufunc.__name__}")

    def __call__(self, *args):
        *inputs, where, out = args
        return self.ufunc(*inputs, out=np.array(out), where=where)


def part(results, position):
    """One of several results."""
    return results[position]


@dataclass(frozen=True)
class Method:
    """A method of a ufunc, such as ``np.logaddexp.reduce``."""

    ufunc: np.ufunc
    name: str

    __name__ = property(lambda self: f"{self.ufunc.__name__}.{self.name}")

    def __call__(self, *args, **kwargs):
        return getattr(self.ufunc, self.name)(*args, **kwargs)


OWN = {getitem, setitem, add_at, astype, part}


def named(x):
    """A value under its name: nothing is simplified across it."""
    return x


# What leaves a reduction as it is, where the default is a mark of NumPy's for "not given".
_WITHOUT_EFFECT = {"where": True, "keepdims": False, "dtype": None, "out": None}
_PLAIN = (bool, int, float, str, type(None))


def as_written(func, args, kwargs):
    """Arguments and keywords of the same call, as few keywords as there can be."""
    first, defaults = _signature(func)
    if not args and first in kwargs:
        args = (kwargs[first],)
    given = {key: value for key, value in kwargs.items() if not (args and key == first)}
    return args, {k: v for k, v in given.items() if not (k in defaults and _is(v, defaults[k]))}


def _is(value, default):
    return type(value) in _PLAIN and type(value) is type(default) and value == default


@functools.lru_cache(maxsize=1024)
def _signature(func):
    """The first parameter of a function, if a keyword can be it, and the defaults of the others."""
    parameters = _parameters(func) or _parameters(registry.get(func)) or []
    defaults = {
        p.name: p.default if type(p.default) in _PLAIN else _WITHOUT_EFFECT[p.name]
        for p in parameters
        if p.default is not p.empty
        if type(p.default) in _PLAIN or (p.default is np._NoValue and p.name in _WITHOUT_EFFECT)
    }
    is_first = parameters and parameters[0].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    return (parameters[0].name if is_first else None), defaults


def _parameters(func):
    """Of a function; None where it is in C and tells none, as in NumPy 2.0."""
    try:
        return list(inspect.signature(func).parameters.values())
    except (TypeError, ValueError):
        return None
