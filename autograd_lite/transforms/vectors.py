"""A tree of arrays as one vector: for optimizers and solvers that know vectors only."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..engine.arrays import asarray
from ..engine.primitives import as_dtype
from ..engine.tensor import Tensor, plain
from ..messages import errors
from . import trees


def flatten(tree) -> tuple:
    """All numbers of a tree in one vector, and the function that makes the tree of a vector.

    Parameters
    ----------
    tree
        Nested dicts, lists and tuples of arrays, numbers and tensors, of any shapes and dtypes.

    Returns
    -------
    vector, unflatten
        The vector has the dtype that all leaves fit into. ``unflatten(vector)`` gives every
        leaf its shape and dtype again. Both are differentiable: the vector is a Tensor if a
        leaf is, and so are the leaves of an unflattened Tensor.

    Raises
    ------
    ValueError
        From ``unflatten``, for a vector of another length, and for a number that its leaf
        cannot hold, such as 2.5 for a leaf of integers.

    >>> x0, unflatten = flatten({"w": np.ones((2, 1)), "b": 0.5})
    >>> x0
    array([1. , 1. , 0.5])
    >>> loss = lambda p: np.sum(p["w"] ** 2) + p["b"]
    >>> from autograd_lite import value_and_grad
    >>> value_and_grad(lambda x: loss(unflatten(x)))(x0)  # fun(x0) of minimize(fun, x0, jac=True)
    (np.float64(2.5), array([2., 2., 1.]))
    """
    leaves, build = trees.flatten(tree)
    leaves = [leaf if isinstance(leaf, Tensor) else asarray(leaf) for leaf in leaves]
    for leaf in leaves:
        if leaf.dtype.kind not in "biufc":
            raise TypeError(f"flatten() takes trees of numbers, not {errors.describe(leaf)}")
    forms = [(leaf.shape, leaf.dtype) for leaf in leaves]
    vector = np.concatenate([np.ravel(leaf) for leaf in leaves]) if leaves else np.zeros(0)
    return vector, _unflattener(forms, build, vector.size)


def _unflattener(forms, build, size) -> Callable:
    def unflatten(vector):
        """The tree whose numbers a vector holds."""
        if not isinstance(vector, Tensor):
            vector = asarray(vector)
        if vector.shape != (size,):
            raise ValueError(
                f"the tree holds {size} numbers: it cannot be made of {errors.describe(vector)}"
            )
        parts, start = [], 0
        for shape, dtype in forms:
            stop = start + math.prod(shape)
            parts.append(_restored(vector[start:stop].reshape(shape), dtype))
            start = stop
        return build(parts)

    return unflatten


def _restored(part, dtype):
    """Numbers in the dtype of their leaf."""
    if part.dtype == dtype:
        return part
    value = plain(part)
    if dtype.kind not in "fc" and value.dtype.kind in "fc":
        if not np.array_equal(value, np.rint(value.real)):
            raise ValueError(
                f"a leaf of {dtype} cannot hold {errors.describe(part)} of other numbers than "
                "integers: make it an array of floats, or leave it out of the tree"
            )
        return value.real.astype(dtype)
    if dtype.kind != "c" and value.dtype.kind == "c" and value.imag.any():
        raise ValueError(
            f"a leaf of {dtype} cannot hold complex numbers: make it an array of complex numbers"
        )
    return as_dtype(part, dtype)
