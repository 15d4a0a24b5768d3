"""Kinks, singular points and infinities: exact values and gradients, and no warning.

The conventions are those of the last column of PEERS.md's first table.
"""

import warnings

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.engine.primitives import _primitives, faster

inf, nan = np.inf, np.nan
# Of NumPy's functions that are operators of arrays nothing has to be told.
IN_ANOTHER_WAY = [
    op for op in _primitives.values() if op.f in faster and not isinstance(op.f, np.ufunc)
] + [_primitives[np.maximum], _primitives[np.logaddexp]]
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["f32", "f64"])


def gradient(f, *args, dtype=np.float64):
    """The gradients of f for a cotangent of ones; every one in its argument's dtype."""
    args = [ag.Tensor(x, requires_grad=True, dtype=dtype) for x in args]
    out = f(*args)
    found = ag.gradients(out, args, seed=np.ones(out.shape))
    assert all(g.dtype == dtype for g in found)
    return found if len(found) > 1 else found[0]


# fmt: off
POINTS = [
    # f                                      at                     its derivatives there
    ("abs",         np.abs,                  [[-2, 0, 2]],           [[-1, 0, 1]]),
    ("fabs",        np.fabs,                 [[-2, 0, 2]],           [[-1, 0, 1]]),
    ("relu",        ag.relu,                 [[-2, 0, 2]],           [[0, 0, 1]]),
    ("maximum",     np.maximum,              [[1, 2, 3], 2],         [[0, .5, 1], 1.5]),
    ("minimum",     np.minimum,              [[1, 2, 3], 2],         [[1, .5, 0], 1.5]),
    ("max",         np.max,                  [[1, 1, 0]],            [[.5, .5, 0]]),
    ("min",         np.min,                  [[0, 1, 0, 0]],         [[1/3, 0, 1/3, 1/3]]),
    ("max0d",       np.max,                  [2],                    [1]),
    ("max rows",    lambda x: np.max(x, 1),  [[[1, 1], [0, 2]]],     [[[.5, .5], [0, 1]]]),
    ("max initial", lambda x: np.max(x, initial=1), [[1, 0]],        [[.5, 0]]),
    ("max -inf",    np.max,                  [[-inf, -inf]],         [[.5, .5]]),
    ("clip",        lambda x: np.clip(x, 0, 1), [[-1, 0, .5, 1, 2]], [[0, 1, 1, 1, 0]]),
    ("clip ends",   np.clip,                 [[-1, 0, 1, 2], 0, 1],  [[0, 1, 1, 0], 1, 1]),
    ("clip crossed", np.clip,                [[-1, .5, 2], 1, 0],    [[0, 0, 0], 0, 3]),
    ("sqrt",        np.sqrt,                 [[0, 4]],               [[inf, .25]]),
    ("cbrt",        np.cbrt,                 [[0, 8]],               [[inf, 1/12]]),
    ("square",      np.square,               [0],                    [0]),
    ("x**2",        lambda x: x ** 2,        [[0, 3]],               [[0, 6]]),
    ("x**1",        lambda x: x ** 1,        [[0, 3]],               [[1, 1]]),
    ("x**0",        lambda x: x ** 0,        [[0, 3]],               [[0, 0]]),
    ("x**0.5",      lambda x: x ** 0.5,      [[0, 4]],               [[inf, .25]]),
    ("x**1.5",      lambda x: x ** 1.5,      [[0, 4]],               [[0, 3]]),
    ("x**-1",       lambda x: x ** -1,       [[2, inf]],             [[-.25, 0]]),
    ("(-x)**3",     lambda x: x ** 3,        [[-2, 0]],              [[12, 0]]),
    ("0**y",        lambda y: 0 ** y,        [[0, 1, 2]],            [[0, 0, 0]]),
    ("x**y",        np.power,
        [[0, 0, 0, 2], [0, 1, 2, 0]],
        [[0, 1, 0, 0], [0, 0, 0, np.log(2)]]),
    ("hypot",       np.hypot,                [[0, 3], [0, 4]],       [[0, .6], [0, .8]]),
    ("arctan2",     np.arctan2,              [[0, 1], [0, 1]],       [[0, .5], [0, -.5]]),
    ("arctan2 tiny", lambda y: np.arctan2(y, 2.0**-100), [2.0**-100], [2.0**99]),
    ("logaddexp",   np.logaddexp,
        [[-inf, inf, inf, -inf, 0, 1000], [-inf, inf, 0, 0, -inf, -1000]],
        [[.5, .5, 1, 0, 1, 1], [.5, .5, 0, 1, 0, 0]]),
    ("logaddexp2",  np.logaddexp2,
        [[-inf, inf, inf, -inf, 0, 1000], [-inf, inf, 0, 0, -inf, -1000]],
        [[.5, .5, 1, 0, 1, 1], [.5, .5, 0, 1, 0, 0]]),
    ("float_power", lambda x: np.float_power(x, 2), [[0, -3]],       [[0, -6]]),
    ("float_power y", np.float_power,
        [[0, 0, 2], [0, 2, 0]],
        [[0, 0, 0], [0, 0, np.log(2)]]),
    ("fmax",        np.fmax,                 [[1, 2, 3, nan, 1, nan], [2, 2, 2, 2, nan, nan]],
        [[0, .5, 1, 0, 1, 1], [1, .5, 0, 1, 0, 0]]),
    ("fmin",        np.fmin,                 [[1, 2, 3, nan, 1, nan], [2, 2, 2, 2, nan, nan]],
        [[1, .5, 0, 0, 1, 1], [0, .5, 1, 1, 0, 0]]),
    ("copysign",    np.copysign,             [[-2, 0, 2, -2], [1, 1, -0.0, -1]],
        [[-1, 0, -1, 1], [0, 0, 0, 0]]),
    ("heaviside",   np.heaviside,            [[-1, 0, 1], 0.5],      [[0, 0, 0], 1]),
    ("nan_to_num",  np.nan_to_num,           [[nan, inf, -inf, 2]],  [[0, 0, 0, 1]]),
    ("sinc",        np.sinc,                 [[0, 1, 2]],            [[0, -1, .5]]),
    ("i0",          np.i0,                   [[0, 1]],               [[0, 0.5651591039924851]]),
    ("i0 slope",    ag.grad(np.i0),          [0],                    [0.5]),
    ("modf",        lambda x: np.modf(x)[0], [[-2, 0, 1.5, inf]],    [[1, 1, 1, 1]]),
    ("frexp",       lambda x: np.frexp(x)[0], [[0, 1, 6]],           [[1, .5, .125]]),
    ("ldexp",       lambda x: np.ldexp(x, 3), [[0, 1]],              [[8, 8]]),
    ("unwrap",      np.unwrap,               [[0, 4, 8]],            [[1, 1, 1]]),
    ("nextafter",   lambda x: np.nextafter(x, 2), [[1, 2]],          [[1, 1]]),
    ("arccosh",     np.arccosh,              [[1, 2]],               [[inf, 3**-.5]]),
    ("angle",       np.angle,                [[-1, 0, 1]],           [[0, 0, 0]]),
    ("std",         np.std,                  [[3, 3, 3]],            [[0, 0, 0]]),
    ("std rows",    lambda x: np.std(x, 1),  [[[3, 3], [1, 3]]],     [[[0, 0], [-.5, .5]]]),
    ("var",         np.var,                  [[3, 3, 3]],            [[0, 0, 0]]),
    ("var of one",  np.var,                  [[3]],                  [[0]]),
    ("sigmoid",     ag.sigmoid,              [[-inf, -1000, 0, 1000, inf]], [[0, 0, .25, 0, 0]]),
    ("logsumexp",   ag.logsumexp,            [[1000, 1000]],         [[.5, .5]]),
    ("logsumexp-",  ag.logsumexp,            [[-1000, -1000]],       [[.5, .5]]),
    ("logsumexp-inf", ag.logsumexp,          [[-inf, -inf]],         [[.5, .5]]),
    ("logsumexp 0 prob", ag.logsumexp,       [[-inf, 0]],            [[0, 1]]),
    ("logsumexp inf", ag.logsumexp,          [[inf, inf, 0]],        [[.5, .5, 0]]),
    ("softmax",     lambda x: ag.softmax(x)[0], [[1000, -1000]],     [[0, 0]]),
    ("softmax tie", lambda x: ag.softmax(x)[0], [[1000, 1000]],      [[.25, -.25]]),
    ("softmax inf", lambda x: ag.softmax(x)[0], [[inf, inf, 0]],     [[.25, -.25, 0]]),
    ("softmax -inf", lambda x: ag.softmax(x)[0], [[-inf, 0, 0]],     [[0, 0, 0]]),
    ("log_softmax", lambda x: ag.log_softmax(x)[0], [[1000, -1000]], [[0, 0]]),
    ("log_softmax other", lambda x: ag.log_softmax(x)[1], [[1000, -1000]], [[-1, 1]]),
    ("log_softmax inf", lambda x: ag.log_softmax(x)[0], [[inf, 0]],  [[0, 0]]),
    ("remainder",   np.remainder,            [[7, -7], 3],           [[1, 1], 1]),
    ("sum of none", np.sum,                  [[]],                   [[]]),
    ("sum of no rows", lambda x: np.sum(x, axis=0), [np.zeros((0, 3))], [np.zeros((0, 3))]),
    ("norm of 0",   np.linalg.norm,          [[0, 0]],               [[0, 0]]),
    ("norm of 0s",  lambda x: np.linalg.norm(x, axis=1), [[[0, 0], [3, 4]]], [[[0, 0], [.6, .8]]]),
    ("norm 1 of 0", lambda x: np.linalg.norm(x, 1), [[0, -2]],       [[0, -1]]),
    ("norm 3 of 0", lambda x: np.linalg.norm(x, 3), [[0, 0]],        [[0, 0]]),
    ("norm 3",      lambda x: np.linalg.norm(x, 3), [[0, -2]],       [[0, -1]]),
    ("norm 1/2",    lambda x: np.linalg.norm(x, .5), [[0, -2]],      [[0, -1]]),
    ("norm -1",     lambda x: np.linalg.norm(x, -1), [[3, 6]],       [[4/9, 1/9]]),
    ("norm inf",    lambda x: np.linalg.norm(x, inf), [[2, -2, 1]],  [[.5, -.5, 0]]),
    ("norm -inf",   lambda x: np.linalg.norm(x, -inf), [[2, -1, 1]], [[0, -.5, .5]]),
    ("norm 0",      lambda x: np.linalg.norm(x, 0), [[2, 0]],        [[0, 0]]),
    ("norm fro",    lambda x: np.linalg.norm(x, "fro"), [[[0, 0], [0, 0]]], [[[0, 0], [0, 0]]]),
    ("norm nuc",    lambda x: np.linalg.norm(x, "nuc"), [[[0, 0], [0, 0]]], [[[0, 0], [0, 0]]]),
    ("norm rows",   lambda x: np.linalg.norm(x, inf), [[[1, -2], [3, 0]]], [[[.5, -.5], [.5, 0]]]),
    ("norm columns", lambda x: np.linalg.norm(x, 1), [[[1, -2], [3, 0]]], [[[1, 0], [1, 0]]]),
    ("det",         np.linalg.det,           [[[1, 2], [2, 4]]],     [[[4, -2], [-2, 1]]]),
    ("det of 0",    np.linalg.det,           [[[0, 0], [0, 0]]],     [[[0, 0], [0, 0]]]),
    ("det of [0]",  np.linalg.det,           [[[0]]],                [[[1]]]),
    ("cond",        np.linalg.cond,          [[[1, 0], [0, 0]]],     [[[0, 0], [0, 0]]]),
    ("power 0",     lambda x: np.linalg.matrix_power(x, 0), [[[2, 0], [0, 2]]], [[[0, 0], [0, 0]]]),
    ("prod a zero", np.prod,                 [[2, 0, 3]],            [[0, 6, 0]]),
    ("prod zeros",  np.prod,                 [[2, 0, 0]],            [[0, 0, 0]]),
    ("prod rows",   lambda x: np.prod(x, 1), [[[0, 2], [0, 0]]],     [[[2, 0], [0, 0]]]),
    ("prod of none", np.prod,                [[]],                   [[]]),
    ("prod no rows", lambda x: np.prod(x, axis=0), [np.zeros((0, 2))], [np.zeros((0, 2))]),
    ("cumprod",     np.cumprod,              [[2, 0, 3]],            [[1, 8, 0]]),
    ("cumprod zeros", np.cumprod,            [[2, 0, 0, 3]],         [[1, 2, 0, 0]]),
    ("ptp",         np.ptp,                  [[1, 1]],               [[0, 0]]),
    ("nanstd",      np.nanstd,               [[3, nan, 3]],          [[0, 0, 0]]),
    ("std about",   lambda x: np.std(x, mean=np.mean(x, keepdims=True)), [[3, 3]], [[0, 0]]),
    ("nanmax",      np.nanmax,               [[1, nan, 1, 0]],       [[.5, 0, .5, 0]]),
    ("nansum",      np.nansum,               [[nan, nan]],           [[0, 0]]),
    ("nanprod",     np.nanprod,              [[0, nan, 2]],          [[2, 0, 0]]),
    ("nancumprod",  np.nancumprod,           [[2, nan, 0]],          [[2, 0, 2]]),
    ("median",      np.median,               [[4, 1, 3, 2]],         [[0, 0, .5, .5]]),
    ("median of inf", np.median,             [[inf, 1, -inf]],       [[0, 1, 0]]),
    ("nanmedian",   np.nanmedian,            [[nan, 1, 5, 3]],       [[0, 0, 0, 1]]),
    ("quantile ends", np.quantile,           [[1, 3, 9], [0, 1]],    [[1, 0, 1], [4, 12]]),
    ("quantile kink", np.quantile,           [[1, 3, 9], .5],        [[0, 1, 0], 12]),
    ("quantile one", np.quantile,            [[7], .3],              [[1], 0]),
    ("percentile",  np.percentile,           [[1, 3], 50],           [[.5, .5], .02]),
    ("sort",        lambda x: np.sort(x)[:1], [[2, 1, nan]],         [[0, 1, 0]]),
    ("unique",      np.unique,               [[2, 1, 2]],            [[1, 1, 0]]),
    ("interp",      np.interp,
        [[0, 1, 2, 9], [0, 1, 2], [0, 1, 5]], [[1, 4, 4, 0], [-1, -4, -4], [1, 1, 2]]),
    ("interp one",  np.interp,               [[3, 5], [3], [7]],     [[0, 0], [0], [2]]),
    ("repeated",    lambda x: x[[0, 0, 1]],  [[1, 2, 3]],            [[2, 1, 0]]),
    ("leaky_relu",  ag.leaky_relu,           [[-inf, 0, 2]],         [[.01, .01, 1]]),
    ("elu",         lambda x: ag.elu(x, .5), [[-1000, 0, 2]],        [[0, .5, 1]]),
    ("selu",        ag.selu,                 [[-1000, 0]],           [[0, 1.7580993408473768]]),
    ("softsign",    ag.softsign,             [[-inf, 0, inf]],       [[0, 1, 0]]),
    ("softplus",    ag.softplus,             [[-inf, 0, inf]],       [[0, .5, 1]]),
    ("log_sigmoid", ag.log_sigmoid,          [[-inf, 0, inf]],       [[1, .5, 0]]),
    ("silu",        ag.silu,                 [[-inf, 0, inf]],       [[0, .5, 1]]),
    ("gelu",        ag.gelu,                 [[-inf, 0, inf]],       [[0, .5, 1]]),
    ("mish",        ag.mish,                 [[-inf, 0, inf]],       [[0, .6, 1]]),
    ("hard_tanh",   ag.hard_tanh,            [[-2, -1, 0, 1, 2]],    [[0, 1, 1, 1, 0]]),
    ("hard_swish",  ag.hard_swish,           [[-inf, -3, 0, 3, inf]], [[0, 0, .5, 1, 1]]),
    ("max_pool",    lambda x: ag.max_pool(x, 2), [[[[1, 1, 0, 2]]]], [[[[.5, .5, 0, 1]]]]),
]
# fmt: on


