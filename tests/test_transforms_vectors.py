"""One vector for a tree of arrays, and back."""

from collections import namedtuple

import numpy as np
import pytest
from variables import variable

import autograd_lite as ag

Layer = namedtuple("Layer", "w b")
TREE = {"layer": Layer(np.arange(6.0).reshape(2, 3), np.float32(0.5)), "rest": [None, (7.0,)]}


def test_there_and_back():
    vector, unflatten = ag.flatten(TREE)
    np.testing.assert_array_equal(vector, [0, 1, 2, 3, 4, 5, 0.5, 7.0])
    tree = unflatten(vector)
    assert isinstance(tree["layer"], Layer)
    np.testing.assert_array_equal(tree["layer"].w, TREE["layer"].w)
    assert tree["layer"].b.dtype == np.float32
    assert tree["layer"].b.shape == tree["rest"][1][0].shape == ()
    assert tree["rest"][0] is None
    again, _ = ag.flatten(tree)
    np.testing.assert_array_equal(again, vector)


@pytest.mark.parametrize("tree", [{}, [], None, (None, {}), {"a": np.zeros((0, 3))}])
def test_empty_trees(tree):
    vector, unflatten = ag.flatten(tree)
    assert vector.shape == (0,)
    assert repr(unflatten(vector)) == repr(tree)


def test_dtypes_are_restored():
    tree = {
        "half": np.ones(2, np.float16),
        "int": np.array([1, 2]),
        "bool": np.array(True),
        "complex": np.array([1 + 2j]),
    }
    vector, unflatten = ag.flatten(tree)
    assert vector.dtype == complex
    back = unflatten(vector)
    assert {k: v.dtype for k, v in back.items()} == {k: v.dtype for k, v in tree.items()}
    for key in tree:
        np.testing.assert_array_equal(back[key], tree[key])
    assert ag.flatten({"a": np.ones(2, np.float32), "b": np.float32(1)})[0].dtype == np.float32


def test_what_a_leaf_cannot_hold_is_told():
    _, unflatten = ag.flatten({"n": 3, "x": 1.0})
    with pytest.raises(ValueError, match="a leaf of int64 cannot hold"):
        unflatten(np.array([2.5, 1.0]))
    _, unflatten = ag.flatten({"z": 1j, "x": 1.0})
    with pytest.raises(ValueError, match="a leaf of float64 cannot hold complex"):
        unflatten(np.array([1j, 1j]))
    with pytest.raises(ValueError, match=r"holds 2 numbers.*shape \(3,\)"):
        unflatten(np.ones(3))
    with pytest.raises(TypeError, match="trees of numbers"):
        ag.flatten({"a": "text"})


def test_differentiable_both_ways():
    a, b = variable(np.ones((2, 2))), variable(2.0)
    vector, unflatten = ag.flatten([a, {"b": b}])
    assert isinstance(vector, ag.Tensor)
    ga, gb = ag.gradients(np.sum(vector * np.arange(5.0)), [a, b])
    np.testing.assert_array_equal(ga, [[0.0, 1.0], [2.0, 3.0]])
    assert gb == 4.0
    v = variable(np.arange(5.0))
    tree = unflatten(v)
    [g] = ag.gradients(np.sum(tree[0] ** 2) * tree[1]["b"], [v])
    np.testing.assert_array_equal(g, [0.0, 8.0, 16.0, 24.0, 14.0])
    ag.check_gradients(lambda v: ag.flatten(unflatten(v**2))[0], np.arange(1.0, 6.0), order=3)


def test_mixed_dtypes_are_differentiated():
    tree = {"x": np.ones(2, np.float32), "n": np.array(2), "y": 3.0}
    vector, unflatten = ag.flatten(tree)

    def loss(v):
        p = unflatten(v)
        return np.sum(p["x"]) ** int(p["n"]) * p["y"]

    np.testing.assert_allclose(ag.grad(loss)(vector), [12.0, 12.0, 0.0, 4.0])
    g = ag.grad(lambda p: np.sum(p["x"]) ** 2 * p["y"])(tree)
    np.testing.assert_allclose(ag.flatten(g)[0], [12.0, 12.0, 0.0, 4.0])


# --- optimizers that know vectors only ------------------------------------------------------------

A = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 1.0]])
TRUE = {"w": np.array([2.0, -3.0]), "b": 0.5}
Y = A @ TRUE["w"] + TRUE["b"]


def error(p):
    return np.mean((A @ p["w"] + p["b"] - Y) ** 2)


def test_scipy_s_optimizers_take_it_in_two_lines():
    optimize = pytest.importorskip("scipy.optimize")
    x0, unflatten = ag.flatten({"w": np.zeros(2), "b": 0.0})
    fun = ag.value_and_grad(lambda x: error(unflatten(x)))
    result = optimize.minimize(fun, x0, jac=True)
    best = unflatten(result.x)
    np.testing.assert_allclose(best["w"], TRUE["w"], atol=1e-5)
    hessian = ag.hessian(lambda x: error(unflatten(x)))
    result = optimize.minimize(fun, x0, jac=True, hess=hessian, method="trust-exact")
    np.testing.assert_allclose(result.x, [2.0, -3.0, 0.5], atol=1e-6)


def test_gradient_descent_by_hand():
    x, unflatten = ag.flatten({"w": np.zeros(2), "b": 0.0})
    slope = ag.grad(lambda x: error(unflatten(x)))
    for _ in range(500):
        x = x - 0.1 * slope(x)
    np.testing.assert_allclose(unflatten(x)["w"], TRUE["w"], atol=1e-3)
