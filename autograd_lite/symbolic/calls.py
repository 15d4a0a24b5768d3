"""What is called in a graph beside NumPy's functions: reading, storing, methods of arrays."""

import operator

import numpy as np

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


class Masked:
    """A ufunc of the elements where a condition holds; elsewhere what stands in the last."""

    def __init__(self, ufunc):
        self.ufunc = ufunc
        self.__name__ = f"masked_{ufunc.__name__}"

    def __call__(self, *args):
        *inputs, where, out = args
        return self.ufunc(*inputs, out=np.array(out), where=where)

    def __eq__(self, other):
        return type(other) is Masked and self.ufunc is other.ufunc

    def __hash__(self):
        return hash((Masked, self.ufunc))


def part(results, position):
    """One of several results."""
    return results[position]


class Method:
    """A method of a ufunc, such as ``np.logaddexp.reduce``."""

    def __init__(self, ufunc, name):
        self.ufunc = ufunc
        self.name = name
        self.__name__ = f"{ufunc.__name__}.{name}"

    def __call__(self, *args, **kwargs):
        return getattr(self.ufunc, self.name)(*args, **kwargs)

    def __eq__(self, other):
        return type(other) is Method and (self.ufunc, self.name) == (other.ufunc, other.name)

    def __hash__(self):
        return hash((self.ufunc, self.name))


OWN = {getitem, setitem, add_at, astype, part}


def named(x):
    """A value under its name: nothing is simplified across it."""
    return x