@both_precisions
@pytest.mark.parametrize(
    ("f", "at", "expected"), [p[1:] for p in POINTS], ids=[p[0] for p in POINTS]
)
def test_the_derivative_at_a_special_point_is(f, at, expected, dtype):
    found = gradient(f, *at, dtype=dtype)
    found = found if len(at) > 1 else [found]
    for g, e in zip(found, expected, strict=True):
        np.testing.assert_allclose(g, e, rtol=4 * np.finfo(dtype).eps)


# --- the branch that was not taken --------------------------------------------------------------

# fmt: off
BRANCHES = {
    # of x and a safe value; undefined, or infinite with all its derivatives, at x = 0 or below
    "sqrt":          lambda x: np.sqrt(x),
    "exp sqrt":      lambda x: np.exp(np.sqrt(x)),
    "log":           lambda x: np.log(x),
    "log square":    lambda x: np.log(x) ** 2,
    "divide":        lambda x: 1 / x,
    "divide twice":  lambda x: np.sin(x) / (x * x),
    "power":         lambda x: x ** 0.5,
    "power -2":      lambda x: x ** -2,
    "x log x":       lambda x: x * np.log(x),
    "cbrt":          lambda x: np.cbrt(x),
    "reciprocal":    lambda x: np.reciprocal(x),
    "arccosh":       lambda x: np.arccosh(1 + x),
    "arcsin":        lambda x: np.arcsin(1 - x),
    "sum of logs":   lambda x: np.sum(np.stack([np.log(x), np.sqrt(x)]), axis=0),
}
# fmt: on


