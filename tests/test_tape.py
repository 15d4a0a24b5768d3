"""The tape and the walk back: depth, paths, memory, independence of the passes."""

import gc
import weakref

import numpy as np
import pytest
from variables import variable

import autograd_lite as ag
from autograd_lite.engine.multiple_outputs import Parts
from autograd_lite.engine.primitives import registered
from autograd_lite.engine.tape import Node, history


def chain(x, length):
    y = x
    for _ in range(length):
        y = y + 1.0
    return y


# --- depth and paths --------------------------------------------------------------------------


def test_a_chain_of_a_million_operations_works():
    x = variable(2.0)
    y = chain(x * 3.0, 1_000_000)
    y.backward()
    assert y.item() == 1_000_006.0
    assert x.grad == 3.0
    assert repr(y) == "Tensor(1000006., op=add)"
    del y  # freed link by link, without recursion


def test_the_history_of_a_long_chain_is_walked_without_recursion():
    assert len(history(chain(variable(2.0), 50_000).node)) == 50_001


def test_second_derivatives_of_a_long_chain_work():
    x = variable(2.0)
    [slope] = ag.gradients(chain(x**3, 20_000), [x], create_graph=True)
    assert ag.gradients(slope, [x]) == [12.0]


def test_sixty_doublings_visit_sixty_nodes(monkeypatch):
    visits = []
    add = registered(np.add)
    rule = add.rules[0]
    counted = (lambda *args: visits.append(1) or rule(*args), add.rules[1])
    monkeypatch.setattr(add, "rules", counted)
    x = y = variable(1.0)
    for _ in range(60):
        y = y + y
    y.backward()
    assert len(visits) == 60
    assert x.grad == 2.0**60
    assert len(history(y.node)) == 61


def test_backward_enters_no_node_older_than_what_is_asked_for(monkeypatch):
    visits = []
    exp = registered(np.exp)
    monkeypatch.setattr(exp, "rules", (lambda *args: visits.append(1),))
    x = variable(1.0)
    inner = np.exp(np.exp(x))
    outer = inner * inner
    assert ag.gradients(outer, [inner])[0] == 2 * inner.item()
    assert not visits


def test_history_is_oldest_first_and_has_each_node_once():
    x, c = variable(1.0), ag.Tensor(2.0)
    y = x * c
    z = np.stack([y, x, y])
    nodes = history(z.node)
    assert nodes[:2] == [x.node, c.node]
    assert len(nodes) == len(set(nodes))
    assert [n.serial for n in nodes] == sorted(n.serial for n in nodes)
    assert nodes[-1] is z.node


# --- memory -----------------------------------------------------------------------------------


