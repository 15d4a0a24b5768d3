"""x[i] = v makes a new value and binds x to it: what was computed before stays right."""

import operator

import numpy as np
import pytest
from assigned import MASK, X, s_
from variables import variable

import autograd_lite as ag


def stored(x, v, index):
    """What x becomes, as a function that can be differentiated."""
    x = np.copy(x)
    x[index] = v
    return x


INDICES = [
    s_[0],
    s_[-1],
    s_[1, 2],
    s_[:, 1],
    s_[...],
    s_[..., 0],
    s_[None, 0],
    s_[:, np.newaxis, 1:],
    s_[::-1, ::2],
    s_[1:1],
    s_[[0, 1]],
    s_[[1, 1, 0]],
    s_[:, [0, 0, 2]],
    s_[[0, 0, 1], [1, 1, 2]],
    s_[[[1], [0]], [[0, 2]]],
    s_[0, [True, False, True]],
    s_[:, np.array([False, True, True])],
    s_[np.array(1)],
    s_[np.int64(1), np.uint8(2)],
    s_[True],
    s_[False],
    s_[()],
    s_[-1, ..., None],
    MASK,
    MASK.tolist(),
]


@pytest.mark.parametrize("index", INDICES, ids=str)
@pytest.mark.parametrize("scalar", [True, False], ids=["one value", "a value each"])
def test_every_form_of_index_is_numpys_and_differentiates_to_second_order(index, scalar):
    shape = () if scalar else X[index].shape
    v = np.random.default_rng(0).uniform(1.0, 2.0, shape)
    np.testing.assert_array_equal(
        stored(variable(X), variable(v), index).numpy(), stored(X, v, index)
    )
    ag.check_gradients(lambda x, v: stored(x * x, v * v, index), X, v)


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_every_form_of_index_reads_to_second_order(index):
    np.testing.assert_array_equal((variable(X) * 1)[index].numpy(), X[index])
    ag.check_gradients(lambda x: x[index] ** 2, X)


def test_a_tensor_of_integers_or_of_booleans_is_an_index():
    x, where = variable(X), ag.Tensor([1, 0])
    assert x[where].tolist() == X[[1, 0]].tolist()
    assert x[ag.Tensor(1), ag.Tensor(MASK[0])].tolist() == [4.0, 6.0]
    y = x.copy()
    y[where, ag.Tensor(2)] = 0.0
    assert y.tolist() == [[1, 2, 0], [4, 5, 0]]


def test_a_tensor_of_floats_is_no_index():
    with pytest.raises(IndexError, match="integer"):
        variable(X)[variable([1.0])]


def test_an_index_that_only_converts_to_an_array_adds_up_repeats():
    class Labels:
        def __array__(self, dtype=None, copy=None):
            return np.array([0, 0, 1])

    x = variable([1.0, 2.0])
    np.testing.assert_array_equal(ag.gradients(np.sum(x[Labels()]), [x])[0], [2.0, 1.0])


def test_of_what_is_stored_twice_the_last_stays():
    v = variable([1.0, 2.0, 3.0])
    x = ag.zeros(3)
    x[[0, 2, 0]] = v
    assert x.tolist() == [3.0, 0.0, 2.0]
    np.testing.assert_array_equal(ag.gradients(np.sum(x), [v])[0], [0.0, 1.0, 1.0])


@pytest.mark.parametrize(
    "value",
    [
        variable([1.0, 2.0, 3.0]),
        variable([[1.0], [2.0]]),
        variable(5.0),
        variable(np.ones((1, 2, 3))),
    ],
    ids=lambda v: str(v.shape),
)
def test_a_value_is_broadcast_and_its_gradient_summed(value):
    x = ag.zeros((2, 3))
    x[...] = value
    np.testing.assert_array_equal(x.numpy(), np.broadcast_to(value.numpy(), (1, 2, 3))[0])
    [g] = ag.gradients(np.sum(x * X), [value])
    assert g.shape == value.shape
    assert np.sum(g) == np.sum(X)


def test_a_value_may_be_a_number_an_array_or_a_list_with_tensors():
    t = variable(2.0)
    x = ag.zeros((3, 2))
    x[0], x[1], x[2] = 1.0, np.array([3.0, 4.0]), [t, 5.0]
    assert x.tolist() == [[1, 1], [3, 4], [2, 5]]
    np.testing.assert_array_equal(ag.gradients(np.sum(x * x), [t])[0], 4.0)


def test_a_value_that_does_not_fit_raises_and_nothing_changes():
    x = variable(X) * 1
    with pytest.raises(ValueError, match=r"setitem.*broadcast"):
        x[0] = np.ones(2)
    with pytest.raises(IndexError, match="out of bounds"):
        x[5] = 1.0
    np.testing.assert_array_equal(x.numpy(), X)


