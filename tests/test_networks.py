"""The functions of networks: exact values, limits, and what is refused."""

import math

import numpy as np
import pytest

import autograd_lite as ag

inf = np.inf
precisions = {"f16": np.float16, "f32": np.float32, "f64": np.float64}
every_precision = pytest.mark.parametrize("dtype", precisions.values(), ids=precisions)
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["f32", "f64"])


def tracked(x, dtype=np.float64):
    return ag.Tensor(x, requires_grad=True, dtype=dtype)


# --- activations ------------------------------------------------------------------------------

# fmt: off
LIMITS = {
    # at                -inf   -1000   0     1000   inf
    ag.log_sigmoid:    (-inf, -1000, -math.log(2), 0, 0),
    ag.softplus:       (0, 0, math.log(2), 1000, inf),
    ag.softsign:       (-1, -1000 / 1001, 0, 1000 / 1001, 1),
    ag.hard_tanh:      (-1, -1, 0, 1, 1),
    ag.leaky_relu:     (-inf, -10, 0, 1000, inf),
    ag.elu:            (-1, -1, 0, 1000, inf),
    ag.selu:           (-1.7580993408473768, -1.7580993408473768, 0, 1050.7009873554805, inf),
    ag.silu:           (0, 0, 0, 1000, inf),
    ag.gelu:           (0, 0, 0, 1000, inf),
    ag.mish:           (0, 0, 0, 1000, inf),
    ag.hard_swish:     (0, 0, 0, 1000, inf),
    ag.erf:            (-1, -1, 0, 1, 1),
    ag.erfc:           (2, 2, 1, 0, 0),
}
# fmt: on


@every_precision
@pytest.mark.parametrize("f", LIMITS, ids=lambda f: f.__name__)
def test_an_activation_has_its_limits_and_keeps_the_dtype(f, dtype):
    x = tracked([-inf, -1000, 0, 1000, inf], dtype)
    y = f(x)
    assert y.dtype == dtype
    np.testing.assert_allclose(y.data, LIMITS[f], rtol=4 * np.finfo(dtype).eps)
    y.backward(np.ones(5))
    assert x.grad.dtype == dtype
    assert np.isfinite(x.grad).all()


@pytest.mark.parametrize("f", LIMITS, ids=lambda f: f.__name__)
def test_the_second_derivative_of_an_activation_is_finite_everywhere(f):
    x = tracked([-inf, -1e200, -1000.0, -40.0, 0.0, 40.0, 1000.0, 1e200, inf])
    [first] = ag.gradients(f(x), [x], seed=np.ones(9), create_graph=True)
    if first.requires_grad:
        assert np.isfinite(ag.gradients(first, [x], seed=np.ones(9))[0]).all()


def test_the_gelu_and_the_error_function_do_not_overflow_in_half_precision():
    x = tracked([-60000, -300, -2, 0, 2, 300, 60000], np.float16)
    for f in (ag.gelu, lambda x: ag.gelu(x, approximate=True), ag.erf, ag.erfc):
        y, exact = f(x), f(np.asarray(x.data, float))
        assert y.dtype == np.float16
        np.testing.assert_allclose(y.data, exact, rtol=0.01, atol=1e-3)
        [g] = ag.gradients(y, [x], seed=np.ones(7))
        slopes = ag.grad(lambda x, f=f: np.sum(f(x)))(np.asarray(x.data, float))
        np.testing.assert_allclose(g, slopes, rtol=0.01, atol=1e-3)


def test_the_approximate_gelu_has_its_limits():
    x = tracked([-inf, -1e30, -1000, 0, 1000, 1e30, inf], np.float32)
    y = ag.gelu(x, approximate=True)
    np.testing.assert_array_equal(y.data, np.array([0, 0, 0, 0, 1000, 1e30, inf], np.float32))
    np.sum(y).backward()
    np.testing.assert_array_equal(x.grad, [0, 0, 0, 0.5, 1, 1, 1])


