"""The tape does not keep a large value that no rule reads, and computes it again when asked.

Each program runs twice: as it is, with arrays of any size forgotten, and with nothing forgotten.
"""

import copy
import pickle
import sys

import numpy as np
import pytest
from test_costs import MEGABYTE, peak
from variables import variable

import autograd_lite as ag
from autograd_lite.engine import calls, primitives
from autograd_lite.engine.tape import CallOfTwo, Forgotten, history

N = 3
FORGETFUL = [op for op in primitives._primitives.values() if not op.reads_out]
SUMS = [op for op in primitives._primitives.values() if op.record is calls.record_sum]


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch):
    monkeypatch.setattr(calls, "_LARGE", -1)


def both_ways(f, *args):
    """What f gives where the tape forgets, and where it keeps everything."""
    forgotten = f(*args)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calls, "_LARGE", sys.maxsize)
        return forgotten, f(*args)


def forgotten_in(*roots):
    """The calls of a graph that have forgotten their result or an operand."""
    return [
        node
        for node in history(*(root.node for root in roots))
        if type(node) is CallOfTwo
        if any(x is None or type(x) is Forgotten for x in (node.value, node.x, node.y))
    ]


def assert_equal_graphs(one, other):
    """All values of two graphs of the same calls are the same, to the last bit."""
    for a, b in zip(history(one.node), history(other.node), strict=True):
        assert np.array_equal(a.out, b.out, equal_nan=True)
        for x, y in zip(a.args, b.args, strict=True):
            assert np.array_equal(x, y, equal_nan=True)


# --- what is forgotten ----------------------------------------------------------------------------


def test_the_forgetful_operations_are_these():
    assert {op.name for op in FORGETFUL} == {"add", "subtract", "multiply", "matmul"}
    assert {op.name for op in SUMS} == {"add", "subtract"}


@pytest.mark.parametrize("shapes", [((3, 3), (3, 3)), ((2, 3, 3), (3, 3)), ((3,), (3, 3))])
@pytest.mark.parametrize("op", FORGETFUL, ids=lambda op: op.name)
def test_a_rule_reads_nothing_that_may_be_forgotten(op, shapes):
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=shape) for shape in shapes)
    out = op.f(x, y)
    g = rng.normal(size=out.shape)
    for rule in op.rules:
        expected = rule(g, out, x, y)
        np.testing.assert_array_equal(rule(g, object(), x, y), expected)
        if op in SUMS:
            np.testing.assert_array_equal(rule(g, object(), object(), object()), expected)


def test_what_is_forgotten_is_an_operand_of_a_sum_and_the_result_that_it_was():
    w, x, b = (variable(np.full((N, N), value)) for value in (0.5, 2.0, 3.0))
    product, tanh = w @ x, np.tanh(w)
    total = product + b + tanh
    inner = total.node.p
    assert forgotten_in(total) == [product.node, inner, total.node]
    assert product.node.value is None
    assert inner.value is None
    assert type(inner.x) is Forgotten
    assert inner.y is b._array  # a leaf's, which may be bound to another value
    assert tanh.node.out is tanh._array  # its rule reads the result
    assert total.node.value is total._array


def test_nothing_is_forgotten_of_plain_arrays_of_small_ones_or_of_what_is_broadcast(monkeypatch):
    """Data may be on the tape by reference, and be written into after the call."""
    w, x = variable(np.ones((N, N))), np.ones((N, N))
    assert (x @ w + w).node.p.value is not None
    row = (w * w)[0] * w[0]
    assert type((w + row).node.y) is np.ndarray
    monkeypatch.undo()
    assert forgotten_in(w @ w + w) == []
    large = variable(np.ones((33, 33)))
    assert len(forgotten_in(large @ large + large)) == 2