@both_precisions
@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("branch", BRANCHES)
def test_nothing_comes_through_the_branch_not_taken(branch, order, dtype):
    f = BRANCHES[branch]

    def guarded(x):
        with np.errstate(all="ignore"):
            return np.where(x > 0, f(x), 5 * x)

    def taken(x):
        return f(x)

    def summed(f):
        for _ in range(order):
            f = _sum_gradient(f)
        return f

    x = np.array([0.0, 0.25, 0.5], dtype)
    got = summed(guarded)(x)
    assert got.dtype == dtype
    assert got[0] == (5 if order == 1 else 0)
    np.testing.assert_array_equal(got[1:], summed(taken)(x[1:]))


def _sum_gradient(f):
    return ag.grad(lambda x: np.sum(f(x)))


def test_a_nan_of_the_branch_that_was_taken_arrives():
    with np.errstate(invalid="ignore"):
        g = gradient(lambda x: np.where(x < 2, np.sqrt(x), 0), [-1.0, 4.0])
    assert np.isnan(g[0])
    assert g[1] == 0


def test_nothing_comes_through_a_branch_that_a_product_of_matrices_feeds():
    def f(w):
        h = np.array([[0.0, 4.0]]) @ w
        return np.where(h > 0, np.sqrt(h), 0)

    np.testing.assert_array_equal(gradient(f, [[1.0, 1.0], [0.0, 1.0]]), [[0, 0], [0, 1]])


