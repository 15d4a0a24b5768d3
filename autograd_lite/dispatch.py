"""Which function of ours answers when NumPy's is given a Tensor."""

import difflib

import numpy as np

from . import errors

registry = {}  # NumPy's function, or an operator's name -> the function that answers for it
undifferentiated = set()  # those of them whose results come back as plain NumPy


def dispatch(func, args, kwargs):
    """Answer for NumPy's function, or say that it has no derivative and what has."""
    name = func.__name__
    if "out" in kwargs:
        targets = kwargs["out"] if isinstance(kwargs["out"], tuple) else (kwargs["out"],)
        if any(target is not None for target in targets):
            raise TypeError(
                f"{errors.STORED}Write a = np.{name}(...) instead of np.{name}(..., out=a), "
                "and a = a + t instead of a += t."
            )
        kwargs = {key: value for key, value in kwargs.items() if key != "out"}
    answer = registry.get(func)
    if answer is None:
        raise TypeError(f"{full_name(func)} has no derivative here: {_instead(name)}")
    return answer(*args, **kwargs)


def dispatch_method(ufunc, method, inputs, kwargs):
    """Answer for a method of a ufunc: np.add.reduce is np.sum, and so on."""
    if method == "reduce" and ufunc in _REDUCE:
        return dispatch(_REDUCE[ufunc], inputs, {"axis": 0, **kwargs})
    raise TypeError(
        f"np.{ufunc.__name__}.{method} has no derivative here: write it with "
        f"np.{ufunc.__name__} itself, np.sum, np.prod, np.max or np.min"
    )


_REDUCE = {np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min}


def full_name(func):
    """How users write a function of NumPy: np.linalg.inv."""
    module = (getattr(func, "__module__", None) or "numpy").replace("numpy", "np", 1)
    return f"{module}.{func.__name__}"


def _instead(name):
    known = {f.__name__: f for f in registry if callable(f) and f not in undifferentiated}
    near = difflib.get_close_matches(name, known, n=1)
    nearest = f"the nearest that has one is {full_name(known[near[0]])}; " if near else ""
    return f"{nearest}t.detach() or t.numpy() leaves the tape on purpose"
