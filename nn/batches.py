"""Batches: arrays of equal length, cut into parts in a seeded order that is another every epoch."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from numbers import Integral

import numpy as np

import autograd_lite as ag
from autograd_lite.messages.other_names import KEYWORDS, keywords

from .module import Module


class Batches:
    """Tuples of arrays, one batch after the other; made by `batches`.

    Every iteration is an epoch. ``len`` is the number of batches in one, ``examples`` that of
    examples.
    """

    def __init__(self, arrays, size, shuffle, rng, drop_last):
        self.arrays = arrays
        self.size = size
        self.shuffle = shuffle
        self.rng = rng
        self.drop_last = drop_last
        self.examples = len(arrays[0])

    def __len__(self) -> int:
        if self.drop_last:
            return self.examples // self.size
        return -(-self.examples // self.size)

    def __iter__(self) -> Iterator[tuple[np.ndarray, ...]]:
        order = self.rng.permutation(self.examples) if self.shuffle else None
        for i in range(len(self)):
            part = slice(i * self.size, (i + 1) * self.size)
            rows = part if order is None else order[part]
            yield tuple(array[rows] for array in self.arrays)

    def __repr__(self):
        order = "shuffled" if self.shuffle else "in order"
        return f"<{len(self)} batches of {self.size} of {self.examples} examples, {order}>"


@partial(keywords, known=KEYWORDS | {"batch_size": "size="})
def batches(*arrays, size: int = 32, shuffle: bool = True, rng=None, drop_last=False) -> Batches:
    """Cut arrays into batches: iterate over the result once an epoch.

    Parameters
    ----------
    *arrays : arrays or constant Tensors
        Of the same length, the number of examples: ``batches(X, y)``.
    size : int
        Examples in a batch; the last batch of an epoch has the rest.
    shuffle : bool
        Whether the examples come in a new order every epoch.
    rng : int, numpy.random.Generator, RandomState, optional
        Where the orders come from. Without it they differ from run to run.
    drop_last : bool
        Whether a last batch that is smaller is left out.

    Raises
    ------
    TypeError, ValueError
        For arrays of different lengths, no examples, and a size below 1.

    >>> for X, y in batches(np.arange(6).reshape(3, 2), [0, 1, 0], size=2, shuffle=False):
    ...     print(X.tolist(), y)
    [[0, 1], [2, 3]] [0 1]
    [[4, 5]] [0]
    """
    if not arrays:
        raise TypeError("batches was given no arrays: write batches(X, y, size=32)")
    if not isinstance(size, Integral) or isinstance(size, bool) or size < 1:
        raise ValueError(f"batches: size is how many examples are in a batch, not {size!r}")
    columns = [_examples(i, array) for i, array in enumerate(arrays)]
    lengths = [len(column) for column in columns]
    if len(set(lengths)) > 1:
        shapes = " and ".join(str(column.shape) for column in columns)
        raise ValueError(
            f"batches: arrays of shapes {shapes} have not the same number of examples along axis 0"
        )
    if lengths[0] == 0 or (drop_last and lengths[0] < size):
        rest = f", and drop_last leaves none of size {size}" if drop_last else ""
        raise ValueError(f"batches: there are {lengths[0]} examples{rest}")
    rng = rng if hasattr(rng, "permutation") else np.random.default_rng(rng)
    return Batches(columns, int(size), bool(shuffle), rng, bool(drop_last))


def _examples(position, array):
    if isinstance(array, ag.Tensor):
        if array.requires_grad:
            raise TypeError(f"batches: array {position} requires a gradient: give array.detach()")
        array = array.numpy()
    if isinstance(array, (str, Module, type(None))):
        raise TypeError(f"batches: array {position} is a {type(array).__name__}, not an array")
    array = np.asarray(array)
    if not array.ndim:
        raise TypeError(
            f"batches: array {position} is a single value, {array}: axis 0 is that of the examples"
        )
    if array.dtype == object:
        raise TypeError(f"batches: array {position} holds Python objects: make it numeric")
    return array
