"""`compile`: what is an input, what is part of the signature, and what a compiled function is."""

import copy
import math
import pickle

import numpy as np
import pytest
from compiled import FUNCTIONS, A, agree

import autograd_lite as ag
from autograd_lite.compilation import compilation


@pytest.mark.parametrize("name", FUNCTIONS)
def test_compiled_function_gives_what_the_function_gives(name):
    f, args = FUNCTIONS[name]
    compiled = ag.compile(f)
    for _ in range(3):
        assert agree(f(*args), compiled(*args))
    other = tuple(_changed(arg) for arg in args)
    assert agree(f(*other), compiled(*other))


def _changed(tree):
    """Other numbers of the same signature."""
    if isinstance(tree, dict):
        return {key: _changed(value) for key, value in tree.items()}
    if isinstance(tree, (np.ndarray, np.generic, float)) and np.asarray(tree).dtype.kind in "fc":
        return (tree * tree.dtype.type(1.1)) if hasattr(tree, "dtype") else tree * 1.1
    return tree


def test_one_signature_is_traced_once(traced):
    f = ag.compile(lambda x, y: np.sum(x * y))
    for i in range(5):
        f(A + i, A)
    assert len(traced) == 1
    f(A[:2], A[:2])
    assert len(traced) == 2
    f(A.astype(np.float32), A)
    assert len(traced) == 3
    f(A, A)
    assert len(traced) == 3


def test_numbers_are_inputs_and_integers_are_part_of_the_signature(traced):
    f = ag.compile(lambda x, rate, n, flag, mode: x * rate if flag else x**n)
    for rate in (0.5, 0.25):
        np.testing.assert_array_equal(f(A, rate, 2, True, "a"), A * rate)
    assert len(traced) == 1
    np.testing.assert_array_equal(f(A, 0.5, 2, False, "a"), A**2)
    np.testing.assert_array_equal(f(A, 0.5, 3, False, "a"), A**3)
    np.testing.assert_array_equal(f(A, 0.5, 3, False, "b"), A**3)
    assert len(traced) == 4
    f(A, 0.5, 2, 1, "a")  # 1 is not True
    assert len(traced) == 5


def test_keywords_and_defaults_are_arguments_too():
    def f(x, /, y, *rest, rate=2.0, **others):
        return x * y + rate + sum(rest) + others.get("z", 0.0)

    compiled = ag.compile(f)
    for args, kwargs in [
        ((A, A), {}),
        ((A,), {"y": A}),
        ((A, A, A, 1.0), {"z": A, "rate": 3.0}),
        ((A, A), {"rate": 3.0, "z": A}),
    ]:
        for _ in range(2):
            assert agree(f(*args, **kwargs), compiled(*args, **kwargs))


def test_weak_numbers_stay_weak():
    x = A.astype(np.float32)
    assert ag.compile(lambda x, rate: x * rate)(x, 0.1).dtype == np.float32
    assert ag.compile(lambda x, rate: x * rate)(x, np.float64(0.1)).dtype == np.float64


def test_results_belong_to_the_caller():
    x = A.copy()
    f = ag.compile(lambda x: (x.copy(), x[1:], x, np.zeros(2), np.broadcast_to(x[0], 2)))
    for _ in range(2):
        first = f(x)
        for array in first:
            array[:] = 77.0
    np.testing.assert_array_equal(x, A)
    again = f(x)
    np.testing.assert_array_equal(again[0], A)
    np.testing.assert_array_equal(again[3], [0, 0])


def test_metadata_of_the_function_stays():
    def f(x):
        """What it does."""
        return x

    compiled = ag.compile(f)
    assert compiled.__name__ == "f"
    assert compiled.__doc__ == "What it does."
    assert compiled.__wrapped__ is f
    assert repr(compiled) == "<compiled f>"


def test_decorated_methods_are_bound():
    class Model:
        def __init__(self, rate):
            self.rate = rate

        @ag.compile
        def step(self, x):
            return x * self.rate

    one, other = Model(2.0), Model(3.0)
    for _ in range(2):
        np.testing.assert_array_equal(one.step(A), 2 * A)
        np.testing.assert_array_equal(other.step(A), 3 * A)
    one.rate = 5.0
    np.testing.assert_array_equal(one.step(A), 5 * A)


def test_nan_takes_the_careful_walk():
    f = ag.grad(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0) * 2))
    compiled = ag.compile(f)
    with np.errstate(invalid="ignore"):  # of the uncompiled function
        for x in (np.array([1.0, 4.0]), np.array([1.0, -4.0]), np.array([np.nan, 4.0]), 0 * A):
            np.testing.assert_array_equal(f(x), compiled(x))


