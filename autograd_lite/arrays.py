"""Arrays of any library: what is none becomes NumPy's, what is one stays what it is."""

import numpy as np


def asarray(value):
    """A number or a list as a NumPy array; an array that speaks NumPy's protocols as it is."""
    if type(value) is np.ndarray:
        return value
    if hasattr(value, "__array_function__") and not isinstance(value, np.ndarray):
        return value
    return np.asarray(value)
