"""Linear algebra: exact values, forms of arguments, and what is refused."""

import warnings

import numpy as np
import pytest
from variables import variable

import autograd_lite as ag

RNG = np.random.default_rng(5)


def gradient(f, *arrays, seed=None):
    tensors = list(map(variable, arrays))
    out = f(*tensors)
    found = ag.gradients(out, tensors, seed=np.ones(out.shape) if seed is None else seed)
    return found if len(found) > 1 else found[0]


# --- products -----------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [np.dot, np.inner, np.vdot, np.kron])
def test_a_list_stands_for_an_array_also_a_list_of_tensors(f):
    x, y = variable(1.0), variable(2.0)
    z = variable([3.0, 4.0])
    out = f([x, y], z)
    np.testing.assert_array_equal(out.data, f([1.0, 2.0], [3.0, 4.0]))
    for product in (out, f(z, [x, y]), f([1.0, 2.0], z)):
        assert ag.gradients(np.sum(product), [z])[0].all()
    assert ag.gradients(np.sum(f([x, y], z)), [y])[0] == (7 if f is np.kron else 4)


def test_the_method_dot_and_the_linalg_names_are_the_same_products():
    a, b = RNG.normal(size=(2, 3)), RNG.normal(size=(3, 2))
    expected = gradient(np.matmul, a, b)
    for f in (np.dot, np.linalg.matmul, lambda x, y: x.dot(y), lambda x, y: x @ y):
        for found, true in zip(gradient(f, a, b), expected, strict=True):
            np.testing.assert_allclose(found, true)


def test_linalg_names_keep_numpys_conditions():
    with pytest.raises(ValueError, match="takes two vectors"):
        np.linalg.outer(variable(np.ones((2, 2))), np.ones(2))
    with pytest.raises(ValueError, match="vectors of 3 elements"):
        np.linalg.cross(variable(np.ones(2)), np.ones(2))