@pytest.fixture
def no_collector():
    """The garbage collector off: what is freed, is freed by reference counts alone."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def nodes_alive():
    return sum((type(thing) is Node or issubclass(type(thing), Node)) for thing in gc.get_objects())


def mixed_graph(x):
    y = np.concatenate([np.tanh(x @ x.T).reshape(-1), x[0]])
    return np.sum(np.where(y > 0, y, y * y)) + np.max(ag.softmax(x))


def test_a_graph_is_freed_when_its_last_tensor_is(no_collector):
    x = variable(np.ones((2, 3)))
    before = nodes_alive()
    loss = mixed_graph(x)
    loss.backward()
    watched = weakref.ref(loss)
    assert nodes_alive() > before
    del loss
    assert watched() is None
    assert nodes_alive() == before


def test_a_recorded_backward_pass_is_freed_too(no_collector):
    x = variable(np.ones((2, 3)))
    before = nodes_alive()
    [g] = ag.gradients(mixed_graph(x), [x], create_graph=True)
    np.sum(g * g).backward()
    ag.grad(lambda v: np.sum(ag.grad(mixed_graph)(v) ** 2))(np.ones((2, 3)))
    assert nodes_alive() > before
    del g
    assert nodes_alive() == before


def test_a_graph_does_not_keep_its_tensors_alive(no_collector):
    x = variable([1.0, 2.0])
    inner = np.exp(x)
    loss = np.sum(inner)
    watched = weakref.ref(inner)
    del inner
    assert watched() is None
    loss.backward()
    np.testing.assert_array_equal(x.grad, np.exp([1.0, 2.0]))


def test_constants_keep_no_graph():
    x = variable([1.0, 2.0])
    with ag.no_grad():
        y = np.exp(x) * 2
    assert history(y.node) == [y.node]
    assert history(np.exp(x).detach().node)[0].op is None


# --- passes are independent -------------------------------------------------------------------


def test_backward_twice_accumulates_exactly_twice():
    x, b = variable([1.0, 2.0]), variable(3.0)
    loss = np.sum(np.exp(x) * b)
    loss.backward()
    once, once_b = x.grad.copy(), b.grad.copy()
    loss.backward()
    np.testing.assert_array_equal(x.grad, 2 * once)
    np.testing.assert_array_equal(b.grad, 2 * once_b)
    assert isinstance(x.grad, np.ndarray)
    assert isinstance(b.grad, np.ndarray)


def test_a_leaf_of_two_graphs_gets_the_sum():
    x = variable([1.0, 2.0])
    first, second = np.sum(x * x), np.sum(3 * x)
    second.backward()
    first.backward()
    np.testing.assert_array_equal(x.grad, [5.0, 7.0])


def test_two_roots_of_one_graph_are_independent():
    x = variable([1.0, 2.0])
    inner = np.exp(x)
    first, second = np.sum(inner), np.sum(inner * inner)
    np.testing.assert_array_equal(ag.gradients(first, [x])[0], inner.data)
    np.testing.assert_array_equal(ag.gradients(second, [x])[0], 2 * inner.data**2)
    np.testing.assert_array_equal(ag.gradients(first, [x])[0], inner.data)


def test_backward_stores_nothing_on_inner_nodes():
    x = variable(np.ones((2, 3)))
    loss = mixed_graph(x)

    def slots(node):
        kinds = type(node).__mro__ if node.op else [Node]
        return [slot for kind in kinds for slot in getattr(kind, "__slots__", ())]

    def state():
        return [[id(getattr(n, s, None)) for s in slots(n)] for n in history(loss.node)]

    before = state()
    loss.backward()
    ag.gradients(loss, [x], create_graph=True)
    assert state() == before
    with pytest.raises(ValueError, match="retain_grad"):
        _ = loss.grad
    assert not any(hasattr(n, "grad") for n in history(loss.node) if n.op is not None)


def test_gradients_accumulates_nothing():
    x = variable([1.0, 2.0])
    ag.gradients(np.sum(x * x), [x])
    ag.gradients(np.sum(x * x), [x], create_graph=True)
    assert x.grad is None


def test_backward_reaches_only_what_requires_a_gradient():
    x, frozen = variable(2.0), variable(3.0)
    loss = x * frozen
    frozen.requires_grad = False
    loss.backward()
    assert x.grad == 3.0
    assert frozen.grad is None


def test_backward_works_inside_no_grad():
    x = variable(2.0)
    loss = x * x
    with ag.no_grad():
        loss.backward()
    assert x.grad == 4.0


def test_backward_on_a_leaf_gives_the_cotangent():
    x = variable([1.0, 2.0])
    x.backward([3.0, 4.0])
    np.testing.assert_array_equal(x.grad, [3.0, 4.0])


# --- values a graph has seen stay ---------------------------------------------------------------


def test_rebinding_data_leaves_the_gradient_at_the_old_value():
    p = variable([1.0, 2.0])
    loss = np.sum(p * p * p)
    p.data = np.array([100.0, 200.0])
    loss.backward()
    np.testing.assert_array_equal(p.grad, [3.0, 12.0])
    [slope] = ag.gradients(loss, [p], create_graph=True)
    np.testing.assert_array_equal(ag.gradients(np.sum(slope), [p])[0], [6.0, 12.0])


def test_rebinding_data_keeps_the_variable():
    p = variable(1.0)
    old = p * 2
    p.data = 5.0
    (old + p * p).backward()
    assert p.grad == 12.0


def test_a_tensor_copies_what_it_is_made_of():
    a = np.array([1.0, 2.0])
    x = variable(a)
    loss = np.sum(x * x)
    a[:] = 100.0
    loss.backward()
    np.testing.assert_array_equal(x.grad, [2.0, 4.0])


# --- the user may write into what comes out -----------------------------------------------------


def ways_to_share(x, y):
    """Functions whose rules hand on a cotangent, or a view of it."""
    yield np.sum(x + y)
    yield np.sum((x + y).reshape(-1))
    yield np.sum(np.transpose(np.transpose(x) + y.T))
    yield np.sum(np.stack([x, y]))
    yield np.sum(np.broadcast_to(x, (2, 2, 2)) + y)
    yield np.sum(np.concatenate([x[:1], y[1:]])) + np.sum(x) + np.sum(y)
    yield np.sum(x.copy() + y.astype(float))
    yield np.sum(+x + (+y))


@pytest.mark.parametrize("which", range(8))
def test_gradients_may_be_written_into(which):
    x, y = variable(np.ones((2, 2))), variable(np.ones((2, 2)))
    loss = list(ways_to_share(x, y))[which]
    expected = [g.copy() for g in ag.gradients(loss, [x, y])]
    loss.backward()
    x.grad *= 100.0
    np.testing.assert_array_equal(y.grad, expected[1])
    first = ag.gradients(loss, [x, y, x])
    first[0][...] = -7.0
    np.testing.assert_array_equal(first[1], expected[1])
    np.testing.assert_array_equal(first[2], expected[0])
    np.testing.assert_array_equal(ag.gradients(loss, [x, y]), expected)


@pytest.mark.parametrize("make", [np.array, ag.Tensor], ids=["array", "Tensor"])
def test_a_cotangent_given_is_not_shared(make):
    x, seed = variable([1.0, 2.0]), make([1.0, 1.0])
    (x + 0.0).backward(seed)
    x.grad[:] = 9.0
    [g] = ag.gradients(x + 0.0, [x], seed=seed)
    g[:] = 9.0
    [g] = ag.gradients(x, [x], seed=seed)
    g[:] = 9.0
    np.testing.assert_array_equal(seed, [1.0, 1.0])


def test_writing_into_a_gradient_leaves_values_alone():
    x = variable([1.0, 2.0])
    y = np.exp(x)
    np.sum(y * y).backward()
    value = y.data.copy()
    x.grad[:] = 0.0
    np.testing.assert_array_equal(y.data, value)
    np.testing.assert_array_equal(x.data, [1.0, 2.0])


# --- careful zeros ------------------------------------------------------------------------------


def test_second_derivatives_beside_a_singular_point_are_right():
    """d/da (d/dx a x^2) = 2 x at a = 0, where a zero times infinity elsewhere makes care needed."""
    a, x, z = variable(0.0), variable(3.0), variable(0.0)
    y = a * (x * x) + np.where(z > 0, np.sqrt(z), 0)
    dx, dz = ag.gradients(y, [x, z], create_graph=True)
    assert dz.item() == 0.0
    assert ag.gradients(dx, [a])[0] == 6.0


def test_second_derivatives_through_a_product_of_matrices_beside_a_singular_point_are_right():
    a, x, z = variable(0.0), variable([[3.0]]), variable(0.0)
    y = a * np.sum(x @ x) + np.where(z > 0, np.sqrt(z), 0)
    dx, _ = ag.gradients(y, [x, z], create_graph=True)
    assert ag.gradients(np.sum(dx), [a])[0] == 6.0


def test_an_array_changed_after_it_was_used_does_not_change_the_gradient():
    a, index = np.array([1.0, 2.0, 3.0]), np.array([0, 2])
    b = np.array([4.0, 5.0])
    x = ag.Tensor([1.0, 1.0, 1.0], requires_grad=True)
    y = np.sum((x * a)[index] * 2) + np.sum(np.concatenate([x, b]) ** 2)
    expected = [2 * 1 + 2, 2, 2 * 3 + 2]
    a[:] = 9
    b[:] = 9
    index[:] = 1
    assert ag.gradients(y, [x])[0].tolist() == expected
    [g] = ag.gradients(y, [x], create_graph=True)
    assert g.data.tolist() == expected


def test_a_value_cannot_be_written_into():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    y, seen, numbers = x * x, x.data, x.numpy()
    with pytest.raises(ValueError, match="read-only"):
        numbers[0] = 9.0
    with pytest.raises(ValueError, match="read-only"):
        y.data[0] = 9.0
    x.data[0] = 9.0
    x.data -= 1.0
    assert x.data.tolist() == [8.0, 1.0]
    assert seen.tolist() == numbers.tolist() == [1.0, 2.0]
    np.testing.assert_array_equal(ag.gradients(np.sum(y), [x])[0], [2.0, 4.0])


@pytest.mark.parametrize("f", [np.sin, np.add, np.multiply, np.matmul, np.linalg.eigh])
def test_a_step_back_has_no_pair_for_what_wants_none(f):
    """No parent, as who follows one path gives it, and one that was frozen after the call."""
    x, y = (ag.Tensor(np.eye(2), requires_grad=True) for _ in range(2))
    results = f(x, y) if f in (np.add, np.multiply, np.matmul) else f(x)
    node = results.node if isinstance(results, ag.Tensor) else results[0].node.parents[0]
    g = node.out if isinstance(node.out, np.ndarray) else Parts(node.out)
    call = g, node.out, node.args, node.kwargs
    count = len(node.parents)
    assert node.op.cotangents(*call, (None,) * count) == []
    assert len(node.op.cotangents(*call, node.parents)) == count
    x.requires_grad = y.requires_grad = False
    assert node.op.cotangents(*call, node.parents) == []