def test_what_was_computed_from_the_old_value_stays_right():
    w = variable([1.0, 2.0, 3.0])
    x = w * w
    before = np.sum(x * x)
    x[0] = 10.0
    after = np.sum(x * x)
    np.testing.assert_array_equal(ag.gradients(before, [w])[0], [4.0, 32.0, 108.0])
    np.testing.assert_array_equal(ag.gradients(after, [w])[0], [0.0, 32.0, 108.0])


def test_a_value_computed_from_the_tensor_itself():
    def f(x):
        y = x * 1
        y[0] = y[1] * y[2]
        y[1:] = y[:2] * y[0]
        y[2] = np.sum(y)
        return y

    ag.check_gradients(f, np.array([1.0, 2.0, 3.0]))


@pytest.mark.parametrize("op", ["iadd", "isub", "imul", "itruediv", "ipow"])
@pytest.mark.parametrize("index", [s_[0], s_[:, 1:], MASK, s_[[1, 0], [0, 2]]], ids=str)
def test_augmented_assignment_to_elements(op, index):
    def f(x, v):
        y = np.copy(x)
        y[index] = getattr(operator, op)(y[index], v)
        return y

    def augmented(x, v):
        y = x * 1
        exec(f"y[index] {SYMBOLS[op]} v", {"y": y, "index": index, "v": v})
        return y

    v = np.array(1.5)
    np.testing.assert_array_equal(augmented(X, v), augmented(variable(X), variable(v)).numpy())
    ag.check_gradients(augmented, X, v)


SYMBOLS = {"iadd": "+=", "isub": "-=", "imul": "*=", "itruediv": "/=", "ipow": "**="}


def test_augmented_assignment_to_repeated_elements_adds_once_as_in_numpy():
    x = variable([1.0, 2.0]) * 1
    x[[0, 0]] += 1.0
    assert x.tolist() == [2.0, 2.0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64])
def test_the_dtype_of_the_target_is_kept_and_gradients_have_their_own(dtype):
    x, v = variable(np.ones(3, dtype)), variable([2.0])
    y = x * 1
    y[1:2] = v
    assert y.dtype == dtype
    gx, gv = ag.gradients(np.sum(np.real(y) ** 2), [x, v])
    assert (gx.dtype, gv.dtype) == (dtype, np.float64)
    np.testing.assert_array_equal(gx, [2.0, 0.0, 2.0])
    np.testing.assert_array_equal(gv, [4.0])


@pytest.mark.parametrize("make", [lambda: ag.zeros(3, dtype=int), lambda: ag.array([0, 0, 0])])
def test_integers_take_no_tensor_that_requires_a_gradient(make):
    x = make()
    with pytest.raises(TypeError, match=r"would round .*ag\.zeros"):
        x[0] = variable(1.5)
    with pytest.raises(TypeError, match="would round"):
        np.put(x, [0], variable([1.5]))
    x[0] = 7
    assert x.tolist() == [7, 0, 0]


LEAF = r"on x of shape \(2,\).* x\.data = x\.data - .*no_grad.* y = x\.copy\(\); y\[i\] = v"


def test_a_leaf_that_requires_a_gradient_raises_with_the_rewrite_and_is_unchanged():
    x = variable([1.0, 2.0], name="x")
    node = x.node
    for assign in (
        lambda: operator.setitem(x, 0, 5.0),
        lambda: x.fill(1.0),
        lambda: x.put([0], [1.0]),
        lambda: np.copyto(x, 1.0),
        lambda: operator.iadd(x, 1.0),
        lambda: operator.isub(x[1:], 1.0),
        lambda: np.add(x, 1.0, out=x),
        lambda: np.clip(x, -1, 1, out=x),
        lambda: setattr(x, "flat", 0.0),
    ):
        with pytest.raises(ValueError, match=LEAF):
            assign()
    with pytest.raises(ValueError, match=r"keeps its shape.*reshape"):
        x.shape = (2, 1)
    assert x.tolist() == [1.0, 2.0]
    assert x.node is node
    y = x.copy()
    y[0] = 5.0
    np.testing.assert_array_equal(ag.gradients(np.sum(y * y), [x])[0], [0.0, 4.0])


def test_a_constant_becomes_part_of_the_graph_and_keeps_its_name():
    x = ag.Tensor([1.0, 2.0], name="buffer")
    v = variable(3.0)
    x[0] = v
    assert x.requires_grad
    assert x.name == "buffer"
    np.sum(x * x).backward()
    assert v.grad == 6.0


def test_an_inner_tensor_inside_no_grad_raises():
    x = variable([1.0, 2.0]) * 1
    with ag.no_grad(), pytest.raises(ValueError, match=r"inside no_grad\(\) .*x\.copy\(\)"):
        x[0] = 1.0
    with ag.no_grad():
        y = x.copy()
        y[0] = 9.0
    assert x.requires_grad
    assert not y.requires_grad


def test_the_given_array_is_never_written_into():
    data = np.zeros(3)
    x = ag.Tensor(data)
    seen = x.numpy()
    x[0] = 1.0
    assert data.tolist() == seen.tolist() == [0.0, 0.0, 0.0]


