"""Gradient checkpointing: the same gradients from a shorter tape."""

import tracemalloc

import numpy as np
import pytest
from variables import variable

import autograd_lite as ag
from autograd_lite.engine.modes import is_recording
from autograd_lite.engine.tape import history

X = np.array([[0.3, -0.8], [1.1, 0.4]])


def block(x, w=1.0):
    for _ in range(10):
        x = np.tanh(x @ x.T * w + x)
    return x


def test_gradients_are_those_of_the_function():
    x, w = variable(X), variable(0.7)
    expected = ag.gradients(np.sum(block(x, w) ** 2), [x, w])
    loss = np.sum(ag.checkpoint(block)(x, w) ** 2)
    for given, true in zip(ag.gradients(loss, [x, w]), expected, strict=True):
        np.testing.assert_allclose(given, true, rtol=1e-14)
    loss.backward()
    np.testing.assert_allclose(x.grad, expected[0], rtol=1e-14)
    ag.check_gradients(ag.checkpoint(block), X, 0.7, order=3, rtol=1e-4)


def test_the_tape_is_shorter():
    x = variable(X)
    whole = len(history(block(block(x)).node))
    short = len(history(ag.checkpoint(block)(ag.checkpoint(block)(x)).node))
    assert (whole, short) == (1 + 2 * 10 * 5, 3) or short == 3 < whole / 10


def peak(f, x):
    tracemalloc.start()
    try:
        f(x).backward()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_peak_of_memory_is_lower():
    def part(x):
        for _ in range(20):
            x = np.sin(x)
        return x

    def chain(part):
        def f(x):
            for _ in range(10):
                x = part(x)
            return np.sum(x)

        return f

    x = variable(np.ones(20_000))
    assert peak(chain(ag.checkpoint(part)), x) < 0.3 * peak(chain(part), x)


def test_trees_keywords_and_other_arguments_pass():
    def f(p, kind, *, scale):
        assert kind == "tanh"
        h = np.tanh(p["a"] * p["b"][0]) * scale["s"]
        return {"h": h, "n": 3, "pair": (np.sum(h), None, p["plain"])}

    p = {"a": variable(X), "b": [variable(2.0), None], "plain": np.ones(2)}
    scale = {"s": variable(0.5)}
    out = ag.checkpoint(f)(p, "tanh", scale=scale)
    assert out["n"] == 3
    assert out["pair"][2] is p["plain"]
    inputs = [p["a"], p["b"][0], scale["s"]]
    for loss in (
        lambda out: np.sum(out["h"] ** 2) * out["pair"][0],
        lambda out: np.sum(out["h"] ** 2),
        lambda out: out["pair"][0],
    ):
        expected = ag.gradients(loss(f(p, "tanh", scale=scale)), inputs)
        given = ag.gradients(loss(ag.checkpoint(f)(p, "tanh", scale=scale)), inputs)
        for g, true in zip(given, expected, strict=True):
            np.testing.assert_allclose(g, true, rtol=1e-14)


def test_tensors_that_are_not_arguments_keep_their_gradients():
    w, x = variable(0.7), variable(X)
    inner = np.exp(w)  # closed over as a result: w must not be counted twice

    def f(y):
        return np.sum(np.tanh(y * inner) * w + x * y) + np.concatenate([[w], y[0]])[0]

    for y in (variable(2 * X), x, ag.Tensor(X)):
        inputs = [t for t in (w, x, y, inner) if t.requires_grad]
        expected = ag.gradients(f(y), inputs)
        for g, true in zip(ag.gradients(ag.checkpoint(f)(y), inputs), expected, strict=True):
            np.testing.assert_allclose(g, true, rtol=1e-14)


def test_a_tensor_that_is_only_returned_keeps_its_gradient():
    w, x = variable(2.0), variable(3.0)
    a, b = ag.checkpoint(lambda x: (w, x))(x)
    assert ag.gradients(a * b, [w, x]) == [3.0, 2.0]


def test_modules_keep_the_gradients_of_their_parameters():
    import nn

    layer = nn.Linear(2, 3, rng=np.random.RandomState(0))
    expected = ag.gradients(np.sum(np.tanh(layer(X)) ** 2), list(layer.parameters()))
    f = ag.checkpoint(lambda x: np.sum(np.tanh(layer(x)) ** 2))
    for g, true in zip(ag.gradients(f(X), list(layer.parameters())), expected, strict=True):
        np.testing.assert_allclose(g, true, rtol=1e-14)


