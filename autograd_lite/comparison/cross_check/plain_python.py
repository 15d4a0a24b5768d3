"""Functions in plain Python: what stops a tensor - `math`, np.array of a list - in another form."""

import inspect
import math
import types

import numpy as np

from ...rules import creation
from ...symbolic.traced import Traced


def _log(x, base=math.e):
    return np.log(x) if base == math.e else np.log(x) / np.log(base)


_OTHERWISE = {"log": _log, "fabs": np.absolute, "fsum": sum, "prod": math.prod}


def numpys(name):
    """NumPy's function for one of `math`, or what stands for it: constants, too, as they are."""
    return _OTHERWISE.get(name) or getattr(np, name, getattr(math, name))


def _array(values, *args, **kwargs):
    """np.array, of lists with tensors or traced values in them too."""
    found: list = []
    _collect(values, found)
    if any(type(value) is Traced for value in found):
        return _stacked(values)
    return creation.array(values, *args, **kwargs)


def _collect(values, found):
    for value in values if isinstance(values, (list, tuple)) else (values,):
        _collect(value, found) if isinstance(value, (list, tuple)) else found.append(value)


def _stacked(values):
    if not isinstance(values, (list, tuple)):
        return values if type(values) is Traced else np.asarray(values, float)
    return np.stack([_stacked(value) for value in values])


class _NumPy:
    """NumPy, of which `array` takes lists of tensors."""

    array, asarray = staticmethod(_array), staticmethod(_array)

    def __getattr__(self, name):
        return getattr(np, name)


_MATH = types.SimpleNamespace(**{name: numpys(name) for name in dir(math) if name[0] != "_"})
_NAMES = {id(getattr(math, name)): name for name in dir(math) if callable(getattr(math, name))}


def for_tensors(f):
    """The function in the form that tensors go through; None where it uses neither of the two."""
    if not isinstance(f, types.FunctionType):
        return None
    found = {}
    for name in set(_names(f.__code__)):
        value = f.__globals__.get(name)
        if value is math or value is np:
            found[name] = _MATH if value is math else _NumPy()
        elif id(value) in _NAMES:
            found[name] = numpys(_NAMES[id(value)])
    if not found:
        return None
    return with_values(f, found)


def with_values(f, values):
    """A function that has other values for some of the names around it."""
    cells = [
        types.CellType(values[name]) if name in values else cell
        for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True)
    ]
    scope = {**f.__globals__, **values}
    again = types.FunctionType(f.__code__, scope, f.__name__, f.__defaults__, tuple(cells))
    again.__kwdefaults__ = f.__kwdefaults__
    return again


def _names(code):
    """The global names of a code object and of those inside it."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _names(inner)


def arrays_around(function):
    """The arrays that a function has from around it, {name: array}."""
    try:
        around = inspect.getclosurevars(function)
    except (TypeError, ValueError):
        return {}
    found = {**around.globals, **around.nonlocals}
    return {n: a for n, a in found.items() if isinstance(a, np.ndarray) and a.dtype.kind == "f"}
