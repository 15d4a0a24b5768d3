"""Hooks: what they see, what they replace, and that they cost and keep nothing."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest
from variables import variable

import autograd_lite as ag
from autograd_lite.engine import hooks


@pytest.fixture
def x():
    return variable([1.0, 2.0], name="x")


def double(g):
    return 2 * g


def test_a_hook_sees_the_total_gradient_once(x):
    seen, inner = [], []
    h = np.exp(x)
    h.register_hook(inner.append)
    x.register_hook(seen.append)
    loss = np.sum(h * h + 3 * h) + np.sum(x)
    loss.backward()
    [of_h], [of_x] = inner, seen
    np.testing.assert_allclose(of_h, 2 * h.data + 3)
    np.testing.assert_allclose(of_x, of_h * h.data + 1)
    np.testing.assert_array_equal(of_x, x.grad)
    assert type(of_h) is type(of_x) is np.ndarray


def test_a_hook_replaces_the_gradient(x):
    h = x * 1.0
    h.register_hook(double)
    np.sum(h * h).backward()
    np.testing.assert_array_equal(x.grad, 4 * x.data)
    gh, gx = ag.gradients(np.sum(h * h), [h, x])
    np.testing.assert_array_equal(gh, 4 * x.data)
    np.testing.assert_array_equal(gx, 4 * x.data)
    np.testing.assert_array_equal(ag.gradients(np.sum(h * h), [h])[0], 4 * x.data)


def test_on_leaves_roots_and_roots_that_are_leaves(x):
    x.register_hook(double)
    np.sum(x).backward()
    np.testing.assert_array_equal(x.grad, [2.0, 2.0])
    np.testing.assert_array_equal(ag.gradients(np.sum(x), [x])[0], [2.0, 2.0])
    np.testing.assert_array_equal(ag.gradients(x, [x], seed=[1.0, 3.0])[0], [2.0, 6.0])
    x.grad = None
    x.backward([1.0, 3.0])
    np.testing.assert_array_equal(x.grad, [2.0, 6.0])
    loss = np.sum(variable([1.0]) * 3)
    loss.register_hook(lambda g: g * 10)
    [leaf] = {node for node, _ in [(loss.node.parents[0].parents[0], None)]}
    loss.backward()
    assert leaf.grad == 30.0


def test_a_leaf_that_is_not_asked_for_is_left_alone(x):
    seen = []
    x.register_hook(seen.append)
    w = variable([3.0, 4.0])
    ag.gradients(np.sum(x * w), [w])
    assert not seen


def test_of_one_of_several_results():
    a = variable([[2.0, 0.0], [0.0, 3.0]])
    w, _ = np.linalg.eigh(a)
    seen = []
    w.register_hook(seen.append)
    np.sum(w * np.array([1.0, 5.0])).backward()
    np.testing.assert_array_equal(seen, [[1.0, 5.0]])


def test_hooks_are_called_in_order_and_removed(x):
    first = x.register_hook(lambda g: g + 1)
    with x.register_hook(double) as second:
        np.testing.assert_array_equal(ag.gradients(np.sum(x), [x])[0], [4.0, 4.0])
        assert "double" in repr(second)
    assert "removed" in repr(second)
    np.testing.assert_array_equal(ag.gradients(np.sum(x), [x])[0], [2.0, 2.0])
    first.remove()
    first.remove()
    np.testing.assert_array_equal(ag.gradients(np.sum(x), [x])[0], [1.0, 1.0])


def test_what_a_hook_gets_is_its_own(x):
    def spoil(g):
        g[:] = 100.0

    x.register_hook(spoil)
    np.sum(x * x).backward()
    np.testing.assert_array_equal(x.grad, 2 * x.data)
    seen = []
    with x.register_hook(seen.append):
        np.sum(x).backward()
    x.grad[:] = -1.0
    np.testing.assert_array_equal(seen[0], [1.0, 1.0])


@pytest.mark.parametrize(
    "answer", [np.ones(3), 1.0, np.ones((1, 2)), np.ones(2) * 1j, "text", [None, None]]
)
def test_what_does_not_fit_is_told(x, answer):
    h = x * 2
    h.register_hook(lambda g: answer)
    with pytest.raises((ValueError, TypeError), match=r"(?s)hook .*lambda.*result of multiply"):
        np.sum(h).backward()
    assert x.grad is None


def test_a_replacement_takes_the_dtype_of_the_gradient():
    x = variable(np.ones(2, np.float32))
    x.register_hook(lambda g: [1, 2])
    np.sum(x).backward()
    assert x.grad.dtype == np.float32
    np.testing.assert_array_equal(x.grad, [1.0, 2.0])


def test_a_constant_takes_no_hook(x):
    with pytest.raises(ValueError, match=r"hook on a constant.*requires_grad=True"):
        x.detach().register_hook(double)
    with pytest.raises(TypeError, match="is a function"):
        x.register_hook(None)


def test_an_exception_in_a_hook_leaves_nothing_behind(x):
    def fail(g):
        raise RuntimeError

    h = x * x
    with h.register_hook(fail), pytest.raises(RuntimeError):
        np.sum(h).backward()
    assert x.grad is None
    np.sum(h).backward()
    np.testing.assert_array_equal(x.grad, 2 * x.data)


# --- recorded, nested, careful --------------------------------------------------------------------


def test_in_a_recorded_backward_pass_a_hook_gets_tensors(x):
    """Doubling at h: g = 2 * 2h * dh, and what follows from it is differentiated with it."""
    h = x * 1.0
    seen = []
    h.register_hook(lambda g: seen.append(g) or g * g)
    [g] = ag.gradients(np.sum(h**2), [x], create_graph=True)
    assert isinstance(seen[0], ag.Tensor)
    np.testing.assert_array_equal(g.data, (2 * x.data) ** 2)
    seen.clear()
    [gg] = ag.gradients(np.sum(g), [x])
    # d/dx (2h)^2 = 8h reaches h as a cotangent, and is squared by the hook there.
    np.testing.assert_array_equal(gg, (8 * x.data) ** 2)


def test_a_hook_may_answer_with_an_array_in_a_recorded_pass(x):
    x.register_hook(lambda g: np.ones(2))
    [g] = ag.gradients(np.sum(x**3), [x], create_graph=True)
    assert isinstance(g, ag.Tensor)
    np.testing.assert_array_equal(g.data, [1.0, 1.0])


def test_inside_functions_a_hook_is_called_once():
    calls = []

    def f(x):
        h = np.exp(x)
        h.register_hook(lambda g: calls.append(1) or 2 * g)
        return np.sum(h)

    np.testing.assert_allclose(ag.grad(f)(np.zeros(2)), [2.0, 2.0])
    assert len(calls) == 1
    w = variable(3.0)
    calls.clear()
    slope = ag.grad(lambda x: f(x * w))(np.zeros(2))
    assert isinstance(slope, ag.Tensor)
    assert len(calls) == 1


def test_once_even_where_a_nan_makes_care_needed():
    x, calls = variable([0.0, 4.0]), []
    x.register_hook(calls.append)
    loss = np.sum(np.where(x > 0, np.sqrt(x), 0))
    loss.backward()
    assert len(calls) == 1
    np.testing.assert_array_equal(x.grad, [0.0, 0.25])


def test_a_hook_may_mend_a_nan():
    x = variable([0.0, 4.0])
    h = x * x
    h.register_hook(np.nan_to_num)
    np.sum(h * np.array([np.nan, 1.0])).backward()
    np.testing.assert_array_equal(x.grad, [0.0, 8.0])


def test_with_anomalies_looked_for(x):
    seen = []
    with ag.detect_anomaly():
        h = x * x
        h.register_hook(seen.append)
        np.sum(h).backward()
    assert len(seen) == 1


# --- cost, memory, copies -------------------------------------------------------------------------


def test_without_hooks_walks_know_nothing_of_them(x, monkeypatch):
    gc.collect()
    assert not hooks.alive
    monkeypatch.setattr(hooks, "backward_pass", None)
    np.sum(np.exp(x)).backward()
    with x.register_hook(double), pytest.raises(TypeError):
        np.sum(np.exp(x)).backward()
    np.sum(np.exp(x)).backward()
    assert not hasattr(np.exp(x).node, "hooks")


def test_a_hook_keeps_nothing_alive(x):
    gc.collect()
    gc.disable()
    try:
        h = np.exp(x)
        watched = weakref.ref(h)
        handle = h.register_hook(double)
        del h
        assert watched() is None
        assert handle not in hooks.of(x.node)
        del handle
        assert not hooks.alive
    finally:
        gc.enable()


def test_a_hook_that_refers_to_its_tensor_is_freed_with_it(x):
    def hooked():
        h = np.exp(x)
        h.register_hook(lambda g: g + h.data)
        assert len(hooks.alive) == 1

    hooked()
    gc.collect()
    assert not hooks.alive


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))])
def test_hooks_are_not_lost_in_silence(x, copied):
    h = np.exp(x)
    with x.register_hook(double), pytest.raises(TypeError, match=r"double.*remove\(\)"):
        copied(h)
    np.testing.assert_array_equal(copied(h).data, h.data)


# --- the gradient of a result that is kept -----------------------------------------------------


def test_a_retained_gradient_adds_up_over_backward_passes_and_no_others(x):
    h = np.exp(x)
    h.retain_grad()
    h.retain_grad()
    assert h.grad is None
    np.sum(3 * h).backward()
    np.sum(h).backward()
    ag.gradients(np.sum(h), [x])
    np.testing.assert_array_equal(h.grad, [4.0, 4.0])
    np.testing.assert_allclose(x.grad, 4.0 * h.numpy())
    h.grad = None
    np.sum(h).backward()
    np.testing.assert_array_equal(h.grad, [1.0, 1.0])
    pickle.dumps(h)
    gc.disable()
    try:
        del h
        assert not hooks.alive
    finally:
        gc.enable()


def test_a_gradient_that_is_not_kept_says_how_to_keep_it(x):
    h = np.exp(x)
    with pytest.raises(ValueError, match=r"result of exp.*t\.retain_grad\(\).*ag\.gradients"):
        _ = h.grad
    x.retain_grad()
    np.sum(h).backward()
    np.testing.assert_allclose(x.grad, h.numpy())