X, W = np.ones((130, 140)), np.ones((140, 200))
LARGE = {"right": (lambda w: X @ w, W), "left": (lambda w: w @ W, X)}
LARGE |= {"rows": (lambda w: np.stack([X, X]) @ w, W)}


@pytest.mark.parametrize("place", [(0, 0), (0, 7), (3, 0), (129, 199)])
@pytest.mark.parametrize("side", LARGE)
def test_nothing_comes_through_it_into_a_large_matrix_either(side, place):
    """(Where the gradient is a product, two of its edges are looked at, and not all of it.)"""
    product, w = LARGE[side]
    bad = np.zeros((130, 200), bool)
    bad[place] = True

    def f(w):
        h = product(w) - bad * 1e9
        return np.sum(np.where(bad, 0, np.sqrt(h)))

    expected = gradient(lambda w: np.sum(np.where(bad, 0, product(w))) / 2 / np.sqrt(140), w)
    for keep_tape in (True, False):
        variable = ag.Tensor(w, requires_grad=True)
        with np.errstate(invalid="ignore"):
            f(variable).backward(keep_tape=keep_tape)
        np.testing.assert_allclose(variable.grad, expected)


@pytest.mark.parametrize("value", [nan, inf])
@pytest.mark.parametrize("row", [0, 1, 129])
@pytest.mark.parametrize("first", [0.0, 1.0])
def test_data_that_are_no_numbers_are_nothing_to_a_branch_not_taken(value, row, first):
    """Nor if the first column is zero, and with it the first row of the gradient."""
    x = X.copy()
    x[:, 0] = first
    x[row, 3] = value
    for taken in (False, True):
        with np.errstate(invalid="ignore"):
            found = gradient(lambda w: np.where(taken, np.sum(x @ w), 1.0), W)  # noqa: B023
        np.testing.assert_array_equal(found[[1, 2, 4]], len(X) if taken else 0.0)
        np.testing.assert_array_equal(found[3], value if taken else 0.0)


