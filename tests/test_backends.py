"""Compiled functions in both backends, at other values than they were traced with."""

import importlib.util
import random

import numpy as np
import pytest
from compiled import FUNCTIONS, agree

import autograd_lite as ag

HAS_NUMBA = importlib.util.find_spec("numba") is not None
BACKENDS = [
    "numpy",
    pytest.param("numba", marks=pytest.mark.skipif(not HAS_NUMBA, reason="absent")),
]


@pytest.fixture(params=BACKENDS)
def backend(request):
    return request.param


@pytest.mark.parametrize("name", ["gradient", "trees", "float32"])
def test_a_backend_gives_what_the_function_gives(name, backend):
    f, args = FUNCTIONS[name]
    compiled = ag.compile(f, backend=backend)
    for _ in range(2):
        assert agree(f(*args), compiled(*args))


# --- stores into parts ------------------------------------------------------------------------


def rows_and_one(x):
    a = np.zeros_like(np.stack([x, x]))
    a[0] = x
    b = np.zeros_like(x)
    b[1] = x[0]
    return a + b


def parts_of_two_dtypes(x):
    a = np.zeros_like(x)
    a[0] = x[0]
    b = np.zeros_like(x, dtype=int)
    b[1:] = x[1:]
    return a + b


def stored_sum(x, v):
    y = x.copy()
    y[1:] = y[1:] + v
    return y


def stored_narrow_sum(x, v):
    y = x.copy()
    y[1:] = np.add(y[1:], v, dtype="f4")
    return y


def stored_after_a_view(x):
    y = x * 2
    y[0] = 1
    w = y[1:] * 1
    y[1:3] = 7.0
    return w, y


def stored_after_a_split(x):
    y = x * 2
    w = np.split(y, 2)[0] + 0.5
    y[1:3] = 7.0
    return w * 2, y


def stored_after_a_number_of_it_was_seen(x):
    y = x * 2
    w = np.squeeze(y[:1]).reshape(())
    more, twice = w + 1, w * 2
    y[0] = 7.0
    return x * more, x * twice, y


def stored_nowhere(x, k):
    y = x * 2
    y[:k] = 0.0
    y[k:k] += 1.0
    return y


def far_parts(x):
    y = np.zeros_like(np.stack([x] * 4))
    y[0] += x
    y[2] += x * 2
    y[1:3] += y[:2] * x
    y[::-1] += y
    return y[-1], np.sum(y, axis=0), y


integers, halves = np.array([2, 3, 5]), np.full(2, 0.5)
truths, bytes_ = np.array([True, False, True]), np.ones(3, "u1")
numbers, tiny = np.array([1.5, 2.5, -3]), np.array([0.1, 1e-9])
STORES = {
    "broadcast": (rows_and_one, [np.zeros(3)], [np.arange(1.0, 4)]),
    "dtypes": (parts_of_two_dtypes, [np.arange(3.0)], [np.arange(3.0) + 0.5]),
    "int sum": (stored_sum, [integers, halves], [-integers, halves]),
    "bool sum": (stored_sum, [truths, 2], [~truths, 2]),
    "wide sum": (stored_sum, [bytes_, np.array([1, 300])], [bytes_, np.array([2, 7])]),
    "broadcast sum": (stored_sum, [np.ones(3), halves[None]], [np.zeros(3), -halves[None]]),
    "narrow sum": (stored_narrow_sum, [numbers, halves], [numbers, tiny]),
    "view": (stored_after_a_view, [np.full(4, 3.5)], [np.arange(4.0)]),
    "complex view": (stored_after_a_view, [np.full(4, 3.5 + 0j)], [np.arange(4.0) + 0j]),
    "half view": (stored_after_a_view, [np.full(4, 3.5, "f2")], [np.arange(4.0).astype("f2")]),
    "split": (stored_after_a_split, [np.full(4, 3.5)], [np.arange(4.0)]),
    "large split": (stored_after_a_split, [np.full(20_000, 3.5)], [np.arange(20_000.0)]),
    "number": (stored_after_a_number_of_it_was_seen, [np.full(4, 3.5)], [np.arange(4.0)]),
    "nowhere": (stored_nowhere, [np.arange(4.0), 0], [np.arange(4.0) + 1, 0]),
    "far": (far_parts, [np.ones(5)], [np.arange(5.0)]),
    "far and large": (far_parts, [np.ones(5000)], [np.arange(5000.0)]),
}


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
@pytest.mark.parametrize("name", STORES)
def test_parts_are_stored_as_numpy_stores_them(name, backend):
    f, first, later = STORES[name]
    compiled = ag.compile(f, backend=backend)
    for args in (first, later, first, later):
        assert agree(f(*args), compiled(*args))


