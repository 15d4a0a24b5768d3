"""Keywords and methods of ufuncs, in-place operators, and dtypes: what the table cannot say."""

import math

import numpy as np
import pytest
from operations import complex_numbers, elementwise
from variables import variable

import autograd_lite as ag
from autograd_lite.engine.tensor import plain
from autograd_lite.transforms import trees


def gradient(f, *args):
    args = [variable(x) for x in args]
    out = f(*args)
    found = ag.gradients(out, args, seed=np.ones(out.shape))
    return found if len(found) > 1 else found[0]


MASK = np.array([True, False, True])
X = np.array([1.0, -2.0, 3.0])

# --- where= -------------------------------------------------------------------------------------


def test_where_without_out_is_zero_elsewhere():
    x = variable(X)
    y = np.exp(x, where=MASK)
    np.testing.assert_array_equal(y.data, [np.exp(1.0), 0, np.exp(3.0)])
    np.testing.assert_array_equal(ag.gradients(np.sum(y), [x])[0], y.data)


def test_where_without_out_broadcasts_and_keeps_the_dtype():
    x = variable(X.astype(np.float32))
    y = np.add(x, 1, where=[[True], [False]])
    assert (y.dtype, y.shape) == (np.float32, (2, 3))
    np.testing.assert_array_equal(ag.gradients(np.sum(y), [x])[0], [1, 1, 1])


def test_where_computes_nothing_elsewhere():
    """np.log(-2) would warn, and its derivative would be nan."""
    x = variable([1.0, -2.0, 0.0])
    y = np.log(x, where=x > 0)
    np.testing.assert_array_equal(y.data, [0, 0, 0])
    np.testing.assert_array_equal(ag.gradients(np.sum(y), [x])[0], [1, 0, 0])


def test_where_is_of_booleans():
    with pytest.raises(TypeError, match=r"add: where= takes booleans, not ndarray.*int64.*x > 0"):
        np.add(variable(X), 1, where=[1, 0, 2])
    with pytest.raises(TypeError, match=r"where= takes booleans, not ndarray.*float64"):
        np.add(variable(X), 1, where=ag.Tensor(X))


def test_where_of_two_results():
    x = variable([1.5, -2.25, 0.5])
    fraction, whole = np.modf(x, where=MASK)
    np.testing.assert_array_equal(fraction.data, [0.5, 0, 0.5])
    np.testing.assert_array_equal(whole, [1, 0, 0])
    assert type(whole) is np.ndarray
    np.testing.assert_array_equal(ag.gradients(np.sum(fraction), [x])[0], MASK)


# --- dtype=, casting=, order=, subok= -----------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.complex64])
@pytest.mark.parametrize("f", [np.add, np.multiply, np.divide, np.power])
def test_dtype_is_what_it_is_computed_in(f, dtype):
    x, y = np.array([1.1, 2.2], np.float32), np.array([0.3, 1.7], np.float32)
    out = f(variable(x), y, dtype=dtype)
    expected = f(x, y, dtype=dtype)
    assert out.dtype == dtype
    np.testing.assert_array_equal(out.data, expected)
    assert gradient(lambda x: f(x, y, dtype=dtype), x).dtype == np.float32


def test_dtype_and_where_together():
    x = variable(X)
    y = np.multiply(x, 3, dtype=np.float32, where=MASK)
    assert y.dtype == np.float32
    g = ag.gradients(np.sum(y), [x])[0]
    assert g.dtype == np.float64
    np.testing.assert_array_equal(g, [3, 0, 3])


def test_a_cast_that_numpy_refuses_is_refused():
    x = variable(X)
    with pytest.raises(TypeError, match=r"[Cc]annot cast"):
        np.add(x, np.float32(1), dtype=np.float32, casting="safe")
    with pytest.raises(TypeError, match=r"[Cc]annot cast|No loop"):
        np.add(x, 1, dtype=np.int64)
    with pytest.raises(TypeError, match=r"[Cc]annot cast"):
        np.matmul(x.astype(np.float32), x, casting="no")
    with pytest.raises(TypeError, match=r"[Cc]annot cast"):
        np.absolute(x * 1j, dtype=np.float32)


def test_harmless_keywords_are_taken():
    x = variable(X)
    y = np.exp(x, casting="safe", order="F", subok=False)
    np.testing.assert_array_equal(y.data, np.exp(X))
    assert np.matmul(x, X, casting="same_kind").requires_grad
    assert np.add(np.float32(1), x, casting="safe").dtype == np.float64
    assert np.add(variable(np.float32(1)), 2.0, casting="safe").dtype == np.float32


def test_a_signature_is_refused():
    with pytest.raises(TypeError, match="add is not differentiated with signature="):
        np.add(variable(X), 1, signature="dd->d")