def test_where_elements_are_mixed_the_rows_are_made_finite_before():
    x, ok = np.array([[1.0, 2.0], [nan, inf]]), np.array([[True], [False]])
    for f in (ag.softmax, np.cumprod, lambda x, axis: np.linalg.norm(x, axis=axis, keepdims=True)):
        for safe, expected in ((True, [0, 0]), (False, [nan, nan])):

            def guarded(x):
                x = np.where(ok, x, 0) if safe else x  # noqa: B023
                return np.where(ok, f(x, axis=1), 0)  # noqa: B023

            with np.errstate(all="ignore"):
                found = gradient(guarded, x)
            np.testing.assert_array_equal(found[1], expected)
            assert np.isfinite(found[0]).all()


# --- values at the limits -----------------------------------------------------------------------


@both_precisions
def test_the_stable_functions_have_the_right_limits(dtype):
    x = np.array([-inf, -1000, 0, 1000, inf], dtype)
    for f, expected in (
        (ag.sigmoid, [0, 0, 0.5, 1, 1]),
        (ag.relu, [0, 0, 0, 1000, inf]),
        (ag.softmax, [0, 0, 0, 0, 1]),
        (lambda x: ag.softmax(x[:4]), [0, 0, 0, 1]),
        (lambda x: ag.log_softmax(x[1:4]), [-2000, -1000, 0]),
        (ag.log_softmax, [-inf, -inf, -inf, -inf, 0]),
        (ag.logsumexp, inf),
        (lambda x: ag.logsumexp(x[1:4]), 1000),
        (lambda x: ag.logsumexp(x[:2]), -1000),
        (lambda x: ag.logsumexp(x[:1]), -inf),
        (lambda x: ag.softmax(x[[0, 0]]), [0.5, 0.5]),
        (lambda x: ag.softmax(x[[4, 4, 0]]), [0.5, 0.5, 0]),
    ):
        value = f(ag.Tensor(x, requires_grad=True))
        assert value.dtype == dtype
        np.testing.assert_array_equal(value.data, np.array(expected, dtype))
        np.testing.assert_array_equal(f(x), value.data)


def test_small_probabilities_keep_their_precision():
    x = np.array([0.0, -50.0])
    np.testing.assert_allclose(ag.log_softmax(x)[1], -50 - np.log1p(np.exp(-50.0)), rtol=1e-15)
    np.testing.assert_allclose(gradient(ag.logsumexp, x)[1], np.exp(-50.0), rtol=1e-14)