def test_the_gelu_keeps_its_precision_where_it_is_small():
    x = np.array([-8.0, -20.0])
    expected = [v * 0.5 * math.erfc(-v / math.sqrt(2)) for v in x]
    np.testing.assert_allclose(ag.gelu(x), expected, rtol=1e-13)


def test_the_error_function_is_accurate_to_the_last_places():
    x = np.concatenate([np.linspace(-27, 27, 20001), np.logspace(-300, 0, 500)])  # two blocks
    expected = np.array([math.erf(v) for v in x])
    np.testing.assert_allclose(ag.erf(x), expected, rtol=1e-15, atol=0)
    expected = np.array([math.erfc(v) for v in x])
    seen = expected > 1e-300
    np.testing.assert_allclose(ag.erfc(x)[seen], expected[seen], rtol=2e-15, atol=0)
    x = x.astype(np.float32)
    expected = np.array([math.erf(v) for v in x.astype(float)])
    assert ag.erf(x).dtype == np.float32
    np.testing.assert_allclose(ag.erf(x), expected, rtol=5e-7, atol=1e-45)


def test_the_error_function_of_nan_and_of_many_axes():
    assert np.isnan(ag.erf(np.nan))
    x = np.linspace(-3, 3, 40000).reshape(200, 1, 200)
    np.testing.assert_array_equal(ag.erf(x)[7], ag.erf(x[7]))


def test_swish_is_silu_and_glu_halves_an_axis():
    assert ag.swish is ag.silu
    with pytest.raises(ValueError, match=r"axis -1 of shape \(2, 3\) is of odd length"):
        ag.glu(np.ones((2, 3)))


# --- cross-entropy ------------------------------------------------------------------------------


def test_cross_entropy_is_stable_for_any_logits():
    logits = tracked([[1000, -1000], [1000, -1000], [inf, 0], [0, -inf]])
    loss = ag.cross_entropy(logits, [0, 1, 0, 0])
    np.testing.assert_array_equal(loss.data, [0, 2000, 0, 0])
    np.sum(loss).backward()
    np.testing.assert_array_equal(logits.grad, [[0, 0], [1, -1], [0, 0], [0, 0]])


@pytest.mark.parametrize(("dtype", "lost"), [(np.float32, 5), (np.float64, 5), (np.float16, 2)])
@pytest.mark.parametrize(
    ("scale", "offset"), [(1, 0), (5, 0), (1, 20), (300, 0), (1, 1000), (1, -1e4)]
)
def test_the_gradient_of_cross_entropy_is_as_exact_as_its_logits(scale, offset, dtype, lost):
    """Beside extended precision: 5 bits may be lost of many, and no more where logits are large."""
    rng = np.random.default_rng(0)
    logits = (rng.standard_normal((128, 10)) * scale + offset).astype(dtype)
    labels = rng.integers(10, size=128)
    x = ag.Tensor(logits, requires_grad=True)
    np.sum(ag.cross_entropy(x, labels)).backward()
    z = logits.astype(np.longdouble)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    expected = e / e.sum(axis=1, keepdims=True) - np.eye(10)[labels]
    assert x.grad.dtype == dtype
    assert np.abs(x.grad - expected).max() < 2**lost * np.finfo(dtype).eps


def test_cross_entropy_takes_labels_or_weights():
    x = tracked(np.random.default_rng(0).normal(size=(2, 3, 4)), np.float32)
    labels = np.array([[0, 1, 2, 0], [2, 2, 1, 1]])
    given = ag.cross_entropy(x, labels, axis=1)
    assert given.shape == (2, 4)
    assert given.dtype == np.float32
    for kind in (np.float32, int):
        weights = ag.one_hot(labels, 3, axis=1, dtype=kind)
        np.testing.assert_array_equal(given.data, ag.cross_entropy(x, weights, axis=1).data)
    np.testing.assert_array_equal(given.data, ag.cross_entropy(x, ag.Tensor(labels), axis=1).data)


