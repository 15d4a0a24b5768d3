"""What the tests of `compile` share."""

import numpy as np
import pytest

import autograd_lite as ag
import nn

A = np.array([1.0, -2.0, 3.0])


B = np.array([[0.5, 1.5], [2.0, -1.0], [0.1, 0.3]])


def refused(words):
    """A block in which a function is refused in these words."""
    return pytest.raises(ag.CompilationError, match=words)


def agree(one, other):
    """Whether two trees are the same: structure, types, shapes, dtypes and numbers."""
    if isinstance(one, ag.Tensor):
        one = one.data
    if isinstance(one, dict):
        assert type(one) is type(other)
        assert one.keys() == other.keys()
        return all(agree(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        assert type(one) is type(other)
        return len(one) == len(other) and all(map(agree, one, other))
    if isinstance(one, (np.ndarray, np.generic)):
        assert one.dtype == other.dtype
        rtol = 1e-5 if one.dtype == np.float32 else 1e-12
        np.testing.assert_allclose(other, one, rtol=rtol, atol=1e-15)
        return np.shape(one) == np.shape(other)
    return type(one) is type(other) and one == other


def network(params, X, y):
    hidden = ag.sigmoid(X @ params["W1"])
    return np.sum((y - ag.sigmoid(hidden @ params["W2"])) ** 2) / (2 * len(X))


def network_arguments(batch=4):
    rng = np.random.default_rng(0)
    params = {"W1": rng.normal(size=(2, 3)), "W2": rng.normal(size=(3, 2))}
    return params, rng.normal(size=(batch, 2)), np.eye(2)[np.arange(batch) % 2]


def several_results(x, y):
    return {"sum": x + y, "pair": (x * y, [np.max(x), None, 3, "text"]), "again": x}


def assignments(x, y):
    out = np.zeros_like(x)
    out[1:] = x[:-1] * y[1:]
    out[0] += 2.0
    return out


FUNCTIONS = {
    "gradient": (ag.value_and_grad(network), network_arguments()),
    "hessian": (ag.hessian(lambda x: np.sum(np.tanh(x) ** 3)), (A,)),
    "jacobian": (ag.jacobian(lambda x: np.sin(x[:2]) * x[1]), (A,)),
    "trees": (several_results, (A, 2 * A)),
    "assignments": (assignments, (A, A)),
    "numbers": (lambda x, n: (x * 2, n + 1, x**2), (1.5, np.float32(2))),
    "0-d": (lambda x: (x + 1, np.sqrt(x)), (np.array(2.0),)),
    "empty": (lambda x: (np.sum(x), x * 2), (np.zeros((0, 3)),)),
    "integers": (lambda x: (x // 2, x + 1.5, x.sum()), (np.arange(5),)),
    "booleans": (lambda x: (~x, x.any(), np.where(x, 1.0, 2.0)), (A > 0,)),
    "complex": (lambda z: (np.abs(z), z.real, z * 2j), (A + 1j,)),
    "float32": (ag.grad(lambda x: np.sum(np.exp(x) * 2.5)), (A.astype(np.float32),)),
    "slices": (lambda x, s: x[s], (A, slice(0, 2))),
}


OPTIMIZERS = {
    "sgd": lambda p: nn.SGD(p, 0.5),
    "momentum": lambda p: nn.SGD(p, 0.1, momentum=0.9),
    "adam": lambda p: nn.Adam(p, 0.05),
}


class Training:
    """A model of two layers, its optimiser and its step."""

    def __init__(self, optimizer, rng=0):
        rng = np.random.default_rng(rng)
        self.model = model = nn.Sequential(
            nn.Linear(2, 3, rng=rng), nn.Tanh(), nn.Linear(3, 2, rng=rng), nn.Sigmoid()
        )
        self.optimizer = optimizer = OPTIMIZERS[optimizer](model.parameters())

        def step(X, y):
            optimizer.zero_grad()
            loss = nn.squared_error(model(X), y)
            loss.backward()
            optimizer.step()
            return loss

        self.step = step
        rng = np.random.default_rng(5)
        self.X = rng.normal(size=(20, 2))
        self.y = np.eye(2)[(self.X[:, 0] * self.X[:, 1] > 0).astype(int)]

    def differs_from(self, other):
        pairs = zip(self.model.parameters(), other.model.parameters())
        return max(np.abs(p.data - q.data).max() for p, q in pairs)