def test_of_order_two_and_three():
    w = variable(0.7)
    inner = w * 1.0

    def f(x):
        return np.sum(np.sin(x * inner) * x**2)

    def third(f):
        [g] = ag.gradients(f(x), [x], create_graph=True)
        [h] = ag.gradients(np.sum(g**2), [x], create_graph=True)
        return [*ag.gradients(np.sum(h**2), [x, w]), *ag.gradients(np.sum(g**2), [w, inner])]

    x = variable(X)
    for given, true in zip(third(ag.checkpoint(f)), third(f), strict=True):
        np.testing.assert_allclose(given, true, rtol=1e-12)


def test_inside_each_other():
    w = variable(0.7)

    @ag.checkpoint
    def outer(x):
        for _ in range(3):
            x = ag.checkpoint(lambda y: np.tanh(y * w + 1))(x)
        return np.sum(x)

    x = variable(X)
    plain = ag.gradients(np.sum(np.tanh(np.tanh(np.tanh(x * w + 1) * w + 1) * w + 1)), [x, w])
    loss = outer(x)
    assert len(history(loss.node)) == 3
    for given, true in zip(ag.gradients(loss, [x, w]), plain, strict=True):
        np.testing.assert_allclose(given, true, rtol=1e-14)


def test_inside_a_transform_inside_each_other():
    w = variable(3.0)
    inner = ag.checkpoint(lambda x, w: (x * x * w, w))

    @ag.checkpoint
    def outer(x):
        return ag.grad(lambda y: np.prod(inner(y, w)[0]) * inner(y, 1.0)[1])(x)

    g = outer(variable(2.0))
    assert g.item() == 12.0
    assert ag.gradients(g, [w])[0] == 4.0


def test_inside_and_around_transforms():
    w = variable(3.0)

    def f(x):
        return ag.grad(lambda y: w * y**3)(x)

    g = ag.grad(ag.checkpoint(f))(2.0)
    np.testing.assert_allclose(g.item(), 36.0)
    np.testing.assert_allclose(ag.gradients(g, [w])[0], 12.0)
    cube = ag.checkpoint(lambda x: x**3)
    np.testing.assert_allclose(ag.hessian(lambda x: np.sum(cube(x)))(X[0]), np.diag(6 * X[0]))
    np.testing.assert_allclose(ag.jvp(cube, (X,), (np.ones((2, 2)),))[1], 3 * X**2)


def test_without_gradients_it_is_a_plain_call():
    calls = []
    f = ag.checkpoint(lambda x: calls.append(is_recording()) or x * 2)
    assert not f(ag.Tensor(1.0)).requires_grad
    assert f(1.0) == 2.0
    with ag.no_grad():
        assert not f(variable(1.0)).requires_grad
    assert len(calls) == 3
    f(variable(1.0)).backward()
    assert calls == [False, False, False, False, True]


def test_float32_stays_float32():
    x = variable(X.astype(np.float32))
    np.sum(ag.checkpoint(block)(x)).backward()
    assert x.grad.dtype == np.float32


def test_a_singular_point_inside():
    x = variable([0.0, 4.0])
    np.sum(ag.checkpoint(lambda x: np.where(x > 0, np.sqrt(x), 0))(x)).backward()
    np.testing.assert_array_equal(x.grad, [0.0, 0.25])


# --- functions that are not deterministic ---------------------------------------------------------


def test_random_numbers_are_detected():
    rng = np.random.default_rng(0)
    x = variable(X)
    out = ag.checkpoint(lambda x: x * rng.random((2, 2)))(x)
    with pytest.raises(ValueError, match=r"(?s)checkpoint.*gave other values.*deterministic"):
        np.sum(out).backward()
    assert x.grad is None
    out = ag.checkpoint(lambda x: x * np.random.default_rng(0).random((2, 2)))(x)
    np.sum(out).backward()


def test_another_shape_is_detected():
    sizes = iter([2, 1])
    out = ag.checkpoint(lambda x: x[: next(sizes)])(variable(X))
    with pytest.raises(ValueError, match=r"gave shapes \[\(1, 2\)\], the first \[\(2, 2\)\]"):
        np.sum(out).backward()


