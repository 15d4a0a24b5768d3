"""A derivation as a program: what its source gives, alone."""

import numpy as np

import autograd_lite as ag


def executed(derivation):
    """The gradients that the source gives, alone in a namespace with NumPy."""
    scope = {"np": np}
    exec(derivation.source, scope)
    found = scope["gradient"](**derivation.inputs)
    return list(found) if isinstance(found, tuple) else [found]


def assert_same(found, wanted, rtol=1e-10):
    for a, b in zip(found, wanted, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-12)


def logistic():
    X, y = np.arange(8.0).reshape(4, 2) / 4 - 1, np.array([0.0, 1.0, 1.0, 0.0])
    w = ag.Tensor([0.5, -1.0], requires_grad=True)
    b = ag.Tensor(0.25, requires_grad=True)
    return X, y, w, b
