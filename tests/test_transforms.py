"""Gradients of functions: what goes in and comes out, higher orders, functions inside functions."""

import sys
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from variables import variable

import autograd_lite as ag
from autograd_lite.engine.modes import Watcher, watching
from autograd_lite.engine.tensor import plain
from autograd_lite.transforms import trees

V = np.array([1.0, 2.0])


# --- what goes in and comes out -------------------------------------------------------------------


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


# --- which arguments --------------------------------------------------------------------------


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


# --- higher orders --------------------------------------------------------------------------------


def test_third_and_fourth_derivatives():
    f, expected = np.sin, [np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin]
    for derivative in expected:
        f = ag.grad(f)
        np.testing.assert_allclose(f(0.7), derivative(0.7), rtol=1e-14)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(np.tanh(x @ x.T) ** 2),
        lambda x: np.sum(ag.softmax(x) * ag.log_softmax(x)),
        lambda x: ag.logsumexp(np.concatenate([x, x[::-1] ** 2]), axis=0)[0],
        lambda x: np.std(np.exp(x) / np.var(x, axis=0)),
        lambda x: np.sum(x[[0, 0, 1]] ** 3) * np.mean(x**2),
        lambda x: np.sum(np.arctan2(x, 2 + x * x) * np.hypot(x, 1.0)),
        lambda x: np.sum(np.where(x > 0, x**4, np.sin(x))),
    ],
)
def test_fourth_order_agrees_with_finite_differences(f):
    ag.check_gradients(f, np.array([[0.4, -0.7], [0.9, 0.3]]), order=4, rtol=1e-4)


def test_create_graph_by_hand_is_grad_of_grad():
    x = variable(0.7)
    y = np.exp(np.sin(x))
    by_hand = []
    for _ in range(4):
        [y] = ag.gradients(y, [x], create_graph=True)
        by_hand.append(y.item())
    f, of_functions = (lambda x: np.exp(np.sin(x))), []
    for _ in range(4):
        f = ag.grad(f)
        of_functions.append(float(f(0.7)))
    np.testing.assert_allclose(by_hand, of_functions, rtol=1e-13)


def test_a_loss_may_hold_a_gradient():
    """The gradient penalty: d/dw (df/dx)^2 for f = w x^2 is 8 w x^2."""
    w, x = variable(3.0), variable(2.0)
    [slope] = ag.gradients(w * x * x, [x], create_graph=True)
    (slope**2).backward()
    assert w.grad == 8 * 3 * 4


def test_create_graph_gives_tensors_even_for_constants():
    x, y = variable(2.0), variable(3.0)
    gx, gy = ag.gradients(3 * x, [x, y], create_graph=True)
    assert (gx.item(), gy.item()) == (3.0, 0.0)
    assert isinstance(gy, ag.Tensor)


# --- functions inside functions -------------------------------------------------------------------