def test_a_nan_in_a_later_call_takes_it_too(traced):
    f = ag.grad(lambda x: np.sum(np.where(x > 1, np.log(x), x)))
    compiled = ag.compile(f)
    with np.errstate(divide="ignore"):
        for x in (np.array([3.0, 4.0]), np.array([0.0, 3.0]), np.array([3.0, 4.0])):
            np.testing.assert_array_equal(f(x), compiled(x))
    assert len(traced) == 2


def test_programs_are_as_quiet_as_the_walk_back():
    f = ag.compile(ag.grad(lambda x: np.sum(np.sqrt(x))))
    f(np.array([1.0]))
    assert f(np.array([0.0])) == [np.inf]


def test_compiled_function_is_differentiated_as_itself():
    f = ag.compile(lambda x: np.sum(x**3))
    assert f(A) == np.sum(A**3)
    np.testing.assert_allclose(ag.grad(f)(A), 3 * A**2)
    np.testing.assert_allclose(ag.compile(ag.grad(f))(A), 3 * A**2)
    t = ag.Tensor(A, requires_grad=True)
    f(t).backward()
    np.testing.assert_allclose(t.grad, 3 * A**2)


def test_compiled_function_inside_another_is_traced_with_it():
    factor = 2.0
    inner = ag.compile(lambda x: x * factor)
    outer = ag.compile(lambda x: inner(x) + 1)
    np.testing.assert_array_equal(outer(A), 2 * A + 1)
    factor = 3.0
    np.testing.assert_array_equal(outer(A), 3 * A + 1)


def test_compiled_function_inside_another_reads_what_that_reads():
    factor = 2.0
    inner = ag.compile(lambda x: x * factor)
    outer = ag.compile(lambda x: inner(np.ones(3)) + x)
    inner(np.ones(3))
    for factor in (2.0, 3.0):
        np.testing.assert_array_equal(outer(A), factor + A)


def test_a_closure_on_a_tape_is_differentiated():
    x = ag.Tensor(3.0, requires_grad=True)
    y = x * 2
    f = ag.compile(lambda a: np.sum(a * y))
    f(A).backward()
    assert x.grad == 2 * A.sum()
    with pytest.raises(TypeError, match=r"no program of <lambda> .*: it reads a tensor that is"):
        f.source(A)


def test_constant_tensors_count_as_arrays():
    f = ag.compile(lambda t: np.sum(t.detach() * 2))
    for factor in (1, 2):
        assert f(ag.Tensor(A * factor)) == 2 * factor * A.sum()


def test_arrays_of_text_are_arguments_too():
    f = ag.compile(lambda names: np.where(names == "a", 1.0, 2.0))
    for names in (np.array(["a", "b"]), np.array(["b", "b"]), np.array(["a", "a"])):
        np.testing.assert_array_equal(f(names), np.where(names == "a", 1.0, 2.0))


def test_wrong_calls_of_compile_say_what_is_wanted():
    with pytest.raises(TypeError, match=r"takes a function, not array.*write compile\(f\)"):
        ag.compile(A)
    with pytest.raises(ValueError, match='backend=\'jax\' is not known: it is "numpy" or "numba"'):
        ag.compile(np.sin, backend="jax")


def test_a_missing_numba_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(compilation, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install numba, or leave backend= out"):
        ag.compile(np.sin, backend="numba")


def test_anomalies_are_looked_for_in_the_function_itself():
    f = ag.compile(lambda x: ag.grad(lambda x: np.sum(np.sqrt(x)))(x))
    f(np.array([0.0]))
    with pytest.raises(ag.AnomalyError), ag.detect_anomaly():
        f(np.array([0.0]))


@pytest.mark.parametrize(
    "f",
    [
        np.transpose,
        lambda x: divmod(x, 0.4),
        lambda x: divmod(4, x),
        lambda x: np.round(x, 1),
        lambda x: (x // 2, x % 2, x**2, -x, +x, abs(x), pow(2, x)),
        abs,
        math.floor,
    ],
)
def test_python_numbers_are_computed_with_as_they_are(f):
    compiled = ag.compile(f)
    for x in (1.55, -2.55, 2.65):
        assert agree(f(x), compiled(x))


class _Scaling:
    def __init__(self, factor):
        self.factor = factor
        self.fast = ag.compile(self.scaled)

    def scaled(self, x):
        return self.factor * x


@ag.compile
def _doubled(x):
    return 2 * x


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_of_an_object_has_a_compiled_method_of_its_own(copied):
    one = _Scaling(2.0)
    np.testing.assert_array_equal(one.fast(A), 2 * A)
    other = copied(one)
    other.factor = 3.0
    np.testing.assert_array_equal(other.fast(A), 3 * A)
    np.testing.assert_array_equal(one.fast(A), 2 * A)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_decorated_function_is_copied_and_pickled_by_its_name(copied):
    _doubled(A)
    assert copied(_doubled) is _doubled
    np.testing.assert_array_equal(copied(ag.compile(np.sin))(A), np.sin(A))
