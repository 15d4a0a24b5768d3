"""Products with Jacobians and Hessians, whole ones, and what else transforms promise."""

from collections import OrderedDict, defaultdict, namedtuple

import numpy as np
import pytest
from variables import variable

import autograd_lite as ag
from autograd_lite.transforms import trees

A = np.array([[1.0, -2.0, 0.5], [0.3, 0.7, -1.1]])
X = np.array([0.4, -0.7, 0.9])
V = np.array([1.0, 0.5, -2.0])
W = np.array([0.2, -1.3])
Pair = namedtuple("Pair", "first second")


def curve(x):
    """From (3,) to (2,)."""
    return np.tanh(A @ x) * x[0]


def curve_jacobian(x):
    h = np.tanh(A @ x)
    return (1 - h * h)[:, None] * A * x[0] + h[:, None] * np.array([1.0, 0.0, 0.0])


def well(x):
    """A scalar function with a full Hessian."""
    return np.sum(np.exp(np.sin(A @ x))) * x[1]


def tree_function(p, scale):
    h = np.tanh(p["w"] @ p["parts"][0]) * scale
    return {"h": h, "pair": Pair(np.sum(h * h), [p["parts"][1].first * 2.0, None])}


TREE = {"w": A, "parts": (X, Pair(np.float64(0.3), None))}


# --- vjp and jvp ----------------------------------------------------------------------------------


def test_vjp_is_cotangent_times_jacobian():
    out, pull = ag.vjp(curve, X)
    np.testing.assert_array_equal(out, curve(X))
    np.testing.assert_allclose(pull(W)[0], W @ curve_jacobian(X), rtol=1e-14)
    np.testing.assert_allclose(pull(10 * W)[0], 10 * W @ curve_jacobian(X), rtol=1e-14)
    assert type(out) is type(pull(W)[0]) is np.ndarray


def test_jvp_is_jacobian_times_tangent():
    out, tangent = ag.jvp(curve, (X,), (V,))
    np.testing.assert_array_equal(out, curve(X))
    np.testing.assert_allclose(tangent, curve_jacobian(X) @ V, rtol=1e-14)
    assert type(out) is type(tangent) is np.ndarray


def test_vjp_and_jvp_of_trees_agree():
    tangents = ({"parts": [V, Pair(np.array(2.0), None)], "w": A[::-1]}, np.array(0.1))
    out, tangent = ag.jvp(tree_function, (TREE, 2.0), tangents)
    assert isinstance(out["pair"], Pair)
    assert tangent["pair"].second[1] is None
    cotangent = {"h": W, "pair": (np.array(0.7), [np.array(-0.2), None])}
    out, pull = ag.vjp(tree_function, TREE, 2.0)
    pulled = pull(cotangent)
    assert isinstance(pulled[0]["parts"][1], Pair)

    def inner(a, b):
        pairs = zip(trees.flatten(a)[0], trees.matching(a, b), strict=True)
        return sum(np.sum(x * y) for x, y in pairs)

    np.testing.assert_allclose(inner(pulled, tangents), inner(cotangent, tangent), rtol=1e-13)


def test_jvp_is_the_finite_difference():
    h = 1e-6
    numeric = (curve(X + h * V) - curve(X - h * V)) / (2 * h)
    np.testing.assert_allclose(ag.jvp(curve, (X,), (V,))[1], numeric, rtol=1e-8)


def test_what_does_not_depend_on_the_arguments_has_zeros():
    def f(x, y):
        return {"constant": 3, "mask": x > 0, "array": np.ones(2, np.float32), "x": x}

    out, tangent = ag.jvp(f, (X, 1.0), (V, np.array(1.0)))
    assert out["constant"] == 3
    assert tangent["constant"] == 0.0
    np.testing.assert_array_equal(tangent["mask"], np.zeros(3))
    np.testing.assert_array_equal(tangent["x"], V)
    out, pull = ag.vjp(f, X, 1.0)
    gx, gy = pull({"constant": 0, "mask": np.zeros(3), "array": np.zeros(2), "x": V})
    np.testing.assert_array_equal(gx, V)
    assert gy == 0.0


def test_an_output_returned_twice_receives_both_cotangents():
    def f(x):
        y = x * x
        return y, y, x

    _, pull = ag.vjp(f, X)
    np.testing.assert_allclose(pull((V, V, V))[0], 4 * X * V + V, rtol=1e-15)


def test_jvp_shows_where_there_is_no_derivative():
    with np.errstate(divide="ignore"):
        assert ag.jvp(np.sqrt, (0.0,), (1.0,))[1] == np.inf
        assert ag.jvp(lambda x: np.where(x > 0, np.sqrt(x), 0), (0.0,), (1.0,))[1] == 0.0