# --- numbers and truths -----------------------------------------------------------------------

single = np.array([1.5, -2.5, 3], np.float32)

many = np.linspace(-1, 1, 300, dtype=np.float32)


def truths_of_integers(x):
    return x & True, True | x, x & np.True_


def truths_of_truths(x):
    return x & True, False | x, x & np.False_


def times_one(x):
    return x * np.float64(1), x * np.float64(-1), -(np.float64(1) * x) - x * np.float64(-1)


def unchanged(x):
    return x ** np.float64(1) + x / np.float64(1) + (x + np.float64(0))


NUMBERS = {
    "int & True": (truths_of_integers, np.array([0, 1, 1]), np.array([2, 3, 5])),
    "bool & True": (truths_of_truths, truths, ~truths),
    "where": (lambda x: (np.where(np.True_, x[0], 2.0), x), np.ones(3), np.zeros(3)),
    "times one": (times_one, single, -single),
    "unchanged": (unchanged, single, -single),
    "mixed dtypes": (lambda x: np.exp(x) - np.linspace(0, 1, 300), many, -many),
    "large integer": (lambda x: x * random.Random(0).getrandbits(100), np.ones(3), np.zeros(3)),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_and_truths_keep_dtypes(name, backend):
    f, first, later = NUMBERS[name]
    compiled = ag.compile(f, backend=backend)
    for x in (first, later, first):
        results = [t if isinstance(t, tuple) else (t,) for t in (compiled(x), f(x))]
        for one, other in zip(*results, strict=True):
            assert (type(one), one.dtype, one.shape) == (type(other), other.dtype, other.shape)
            np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)


def test_a_mixed_gradient_has_the_dtypes_of_its_arguments(backend):
    def f(x, y):
        return np.sum(np.sin(x) * y * y)

    args = np.linspace(0, 1, 4), np.ones(4, np.float32)
    value, gradients = ag.compile(ag.value_and_grad(f, (0, 1)), backend=backend)(*args)
    want, expected = ag.value_and_grad(f, (0, 1))(*args)
    np.testing.assert_allclose(value, want, rtol=1e-6)
    for one, other in zip(gradients, expected, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_draws_are_those_of_the_function(backend):
    def f(x, rng):
        return x * rng.integers(0, 9, 3) + ag.dropout(x, 0.5, rng) + rng.normal()

    one, other = np.random.default_rng(0), np.random.default_rng(0)
    compiled = ag.compile(f, backend=backend)
    x = np.linspace(-1, 1, 3)
    for _ in range(4):
        np.testing.assert_allclose(compiled(x, one), f(x, other), rtol=1e-12)


@pytest.mark.parametrize("name", ["np", "exp", "status", "kernel_1", "native", "abs"])
def test_a_function_may_be_called_as_what_its_program_uses(name, backend):
    def f(x):
        return np.tanh(x) * 2 + np.cumsum(np.exp(x))

    f.__name__ = name
    x = np.linspace(0, 1, 3)
    compiled = ag.compile(f, backend=backend)
    np.testing.assert_allclose(compiled(x), f(x), rtol=1e-12)
    exec(compiled.source(x), {})