def test_cross_entropy_refuses_labels_that_do_not_fit():
    x = tracked(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"the label 3 is none of the 3 classes 0 to 2"):
        ag.cross_entropy(x, [0, 3])
    with pytest.raises(ValueError, match=r"the label -1 is none of the 3 classes"):
        ag.cross_entropy(x, [0, -1])
    with pytest.raises(ValueError, match=r"integers of shape \(2,\) or weights of shape \(2, 3\)"):
        ag.cross_entropy(x, [0.0, 1.0])
    with pytest.raises(ValueError, match=r"not ndarray of shape \(3,\), int64"):
        ag.cross_entropy(x, [0, 1, 2])
    with pytest.raises(ValueError, match="labels are integers, not"):
        ag.one_hot([0.5], 3)


def test_one_hot_puts_its_axis_anywhere():
    labels = np.array([[2, 0]])
    assert ag.one_hot(labels, 3).shape == (1, 2, 3)
    np.testing.assert_array_equal(ag.one_hot(labels, 3, axis=0)[:, 0, 0], [0, 0, 1])
    assert ag.one_hot(labels, 3, dtype=np.float32).dtype == np.float32


# --- dropout --------------------------------------------------------------------------------------


def test_dropout_scales_what_it_keeps_and_is_the_same_for_the_same_generator():
    x = tracked(np.ones((50, 40)), np.float32)
    y = ag.dropout(x, 0.25, np.random.default_rng(0))
    assert y.dtype == np.float32
    assert set(np.unique(y.data)) == {np.float32(0), np.float32(1) / np.float32(0.75)}
    assert abs(np.mean(y.data) - 1) < 0.05
    np.testing.assert_array_equal(y.data, ag.dropout(x, 0.25, np.random.default_rng(0)).data)
    np.sum(y).backward()
    np.testing.assert_array_equal(x.grad, y.data)


def test_dropout_is_the_identity_when_not_training_or_at_rate_0():
    x = tracked([1.0, 2.0])
    assert ag.dropout(x, 0.5, np.random.default_rng(0), train=False) is x
    np.testing.assert_array_equal(ag.dropout(x, 0, np.random.default_rng(0)).data, x.data)


def test_dropout_refuses_a_rate_or_a_generator_that_is_none():
    with pytest.raises(ValueError, match=r"in \[0, 1\), and rate=1 is not"):
        ag.dropout_mask(3, 1, np.random.default_rng(0))
    with pytest.raises(TypeError, match=r"np\.random\.default_rng\(0\), not 7"):
        ag.dropout(np.ones(2), 0.5, 7)


# --- convolution and pooling ---------------------------------------------------------------------


def test_a_transposed_convolution_is_the_transpose():
    rng = np.random.default_rng(0)
    settings = {"stride": (2, 1), "padding": ((1, 0), 2), "dilation": (1, 2), "groups": 2}
    x, kernel = rng.normal(size=(3, 4, 7, 6)), rng.normal(size=(6, 2, 3, 2))
    y = ag.conv(x, kernel, **settings)
    g = rng.normal(size=y.shape)
    back = ag.conv_transpose(g, kernel, output_padding=(1, 0), **settings)
    assert back.shape == x.shape
    np.testing.assert_allclose(np.sum(y * g), np.sum(x * back), rtol=1e-12)


@both_precisions
def test_convolution_and_pooling_keep_the_dtype(dtype):
    x, kernel = tracked(np.ones((1, 1, 4, 4)), dtype), tracked(np.ones((2, 1, 3, 3)), dtype)
    y = ag.average_pool(ag.max_pool(ag.conv(x, kernel, padding=1), 2), 2, padding=1)
    assert y.dtype == dtype
    np.sum(y).backward()
    assert x.grad.dtype == kernel.grad.dtype == dtype