def test_vjp_takes_aux():
    _, pull, aux = ag.vjp(lambda x: (x * x, {"h": x + 1, "n": "note"}), X, has_aux=True)
    assert type(aux["h"]) is np.ndarray
    assert aux["n"] == "note"
    np.testing.assert_allclose(pull(V)[0], 2 * X * V)


@pytest.mark.parametrize(
    ("call", "kind", "told"),
    [
        (lambda: ag.vjp(curve, X)[1](np.ones(3)), ValueError, r"cotangent of shape \(3,\).*\(2,\)"),
        (lambda: ag.vjp(curve, X)[1]([W]), ValueError, "a list of 1 for an array"),
        (lambda: ag.vjp(lambda x: [x], X)[1](X), ValueError, "an array for a list of 1"),
        (
            lambda: ag.vjp(lambda x: {"a": [x, x]}, X)[1]({"a": [X]}),
            ValueError,
            r"at \['a'\]: a list of 1 for a list of 2",
        ),
        (lambda: ag.vjp(curve, X)[1](None), ValueError, "None for an array"),
        (lambda: ag.vjp(curve, X)[1](W * 1j), ValueError, "complex128, does not fit"),
        (lambda: ag.jvp(curve, (X,), (W,)), ValueError, r"tangent of shape \(2,\)"),
        (lambda: ag.jvp(curve, (X,), (V, V)), ValueError, "a tuple of 2 for a tuple of 1"),
        (lambda: ag.jvp(curve, X, V), TypeError, r"args is a tuple.*write \(x,\)"),
        (lambda: ag.hvp(well, (X,), V), TypeError, r"vectors is a tuple"),
        (lambda: ag.vjp(lambda x: "text", X), TypeError, "returned 'text'.*returns arrays"),
        (lambda: ag.grad(lambda x, y: x * y, (0, -2))(1.0, 2.0), ValueError, "twice"),
        (lambda: ag.grad(lambda x: x, has_aux=True)(1.0), TypeError, "with has_aux=True"),
    ],
)
def test_what_does_not_fit_is_told(call, kind, told):
    with pytest.raises(kind, match=f"(?s){told}"):
        call()


# --- whole Jacobians and Hessians -----------------------------------------------------------------


def test_jacobian_has_the_shape_of_output_and_input():
    np.testing.assert_allclose(ag.jacobian(curve)(X), curve_jacobian(X), rtol=1e-14)
    j = ag.jacobian(lambda x: np.sum(x * x, axis=0))(np.ones((2, 3)))
    np.testing.assert_array_equal(j, 2 * np.broadcast_to(np.eye(3)[:, None], (3, 2, 3)))
    assert ag.jacobian(np.sin)(0.5).shape == ()
    assert ag.jacobian(lambda x: x[:0])(X).shape == (0, 3)
    assert ag.jacobian(lambda x: np.stack([np.sum(x), 1.0]))(np.ones((0, 2))).shape == (2, 0, 2)
    np.testing.assert_array_equal(ag.jacobian(lambda x: np.ones(2))(X), np.zeros((2, 3)))


def test_jacobian_of_several_arguments_and_trees():
    jx, jy = ag.jacobian(lambda x, y: np.outer(x, y)[0], argnums=(0, -1))(X, W)
    np.testing.assert_allclose(jx, np.outer(W, [1.0, 0, 0]))
    np.testing.assert_allclose(jy, X[0] * np.eye(2))
    j = ag.jacobian(tree_function)(TREE, 2.0)
    assert j["h"]["w"].shape == (2, 2, 3)
    assert j["pair"].first["parts"][0].shape == (3,)
    assert j["pair"].second[0]["parts"][1].first == 2.0
    assert j["pair"].second[1] is None
    np.testing.assert_allclose(
        j["h"]["parts"][0], ag.jacobian(lambda x: np.tanh(A @ x) * 2.0)(X), rtol=1e-14
    )


def test_float32_stays_float32():
    x = X.astype(np.float32)
    assert ag.jacobian(curve)(x).dtype == np.float32
    assert ag.hessian(well)(x).dtype == np.float32
    assert ag.vjp(lambda x: x * 2, x)[1](x.astype(np.float64))[0].dtype == np.float32
    assert ag.jvp(lambda x: x * 2, (x,), (V,))[1].dtype == np.float32
    assert ag.hvp(well, (x,), (V,))[0].dtype == np.float32