def test_second_derivatives_at_large_values_are_finite():
    x = np.array([1000.0, -1000.0, 999.0])
    for f in (ag.softmax, ag.log_softmax, ag.sigmoid, lambda x: np.logaddexp(x, x[::-1])):
        second = ag.grad(lambda x: np.sum(ag.grad(lambda x: f(x)[0] + f(x)[2])(x) ** 2))(x)  # noqa: B023
        assert np.isfinite(second).all()


@pytest.mark.parametrize("power", [np.power, np.float_power])
def test_the_mixed_derivative_of_a_power_with_the_exponent_0_is(power):
    def f(v):
        return power(v[0], v[1])

    second = ag.hessian(f)(np.array([2.0, 0.0]))
    np.testing.assert_allclose(second, [[0, 0.5], [0.5, np.log(2) ** 2]], rtol=1e-15)
    assert ag.grad(lambda x: power(x, np.zeros(())))(1e-310) == 0


def test_the_second_derivatives_of_arctan2_are_symmetric_and_none_at_the_origin():
    def f(v):
        return np.arctan2(v[0], v[1])

    second = ag.hessian(f)(np.array([1.0, 2.0]))
    np.testing.assert_allclose(second, [[-0.16, -0.12], [-0.12, 0.16]], rtol=1e-14)
    assert np.isnan(ag.hessian(f)(np.zeros(2))).all()


def test_an_angle_near_the_origin_keeps_its_gradient():
    np.testing.assert_allclose(ag.grad(np.angle)(1e-170 + 1e-170j), -5e169 - 5e169j, rtol=1e-14)


def test_softsign_takes_real_numbers():
    with pytest.raises(TypeError, match="softsign takes real numbers"):
        ag.softsign(ag.Tensor(1j, requires_grad=True))


# fmt: off
ROUNDING = {
    "insert":      lambda t: np.insert(np.arange(3), 0, t),
    "pad":         lambda t: np.pad(ag.Tensor([1, 2]), 1, constant_values=t),
    "linear_ramp": lambda t: np.pad(ag.Tensor([1, 2]), 1, "linear_ramp", end_values=t),
}
# fmt: on


@pytest.mark.parametrize("case", ROUNDING)
def test_a_tensor_is_not_rounded_among_integers(case):
    with pytest.raises(TypeError, match="would be rounded among elements of int64"):
        ROUNDING[case](ag.Tensor(1.5, requires_grad=True))
    assert ROUNDING[case](ag.Tensor(1.5)).dtype == np.int64


def test_a_backward_pass_never_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gradient(np.sqrt, 0.0) == inf
        x = ag.Tensor([0.0], requires_grad=True)
        loss = np.sum(np.sqrt(x))
        [g] = ag.gradients(loss, [x], create_graph=True)
        assert g.data == inf


def test_floating_point_errors_are_reported_again_after_a_backward_pass():
    gradient(np.sqrt, 0.0)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        np.divide(1.0, ag.Tensor(0.0))


def test_a_variance_without_degrees_of_freedom_has_no_gradient():
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.isnan(gradient(lambda x: np.var(x, ddof=1), [2.0])).all()


# --- where no limit exists, or convention at one order says nothing of the next -------------------

ZERO, EDGE = (0.0, 0.0), (0.0, 1.0)  # points
MATRICES = [(0.0,) * 4, (1.0, 0, 0, 1), (1.0, 0, 0, 0), (1.0, 1, 1, 1)]


def symmetric(x):
    return (np.reshape(x, (2, 2)) + np.reshape(x, (2, 2)).T) / 2


def norm(order, power=1, shape=-1):
    return lambda x: np.linalg.norm(np.reshape(x, shape), order) ** power


