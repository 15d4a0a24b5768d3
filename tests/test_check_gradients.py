"""The checker: what it takes, its three outcomes, and that wrong rules do not pass."""

from collections import namedtuple

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.engine.primitives import registered
from autograd_lite.engine.tensor import plain

X = np.array([[0.4, -0.7, 1.2], [0.9, 0.3, -1.1]])
Pair = namedtuple("Pair", "first second")


# --- what it takes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (np.multiply, (X, X[0])),
        (np.multiply, (X[:, :1], X[0])),
        (np.multiply, (X, 2.0)),
        (np.multiply, (np.ones((2, 1, 3)), X)),
        (np.arctan2, (X, np.float64(0.5))),
        (np.tanh, (0.5,)),
        (np.tanh, (np.array(0.5),)),
        (np.tanh, (np.ones((0, 3)),)),
        (lambda x, y: np.concatenate([x, y]), (np.ones(0), np.ones(2))),
        (lambda x: x[:0], (X,)),
        (lambda p, q: p["a"] * p["b"][0] + q, ({"a": X, "b": [X[0], None]}, 1.5)),
        (lambda x: {"sum": np.sum(x), "pair": Pair(x * x, [np.exp(x), None])}, (X,)),
        (lambda x: (x**3, "text", 3, np.argmax(x)), (X,)),
        (lambda x: [], (X,)),
        (lambda x: 3.0, (X,)),
        (lambda x, n: x**n, (X, 3)),
        (lambda x: x * 2, (X.astype(np.float32),)),
        (lambda z: z * np.conj(z) ** 2, (X + 1j,)),
    ],
)
def test_functions_that_are_right_pass(f, args):
    report = ag.check_gradients(f, *args)
    assert report
    assert len(report) > 0


def test_keywords_are_passed_on():
    assert ag.check_gradients(np.var, X, axis=0, keepdims=True, ddof=1)
    assert ag.check_gradients(lambda x, *, f: f(x), X, f=np.sin, order=3)


def test_every_argument_and_order_has_its_row():
    report = ag.check_gradients(lambda x, y: x * y, X, X[0], order=3)
    assert [row.name for row in report] == [
        f"{'d' * n} argument {i}" for n in (1, 2, 3) for i in (0, 1)
    ]


# --- it differs -----------------------------------------------------------------------------------


def declared(rule):
    def cube(x):
        return x**3

    return ag.elementwise(cube, rule)


WRONG = {
    "scaled": lambda g, out, x: g * 3.003 * x**2,
    "sign": lambda g, out, x: -3 * g * x**2,
    "zero": lambda g, out, x: 0 * g,
    "without g": lambda g, out, x: 3 * x**2 + 0 * g,
    "one entry": lambda g, out, x: 3 * g * x**2 * np.where(plain(x) == 0.4, 1.01, 1),
    "transposed": lambda g, out, x: np.reshape(np.transpose(3 * g * x**2), x.shape),
    "nan": lambda g, out, x: g * np.nan,
}


@pytest.mark.parametrize("rule", WRONG.values(), ids=WRONG)
def test_a_wrong_rule_fails_in_first_order(rule):
    with pytest.raises(AssertionError, match=r"(?s)d argument 0.*WRONG"):
        ag.check_gradients(declared(rule), X, order=1)
    with pytest.raises(AssertionError):
        ag.check_gradients(lambda x: {"a": [np.sin(x), declared(rule)(x)]}, X, order=1)


@pytest.mark.parametrize("f", [np.sum, np.multiply, np.real], ids=lambda f: f.__name__)
def test_a_wrong_rule_is_not_righted_by_the_checker_s_own_use_of_it(f, monkeypatch):
    first, *others = registered(f).rules
    negated = (lambda *args, **kwargs: -first(*args, **kwargs), *others)
    monkeypatch.setattr(registered(f), "rules", negated)
    with pytest.raises(AssertionError, match="d argument 0"):
        ag.check_gradients(f, *[X + 1j if f is np.real else X] * len(negated), order=1)


@pytest.mark.parametrize(
    "rule",
    [
        lambda g, out, x: g * 3 * plain(x) ** 2,
        lambda g, out, x: ag.Tensor(plain(g)) * 3 * x**2,
        lambda g, out, x: g * 3 * x * np.where(x > 0, plain(x), x),
    ],
)
def test_a_rule_wrong_in_second_order_only_fails_there(rule):
    f = declared(lambda g, out, x: plain_if_array(rule(g, out, x), g))
    ag.check_gradients(lambda x: f(x) ** 2, X, order=1)
    with pytest.raises(AssertionError, match=r"^dd argument 0 of 2"):
        ag.check_gradients(lambda x: f(x) ** 2, X, order=2)