def test_a_second_name_sees_the_assignment():
    x = y = ag.zeros(2)
    x[0] = 1.0
    assert y.tolist() == [1.0, 0.0]


def test_a_scalar_tensor_can_be_assigned_to():
    x, v = variable(1.0) * 1, variable(2.0)
    x[()] = v
    x[...] = x * v
    assert x.shape == ()
    assert ag.gradients(x, [v]) == [4.0]


def test_the_hash_and_the_weak_references_of_a_tensor_survive():
    x = ag.zeros(2)
    table = {x: "x"}
    x[0] = 1.0
    assert table[x] == "x"


def recurrent(W, h0, steps, make):
    h = make((steps, 2))
    h[0] = h0
    for t in range(1, steps):
        h[t] = np.tanh(W @ h[t - 1])
    return np.sum(h * h)


def test_a_recurrence_of_fifty_steps_fills_a_tensor():
    W, h0 = np.array([[0.9, -0.4], [0.3, 0.8]]), np.array([0.5, -0.2])
    value, (dW, dh) = ag.value_and_grad(lambda W, h: recurrent(W, h, 50, ag.zeros), (0, 1))(W, h0)
    assert value == recurrent(W, h0, 50, np.zeros)

    def as_a_list(W, h):
        states = [h]
        for _ in range(49):
            states.append(np.tanh(W @ states[-1]))
        return np.sum(np.stack(states) ** 2)

    expected = ag.grad(as_a_list, (0, 1))(W, h0)
    np.testing.assert_allclose(dW, expected[0], rtol=1e-12)
    np.testing.assert_allclose(dh, expected[1], rtol=1e-12)
    ag.check_gradients(lambda W, h: recurrent(W, h, 4, ag.empty), W, h0)


def test_a_table_is_filled_by_dynamic_programming():
    def path(costs):
        best = ag.full(costs.shape, np.inf)
        best[0, 0] = costs[0, 0]
        for i in range(3):
            for j in range(3):
                if i + j:
                    above = best[i - 1, j] if i else np.inf
                    left = best[i, j - 1] if j else np.inf
                    best[i, j] = costs[i, j] + np.minimum(above, left)
        return best[-1, -1]

    costs = np.array([[1.0, 3.0, 1.0], [1.0, 5.0, 1.0], [4.0, 2.0, 1.0]])
    value, g = ag.value_and_grad(path)(costs)
    assert value == 7.0
    np.testing.assert_array_equal(g, [[1, 1, 1], [0, 0, 1], [0, 0, 1]])


def test_swapping_two_rows():
    """By numbers; y[0] and y[1] are views, and one is overwritten before it is read."""
    x = variable(X)
    y = x * 1
    y[[0, 1]] = y[[1, 0]]
    np.testing.assert_array_equal(y.numpy(), X[::-1])
    np.testing.assert_array_equal(ag.gradients(np.sum(y * X), [x])[0], X[::-1])
    y[0], y[1] = y[1], y[0]
    np.testing.assert_array_equal(y.numpy(), X[[0, 0]])


def test_a_tensor_unpacks_and_iterates():
    x = variable(X)
    first, second = x
    (a, *_), _ = x
    total = np.sum(first * second) + a + sum(row[0] for row in x)
    np.testing.assert_array_equal(ag.gradients(total, [x])[0], [[6, 5, 6], [2, 2, 3]])


@pytest.mark.parametrize(
    ("name", "store"),
    [
        ("put", lambda a, t: np.put(a, [0], t)),
        ("put_along_axis", lambda a, t: np.put_along_axis(a, np.array([0]), t, 0)),
        ("copyto", np.copyto),
        ("place", lambda a, t: np.place(a, [True, False], t)),
        ("putmask", lambda a, t: np.putmask(a, [True, False], t)),
        ("fill", lambda a, t: np.fill_diagonal(np.zeros((2, 2)), t)),
    ],
)
def test_storing_a_tensor_into_an_array_raises_with_the_way_out(name, store):
    with pytest.raises(TypeError, match=r"cannot be stored into a NumPy array.*ag\."):
        store(np.zeros(2), variable([1.0]))


def test_storing_keeps_the_dtype_and_casts_the_values():
    x, v = variable(np.ones(3, np.float32)), variable([2.0])
    y = x * 1
    np.put(y, [1], v)
    assert y.dtype == np.float32
    assert [g.dtype for g in ag.gradients(np.sum(y), [x, v])] == [np.float32, np.float64]


def test_copyto_refuses_what_numpy_refuses():
    with pytest.raises(TypeError, match="casting='same_kind'"):
        np.copyto(variable([1.0]) * 1, np.array([1j]))


def test_the_methods_fill_and_put():
    v = variable(2.0)
    x = ag.zeros(3)
    x.fill(v)
    x.put([0, -1], [v * v, 7.0])
    assert x.tolist() == [4.0, 2.0, 7.0]
    assert ag.gradients(np.sum(x), [v]) == [5.0]
