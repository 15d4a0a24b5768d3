"""Pickling and copying: values, names, gradients and the history behind a result."""

import copy
import pickle

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.tape import history


def variable(data, **options):
    return ag.Tensor(data, requires_grad=True, **options)


def pickled(value):
    return pickle.loads(pickle.dumps(value))


WAYS = {"pickle": pickled, "deepcopy": copy.deepcopy, "copy": copy.copy}


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


def test_a_result_keeps_its_history():
    x, w = variable(np.ones((2, 2)) / 3, name="x"), variable(np.eye(2), name="w")
    loss = graph(x, w)
    x2, w2, loss2 = pickled([x, w, loss])
    assert repr(loss2) == repr(loss)
    assert [n.name for n in history(loss2.node)] == [n.name for n in history(loss.node)]
    loss.backward()
    loss2.backward()
    np.testing.assert_array_equal(x2.grad, x.grad)
    np.testing.assert_array_equal(w2.grad, w.grad)
    assert x.grad is not x2.grad


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_of_a_result_is_on_the_same_tape_and_a_value_of_its_own(copied):
    x = variable([3.0])
    y = x * x
    z = copied([y])[0] if copied is copy.deepcopy else copied(y)
    z += 1.0
    np.sum(z * z).backward()
    assert y.tolist() == [9.0]
    assert x.grad == 2 * 10.0 * 6.0


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_of_an_argument_is_on_its_tape(copied):
    def f(tree):
        other = copied(tree)
        w = other["w"] if copied is copy.deepcopy else copied(other["w"])
        w *= w
        return np.sum(w) + np.sum(tree["w"])

    np.testing.assert_array_equal(ag.grad(f)({"w": np.array([1.0, 2.0])})["w"], [3.0, 5.0])


def test_parameters_that_are_copied_together_stay_shared():
    x = variable([1.0])
    tied = copy.deepcopy({"encoder": x, "decoder": x, "of the other": x * 1.0})
    assert tied["encoder"] is tied["decoder"]
    assert tied["encoder"] is not x


def test_second_derivatives_survive():
    x = variable(3.0)
    [slope] = ag.gradients(x**3, [x], create_graph=True)
    x2, slope2 = pickled((x, slope))
    assert ag.gradients(slope2, [x2])[0] == 18.0


def test_the_history_of_a_long_chain_is_no_recursion():
    x = y = variable(1.0)
    for _ in range(20_000):  # twenty times the depth that Python recurses to
        y = y + 1.0
    x2, y2 = pickled([x, y])
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