# --- out= ---------------------------------------------------------------------------------------


def test_out_rebinds_the_tensor_and_returns_it():
    x = variable(X)
    y = x * 1
    before = y * 2
    assert np.multiply(y, x, out=y) is y
    np.testing.assert_array_equal(y.data, X * X)
    np.testing.assert_array_equal(before.data, 2 * X)
    np.testing.assert_array_equal(ag.gradients(np.sum(y), [x])[0], 2 * X)


def test_out_of_a_constant_puts_it_on_the_tape():
    x, a = variable(X), ag.zeros((2, 3))
    np.exp(x, out=a)
    np.testing.assert_array_equal(a.data, [np.exp(X)] * 2)
    np.testing.assert_array_equal(ag.gradients(np.sum(a), [x])[0], 2 * np.exp(X))


def test_out_without_a_tensor_among_the_arguments():
    a = ag.zeros(3)
    np.exp(X, out=a)
    np.testing.assert_array_equal(a.data, np.exp(X))
    assert not a.requires_grad


def test_out_casts_as_numpy_does():
    x, a = variable(X), ag.zeros(3, dtype=np.float32)
    np.exp(x, out=a)
    assert a.dtype == np.float32
    assert ag.gradients(np.sum(a), [x])[0].dtype == np.float64
    with pytest.raises(TypeError, match=r"float64 cannot be stored into out=.*int64.*same_kind"):
        np.exp(x, out=ag.zeros(3, dtype=int))
    with pytest.raises(TypeError, match=r"float64 cannot be stored into out=.*int64.*same_kind"):
        np.exp(x, out=ag.zeros(3, dtype=int), where=MASK)
    with pytest.raises(TypeError, match=r"float64 cannot be stored into out=.*int64.*same_kind"):
        np.multiply.at(ag.zeros(3, dtype=int), [0], x[0])
    with pytest.raises(TypeError, match=r"complex128 cannot be stored into out=.*float64"):
        np.multiply(x, 1j, out=ag.zeros(3))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda x: np.exp(x, out=ag.zeros(2)), r"shape"),
        (lambda x: np.exp(x, out=ag.zeros((1, 2))), r"shape"),
        (lambda x: np.exp(np.stack([x, x]), out=ag.zeros(3)), r"\(2, 3\) does not fit out="),
        (lambda x: np.sum(x, out=ag.zeros(1)), r"np\.sum: a result of shape \(\) does not fit"),
    ],
)
def test_out_of_another_shape_is_refused(call, told):
    with pytest.raises(ValueError, match=told):
        call(variable(X))


def test_out_of_a_leaf_that_requires_a_gradient_is_refused():
    x = variable(X, name="x")
    with pytest.raises(ValueError, match="a leaf that requires a gradient"):
        np.exp(x, out=x)
    np.testing.assert_array_equal(x.data, X)


def test_out_of_two_results():
    x = variable([1.5, -2.25])
    fraction, whole = ag.zeros(2), ag.zeros(2)
    assert np.modf(x, out=(fraction, whole))[1] is whole
    np.testing.assert_array_equal(whole.data, [1, -2])
    np.testing.assert_array_equal(ag.gradients(np.sum(fraction), [x])[0], [1, 1])
    other = np.modf(x, out=(None, whole))[0]
    np.testing.assert_array_equal(ag.gradients(np.sum(other), [x])[0], [1, 1])


def test_out_of_what_has_no_derivative_may_be_an_array():
    x, signs = variable(X), np.zeros(3, bool)
    assert np.greater(x, 0, out=signs) is signs
    np.testing.assert_array_equal(signs, X > 0)
    chosen = np.zeros((), np.intp)
    np.argmax(x, out=chosen)
    assert chosen == 2
    a = ag.ones(3)
    np.floor(x / 2, out=a, where=MASK)
    np.testing.assert_array_equal(a.data, [0, 1, 1])


def test_in_place_operators_change_the_tensor():
    x = variable(X)
    y = other = x * 1
    y += x
    y *= x
    y -= 1
    y /= 2
    y **= 2
    y %= 100
    assert y is other
    expected = ((2 * X * X - 1) / 2) ** 2
    np.testing.assert_allclose(y.data, expected)
    np.testing.assert_allclose(ag.gradients(np.sum(y), [x])[0], 2 * (2 * X * X - 1) / 2 * (2 * X))
    m = n = variable(np.eye(2)) * 1
    m @= n
    assert m is n
    assert m.requires_grad


