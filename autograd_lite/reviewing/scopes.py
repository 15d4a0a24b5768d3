"""Copies of the names in reach of a statement: what is tried there changes nothing of them."""

import copy

import numpy as np


def private(scope):
    """The names as they are now."""
    return {name: private_value(value, 2) for name, value in scope.items() if _is_data(value)} | {
        name: value for name, value in scope.items() if not _is_data(value)
    }


def _is_data(value):
    return isinstance(value, (np.ndarray, list, dict, tuple)) or hasattr(value, "__dict__")


def private_value(value, depth=3):
    """A value that may be written into without the rest seeing it."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if callable(value) or isinstance(value, type) or depth == 0:
        return value
    if type(value) in (list, tuple):
        return type(value)(private_value(v, depth - 1) for v in value)
    if type(value) is dict:
        return {k: private_value(v, depth - 1) for k, v in value.items()}
    if hasattr(value, "__dict__") and type(value).__name__ != "module":
        try:
            again = copy.copy(value)
            again.__dict__.update({k: private_value(v, depth - 1) for k, v in vars(value).items()})
            return again
        except Exception:
            return value
    return value
