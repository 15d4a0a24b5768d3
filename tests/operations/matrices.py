"""Kinds of matrices to be drawn: far from singular, with spectra that are well apart."""

from dataclasses import dataclass, replace

import numpy as np

from .table import Array


@dataclass(frozen=True)
class Matrix(Array):
    """A matrix, or a stack of them, made by a function of random orthogonal ones."""

    make: callable = None
    matrix: tuple = None  # its own shape, where the array is a reshaped matrix

    def reshaped(self, *shape):
        return replace(self, shape=shape, matrix=self.shape)

    def draw(self, rng):
        *stack, m, n = self.matrix or self.shape
        left, right = (_orthogonal(rng, (*stack, k, k)) for k in (m, n))
        return np.reshape(self.make(left, right, rng), self.shape)


def _orthogonal(rng, shape):
    return np.linalg.qr(rng.normal(size=shape))[0] if 0 not in shape else np.zeros(shape)


def _with_values(low, high):
    """Singular values between two numbers, at equal distances."""

    def make(left, right, rng):
        k = min(left.shape[-1], right.shape[-1])
        return left[..., :k] * np.linspace(low, high, k) @ right[..., :k].mT

    return make


def _symmetric(low, high):
    def make(left, right, rng):
        return left * np.linspace(low, high, left.shape[-1]) @ left.mT

    return make


def _spinning(left, right, rng):
    """Eigenvalues 1 +- 2i, 2 +- 3i, ..., and a last real one, of a matrix that is not normal."""
    n = left.shape[-1]
    core = np.diag(np.arange(1.0, n + 1) / 2)
    for i in range(0, n - 1, 2):
        core[i : i + 2, i : i + 2] = [[1 + i, 2 + i], [-2 - i, 1 + i]]
    mix = left + 0.4 * right
    return mix @ core @ np.linalg.inv(mix)


def _real_spectrum(left, right, rng):
    mix = left + 0.4 * right
    return mix * np.arange(1.0, left.shape[-1] + 1) @ np.linalg.inv(mix)


def _kind(make):
    return lambda *shape: Matrix(shape, 0, 0, True, False, make)


# fmt: off
regular       = _kind(_with_values(0.8, 2.4))
symmetric     = _kind(_symmetric(-1.3, 2.1))
positive      = _kind(_symmetric(0.7, 2.3))
spinning      = _kind(_spinning)
real_spectrum = _kind(_real_spectrum)
# fmt: on