# fmt: off
SINGULAR = {
    # f of a vector, and where it or a derivative of a part of it is singular
    "|x|":             (lambda x: np.sum(np.abs(x)), [ZERO, EDGE]),
    "|x|**2":          (lambda x: np.sum(np.abs(x) ** 2), [ZERO, EDGE]),
    "fabs**2":         (lambda x: np.sum(np.fabs(x) ** 2), [ZERO]),
    "x |x|":           (lambda x: np.sum(x * np.abs(x)), [ZERO]),
    "|x| |y|":         (lambda x: np.prod(np.abs(x)), [ZERO, EDGE]),
    "cos |x|":         (lambda x: np.sum(np.cos(np.abs(x))), [ZERO]),
    "softplus by hand": (lambda x: np.log1p(np.exp(-np.abs(x[0]))) + np.maximum(x[0], 0), [(0.0,)]),
    "copysign**2":     (lambda x: np.sum(np.copysign(x, 1.0) ** 2), [ZERO]),
    "|x|**1.5":        (lambda x: np.sum(np.abs(x) ** 1.5), [ZERO]),
    **{f"norm {order}, {power}": (norm(order, power), [ZERO, EDGE])
       for order in (None, 1, 1.5, 2.5, 3, 4, np.inf, -np.inf, -1, 0.5) for power in (1, 2, 3)},
    **{f"matrix norm {order}, {power}": (norm(order, power, (2, 2)), MATRICES[:3])
       for order in ("fro", "nuc", 2, -2) for power in (1, 2)},
    "nuclear, 2 x 3":  (norm("nuc", 2, (2, 3)), [(0.0,) * 6, (1.0, *[0] * 5)]),
    "vector_norm":     (lambda x: np.linalg.vector_norm(x, ord=1) ** 2, [ZERO, EDGE]),
    "norms of rows":   (lambda x: np.sum(np.linalg.norm(x[:, None], axis=1) ** 2), [ZERO, EDGE]),
    "svdvals":         (lambda x: np.sum(np.linalg.svdvals(np.reshape(x, (2, 2))) ** 2), MATRICES),
    "eigvalsh":        (lambda x: np.sum(np.exp(np.linalg.eigvalsh(symmetric(x)))), MATRICES[:2]),
    "eigvalsh**2":     (lambda x: np.sum(np.linalg.eigvalsh(symmetric(x)) ** 2), MATRICES[:2]),
    "trace":           (lambda x: np.sum(np.linalg.eigvalsh(symmetric(x))), MATRICES[:2]),
    "eigvals**2":      (lambda x: np.sum(np.real(np.linalg.eigvals(np.reshape(x, (2, 2))) ** 2)),
                        MATRICES[:2]),
    "hypot":           (lambda x: np.hypot(x[0], x[1]), [ZERO, EDGE]),
    "hypot**2":        (lambda x: np.hypot(x[0], x[1]) ** 2, [ZERO, EDGE]),
    "arctan2":         (lambda x: np.hypot(x[0], x[1])**2 * np.arctan2(x[1], x[0]), [ZERO]),
    "|z|**2":          (lambda x: np.abs(x[0] + 1j * x[1]) ** 2, [ZERO]),
    "spectrum":        (lambda x: np.sum(np.abs(np.fft.fft(x)) ** 2), [ZERO, (1.0, 1.0)]),
    "std":             (np.std, [ZERO, (3.0, 3.0, 3.0)]),
    "std**2":          (lambda x: np.std(x) ** 2, [ZERO, (3.0, 3.0, 3.0)]),
    "std of a sample": (lambda x: np.std(x, ddof=1) ** 2, [(3.0, 3.0, 3.0)]),
    "normalised":      (lambda x: x[0] / np.linalg.norm(x), [ZERO]),
    "root of squares": (lambda x: np.sqrt(np.sum(x * x)) ** 2, [ZERO]),
    "sqrt**2":         (lambda x: np.sum(np.sqrt(x) ** 2), [ZERO, EDGE]),
    "sqrt**4":         (lambda x: np.sum(np.sqrt(x) ** 4), [ZERO, EDGE]),
    "sqrt @ sqrt":     (lambda x: np.sqrt(x) @ np.sqrt(x), [ZERO, EDGE]),
    "norm of sqrt":    (lambda x: np.linalg.norm(np.sqrt(x)), [EDGE]),
    "var of sqrt":     (lambda x: np.var(np.sqrt(x)), [EDGE]),
    "prod of sqrt":    (lambda x: np.prod(np.sqrt(x)) * np.prod(np.sqrt(x)), [ZERO, EDGE]),
    "cbrt**3":         (lambda x: np.sum(np.cbrt(x) ** 3), [ZERO]),
    "x**y":            (lambda x: x[0] ** x[1], [EDGE, (0.0, 2.0), (0.0, 3.0)]),
    "float_power":     (lambda x: np.float_power(x[0], x[1]), [EDGE, (0.0, 2.0)]),
    "x**1.5":          (lambda x: np.sum(x**1.5), [ZERO]),
    "x**2":            (lambda x: np.sum(x**2), [ZERO]),
    "x log x":         (lambda x: np.sum(x * np.log(x)), [ZERO]),
    "exp log":         (lambda x: np.sum(np.exp(np.log(x))), [ZERO, EDGE]),
    "cos arccos":      (lambda x: np.cos(np.arccos(x[0])), [(1.0,)]),
    "cosh arccosh":    (lambda x: np.cosh(np.arccosh(x[0])), [(1.0,)]),
    "relu sqrt":       (lambda x: ag.relu(np.sqrt(x[0])) * np.sqrt(x[0]), [(0.0,)]),
    "softmax log":     (lambda x: ag.softmax(np.log(x))[0], [EDGE]),
    "logsumexp log":   (lambda x: np.exp(ag.logsumexp(np.log(x))), [EDGE]),
    "prod":            (np.prod, [ZERO, EDGE, (0.0, 0.0, 0.0)]),
    "det":             (lambda x: np.linalg.det(np.reshape(x, (2, 2))), MATRICES),
    "sinc":            (lambda x: np.sum(np.sinc(x)), [ZERO]),
    "softsign":        (lambda x: np.sum(ag.softsign(x)), [ZERO]),
    "elu**2":          (lambda x: np.sum(ag.elu(x, 0.5) ** 2), [ZERO]),
    "relu**2":         (lambda x: np.sum(ag.relu(x) ** 2), [ZERO]),
    "clip**2":         (lambda x: np.sum(np.clip(x, 0, 1) ** 2), [EDGE]),
    "logsumexp by hand": (lambda x: np.max(x) + np.log(np.sum(np.exp(x - np.max(x)))), [ZERO]),
}
# fmt: on


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("case", SINGULAR)
def test_a_finite_derivative_at_a_singular_point_lies_among_its_limits(case, order):
    """A convention may choose among what is near; else the derivative is nan or infinite."""
    f, points = SINGULAR[case]
    derivative = ag.grad(f) if order == 1 else ag.hessian(f)
    rng = np.random.default_rng(3)
    with np.errstate(all="ignore"):
        for x in map(np.array, points):
            steps = rng.normal(size=(6, x.size))
            near = [derivative(x + 1e-5 * way) for step in steps for way in (step, -step)]
            near = np.array([one for one in near if np.isfinite(one).all()])
            low, high = near.min(axis=0), near.max(axis=0)
            slack = (high - low) * (x.size > 1) + 1e-2 + 0.01 * np.abs(near).max(axis=0)
            found = derivative(x)
            right = (found >= low - slack) & (found <= high + slack) | ~np.isfinite(found)
            assert right.all(), (x, found, low, high)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sqrt(x) ** 2,
        lambda x: np.sqrt(x) * np.sqrt(x),
        lambda x: np.exp(np.log(x)),
        lambda x: (x**0.25) ** 4,
        lambda x: np.cbrt(x) ** 3,
        lambda x: np.cos(np.arccos(1 - x)),
    ],
)
def test_a_zero_cotangent_by_chance_times_an_infinite_slope_is_no_zero(f):
    """The slope is 1, or -1; nan tells that it is not known."""
    with np.errstate(all="ignore"):
        found = ag.grad(f)(0.0)
    assert np.isnan(found) or abs(found) == 1


