"""Dropout: elements set to zero at random."""

from typing import Any

import numpy as np


def dropout_mask(shape, rate, rng, dtype=np.float64) -> Any:
    """An array of 0, with the probability ``rate``, and 1 / (1 - rate): its mean is 1.

    Parameters
    ----------
    shape : int or tuple of int
    rate : float
        In [0, 1).
    rng : numpy.random.Generator
        Where the randomness comes from: ``np.random.default_rng(seed)``.
    dtype : optional
        Of the result.

    Returns
    -------
    ndarray

    Raises
    ------
    ValueError, TypeError
        For a rate outside [0, 1), and for a seed or a module in place of a generator.
    """
    if not 0 <= rate < 1:
        raise ValueError(f"a dropout rate is in [0, 1), and rate={rate!r} is not")
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng is a generator such as np.random.default_rng(0), not {rng!r}")
    return np.divide(rng.random(shape) >= rate, 1 - rate, dtype=dtype)


def dropout(x, rate, rng, train=True) -> Any:
    """x with elements set to zero at random, the others scaled up, so that its mean stays.

    Inverted dropout: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), JMLR 15.

    Parameters
    ----------
    x : array
        Of any shape.
    rate : float
        The probability of a zero, in [0, 1).
    rng : numpy.random.Generator
        Given, and not a state of the module: so a step can be run again with the same mask, which
        is what checks, checkpoints and compiled programs do.
    train : bool
        Without it the result is x itself.

    Returns
    -------
    array
        Of x's shape and dtype.
    """
    if not train:
        return x
    return x * dropout_mask(np.shape(x), rate, rng, np.result_type(x, np.float16))