def test_a_sum_of_products_needs_the_memory_of_its_result(monkeypatch):
    monkeypatch.undo()
    x, weights = variable(np.ones((1, 1))), [variable(np.ones((1, MEGABYTE // 8)))] * 5

    def total():
        return x @ weights[0] + x @ weights[1] + x @ weights[2] + x @ weights[3] + x @ weights[4]

    used, _ = peak(total)
    assert used <= 4.1  # two products at a time and two sums; nine arrays where all are kept


def test_a_pass_stores_nothing():
    w = variable(np.arange(9.0).reshape(N, N))
    loss = np.sum((w @ w + w) * (w * w - w))
    before = forgotten_in(loss)
    loss.backward()
    ag.gradients(loss, [w])
    assert forgotten_in(loss) == before != []


# --- what is computed again -----------------------------------------------------------------------


def random_program(seed, a, b):
    """Sums, products, views and assignments in any order, with arrays that are written into."""
    rng = np.random.default_rng(seed)
    a, b, data = variable(a), variable(b), rng.normal(size=(N, N))
    held = [a + b, a @ b, a * b]
    for _ in range(20):
        x, y = (held[i] for i in rng.integers(len(held), size=2))
        step = rng.integers(11)
        if step < 5:
            made = (x + y, x - y, x @ y * 0.3, x * y * 0.3, np.tanh(x))[step]
            held.append(made)
        elif step == 5:
            held.append(x + data)
            data *= 1.5
        elif step == 6:
            x += y
        elif step == 7:
            x[1] = y[0] * 2.0
        elif step == 8:
            x.T[0] -= 1.0
        elif step == 9:
            held.append(np.reshape(x[::-1], (N, N)) + y)
        else:
            held[rng.integers(len(held))] = x.T + y
    return a, b, held, np.sum(np.tanh(sum(held[1:], held[0])))


SEEDS = range(25)


@pytest.mark.parametrize("seed", SEEDS)
def test_values_are_those_that_were_there(seed):
    """Whatever was written into after them."""
    a, b = np.random.default_rng(seed).normal(size=(2, N, N))
    (x, y, held, loss), (x2, y2, _, loss2) = both_ways(random_program, seed, a, b)
    assert forgotten_in(loss)
    assert not forgotten_in(loss2)
    before = [t.data.copy() for t in held]
    for variables in ((x, y), (x2, y2)):  # no call on the tape sees this
        variables[0].data *= 3.0
        variables[1].data[0] = 7.0
    assert_equal_graphs(loss, loss2)
    for tensor, value in zip(held, before, strict=True):
        np.testing.assert_array_equal(tensor.data, value)


@pytest.mark.parametrize("keep_tape", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_gradients_are_the_same(seed, keep_tape):
    a, b = np.random.default_rng(seed).normal(size=(2, N, N))

    def gradients():
        x, y, _, loss = random_program(seed, a, b)
        if keep_tape:
            loss.backward()  # a graph that is retained, and added to
            loss = loss * loss
        loss.backward(keep_tape=keep_tape)
        return x.grad, y.grad

    for one, other in zip(*both_ways(gradients), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("seed", SEEDS)
def test_second_derivatives_and_hooks_are_the_same(seed):
    """A pass that is recorded, and a careful one, ask for no value either."""
    a, b = np.random.default_rng(seed).normal(size=(2, N, N))

    def second():
        x, y, held, loss = random_program(seed, a, b)
        before = forgotten_in(loss)
        with held[0].register_hook(lambda g: g * 2.0):
            first = ag.gradients(loss, [x, y], create_graph=True)
            found = ag.gradients(sum(np.sum(g * g) for g in first), [x, y])
        assert [node for node in before if node not in forgotten_in(loss)] == []
        return found

    for one, other in zip(*both_ways(second), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.filterwarnings("ignore:(invalid|divide)")
@pytest.mark.parametrize("keep_tape", [True, False])
def test_a_careful_pass_is_the_same(keep_tape):
    """A nan arrives from the branch that was not taken; values that were freed come back."""

    def gradient():
        w = variable(np.linspace(-1, 1, 400).reshape(20, 20))
        h = w @ w + w * w
        np.sum(np.where(w > 0, np.log(w) / w, h - w) + h).backward(keep_tape=keep_tape)
        return w.grad

    one, other = both_ways(gradient)
    assert np.isfinite(one).all()
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))])
def test_copies_have_all_values(copied):
    def graph():
        w = variable(np.arange(9.0).reshape(N, N))
        return np.sum(w @ w + w - w * w)

    one, other = both_ways(graph)
    assert_equal_graphs(copied(one), other)
    assert_equal_graphs(one, other)


def test_functions_that_leak_their_graph_show_what_was_computed():
    """Data that are on the tape by reference, and written into when the call is over."""
    X, leaked = np.ones((200, 200)), []

    def f(w, X):
        leaked.append((X @ w + w) * (w @ w + w))
        return np.sum(leaked[-1])

    for _ in range(4):  # some calls have copies
        ag.grad(f)(np.eye(200), X)
    values = [t._array.copy() for t in leaked]
    X[:] = 5.0
    for tensor, value in zip(leaked, values, strict=True):
        node = tensor.node
        np.testing.assert_array_equal(node.out, value)
        np.testing.assert_array_equal(node.args[0] * node.args[1], value)


def test_checkpoints_and_loops_take_up_what_was_forgotten():
    def gradient():
        w = variable(np.linspace(-1, 1, 9).reshape(N, N))
        h = w @ w
        total = h + w
        again = ag.checkpoint(lambda x: np.tanh(x @ h + total))(w)
        (last, _) = ag.scan(lambda c, x: (np.tanh(c @ h + x), None), total, np.ones((4, N, N)))
        more = h + total  # forgets them once more
        np.sum(again * last + more).backward()
        return w.grad

    np.testing.assert_array_equal(*both_ways(gradient))


def test_readings_say_the_same():
    def readings():
        w = variable(np.arange(4.0).reshape(2, 2), name="w")
        h = w @ w + w
        loss = np.sum(h - w * w)
        pictures = ag.draw(loss), ag.draw(loss, numbers=True)
        compared = ag.compare(loss, {"w": np.ones((2, 2))})
        return *(picture.text for picture in pictures), str(ag.derive(loss)), str(compared)

    one, other = both_ways(readings)
    assert one == other
    assert "11.0000" in one[0]  # (w @ w)[1, 1], which no rule reads


def test_anomalies_are_found_in_what_was_forgotten():
    w = variable(np.array([0.0, 4.0]))
    total = w * w + w
    loss = np.sum(np.sqrt(total))
    with pytest.raises(ag.AnomalyError, match=r"sqrt made inf at \[0\]"), ag.detect_anomaly():
        loss.backward()


@pytest.mark.filterwarnings("error")
def test_to_compute_again_warns_of_nothing():
    with np.errstate(all="ignore"):
        w = variable(np.array([1e308, np.inf]))
        total = (w * w - w) + w
    assert forgotten_in(total)
    assert np.isnan(total.node.args[0][1])


def test_a_long_chain_and_many_paths_take_no_recursion():
    x = variable(np.ones(2))
    y = x * x
    for _ in range(2 * sys.getrecursionlimit()):
        y = y + x * x
    assert y.node.args[0][0] == 2.0 * sys.getrecursionlimit()
    z = x * x
    for _ in range(60):
        z = z + z
    assert z.node.args[0][0] == 2.0**59


def test_what_has_been_freed_is_refused_in_words():
    w = variable(np.ones((N, N)))
    product = w @ w
    total = product + w
    np.sum(product * 2.0).backward(keep_tape=False)
    with pytest.raises(ValueError, match="this part of the tape is gone"):
        total.node.args  # noqa: B018
    assert total.data[0, 0] == N + 1