def test_hessian_is_symmetric_and_the_difference_of_gradients():
    H = ag.hessian(well)(X)
    np.testing.assert_allclose(H, H.T, rtol=1e-13, atol=1e-15)
    h = 1e-6
    rows = [(ag.grad(well)(X + h * e) - ag.grad(well)(X - h * e)) / (2 * h) for e in np.eye(3)]
    np.testing.assert_allclose(H, rows, rtol=1e-7, atol=1e-9)


def test_hessian_of_several_arguments_has_all_blocks():
    (xx, xy), (yx, yy) = ag.hessian(lambda x, y: np.sum(x**2 * y), (0, 1))(X, V)
    np.testing.assert_allclose(xx, np.diag(2 * V))
    np.testing.assert_allclose(xy, np.diag(2 * X))
    np.testing.assert_allclose(yx, xy.T)
    np.testing.assert_array_equal(yy, np.zeros((3, 3)))


def test_hessian_vector_product():
    np.testing.assert_allclose(ag.hvp(well, (X,), (V,))[0], ag.hessian(well)(X) @ V, rtol=1e-13)
    px, py = ag.hvp(lambda x, y: np.sum(x**2 * y), (X, V), (V, X))
    np.testing.assert_allclose(px, 2 * V * V + 2 * X * X)
    np.testing.assert_allclose(py, 2 * X * V)
    [p] = ag.hvp(lambda p: p["a"] ** 3 * p["b"], ({"a": 2.0, "b": 3.0},), ({"b": 0.0, "a": 1.0},))
    assert (p["a"], p["b"]) == (36.0, 12.0)


def test_a_linear_function_has_a_hessian_of_zeros():
    np.testing.assert_array_equal(ag.hessian(lambda x: np.sum(A @ x))(X), np.zeros((3, 3)))
    np.testing.assert_array_equal(ag.hvp(np.sum, (X,), (V,))[0], np.zeros(3))


def test_integers_are_differentiated_as_floats_everywhere():
    assert ag.jacobian(lambda x: x * x)(3) == 6.0
    assert ag.jvp(lambda x: x * x, (3,), (1,))[1] == 6.0
    assert ag.vjp(lambda x: x * x, 3)[1](1) == (6.0,)
    assert ag.hessian(lambda x: x**3)(2) == 12.0


# --- inside each other ----------------------------------------------------------------------------


def test_transforms_nest_in_any_order():
    def cube(x):
        return x**3

    def push(f):
        return lambda x: ag.jvp(f, (x,), (1.0,))[1]

    def pull(f):
        return lambda x: ag.vjp(f, x)[1](np.ones(()))[0]

    ways = (ag.grad, ag.jacobian, push, pull)
    for first in ways:
        for second in ways:
            np.testing.assert_allclose(second(first(cube))(2.0), 12.0, rtol=1e-14)
            for third in ways:
                np.testing.assert_allclose(third(second(first(cube)))(2.0), 6.0, rtol=1e-14)


def test_perturbations_are_not_confused_in_any_transform():
    def tangent(f, x):
        return ag.jvp(f, (x,), (1.0,))[1]

    assert tangent(lambda x: x * tangent(lambda y: x + y, 1.0), 1.0) == 1.0
    assert tangent(lambda x: x * tangent(lambda y: x * y, 2.0), 3.0) == 6.0
    assert ag.grad(lambda x: x * tangent(lambda y: x * y, 2.0))(3.0) == 6.0
    assert tangent(lambda x: x * ag.grad(lambda y: x * y)(2.0), 3.0) == 6.0
    assert ag.jacobian(lambda x: x * ag.jacobian(lambda y: x * y)(2.0))(3.0) == 6.0
    assert ag.grad(lambda x: ag.vjp(lambda y: x * y * y, x)[1](x)[0])(3.0) == 6 * 9.0


def test_closed_over_tensors_keep_their_gradients():
    w = variable(3.0)
    for result in (
        ag.jvp(lambda x: w * x**2, (2.0,), (1.0,))[1],
        ag.vjp(lambda x: w * x**2, 2.0)[1](np.ones(()))[0],
        ag.jacobian(lambda x: w * x**2)(2.0),
        ag.hessian(lambda x: w * x**3)(2.0 / 3),
        ag.hvp(lambda x: w * x**3, (2.0 / 3,), (1.0,))[0],
    ):
        assert isinstance(result, ag.Tensor)
        np.testing.assert_allclose(result.item(), 12.0)
        np.testing.assert_allclose(ag.gradients(result, [w])[0], 4.0)
    out, pull = ag.vjp(lambda x: w * x, 2.0)
    assert isinstance(out, ag.Tensor)
    assert ag.gradients(pull(np.ones(()))[0], [w])[0] == 1.0