UNUSED = {
    "overwritten": lambda x, undefined: stored(undefined, slice(None), x * x),
    "overwritten in another order": lambda x, undefined: stored(
        undefined, slice(None, None, -1), x * x
    ),
    "not read": lambda x, undefined: np.concatenate([undefined, x * x])[3:],
    "not taken": lambda x, undefined: np.take(np.stack([undefined, x * x]), 1, axis=0),
    "not on the diagonal": lambda x, undefined: np.diagonal(
        np.diag(x * x) + np.triu(undefined + 0 * x[:, None], 1)
    ),
}


def stored(x, index, v):
    x[index] = v
    return x


@pytest.mark.parametrize("f", UNUSED.values(), ids=UNUSED)
def test_nothing_comes_from_elements_that_nobody_reads(f):
    with np.errstate(all="ignore"):
        g = ag.grad(lambda x: np.sum(f(x, (x - x) / np.sum(x - x))))(np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(g, [2.0, 4.0, 6.0])


@both_precisions
@pytest.mark.parametrize("c", [0, 0.0, 5.0, -300.0])
def test_logaddexp_of_many_numbers_is_that_of_each(c, dtype):
    """Of a large array it is computed in another way."""
    x = np.random.default_rng(0).normal(size=2000).astype(dtype) * 20
    x[:8] = inf, -inf, nan, 0.0, -0.0, c, -1e3, 1e3
    for f in (lambda z: np.logaddexp(c, z), lambda z: np.logaddexp(z, c)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            many = f(ag.Tensor(x)).data
        assert many.dtype == dtype
        np.testing.assert_array_max_ulp(many[3:], f(x[3:]), 6)
        np.testing.assert_array_equal(many[:3], [inf, c, nan])


@both_precisions
@pytest.mark.parametrize("shape", [(4, 3), (40, 50), (500, 4), (2000,), ()])
@pytest.mark.parametrize("op", IN_ANOTHER_WAY, ids=lambda op: op.name)
def test_what_is_computed_in_another_way_is_the_same(op, shape, dtype):
    x = np.random.default_rng(0).uniform(-9, 9, size=shape).astype(dtype)
    x.flat[:5] = (inf, -inf, nan, 0.0, -0.0)[: x.size]
    for values in (x if shape else x[()], x.T, np.arange(3)):
        for args in [(values,)] if op.arity == 1 else [(values, 2), (0.5, values), (values, inf)]:
            with np.errstate(all="ignore"):
                expected, result = op.f(*args), op.call(*args)
            assert type(result) is type(expected)
            assert result.dtype == expected.dtype
            np.testing.assert_array_max_ulp(result, expected, 4)