def test_max_pool_of_integers_is_padded_with_what_is_never_the_largest():
    x = np.array([[[-3, -5]]])
    np.testing.assert_array_equal(ag.max_pool(x, 2, padding=1), [[[-3, -5]]])


def test_average_pool_counts_the_padding_or_not():
    x = np.array([[[2.0, 4.0]]])
    np.testing.assert_array_equal(ag.average_pool(x, 2, padding=1), [[[1, 2]]])
    without = ag.average_pool(x, 2, padding=1, count_padding=False)
    np.testing.assert_array_equal(without, [[[2, 4]]])


# fmt: off
REFUSED = {
    # what          a call                                           and what the message says
    "channels":    (lambda x: ag.conv(x, np.ones((2, 3, 2))),
                    r"2 channels of x and 2 out channels in groups=1 need a kernel"),
    "groups":      (lambda x: ag.conv(x, np.ones((3, 1, 2)), groups=2),
                    "3 out channels in groups=2"),
    "axes":        (lambda x: ag.conv(x, np.ones((2, 2))),
                    r"not the shapes \(1, 2, 4\) and \(2, 2\)"),
    "too long":    (lambda x: ag.conv(x, np.ones((1, 2, 5))),
                    "window of length 5 does not fit into"),
    "stride":      (lambda x: ag.conv(x, np.ones((1, 2, 2)), stride=0),
                    "stride is an integer from 1"),
    "dilation":    (lambda x: ag.conv(x, np.ones((1, 2, 2)), dilation=(1, 1)),
                    "one for each of 1"),
    "padding":     (lambda x: ag.conv(x, np.ones((1, 2, 2)), padding=((1, 2, 3),)),
                    "one or a pair"),
    "transpose":   (lambda x: ag.conv_transpose(x, np.ones((3, 1, 2))),
                    "conv_transpose takes x"),
    "pool":        (lambda x: ag.max_pool(x[0], 2),
                    r"not the shape \(2, 4\)"),
    "pool size":   (lambda x: ag.max_pool(x, (2, 2)),
                    "size is an integer from 1 on, or one for each"),
}
# fmt: on


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused_in_words(case):
    f, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        f(tracked(np.ones((1, 2, 4))))


@pytest.mark.parametrize("f", [ag.gelu, ag.silu, ag.mish], ids=["gelu", "silu", "mish"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_large_array_gives_what_its_parts_give(f, dtype):
    """It goes through in blocks, the last one shorter; what is not contiguous goes at once."""
    data = np.linspace(-5, 5, 3 * (1 << 15) + 7).astype(dtype).reshape(1, -1)
    for x in (data, data[:, ::-1]):
        x = ag.Tensor(x, requires_grad=True)
        y = f(x)
        (gradient,) = ag.gradients(y, [x], seed=np.ones_like(data))
        assert (y.dtype, y.shape, gradient.dtype) == (dtype, data.shape, dtype)
        for i in range(0, data.size, 1000):
            part = ag.Tensor(x.numpy()[0, i : i + 1000], requires_grad=True)
            small = f(part)
            (expected,) = ag.gradients(small, [part], seed=np.ones_like(small.numpy()))
            tolerance = 4 * np.finfo(dtype).eps
            np.testing.assert_allclose(
                y.numpy()[0, i : i + 1000], small.numpy(), tolerance, tolerance
            )
            np.testing.assert_allclose(gradient[0, i : i + 1000], expected, tolerance, tolerance)


def test_a_class_may_be_a_python_number():
    z = ag.Tensor([1.0, 2.0, 0.5], requires_grad=True)
    ag.cross_entropy(z, 2).backward()
    expected = np.exp(z.data) / np.exp(z.data).sum() - [0, 0, 1]
    np.testing.assert_allclose(z.grad, expected)
    rows = ag.Tensor(np.stack([z.data, -z.data]), requires_grad=True)
    np.sum(ag.cross_entropy(rows, [2, 0])).backward()
    np.testing.assert_allclose(rows.grad[0], expected)