@pytest.mark.parametrize("name", ["iadd", "isub", "imul", "itruediv", "ipow", "imod", "imatmul"])
def test_in_place_operators_of_arrays_raise_with_the_rewrite(name):
    import operator

    a = np.eye(2)
    with pytest.raises(TypeError, match=r"Write a = np\.\w+\(\.\.\.\).*a = a \+ t instead"):
        getattr(operator, name)(a, variable(np.eye(2)))
    np.testing.assert_array_equal(a, np.eye(2))


# --- methods ------------------------------------------------------------------------------------


def test_at_into_an_array_raises_with_the_way_out():
    a = np.zeros(3)
    with pytest.raises(TypeError, match=r"a = ag\.Tensor\(a\); then np\.add\.at rebinds it"):
        np.add.at(a, [0, 1], variable([1.0, 2.0]))
    assert not a.any()


def test_at_a_leaf_that_requires_a_gradient_is_refused():
    x = variable(X)
    for ufunc in (np.add, np.multiply):
        with pytest.raises(ValueError, match="a leaf that requires a gradient"):
            ufunc.at(x, [0], 2.0)
    np.testing.assert_array_equal(x.data, X)


def test_at_of_what_has_no_derivative_writes_into_no_graph():
    x = variable(X) / 2
    y = x * x
    np.floor.at(x, [0, 0, 2])
    np.testing.assert_array_equal(x.data, [0, -1, 1])
    np.testing.assert_array_equal(y.data, X * X / 4)


def test_a_histogram_with_weights_by_add_at():
    bins, weights = ag.zeros(2), variable([1.0, 2.0, 4.0])
    np.add.at(bins, [0, 1, 0], weights)
    np.testing.assert_array_equal(bins.data, [5, 2])
    np.testing.assert_array_equal(ag.gradients(bins[0], [weights])[0], [1, 0, 1])


def test_reduce_without_elements_or_axes():
    x = variable(np.zeros((0, 2)))
    np.testing.assert_array_equal(np.logaddexp.reduce(x).data, [-np.inf, -np.inf])
    with pytest.raises(ValueError, match=r"fmax\.reduce of no elements.*initial="):
        np.fmax.reduce(x)
    with pytest.raises(ValueError, match="reorderable"):
        np.subtract.reduce(variable(np.ones((2, 2))), axis=(0, 1))
    with pytest.raises(ValueError, match="binary"):
        np.exp.reduce(variable(X))


def test_reduce_in_another_dtype():
    x = variable(X.astype(np.float32))
    out = np.add.reduce(x, dtype=np.float64)
    assert out.dtype == np.float64
    assert ag.gradients(out, [x])[0].dtype == np.float32


def test_methods_of_what_has_no_derivative_are_plain():
    x = variable(X)
    np.testing.assert_array_equal(np.greater.outer(x, X), np.greater.outer(X, X))
    assert type(np.logical_or.reduce(x)) is np.bool_


def test_outer_passes_keywords_on():
    x = variable(X)
    out = np.multiply.outer(x, X, dtype=np.float32)
    assert out.dtype == np.float32
    assert out.shape == (3, 3)


# --- operators of Python ------------------------------------------------------------------------


def test_divmod_is_a_pair_of_what_has_a_derivative_and_what_has_not():
    x, y = variable([7.5, -7.5]), variable([2.0, 2.0])
    whole, rest = divmod(x, y)
    assert type(whole) is np.ndarray
    np.testing.assert_array_equal(whole, [3, -4])
    np.testing.assert_array_equal(rest.data, [1.5, 0.5])
    np.testing.assert_array_equal(ag.gradients(np.sum(rest), [x, y]), [[1, 1], [-3, 4]])
    np.testing.assert_array_equal(divmod(7.5, y)[1].data, [1.5, 1.5])


def test_rounding_leaves_the_tape():
    t = variable(2.6)
    assert (math.floor(t), math.ceil(t), math.trunc(t)) == (2, 3, 2)
    assert type(math.floor(t)) is int
    assert round(t) == 3
    np.testing.assert_array_equal(round(variable([1.26, 2.74]), 1), [1.3, 2.7])


def test_plus_and_matmul_of_arrays():
    x = variable(X)
    np.testing.assert_array_equal((+x).data, X)
    assert (X @ x).requires_grad
    np.testing.assert_array_equal(ag.gradients(X @ x, [x])[0], X)


def test_bitwise_operators_are_plain():
    n = ag.Tensor([1, 2, 6])
    for got, expected in (
        (n & 2, [0, 2, 2]), (3 | n, [3, 3, 7]), (n ^ 1, [0, 3, 7]), (n << 1, [2, 4, 12]),
        (n >> 1, [0, 1, 3]), (~n, [-2, -3, -7]),
    ):  # fmt: skip
        assert type(got) is np.ndarray
        np.testing.assert_array_equal(got, expected)


