"""`grad`, `value_and_grad` and others: what goes in, what comes out, and which arguments."""

from collections import namedtuple

import numpy as np
import pytest

import autograd_lite as ag


def variable(data, **options):
    return ag.Tensor(data, requires_grad=True, **options)


def test_the_gradient_has_the_structure_of_the_argument():
    Layer = namedtuple("Layer", "w b")
    params = {"first": Layer(np.ones((2, 3)), 0.5), "rest": [np.ones(3), (2.0, None)]}

    def loss(params):
        h = np.sum(params["first"].w, axis=0) + params["first"].b
        return np.sum(h * params["rest"][0]) * params["rest"][1][0]

    value, g = ag.value_and_grad(loss)(params)
    assert value == 2 * 3 * 2.5
    assert isinstance(g["first"], Layer)
    np.testing.assert_array_equal(g["first"].w, np.full((2, 3), 2.0))
    assert g["first"].b == 6.0
    np.testing.assert_array_equal(g["rest"][0], np.full(3, 5.0))
    assert g["rest"][1] == (7.5, None)


def test_results_are_plain():
    value, g = ag.value_and_grad(lambda x: np.sum(x * x))(np.ones(2, np.float32))
    assert type(value) is np.float32
    assert type(g) is np.ndarray
    assert g.dtype == np.float32
    assert type(ag.grad(np.sin)(0.5)) is np.ndarray


def test_argnums_choose_and_order_the_gradients():
    def f(x, y, z):
        return x * y**2 * z**3

    assert ag.grad(f)(2.0, 3.0, 1.0) == 9.0
    assert ag.grad(f, argnums=-1)(2.0, 3.0, 1.0) == 54.0
    assert ag.grad(f, argnums=np.int64(1))(2.0, 3.0, 1.0) == 12.0
    assert ag.grad(f, argnums=(2, 0))(2.0, 3.0, 1.0) == (54.0, 9.0)
    assert ag.grad(f, argnums=())(2.0, 3.0, 1.0) == ()


def test_integers_are_differentiated_as_floats():
    assert ag.grad(lambda x: x * x)(3) == 6.0


def test_keywords_are_passed_on():
    assert ag.grad(lambda x, *, scale: scale * x)(1.0, scale=5.0) == 5.0


def test_a_result_that_does_not_depend_on_the_input_has_a_zero_gradient():
    assert ag.grad(lambda x: 3.0)(1.0) == 0.0
    assert ag.grad(lambda x: np.float64(3))(1.0) == 0.0
    np.testing.assert_array_equal(ag.grad(lambda x: np.sum(x > 0) * 1.0)(np.ones(2)), [0.0, 0.0])
    x, y = variable([1.0, 2.0]), variable(np.ones((2, 1), np.float32))
    g = ag.gradients(np.sum(x), [x, y])[1]
    assert (g.shape, g.dtype) == ((2, 1), np.float32)
    [g] = ag.gradients(ag.Tensor(1.0), [x])
    np.testing.assert_array_equal(g, [0.0, 0.0])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.allclose(x, x), lambda x: np.argmax(x), lambda x: np.sum(x > 0), lambda x: 3,
        lambda x: True, lambda x: np.count_nonzero(x), lambda x: np.searchsorted(x, 1.0),
        lambda x: np.round(x[0]).astype(int),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "transform",
    [
        ag.grad, ag.value_and_grad, ag.jacobian, ag.hessian, ag.derivative,
        lambda f: lambda x: ag.vjp(f, x), lambda f: lambda x: ag.jvp(f, (x,), (x,)),
        lambda f: lambda x: ag.hvp(f, (x,), (x,)),
    ],
)  # fmt: skip
def test_what_counts_or_compares_has_no_derivative(f, transform):
    with pytest.raises(TypeError, match=r"returned .*has no derivative but 0"):
        transform(f)(np.array([1.0, 2.0, 4.0]))


def test_the_sum_of_nothing_has_the_gradient_0():
    assert ag.grad(lambda x: sum([]))(2.0) == 0