def test_other_tensors_are_detected():
    tensors = iter([variable(1.0), variable(1.0)])
    x = variable(X)
    out = ag.checkpoint(lambda x: x * next(tensors))(x)
    with pytest.raises(ValueError, match="uses tensors that the first did not"):
        np.sum(out).backward()


def test_a_parameter_that_has_moved_on_is_detected():
    w, x = variable(2.0), variable(X)
    out = np.sum(ag.checkpoint(lambda x: x * w * w)(x))
    w.data = -2.0
    with pytest.raises(ValueError, match="another value"):
        out.backward()
    w.data = 2.0
    out.backward()
    assert w.grad is not None


def test_an_exception_in_the_function_leaves_no_switch_thrown():
    class OwnError(Exception):
        pass

    def fail(x):
        raise OwnError

    x = variable(1.0)
    for f in (ag.checkpoint(fail), ag.checkpoint(ag.checkpoint(fail))):
        with pytest.raises(OwnError):
            f(x)
        assert is_recording()
    fails = iter([False, True])
    out = ag.checkpoint(lambda x: fail(x) if next(fails) else x * 2)(x)
    with pytest.raises(OwnError):
        out.backward()
    assert is_recording()
    assert ag.grad(lambda x: x * x)(3.0) == 6.0


# --- functions that assign, and functions that differentiate --------------------------------------


def cubed_in_place(x):
    x[0] = x[0] ** 3
    return np.sum(x**2)


def test_a_function_may_assign_to_its_argument():
    call = ag.checkpoint(cubed_in_place)
    for make in (variable, lambda data: variable(data) * 1):
        x = make([2.0, 3.0])
        np.testing.assert_array_equal(ag.gradients(call(x), [x])[0], [192.0, 6.0])
        assert x.tolist() == [2.0, 3.0]
    point = np.array([2.0, 3.0])
    np.testing.assert_array_equal(ag.hessian(call)(point), [[480.0, 0.0], [0.0, 2.0]])
    np.testing.assert_array_equal(ag.hessian(ag.checkpoint(call))(point), [[480, 0], [0, 2]])


def test_a_constant_that_is_assigned_to_is_as_it_was_in_the_second_run():
    def f(x, c):
        c[0] = c[0] * x
        return np.sum(c)

    x, c = variable(3.0), ag.Tensor([2.0, 5.0])
    ag.checkpoint(f)(x, c).backward()
    assert x.grad == 2.0
    assert c.tolist() == [2.0, 5.0]


@pytest.mark.parametrize(
    "derivative",
    [
        lambda f: ag.grad(f)(3.0),
        lambda f: ag.jacobian(f)(3.0),
        lambda f: ag.vjp(f, 3.0)[1](1.0)[0],
        lambda f: ag.jvp(f, (3.0,), (1.0,))[1],
    ],
    ids=["grad", "jacobian", "vjp", "jvp"],
)
def test_a_derivative_at_a_constant_point_is_taken_inside(derivative):
    w = variable(2.0)
    slope = ag.checkpoint(lambda w: derivative(lambda y: y * y * w))(w)
    assert ag.gradients(slope, [w]) == [6.0]
    closure = ag.checkpoint(lambda: derivative(lambda y: y * y * w * w))()
    [g] = ag.gradients(closure, [w], create_graph=True)
    assert (g, ag.gradients(g, [w])) == (24.0, [12.0])


def test_a_tensor_that_is_used_by_keyword_gets_its_gradient():
    x, w = variable(2.0), variable([1.0, 2.0])
    ag.checkpoint(lambda x: x * np.sum(a=w))(x).backward()
    assert (x.grad, w.grad.tolist()) == (3.0, [2.0, 2.0])


def test_a_call_that_uses_other_tensors_has_one_rule_a_parent():
    x, w = variable(2.0, name="x"), variable(3.0, name="w")
    loss = ag.checkpoint(lambda x: x * w)(x)
    assert len(loss.node.op.rules) == len(loss.node.parents) == 2
    assert ag.draw(loss)


def test_anomalies_are_looked_for_in_a_checkpointed_function():
    x = variable([1.0, 4.0])
    with ag.detect_anomaly():
        np.sum(ag.checkpoint(np.sqrt)(x)).backward()
    assert x.grad.tolist() == [0.5, 0.25]
    infinite = pytest.raises(ag.AnomalyError, match="the derivative of sqrt made inf")
    with infinite, ag.detect_anomaly():
        np.sum(ag.checkpoint(np.sqrt)(variable([1.0, 0.0]))).backward()
