"""What a program can take as an input, and what inputs of one program have in common."""

import numpy as np

_NUMBERS = (float, complex, np.bool, np.integer, np.floating, np.complexfloating)


def is_array(value):
    """Whether a value is a plain array of numbers."""
    return type(value) is np.ndarray and value.dtype.kind in "biufc"


def is_input(value):
    """Whether a value is an array or a number that a program can take."""
    return is_array(value) or isinstance(value, _NUMBERS)


def kind_of(value):
    """What inputs of one program have in common: shape and dtype, or the type of a number."""
    return (value.shape, value.dtype) if type(value) is np.ndarray else type(value)


class Same:
    """An object as a part of a signature: equal to itself alone, and alive as long."""

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value

    def __hash__(self):
        return id(self.value)

    def __eq__(self, other):
        return type(other) is Same and self.value is other.value