def test_a_gradient_of_an_array_says_what_to_take_instead():
    with pytest.raises(ValueError, match=r"np\.sum\(.*jacobian\(f\).*vjp\(f"):
        ag.grad(lambda x: x * x)(np.ones(3))


def product(x, y, power=2):
    return np.sum(x**power * y)


X, Y = np.array([1.0, 2.0]), np.array([3.0, 4.0])


@pytest.mark.parametrize("several", [(0, 1), [0, 1], np.array([0, 1]), range(2)], ids=repr)
def test_argnums_are_any_sequence(several):
    for found in (ag.grad(product, several)(X, Y), ag.value_and_grad(product, several)(X, Y)[1]):
        assert isinstance(found, tuple)
        assert np.array_equal(found, [2 * X * Y, X**2])
    assert np.array_equal(ag.vjp(product, X, Y, argnums=several)[1](1.0), [2 * X * Y, X**2])


@pytest.mark.parametrize("one", [1, -1, np.int64(1)])
def test_one_argnum_is_one_gradient(one):
    assert np.array_equal(ag.grad(product, one)(X, Y, power=3), X**3)
    assert np.array_equal(ag.vjp(product, X, Y, argnums=one, power=3)[1](1.0), X**3)
    assert ag.jvp(product, (X, Y), X, argnums=one, power=3)[1] == np.sum(X**4)
    assert np.array_equal(ag.hvp(product, (X, Y), X, argnums=0, power=3), 6 * X * Y * X)


def test_products_take_the_arguments_and_keywords_of_the_function():
    assert ag.jvp(product, (X, Y), [X], argnums=[0], power=3)[1] == np.sum(3 * X**2 * Y * X)
    [found] = ag.hvp(product, (X, Y), [X], argnums=[0], power=3)
    assert np.array_equal(found, 6 * X * Y * X)
    with pytest.raises(TypeError, match="tangents is a tuple with one entry an argument"):
        ag.jvp(product, (X, Y), X)


@pytest.mark.parametrize("wrong", ["0", 0.0, (0, 1.5), True])
def test_argnums_that_are_no_positions_are_refused(wrong):
    with pytest.raises(TypeError, match="argnums is an int or a tuple or list of ints"):
        ag.grad(product, wrong)(X, Y)


def test_a_derivative_element_by_element():
    x = np.array([[0.3, -1.0], [2.0, 0.0]])
    assert np.allclose(ag.derivative(np.tanh)(x), 1 - np.tanh(x) ** 2)
    assert np.allclose(ag.derivative(ag.derivative(np.sin))(x), -np.sin(x))
    assert np.array_equal(ag.derivative(lambda a, b: a * b, 1)(x, x + 1), x)
    with pytest.raises(ValueError, match=r"element by element; jacobian\(\) is of any"):
        ag.derivative(np.sum)(x)


def test_a_function_is_called_once():
    calls = []
    ag.value_and_grad(lambda x: calls.append(1) or x * x)(1.0)
    assert len(calls) == 1


def test_the_name_and_docstring_of_the_function_stay():
    def loss(x):
        """Square it."""
        return x * x

    assert ag.grad(loss).__name__ == ag.value_and_grad(loss).__name__ == "loss"
    assert ag.grad(loss).__doc__ == "Square it."


def test_a_constant_tensor_is_an_argument_like_its_array():
    g = ag.grad(lambda x: np.sum(x * x))(ag.Tensor([1.0, 2.0]))
    assert type(g) is np.ndarray
    np.testing.assert_array_equal(g, [2.0, 4.0])


def test_gradients_of_inner_tensors():
    x = variable([1.0, 2.0])
    h = np.exp(x)
    loss = np.sum(h * h)
    gx, gh, gl = ag.gradients(loss, [x, h, loss])
    np.testing.assert_array_equal(gh, 2 * h.data)
    np.testing.assert_array_equal(gx, 2 * h.data**2)
    assert gl == 1.0