def plain_if_array(gx, g):
    return gx if isinstance(g, ag.Tensor) else plain(gx)


def test_a_rule_wrong_in_third_order_only_fails_there(monkeypatch):
    """cos' = -sin as a number: sin' is right, sin'' is, sin''' is not."""
    monkeypatch.setattr(registered(np.cos), "rules", (lambda g, out, x: -g * np.sin(plain(x)),))
    ag.check_gradients(np.sin, X, order=2)
    with pytest.raises(AssertionError, match=r"^ddd argument 0 of 3"):
        ag.check_gradients(np.sin, X, order=3)


def test_only_the_wrong_argument_is_named(monkeypatch):
    rules = registered(np.divide).rules
    wrong = (rules[0], lambda g, out, x, y: g * out / y)
    monkeypatch.setattr(registered(np.divide), "rules", wrong)
    with pytest.raises(AssertionError, match=r"^d argument 1 of 2 compared"):
        ag.check_gradients(np.divide, X, X + 2, order=1)


def test_an_integer_argument_is_not_mistaken_for_a_checked_one():
    with pytest.raises(ValueError, match="no argument is a float"):
        ag.check_gradients(np.square, np.array([1, 2]))
    with pytest.raises(ValueError, match="order=0"):
        ag.check_gradients(np.square, X, order=0)


@pytest.mark.parametrize("size", [1e-40, 1e-12, 1.0, 1e12])
def test_a_function_of_any_size_is_told_right_from_wrong(size):
    """In units of physics, say."""
    right = ag.elementwise(lambda x: size * np.sin(x), lambda g, out, x: g * size * np.cos(x))
    wrong = ag.elementwise(lambda x: size * np.sin(x), lambda g, out, x: g * size * np.sin(x))
    assert ag.check_gradients(right, X)
    assert ag.check_gradients(lambda x: right(x) - right(x[::-1])[::-1], np.zeros((4, 2)))
    with pytest.raises(AssertionError, match="WRONG"):
        ag.check_gradients(wrong, X)


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(ag.softmax(x)),
        lambda x: np.sin(x) ** 2 + np.cos(x) ** 2,
        lambda x: np.sum(x) - np.sum(x[::-1]),
        lambda x: np.mean(x - np.mean(x)),
        lambda x: np.exp(x) * np.exp(-x) - 1,
    ],
)
@pytest.mark.parametrize("x", [np.zeros(3), np.ones(3), 100 * X[0], X[0]])
def test_a_derivative_that_is_zero_but_for_rounding_is_right(f, x, size):
    assert ag.check_gradients(lambda x: size * f(x), x)


# --- differences say nothing ----------------------------------------------------------------------


def test_a_function_that_is_not_deterministic_is_told():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"not deterministic.*differ by.*fixed seed"):
        ag.check_gradients(lambda x: x * rng.random(3), X)
    sizes = iter(range(1, 9))
    with pytest.raises(ValueError, match=r"not deterministic.*\[\(1, 3\)\], and of \[\(2, 3\)\]"):
        ag.check_gradients(lambda x: x[: next(sizes)], X)
    ag.check_gradients(lambda x: x * np.random.default_rng(0).random(3), X)


@pytest.mark.parametrize(
    ("f", "x", "told"),
    [
        (np.log, [1.0, 0.0], "is -inf there, so"),
        (lambda x: x * np.nan, 1.0, "is nan there, so"),
        (np.sqrt, [1.0, 0.0], r"one step from argument 0 at \[1\]"),
        (lambda x: np.arcsin(x) * 2, 1.0, r"one step from argument 0 at \[\]"),
    ],
)
def test_a_point_where_the_function_is_not_finite_is_told(f, x, told):
    with pytest.raises(ValueError, match=told):
        ag.check_gradients(f, np.array(x))


def test_a_function_that_assigns_to_its_argument_is_checked_where_it_is():
    def f(x):
        x[0] = x[0] ** 3
        return x

    point = np.array([2.0, 3.0])
    ag.check_gradients(f, point)
    assert point.tolist() == [2.0, 3.0]
