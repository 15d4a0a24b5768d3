"""Which function of ours answers when NumPy's is given a Tensor."""

import importlib
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..messages import errors

# NumPy's function, or an operator's name -> the function that answers for it
registry: dict[Any, Callable] = {}
# those of them whose results come back as plain NumPy
undifferentiated: set[Callable] = set()
# the name of a ufunc's method -> the function that answers for it
ufunc_methods: dict[str, Callable] = {}


def available(*names):
    """NumPy's functions of these names: those that this version of NumPy has."""
    return [getattr(np, name) for name in names if hasattr(np, name)]


def dispatch(func, args, kwargs):
    """Answer for NumPy's function, or say that it has no derivative and what has."""
    answer = answer_of(func)
    if answer is None:
        raise TypeError(f"{full_name(func)} has no derivative here: {_instead(func.__name__)}")
    if "out" in kwargs:
        kwargs = dict(kwargs)
        targets = as_targets(kwargs.pop("out"))
        if func in undifferentiated and not any(map(_can_rebind, targets)):
            return answer(*args, out=targets if len(targets) > 1 else targets[0], **kwargs)
        check_targets(func, targets)
        return into(func, targets, answer(*args, **kwargs))
    return answer(*args, **kwargs)


def answer_of(func):
    """What answers for a function; SciPy's ufuncs are declared when one is first asked for."""
    if func not in registry and _is_scipys(func):
        importlib.import_module("autograd_lite.scipy.special")
    return registry.get(func)


def _is_scipys(func):
    name = getattr(func, "__name__", "")
    return isinstance(func, np.ufunc) and _of_scipy(name) is func


def _of_scipy(name):
    return getattr(sys.modules.get("scipy.special"), name, None)


# --- out= ---------------------------------------------------------------------------------------


def as_targets(out):
    """What was given as ``out=``, as a tuple."""
    return out if isinstance(out, tuple) else (out,)


def _can_rebind(target):
    return hasattr(target, "_rebind")


def check_targets(func, targets):
    """Refuse plain arrays: what is stored into one has left the tape."""
    if not all(target is None or _can_rebind(target) for target in targets):
        raise errors.stored_into_an_array(full_name(func))


def into(func, targets, results, casting="same_kind"):
    """Rebind the tensors that were given as ``out=`` to the results, as ``x[...] = v`` does."""
    many = results if isinstance(results, tuple) else (results,)
    given = [r if t is None else _bound(func, t, r, casting) for t, r in zip(targets, many)]
    return tuple(given) if isinstance(results, tuple) else given[0]


def _bound(func, target, result, casting):
    check_cast(func, target, result, casting)
    if result.shape != target.shape:
        result = _stretched(func, target, result)
    target._rebind(result if result.dtype == target.dtype else result.astype(target.dtype))
    return target


def check_cast(func, target, result, casting="same_kind"):
    """Refuse to store into a dtype that loses more than NumPy's rule of casting allows."""
    if not np.can_cast(result.dtype, target.dtype, casting):
        raise errors.uncastable(full_name(func), result, target, casting)


def _stretched(func, target, result):
    """A ufunc broadcasts its result to out=; for any other function the shapes must be equal."""
    try:
        if isinstance(func, np.ufunc):
            return np.broadcast_to(result, target.shape)
    except ValueError:
        pass
    raise errors.misfit_of_out(full_name(func), result, target)


def full_name(func):
    """How users write a function of NumPy: np.linalg.inv."""
    module = getattr(func, "__module__", None)  # SciPy's ufuncs have none, nor NumPy 2.0's
    if _of_scipy(func.__name__) is func:
        module = "scipy.special"
    module = (module or "numpy").replace("numpy", "np", 1)
    return f"{module}.{func.__name__}"


def _instead(name):
    functions = [f for f in registry if hasattr(f, "__name__") and f not in undifferentiated]
    known = {f.__name__: f for f in functions}
    near = errors.nearest(name, known, 0.75)
    told = f"the nearest that has one is {full_name(known[near])}; " if near else ""
    return f"{told}t.detach() or t.numpy() leaves the tape on purpose"