def test_perturbations_are_not_confused():
    assert ag.grad(lambda x: x * ag.grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert ag.grad(lambda x: x * ag.grad(lambda y: x * y)(1.0))(3.0) == 6.0
    assert ag.grad(lambda x: ag.grad(lambda y: x * y * y)(x))(3.0) == 12.0
    assert ag.grad(lambda x: ag.grad(lambda x: x * x)(2 * x))(3.0) == 4.0
    assert ag.grad(lambda x: ag.value_and_grad(lambda y: x * y)(5.0)[0])(3.0) == 5.0


def test_a_gradient_inside_does_not_see_outside():
    def f(x):
        return ag.grad(lambda y: x**2)(1.0) + x

    assert ag.grad(f)(3.0) == 1.0


def test_a_function_that_closes_over_a_tensor_is_differentiable_by_it():
    w = variable(3.0)
    slope = ag.grad(lambda x: w * x**2)(2.0)
    assert isinstance(slope, ag.Tensor)
    assert slope.item() == 12.0
    slope.backward()
    assert w.grad == 4.0


def test_an_argument_on_the_tape_stays_on_it():
    w = variable(3.0)
    (ag.grad(lambda x: x**3)(w * 2) * 1.0).backward()
    assert w.grad == 72.0


def test_gradients_in_a_function_leave_no_trace_on_its_arguments():
    w = variable(3.0)
    ag.grad(lambda x: x**3)(w)
    assert w.grad is None


def test_a_gradient_inside_no_grad_is_right_and_a_constant():
    w = variable([1.0, 2.0])
    with ag.no_grad():
        of_tracked = ag.grad(lambda x: np.sum(x * x))(w)
        closing_over = ag.grad(lambda x: np.sum(x * w))(np.ones(2))
        second = ag.grad(ag.grad(lambda x: x**3))(2.0)
    assert type(of_tracked) is type(closing_over) is np.ndarray
    np.testing.assert_array_equal(of_tracked, [2.0, 4.0])
    np.testing.assert_array_equal(closing_over, [1.0, 2.0])
    assert second == 12.0


def test_trees_come_back_as_they_were():
    for tree in ({"b": 1, "a": [2, (3,)]}, [], (), None, 5, [None, {"x": None}]):
        leaves, build = trees.flatten(tree)
        assert build(leaves) == tree


# --- an argument is a value of the function's own -----------------------------------------------


def cubed_in_place(x):
    x[0] = x[0] ** 3
    return np.sum(x**2)


def test_a_function_may_assign_to_its_argument_at_any_order():
    point, ones = np.array([2.0, 3.0]), np.ones(2)
    second = [[480.0, 0.0], [0.0, 2.0]]
    np.testing.assert_array_equal(ag.grad(cubed_in_place)(point), [192.0, 6.0])
    np.testing.assert_array_equal(ag.hessian(cubed_in_place)(point), second)
    np.testing.assert_array_equal(ag.vjp(cubed_in_place, point)[1](1.0)[0], [192.0, 6.0])
    np.testing.assert_array_equal(ag.jvp(cubed_in_place, (point,), (ones,))[1], 198.0)
    np.testing.assert_array_equal(ag.hvp(cubed_in_place, (point,), (ones,))[0], [480.0, 2.0])
    np.testing.assert_array_equal(
        ag.jacobian(ag.hessian(cubed_in_place))(point)[0, 0], [960.0, 0.0]
    )
    np.testing.assert_array_equal(point, [2.0, 3.0])


@pytest.mark.parametrize("make", [variable, lambda data: variable(data) * 1, ag.Tensor])
def test_the_callers_tensor_stays_when_a_function_assigns_to_its_argument(make):
    x = make(np.array([2.0, 3.0]))
    node = x.node
    np.testing.assert_array_equal(plain(ag.grad(cubed_in_place)(x)), [192.0, 6.0])
    assert x.node is node
    assert x.tolist() == [2.0, 3.0]


def test_an_argument_that_is_assigned_to_keeps_its_name_and_its_hooks():
    seen = []

    def f(x):
        x.name = "x"
        x.register_hook(lambda g: seen.append(g.tolist()))
        x[0] = x[0] ** 3
        assert x.name == "x"
        return np.sum(x**2)

    np.testing.assert_array_equal(ag.grad(f)(np.array([2.0, 3.0])), [192.0, 6.0])
    assert seen == [[192.0, 6.0]]


def test_writing_into_a_result_leaves_the_pull_as_it_is():
    point = np.array([0.0, 1.0])
    out, pull, aux = ag.vjp(lambda x: (y := np.exp(x), {"y": y, "x": x}), point, has_aux=True)
    for array in (out, aux["y"], aux["x"]):
        array *= 0
    np.testing.assert_array_equal(pull(np.ones(2))[0], np.exp(point))


def test_results_share_no_memory_with_the_tensors_and_cotangents_of_the_user():
    c = ag.Tensor([1.0, 2.0])
    out, tangent = ag.jvp(lambda x: (x, c), (np.ones(2),), (np.ones(2),))
    value, _ = ag.value_and_grad(lambda x: c[1:])(np.ones(2))
    _, aux = ag.grad(lambda x: (np.sum(x), c), has_aux=True)(np.ones(2))
    for array in (out[1], value, aux, *tangent):
        array *= 0
    assert c.tolist() == [1.0, 2.0]
    g = np.ones(2)
    [pulled] = ag.vjp(lambda x: x, np.ones(2))[1](g)
    assert not np.shares_memory(pulled, g)


# --- results at the top level are plain, however deep the nesting ---------------------------------


def is_plain(result):
    return isinstance(result, (np.ndarray, np.generic))


def pushed(f):
    return lambda x: ag.jvp(f, (x,), (np.ones(np.shape(x)),))[1]


def pulled(f):
    return lambda x: ag.vjp(f, x)[1](np.ones(np.shape(x)))[0]


def times_hessian(f):
    """The second derivative, as a product with the Hessian."""
    return lambda x: ag.hvp(f, (x,), (np.ones(np.shape(x)),))[0]


FIRST = {
    "grad": ag.grad,
    "value_and_grad": lambda f: lambda x: ag.value_and_grad(f)(x)[1],
    "jacobian": ag.jacobian,
    "jvp": pushed,
    "vjp": pulled,
}
SECOND = {"hessian": ag.hessian, "hvp": times_hessian}


@pytest.mark.parametrize("outer", FIRST)
@pytest.mark.parametrize("inner", [*FIRST, *SECOND])
def test_a_derivative_of_a_derivative_in_another_variable_is_plain(outer, inner):
    """f = x^3 v^2 at x = 1; of three nested ones the innermost variable is differentiated first."""
    n = 2 if inner in SECOND else 1
    of_x = (FIRST | SECOND)[inner]
    slope = FIRST[outer](lambda v: of_x(lambda x: x**3 * v**2)(1.0))(2.0)
    assert is_plain(slope)
    np.testing.assert_allclose(slope, {1: 3, 2: 6}[n] * 4.0)
    deeper = FIRST[outer](
        lambda u: FIRST[outer](lambda v: of_x(lambda x: x**3 * v**2 * u**2)(1.0))(2.0)
    )(3.0)
    assert is_plain(deeper)
    np.testing.assert_allclose(deeper, {1: 3, 2: 6}[n] * 4.0 * 6.0)


def test_values_products_and_containers_of_nested_derivatives_are_plain():
    def slope(v):
        return ag.grad(lambda x: np.sum(x * x * v))(np.ones(2))

    value, _ = ag.value_and_grad(lambda v: np.sum(slope(v)))(np.ones(2))
    out, tangent = ag.jvp(slope, (np.ones(2),), (np.ones(2),))
    tree, pull = ag.vjp(lambda v: {"slope": slope(v), "again": [slope(v) * 2.0]}, np.ones(2))
    results = [value, out, tangent, tree["slope"], tree["again"][0]]
    results += pull({"slope": np.ones(2), "again": [np.ones(2)]})
    assert all(map(is_plain, results))
    np.testing.assert_array_equal(results[-1], [6.0, 6.0])
    cross = ag.jacobian(ag.grad(lambda a, b: np.sum(np.sin(a) * b), 0), 1)(np.ones(2), np.ones(2))
    assert is_plain(cross)
    np.testing.assert_allclose(cross, np.diag(np.cos(np.ones(2))))


def test_a_step_of_descent_is_differentiated_by_its_rate():
    def after(rate, steps=3):
        w = np.array([1.0, -2.0])
        for _ in range(steps):
            w = w - rate * ag.grad(lambda w: np.sum(w**2))(w)
        return np.sum(w**2)

    slope = ag.grad(after)(0.1)
    assert is_plain(slope)
    np.testing.assert_allclose(slope, 5.0 * 6 * 0.8**5 * -2.0)


def test_aux_that_depends_on_an_outer_variable_stays_on_its_tape():
    def outer(v):
        _, aux = ag.grad(lambda x: (x * x, {"a": [v * 3.0]}), has_aux=True)(1.0)
        return aux["a"][0]

    assert ag.grad(outer)(2.0) == 3.0
    outer = lambda v: ag.vjp(lambda x: (x * x, v * 3.0), 1.0, has_aux=True)[2]  # noqa: E731
    assert ag.grad(outer)(2.0) == 3.0


def test_variables_of_the_user_keep_nested_results_on_their_tape():
    w = variable(3.0)
    slope = ag.grad(lambda v: ag.grad(lambda x: w * x * x * v)(1.0))(2.0)
    assert isinstance(slope, ag.Tensor)
    assert ag.gradients(slope, [w]) == [2.0]


def test_what_was_kept_of_an_ended_call_is_a_constant_for_later_ones():
    kept, pulls = [], []

    def f(x):
        kept.append(x * x)
        pulls.append(ag.vjp(lambda y: y * y * x, 1.0)[1])
        return x * 1.0

    ag.grad(f)(2.0)
    assert is_plain(ag.grad(lambda z: z * kept[0])(1.0))
    assert is_plain(pulls[0](1.0)[0])
    with pytest.raises(ZeroDivisionError):
        ag.grad(lambda x: kept.append(x) or 1 / 0)(2.0)
    slope = ag.grad(lambda z: z * kept[-1])(1.0)
    assert is_plain(slope)
    assert slope == 2.0


def test_a_thread_inside_a_function_differentiates_for_it():
    with ThreadPoolExecutor(2) as pool:

        def f(v):
            return sum(pool.map(lambda a: ag.grad(lambda x: x * x * v)(a), [1.0, 2.0]))

        slope = ag.grad(f)(2.0)
    assert is_plain(slope)
    assert slope == 6.0


def test_the_second_run_of_a_checkpoint_knows_whom_it_is_part_of():
    def f(v):
        return ag.checkpoint(lambda: v * ag.grad(lambda x: x * x * v)(1.0))()

    slope = ag.grad(f)(2.0)
    assert is_plain(slope)
    assert slope == 8.0
    assert ag.grad(ag.grad(f))(2.0) == 4.0


class Walks(Watcher):
    """Counts the walks back, those that are recorded too."""

    def __init__(self):
        self.plain = self.recorded = 0

    def backward_pass(
        self, run, seeds, targets=(), arrive=None, step=None, careful=False, leave=None
    ):
        self.plain += step is None
        self.recorded += step is not None
        return run(seeds, targets, arrive, step, careful, leave)


@pytest.mark.parametrize(
    ("f", "plain", "recorded"),
    [
        (lambda: ag.grad(lambda v: ag.grad(lambda x: x * x * v)(1.0))(2.0), 1, 1),
        (lambda: ag.grad(ag.grad(ag.grad(lambda x: x**3)))(2.0), 1, 2),
        (lambda: ag.jacobian(ag.grad(lambda x: np.sum(x**3)))(np.ones(3)), 3, 1),
        (lambda: ag.grad(lambda v: v * ag.grad(lambda x: x * x)(1.0))(2.0), 2, 0),
        (lambda: ag.jacobian(lambda v: ag.grad(lambda x: np.sum(x * x * v))(V))(V), 2, 1),
    ],
)
def test_each_derivative_is_one_walk(f, plain, recorded):
    with watching(Walks()) as walks:
        assert is_plain(f())
    assert (walks.plain, walks.recorded) == (plain, recorded)


def test_a_step_inside_a_long_loop_is_not_searched_again():
    """The nodes that are looked at in an inner call do not grow with the loop around it."""

    def looked_at(n):
        count = 0

        def trace(frame, kind, _):
            nonlocal count
            count += kind == "call" and frame.f_code.co_name == "inputs"

        def f(rate):
            w = rate * 1.0
            for _ in range(n):
                w = w * 0.9 + ag.grad(lambda x, w=w: x * x * w)(1.0)
            return w

        previous = sys.getprofile()
        sys.setprofile(trace)
        try:
            ag.grad(f)(0.1)
        finally:
            sys.setprofile(previous)
        return count

    assert looked_at(40) <= 2.2 * looked_at(20)


# --- what transforms are given ------------------------------------------------------------------


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