def test_vectors_in_the_plane_have_a_cross_product_as_long_as_numpy_has_it():
    a, b = RNG.normal(size=(2, 4, 2))
    c = RNG.normal(size=(4, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            np.cross(a, b)
        except ValueError:
            pytest.skip("this NumPy has no cross product of vectors in the plane")
        for x, y in ((a, b), (a, c), (c, b)):
            ag.check_gradients(np.cross, x, y)


def test_an_unknown_keyword_is_refused():
    x = variable(np.ones((2, 2)))
    with pytest.raises(TypeError, match="einsum is not differentiated with dtype="):
        np.einsum("ij->j", x, dtype=np.float32)
    with pytest.raises(TypeError, match="vecdot is not differentiated with axes="):
        np.vecdot(x, x, axes=[-1, -1, ()])


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [("ij,jk->ik", [(2, 3), (2, 2)]), ("ij->k", [(2, 3)]), ("ij,jk,kl", [(2, 2), (2, 2)])],
)
def test_a_wrong_einstein_sum_raises_as_numpy_does(subscripts, shapes):
    with pytest.raises(ValueError, match="einsum"):
        np.einsum(subscripts, *(variable(np.ones(shape)) for shape in shapes))


def test_einsum_of_a_python_number_and_of_a_list():
    x = variable([1.0, 2.0])
    np.testing.assert_array_equal(np.einsum(",i->i", 3.0, x).data, [3, 6])
    assert np.einsum("i,i", [1.0, 2.0], x).item() == 5
    assert np.einsum("i,i,i", [1.0, 2.0], x, x).item() == 9


def test_einsum_keeps_float32():
    a = variable(np.ones((3, 3)), dtype=np.float32)
    for subscripts in ("ii", "ij->", "ii->i"):
        out = np.einsum(subscripts, a)
        assert out.dtype == np.float32
        assert ag.gradients(np.sum(out), [a])[0].dtype == np.float32


# --- determinants, inverses, equations ------------------------------------------------------------


def singular(n, rank):
    left, right = RNG.normal(size=(2, n, n))
    return left[:, :rank] @ right[:rank]


def test_the_determinant_of_a_matrix_of_zeros_to_third_order():
    def det(x):
        return np.linalg.det(np.reshape(x, (3, 3)))

    x = np.zeros(9)
    ag.check_gradients(det, x, order=2)
    third = ag.grad(lambda x: np.sum(ag.grad(lambda x: np.sum(ag.grad(det)(x) * a))(x) * b))
    a, b = np.eye(3).ravel(), np.eye(3).ravel()
    np.testing.assert_allclose(third(x), 2 * np.eye(3).ravel())


def test_the_determinant_of_a_large_singular_matrix():
    a = singular(12, 11)
    a[3] = a[4] = 0
    np.testing.assert_allclose(gradient(np.linalg.det, a), np.zeros((12, 12)), atol=1e-6)
    a = np.triu(RNG.normal(size=(12, 12)), 1) + np.diag([0.0] + [1.0] * 11)
    ag.check_gradients(np.linalg.det, a, order=1)


def test_the_determinant_of_a_nearly_singular_matrix_has_its_cofactors():
    a = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
    expected = [[-3, 6, -3], [6, -12, 6], [-3, 6, -3]]
    np.testing.assert_allclose(gradient(np.linalg.det, a), expected, rtol=1e-12)


def test_the_rank_stays_a_plain_number():
    assert np.linalg.matrix_rank(variable(np.eye(3))) == 3


def test_a_right_hand_side_of_one_axis_is_a_vector_for_every_matrix():
    a, b = np.stack([np.eye(2), 2 * np.eye(2)]), np.array([1.0, 2.0])
    da, db = gradient(np.linalg.solve, a, b)
    np.testing.assert_array_equal(db, [1.5, 1.5])
    np.testing.assert_array_equal(da, [[[-1, -2], [-1, -2]], [[-0.25, -0.5], [-0.25, -0.5]]])


@pytest.mark.parametrize("f", [np.linalg.inv, lambda a: np.linalg.solve(a, np.ones(2))])
def test_a_singular_matrix_raises_with_what_was_given(f):
    with pytest.raises(np.linalg.LinAlgError, match=r"a of shape \(2, 2\).*Singular"):
        f(variable(np.zeros((2, 2)), name="a"))


def test_the_pseudo_inverse_keeps_the_rank_it_found():
    a = singular(4, 2)
    tangents = [a @ RNG.normal(size=(4, 4)), RNG.normal(size=(4, 4)) @ a]  # these keep the rank
    weights = RNG.normal(size=(4, 4))
    share = gradient(lambda a: np.linalg.pinv(a, rcond=1e-10), a, seed=weights)
    for t in tangents:
        step = 1e-6 * t
        up, down = (np.linalg.pinv(a + d, rcond=1e-10) for d in (step, -step))
        assert np.sum(share * t) == pytest.approx(np.sum(weights * (up - down)) / 2e-6, rel=1e-5)


def derivative(f, a, direction, order):
    """The derivative of f of some order along a direction."""

    def along(t):
        return f(a + t * direction)

    for _ in range(order):
        along = ag.grad(along)
    return along(0.0)


def hilbert(n):
    return 1 / (np.arange(n)[:, None] + np.arange(n) + 1.0)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("rows", [5, 7])
@pytest.mark.parametrize("wide", [False, True])
def test_derivatives_of_the_pseudo_inverse_are_those_of_the_inverse(wide, rows, order):
    """Of Q B, where Q has orthonormal columns, it is B^-1 Q^T; B has the condition 5e5."""
    b, direction, weights = hilbert(5), RNG.normal(size=(5, 5)), RNG.normal(size=(5, rows))
    q = np.linalg.qr(RNG.normal(size=(rows, 5)))[0]
    expected = derivative(lambda b: np.sum(weights * (np.linalg.inv(b) @ q.T)), b, direction, order)

    def through_pinv(b):
        a = q @ b
        return np.sum(weights * (np.linalg.pinv(a.T).T if wide else np.linalg.pinv(a)))

    def through_lstsq(b):
        if wide:
            return np.sum(weights.T * np.linalg.lstsq((q @ b).T, np.eye(5), rcond=None)[0])
        return np.sum(weights * np.linalg.lstsq(q @ b, np.eye(rows), rcond=None)[0])

    for f in (through_pinv, through_lstsq):
        found = derivative(f, b, direction, order)
        np.testing.assert_allclose(found, expected, rtol=1e-8 if rows == 5 else 1e-3)


def test_a_singular_matrix_beside_it_leaves_the_noise_out_of_a_regular_one():
    b, direction = hilbert(5), RNG.normal(size=(5, 5))

    def f(b):
        return np.sum(np.linalg.pinv(np.stack([b, np.ones((5, 5))]))[0])

    expected = derivative(lambda b: np.sum(np.linalg.inv(b)), b, direction, 2)
    np.testing.assert_allclose(derivative(f, b, direction, 2), expected, rtol=1e-8)


def test_the_condition_number_of_a_singular_matrix_is_infinite_for_every_order():
    a = variable(np.stack([np.diag([1.0, 0.0]), np.diag([1.0, 2.0])]))
    for p in (None, 2, 1, np.inf, "fro"):
        out = np.linalg.cond(a, p)
        assert list(np.isinf(out)) == [True, False]
        [g] = ag.gradients(out, [a], seed=np.ones(2))
        assert np.isfinite(g).all()
        assert not g[0].any()


def test_the_power_zero_is_the_constant_identity():
    a = variable(RNG.normal(size=(2, 3, 3)))
    out = np.linalg.matrix_power(a, 0)
    np.testing.assert_array_equal(out.data, np.broadcast_to(np.eye(3), (2, 3, 3)))


# --- decompositions by what they must give --------------------------------------------------------


def test_a_product_of_factors_has_the_gradient_of_the_matrix():
    """U S V^H, Q R, V W V^-1 and L L^H are the matrix again, so their gradient is the seed."""

    def svd(a):
        u, s, vh = np.linalg.svd(a, full_matrices=False)
        return u * np.expand_dims(s, -2) @ vh

    def qr(a):
        q, r = np.linalg.qr(a)
        return q @ r

    def eig(a):
        w, v = np.linalg.eig(a)
        return v * np.expand_dims(w, -2) @ np.linalg.inv(v)

    square = RNG.normal(size=(2, 4, 4)) + 1j * RNG.normal(size=(2, 4, 4))
    for f, a in ((svd, square), (qr, square), (eig, square), (svd, square[:, :3]),
                 (svd, square[..., :2]), (qr, square[:, :3]), (qr, square[..., :2])):  # fmt: skip
        for x in (a, a.real):
            if f is eig and x is not a:
                continue
            seed = RNG.normal(size=x.shape)
            np.testing.assert_allclose(gradient(f, x, seed=seed), seed, atol=1e-10)


def test_a_real_matrix_with_complex_eigenvalues_has_a_real_gradient():
    a = np.array([[1.0, 2.0], [-2.0, 1.0]])
    found = gradient(lambda a: np.sum(np.abs(np.linalg.eigvals(a)) ** 2), a)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, 2 * a)  # |w|^2 = det a here


