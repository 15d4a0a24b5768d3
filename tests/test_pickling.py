"""Pickling and copying: values, names, gradients and the history behind a result."""

import copy
import multiprocessing
import pickle

import numpy as np
import pytest
from variables import variable

import autograd_lite as ag
from autograd_lite.engine.tape import history


def pickled(value):
    return pickle.loads(pickle.dumps(value))


WAYS = {"pickle": pickled, "deepcopy": copy.deepcopy, "copy": copy.copy}
both_deep = pytest.mark.parametrize("twin", [pickled, copy.deepcopy], ids=["pickle", "deepcopy"])


@pytest.mark.parametrize("way", WAYS)
def test_a_leaf_keeps_all_it_has(way):
    x = variable(np.array([1.0, 2.0], dtype=np.float32), name="x")
    x.grad = [3.0, 4.0]
    y = WAYS[way](x)
    np.testing.assert_array_equal(y.data, x.data)
    np.testing.assert_array_equal(y.grad, x.grad)
    assert (y.name, y.dtype, y.requires_grad) == ("x", np.float32, True)


@pytest.mark.parametrize("way", WAYS)
def test_a_copied_leaf_is_a_variable_of_its_own(way):
    x = variable([1.0, 2.0])
    y = WAYS[way](x)
    np.sum(y * y).backward()
    assert x.grad is None
    y.data = [5.0, 6.0]
    np.testing.assert_array_equal(x.data, [1.0, 2.0])
    assert np.sum(x).item() == 3.0
    assert np.sum(y).item() == 11.0


@pytest.mark.parametrize("way", WAYS)
def test_a_constant_stays_one(way):
    assert not WAYS[way](ag.Tensor([1, 2])).requires_grad


def graph(x, w):
    """A result through every kind of operation: ufuncs, functions of ours, sequences, indices."""
    h = ag.sigmoid(np.matmul(x, w))
    h = np.concatenate([h, np.where(h > 0.5, h, np.clip(h, 0.1, 0.9))], axis=1)
    h = ag.softmax(h[:, [0, 1, 1]].reshape(-1)) + ag.relu(np.sum(h))
    return np.mean(h, where=[True, False] * 3) + ag.logsumexp(h)


@both_deep
def test_a_result_keeps_its_history(twin):
    x, w = variable(np.ones((2, 2)) / 3, name="x"), variable(np.eye(2), name="w")
    loss = graph(x, w)
    x2, w2, loss2 = twin([x, w, loss])
    assert repr(loss2) == repr(loss)
    assert [n.name for n in history(loss2.node)] == [n.name for n in history(loss.node)]
    loss.backward()
    loss2.backward()
    np.testing.assert_array_equal(x2.grad, x.grad)
    np.testing.assert_array_equal(w2.grad, w.grad)
    assert x.grad is not x2.grad


def test_a_shallow_copy_of_a_result_is_on_the_same_tape():
    x = variable(3.0)
    y = x * x
    copy.copy(y).backward()
    assert x.grad == 6.0


@both_deep
def test_second_derivatives_survive(twin):
    x = variable(3.0)
    [slope] = ag.gradients(x**3, [x], create_graph=True)
    x2, slope2 = twin((x, slope))
    assert ag.gradients(slope2, [x2])[0] == 18.0


@both_deep
def test_the_history_of_a_long_chain_is_no_recursion(twin):
    x = y = variable(1.0)
    for _ in range(20_000):  # twenty times the depth that Python recurses to
        y = y + 1.0
    x2, y2 = twin([x, y])
    y2.backward()
    assert x2.grad == 1.0
    assert y2.item() == 20_001.0


def test_an_unpickled_graph_is_newer_than_all_others():
    x = variable(2.0)
    stored = pickle.dumps([x, x * x])
    later = variable(1.0)
    x2, y2 = pickle.loads(stored)
    (y2 * later).backward()
    assert x2.grad == 4.0
    assert later.grad == 4.0
    serials = [n.serial for n in history(y2.node)]
    assert min(serials) > later.node.serial
    assert serials == sorted(set(serials))


def test_a_primitive_pickles_to_itself():
    for f in (np.exp, np.sum, ag.sigmoid, ag.softmax):
        op = (f(variable([1.0, 2.0]))).node.op
        assert pickled(op) is op
        assert copy.deepcopy(op) is op


def test_an_operation_that_cannot_be_found_by_name_is_refused_when_it_is_pickled():
    double = ag.elementwise(lambda x: x + x, lambda g, out, x: g + g)
    y = double(variable(1.0))
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(y)


def cubes(x):
    return np.sum(x**3)


@ag.grad
def decorated(x):
    return np.sum(x**3)


@pytest.mark.parametrize(
    "f",
    [
        ag.grad(cubes), ag.value_and_grad(cubes), ag.jacobian(cubes), ag.hessian(cubes),
        ag.derivative(np.sin), ag.grad(ag.grad(np.sin)), ag.checkpoint(cubes), ag.compile(cubes),
        ag.compile(ag.grad(cubes)), decorated,
    ],
)  # fmt: skip
def test_a_function_made_of_a_modules_function_is_pickled(f):
    again = pickle.loads(pickle.dumps(f))
    x = np.array(0.7)
    for a, b in zip(np.atleast_1d(f(x)), np.atleast_1d(again(x)), strict=True):
        assert a == b
    assert again.__name__ == f.__name__


def test_a_gradient_is_sent_to_other_processes():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.map(ag.grad(np.tanh), [0.0, 1.0])
    assert np.allclose(found, 1 - np.tanh([0.0, 1.0]) ** 2)


def test_a_method_made_of_another_is_bound():
    class Model:
        weight = 3.0

        @ag.checkpoint
        def square(self, x):
            return self.weight * x**2

    assert ag.grad(Model().square)(2.0) == 12.0