def test_gradients_take_one_tensor_for_a_list():
    x = variable(3.0)
    assert ag.gradients(x * x, x) == [6.0]


def test_a_seed_weighs_the_rows():
    x = variable([1.0, 2.0])
    [g] = ag.gradients(x * x, [x], seed=[1.0, 10.0])
    np.testing.assert_array_equal(g, [2.0, 40.0])
    [g] = ag.gradients(x * x, [x], seed=variable([1.0, 10.0]))
    assert type(g) is np.ndarray
    np.testing.assert_array_equal(g, [2.0, 40.0])


def test_a_seed_can_be_differentiated():
    """d/ds (J^T s) is J^T: what a product with the Jacobian is made of."""
    x, s = variable([1.0, 2.0]), variable([0.0, 0.0])
    [g] = ag.gradients(x * x, [x], seed=s, create_graph=True)
    [tangent] = ag.gradients(g, [s], seed=[1.0, 10.0])
    np.testing.assert_array_equal(tangent, [2.0, 40.0])


def test_every_transform_hands_on_aux():
    def f(x):
        return np.sum(x**3), {"x": x * 1.0, "note": "n"}

    ones = np.ones(2)
    results = {
        "vjp": ag.vjp(f, X, has_aux=True),
        "jvp": ag.jvp(f, (X,), (ones,), has_aux=True),
        "jacobian": ag.jacobian(f, has_aux=True)(X),
        "hessian": ag.hessian(f, has_aux=True)(X),
        "hvp": ag.hvp(f, (X,), (ones,), has_aux=True),
    }
    for *_, aux in results.values():
        assert type(aux["x"]) is np.ndarray
        assert aux["note"] == "n"
    assert results["jvp"][1] == np.sum(3 * X**2)
    np.testing.assert_array_equal(results["jacobian"][0], 3 * X**2)
    np.testing.assert_array_equal(results["hessian"][0], np.diag(6 * X))
    np.testing.assert_array_equal(results["hvp"][0][0], 6 * X)


def test_aux_of_an_inner_product_stays_on_the_outer_tape():
    for inner in (
        lambda v: ag.jvp(lambda x: (x * x, v * 3.0), (1.0,), (1.0,), has_aux=True),
        lambda v: ag.hvp(lambda x: (x * x, v * 3.0), (1.0,), (1.0,), has_aux=True),
        lambda v: ag.jacobian(lambda x: (x * x, v * 3.0), has_aux=True)(1.0),
        lambda v: ag.hessian(lambda x: (x * x, v * 3.0), has_aux=True)(1.0),
    ):
        assert ag.grad(lambda v, inner=inner: inner(v)[-1])(2.0) == 3.0


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: ag.grad(np.sum(X)), r"not float64 .*without calling it, grad\(f\)\(x\)"),
        (lambda: ag.hvp(2.0, (X,), (X,)), "a function is differentiated here, not 2.0"),
        (lambda: ag.vjp(variable(1.0), X), r"ag\.gradients\(loss, \[x\]\)"),
        (lambda: ag.jacobian(product, X), r"argnums is .* in the next call, grad\(f\)\(x\)"),
        (lambda: ag.vjp(product), r"no arguments to differentiate: write vjp\(f, x\)"),
        (lambda: ag.grad(lambda x: None)(X), "returned None: .* without `return`"),
        (lambda: ag.grad(lambda x: (x, 1))(X), "a tuple of 2: .* has_aux=True"),
        (lambda: ag.grad(lambda x: {"a": x})(X), r"a dict with 'a': .*np\.stack"),
    ],
)
def test_what_is_no_function_and_no_result_is_told(call, told):
    with pytest.raises(TypeError, match=f"(?s){told}"):
        call()


def test_one_argnum_of_numpy_is_one_vector():
    found = ag.hvp(product, (X, Y), X, argnums=np.int64(0), power=3)
    np.testing.assert_array_equal(found, 6 * X * Y * X)