def test_other_orders_of_an_empty_stack():
    for f in (np.linalg.eigh, np.linalg.eig, np.linalg.svd, np.linalg.qr, np.linalg.slogdet):
        for shape in ((0, 2, 2), (2, 0, 0), (0, 0)):
            a = variable(np.zeros(shape))
            out = f(a)
            total = sum(np.sum(np.real(part)) for part in out)
            assert ag.gradients(total, [a])[0].shape == shape


FUNCTIONS = {
    "cond": np.linalg.cond,
    "cond 1": lambda a: np.linalg.cond(a, 1),
    "det": np.linalg.det,
    "slogdet": lambda a: np.linalg.slogdet(a)[1],
    "inv": np.linalg.inv,
    "pinv": np.linalg.pinv,
    "solve": lambda a: np.linalg.solve(a, a[0]),
    "lstsq": lambda a: np.linalg.lstsq(a[:, :2], a[:, 2])[1],
    "norm": lambda a: np.linalg.norm(a, 3, axis=0),
    "nuc": lambda a: np.linalg.norm(a, "nuc"),
    "cholesky": lambda a: np.linalg.cholesky(a @ a.T),
    "qr": lambda a: np.linalg.qr(a)[1],
    "svd": lambda a: np.linalg.svd(a)[0],
    "eigh": lambda a: np.linalg.eigh(a + a.T)[1],
    "eig": lambda a: np.real(np.linalg.eigvals(a @ a.T)),
    "einsum": lambda a: np.einsum("ii,ij->j", a, a),
    "cross": lambda a: np.cross(a, a[0]),
}


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
def test_float32_stays_float32(f):
    a = variable([[2.0, 0.3, 0.1], [0.7, -1.0, 0.2], [0.4, 0.5, 0.8]], dtype=np.float32)
    out = f(a)
    assert out.dtype == np.float32
    out.backward(np.ones(out.shape))
    assert a.grad.dtype == np.float32
    wide = gradient(f, a.data.astype(np.float64))
    np.testing.assert_allclose(a.grad, wide, rtol=2e-4, atol=2e-5 * np.abs(wide).max())


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
def test_the_derivative_forward_is_the_numeric_one(f):
    a, t = np.array([[2.0, 0.3, 0.1], [0.7, -1.0, 0.2], [0.4, 0.5, 0.8]]), np.ones((3, 3))
    found = ag.jvp(f, (a,), (t,))[1]
    np.testing.assert_allclose(found, (f(a + 1e-6 * t) - f(a - 1e-6 * t)) / 2e-6, atol=1e-6)