def test_a_closed_over_tensor_that_plays_no_part_changes_nothing():
    w = variable(3.0)
    out, tangent = ag.jvp(lambda x: (w * 2).item() * x, (2.0,), (1.0,))
    assert type(tangent) is np.ndarray
    assert not isinstance(out, ag.Tensor)


def test_tangents_and_cotangents_on_a_tape_stay_on_it():
    t = variable(V)
    tangent = ag.jvp(lambda x: x**2, (X,), (t,))[1]
    np.testing.assert_allclose(ag.gradients(np.sum(tangent), [t])[0], 2 * X)
    [pulled] = ag.vjp(lambda x: x**2, X)[1](t)
    np.testing.assert_allclose(ag.gradients(np.sum(pulled), [t])[0], 2 * X)
    [product] = ag.hvp(lambda x: np.sum(x**3), (X,), (t,))
    np.testing.assert_allclose(ag.gradients(np.sum(product), [t])[0], 6 * X)


def test_inside_no_grad_transforms_are_right_and_plain():
    w = variable(X)
    with ag.no_grad():
        results = [
            ag.jacobian(lambda x: x * w)(X),
            ag.hessian(lambda x: np.sum(x**2 * w))(w) / 2,
            np.diag(ag.jvp(lambda x: x * w, (w,), (np.ones(3),))[1]),
            np.diag(ag.hvp(lambda x: np.sum(x**2 * w), (X,), (np.ones(3),))[0]) / 2,
            np.diag(ag.vjp(lambda x: x * w, w)[1](np.ones(3))[0]),
        ]
    for result in results:
        assert type(result) is np.ndarray
        np.testing.assert_allclose(result, np.diag(X))


def test_a_pull_may_be_called_later_elsewhere():
    with ag.no_grad():
        _, pull = ag.vjp(lambda x: x**2, X)
    np.testing.assert_allclose(pull(V)[0], 2 * X * V)
    _, pull = ag.vjp(lambda x: x**2, X)
    with ag.no_grad():
        np.testing.assert_allclose(pull(V)[0], 2 * X * V)


# --- aux, trees -----------------------------------------------------------------------------------


def test_aux_comes_back_plain():
    def f(x):
        h = np.exp(x)
        return np.sum(h), {"h": h, "who": [None, "text", 3]}

    (value, aux), g = ag.value_and_grad(f, has_aux=True)(X)
    assert type(value) is np.float64
    assert type(aux["h"]) is np.ndarray
    assert aux["who"] == [None, "text", 3]
    g2, aux = ag.grad(f, has_aux=True)(X)
    np.testing.assert_array_equal(g, aux["h"])
    np.testing.assert_array_equal(g2, aux["h"])


def test_aux_of_an_inner_function_stays_on_the_outer_tape():
    def outer(x):
        g, aux = ag.grad(lambda y: (y * y, y * 3), has_aux=True)(x)
        return g * aux

    assert ag.grad(outer)(2.0) == 24.0


def test_trees_keep_the_kind_of_their_dicts():
    table = defaultdict(list, {"b": 1.0, "a": 2.0})
    g = ag.grad(lambda p: p["a"] * p["b"])(table)
    assert type(g) is defaultdict
    assert g["a"] == 1.0
    assert g["new"] == []
    assert "new" not in table
    assert type(ag.grad(lambda p: p["x"])(OrderedDict(x=1.0))) is OrderedDict


# --- complex --------------------------------------------------------------------------------------


def holomorphic(z):
    return z**3 + 2.0 * z


def test_holomorphic_derivatives():
    z = 0.3 - 0.8j
    np.testing.assert_allclose(ag.grad(holomorphic, holomorphic=True)(z), 3 * z**2 + 2)
    np.testing.assert_allclose(ag.hessian(holomorphic, holomorphic=True)(z), 6 * z)
    zs = np.array([z, 1j])
    j = ag.jacobian(holomorphic, holomorphic=True)(zs)
    np.testing.assert_allclose(j, np.diag(3 * zs**2 + 2))
    tangent = ag.jvp(holomorphic, (zs,), (np.array([1.0, 1j]),))[1]
    np.testing.assert_allclose(tangent, (3 * zs**2 + 2) * [1.0, 1j])


def test_a_complex_result_must_be_called_holomorphic():
    for transform in (ag.grad, ag.jacobian, ag.value_and_grad):
        with pytest.raises(TypeError, match="holomorphic=True if it is"):
            transform(holomorphic)(1 + 1j)
        with pytest.raises(TypeError, match="not all arguments and results"):
            transform(holomorphic, holomorphic=True)(1.0)