def test_aliases_are_one_function():
    assert np.pow is np.power
    assert np.atan2 is np.arctan2
    assert np.abs is np.absolute
    assert np.acos is np.arccos
    assert np.conj is np.conjugate
    assert np.true_divide is np.divide
    assert np.mod is np.remainder


def test_sign_of_a_real_number_is_plain():
    got = np.sign(variable(X))
    assert type(got) is np.ndarray
    np.testing.assert_array_equal(got, [1, -1, 1])


# --- dtypes -------------------------------------------------------------------------------------

CASES = [
    case
    for row in elementwise.ROWS + complex_numbers.ROWS
    for case in row.cases[:1] + row.cases[-1:]
    if row.f not in (elementwise.astype,)
]
COMPLEX = {np.float16: np.complex64, np.float32: np.complex64, np.longdouble: np.clongdouble}
LOOSE = {np.float16: 4e-2, np.float32: 1e-3, np.longdouble: 1e-6}


@pytest.mark.parametrize("dtype", COMPLEX)
def test_gradients_keep_the_dtype_of_their_variable(dtype):
    for case in CASES:
        exact = [leaf for leaf in trees.flatten(case.args())[0] if _is_float(leaf)]
        leaves, build = trees.flatten(case.args())
        low = [_lower(leaf, dtype) for leaf in leaves]
        variables = [variable(leaf) if _is_float(leaf) else leaf for leaf in low]
        out = case.f(*build(variables))
        assert out.dtype == case.reference(*build(low)).dtype, case
        inputs = [v for v in variables if isinstance(v, ag.Tensor)]
        seed = np.ones(out.shape)
        found = ag.gradients(out, inputs, seed=seed, create_graph=True)
        again = [variable(leaf) if _is_float(leaf) else leaf for leaf in leaves]
        value = case.f(*build(again))
        inputs64 = [v for v in again if isinstance(v, ag.Tensor)]
        expected = ag.gradients(value, inputs64, seed=seed)
        for x, g, e, _ in zip(inputs, found, expected, exact, strict=True):
            assert g.dtype == x.dtype, case
            scale = np.abs(e).max(initial=1.0)
            np.testing.assert_allclose(plain(g), e, atol=LOOSE[dtype] * scale, err_msg=str(case))


def _is_float(leaf):
    return isinstance(leaf, np.ndarray) and leaf.dtype.kind in "fc"


def _lower(leaf, dtype):
    if not _is_float(leaf):
        return leaf
    return leaf.astype(COMPLEX[dtype] if leaf.dtype.kind == "c" else dtype)


def test_mixed_dtypes_promote_and_every_gradient_has_its_own():
    x, y = variable(np.ones(2, np.float32)), variable(np.ones(2))
    z = variable(np.ones(2, np.complex64))
    out = x * y * z
    assert out.dtype == np.complex128
    found = ag.gradients(np.sum(out.real), [x, y, z])
    assert [g.dtype for g in found] == [np.float32, np.float64, np.complex64]


# --- sinc and i0 --------------------------------------------------------------------------------


def nth_derivative(f, n):
    for _ in range(n):
        f = ag.grad(f)
    return f


def test_derivatives_of_sinc_are_right_at_and_near_zero_and_far_away():
    """sinc = sum over k of (-1)^k (pi x)^(2k) / (2k + 1)!, term by term."""
    for n in range(5):
        for x in (0.0, 1e-9, 1e-4, 0.3, 1.0):
            exact = math.fsum(
                (-1) ** k * math.pi ** (2 * k) * math.perm(2 * k, n) * x ** (2 * k - n)
                / math.factorial(2 * k + 1)
                for k in range((n + 1) // 2, 25)
            )  # fmt: skip
            got = nth_derivative(np.sinc, n)(x)
            np.testing.assert_allclose(got, exact, rtol=2e-14, atol=1e-15)
    x = 50.25  # t f' + f = cos t
    t = np.pi * x
    np.testing.assert_allclose(
        ag.grad(np.sinc)(x), np.pi * (np.cos(t) - np.sin(t) / t) / t, rtol=1e-13
    )


def test_derivatives_of_i0_satisfy_its_equation():
    """x f'' + f' - x f = 0; i0(x)' / i0(x) tends to 1 - 1 / (2 x)."""
    for x in (-3.0, 1e-5, 0.5, 8.0, 60.0, 600.0):
        f, f1, f2 = (nth_derivative(np.i0, n)(x) for n in range(3))
        np.testing.assert_allclose(x * f2 + f1, x * f, rtol=1e-12)
    np.testing.assert_allclose(ag.grad(np.i0)(1e-8), 0.5e-8, rtol=1e-14)
    np.testing.assert_allclose(ag.grad(np.i0)(600.0) / np.i0(600.0), 1 - 1 / 1200, rtol=1e-6)
