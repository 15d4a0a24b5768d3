"""Small pieces of matrix algebra that the rules share.

A rule for complex matrices is written for G = conj(g), with adjoints, as the literature has
it: dL = Re tr(G^H dZ). The engine's cotangent g has no conjugate: dL = Re tr(g^T dZ).
"""

import numpy as np

from ..engine.arrays import asarray
from ..engine.calls import holds_tensor, stacked


def as_array(x):
    """Arrays and Tensors as they are; a number or a list, also one of tensors, as one of these."""
    if hasattr(x, "ndim"):
        return x
    return stacked(x) if holds_tensor(x) else asarray(x)


def conj(x):
    """The conjugate, without work for real numbers."""
    return np.conj(x) if x.dtype.kind == "c" else x


def real(x):
    return np.real(x) if x.dtype.kind == "c" else x


def transposed(x):
    return np.swapaxes(x, -1, -2)


def adjoint(x):
    """The conjugate transpose."""
    return conj(transposed(x))


def symmetrized(x):
    """The part of a matrix that is its own adjoint."""
    return (x + adjoint(x)) / 2


def diagonal(x):
    return np.diagonal(x, axis1=-2, axis2=-1)


def scaled_columns(x, values):
    """x @ diag(values)"""
    return x * np.expand_dims(values, -2)


def diagonal_matrix(values):
    """Zeros with values on the diagonal."""
    return scaled_columns(np.eye(values.shape[-1], dtype=bool), values)
