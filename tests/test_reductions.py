"""What the table does not hold of sums, products, order statistics: limits, extras, refusals."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.engine.dispatch import available

METHODS = "linear lower higher midpoint nearest hazen weibull inverted_cdf".split()


def tensor(*values):
    return ag.Tensor(np.array(values, dtype=float), requires_grad=True)


# --- long axes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [np.prod, np.cumprod, np.cumsum])
def test_a_long_axis_costs_no_square(f):
    x = ag.Tensor(np.ones(200_000), requires_grad=True)
    f(x)[...].backward(np.ones(f(x.data).shape))
    expected = 1 if f is np.prod else np.arange(x.size, 0, -1)
    np.testing.assert_array_equal(x.grad, np.broadcast_to(expected, x.shape))


def test_fewer_than_no_degrees_of_freedom_give_no_finite_gradient():
    x = tensor(1, 2)
    with pytest.warns(RuntimeWarning):
        out = np.var(x, ddof=3)
    assert not np.isfinite(ag.gradients(out, [x])[0]).any()


# --- the extras are plain -------------------------------------------------------------------------


def test_unique_returns_its_extras_as_plain_arrays():
    x = tensor(3, 1, 3)
    values, *extras = np.unique(x, return_index=True, return_inverse=True, return_counts=True)
    assert isinstance(values, ag.Tensor)
    for got, expected in zip(extras, np.unique(x.data, True, True, True)[1:], strict=True):
        assert type(got) is np.ndarray
        np.testing.assert_array_equal(got, expected)
    values, counts = np.unique(x, return_counts=True)
    np.testing.assert_array_equal(counts, [1, 2])


def test_average_returns_the_sum_of_weights_on_the_tape_if_they_are():
    w = tensor(1, 3)
    _, total = np.average(np.array([1.0, 2.0]), weights=w, returned=True)
    np.testing.assert_array_equal(ag.gradients(total, [w])[0], [1, 1])


def test_counts_are_plain():
    x = tensor(1, 2, 4)
    assert type(np.bincount(np.array([0, 1]), minlength=3)) is np.ndarray
    assert all(type(part) is np.ndarray for part in np.histogram(x, 2))
    assert np.nanargmax(x) == 2


def test_integers_and_booleans_are_reduced_and_sorted():
    for data in ([3, 1, 2], [True, False, True]):
        x = ag.Tensor(data)
        for f in (np.sum, np.prod, np.mean, np.median, np.cumsum, np.sort, np.unique, np.max):
            out = f(x)
            expected = f(np.array(data))
            np.testing.assert_array_equal(out.data, expected)
            assert (out.dtype, out.requires_grad) == (expected.dtype, False)


# --- in place -------------------------------------------------------------------------------------


def test_sort_in_place_rebinds_the_tensor():
    x = tensor(3, 1, 2)
    y = 2 * x
    before = np.sum(y * np.array([1.0, 10.0, 100.0]))
    assert y.sort() is None
    np.testing.assert_array_equal(y.data, [2, 4, 6])
    np.testing.assert_array_equal(ag.gradients(y[0], [x])[0], [0, 2, 0])
    np.testing.assert_array_equal(ag.gradients(before, [x])[0], [2, 20, 200])
    z = 2 * x
    z.partition(0)
    np.testing.assert_array_equal(ag.gradients(z[0], [x])[0], [0, 2, 0])
    np.testing.assert_array_equal(x.argsort(), [1, 2, 0])
    assert x.argpartition(0)[0] == 1


def test_a_leaf_is_not_sorted_in_place():
    with pytest.raises(ValueError, match="leaf"):
        tensor(3, 1).sort()


# --- nan ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [np.median, lambda x, axis: np.quantile(x, 0.3, axis)])
def test_the_gradient_of_a_nan_is_nan_and_stays_in_its_column(f):
    x = ag.Tensor([[1.0, np.nan], [2.0, 0.0], [5.0, 1.0]], requires_grad=True)
    f(x, axis=0).backward(np.ones(2))
    assert np.isfinite(x.grad[:, 0]).all()
    assert np.isnan(x.grad[:, 1]).any()


def test_a_column_of_nan_alone_has_no_gradient():
    x = ag.Tensor([[1.0, np.nan], [2.0, np.nan]], requires_grad=True)
    for f in (np.nanmedian, np.nanmean, np.nanmax, np.nanvar):
        with pytest.warns(RuntimeWarning):
            out = f(x, axis=0)
        assert not ag.gradients(out, [x], seed=np.ones(2))[0][:, 1].any()


# --- quantiles ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_weights_of_a_quantile_give_its_value(method, dtype):
    data = np.random.default_rng(0).permutation(40).astype(dtype)
    for q in np.linspace(0.0, 1.0, 21).tolist():
        x = ag.Tensor(data, requires_grad=True)
        out = np.quantile(x, q, method=method)
        out.backward()
        np.testing.assert_allclose(x.grad @ data, out.data, rtol=8 * np.finfo(dtype).eps)


def test_mixed_second_derivatives_of_a_quantile():
    def dq(x):
        return ag.grad(lambda q: np.quantile(x, q))(0.4)

    np.testing.assert_allclose(ag.grad(dq)(np.array([1.0, 5.0, 2.0])), [-2, 0, 2])


# --- refused --------------------------------------------------------------------------------------


def test_what_is_not_differentiated_is_refused():
    x, w = tensor(1, 2, 4), tensor(1, 1, 1)
    with pytest.raises(TypeError, match="weights"):
        np.quantile(x, 0.5, weights=w, method="inverted_cdf")
    with pytest.raises(TypeError, match="overwrite_input"):
        np.median(x, overwrite_input=True)
    with pytest.raises(TypeError, match="bincount"):
        np.histogram(x, weights=w)
    with pytest.raises(TypeError, match="bincount"):
        np.histogram(x.data, 2, None, None, w)
    with pytest.raises(TypeError, match="initial"):
        np.sum(x, initial=w[0])
    with pytest.raises(ValueError, match="period"):
        np.interp(x, x.data, w, period=0)
    for f in available("cumulative_sum"):
        with pytest.raises(ValueError, match="axis"):
            f(np.stack([x, x]))
    with pytest.raises(ValueError, match="negative"):
        np.bincount(np.array([0, -1, 1]), w)


def test_a_result_that_numpy_mixes_up_is_refused():
    x = ag.Tensor(np.arange(12.0).reshape(2, 3, 2), requires_grad=True)
    out = np.nanquantile(x, [[0.1, 0.2]], axis=(0, 1))
    with pytest.raises(ValueError, match="wrong order"):
        out.backward(np.ones(out.shape))
