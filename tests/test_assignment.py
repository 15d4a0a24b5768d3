"""x[i] = v makes a new value and binds x to it: what was computed before stays right."""

import copy
import operator
import pickle
import weakref

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.engine.tape import history

X = np.arange(1.0, 7.0).reshape(2, 3)
MASK = np.array([[True, False, True], [False, False, True]])
s_ = np.s_


def variable(data, **options):
    return ag.Tensor(data, requires_grad=True, **options)


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


# --- what is assigned to ----------------------------------------------------------------------


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


# --- views ------------------------------------------------------------------------------------

VIEWS = {
    "slice": lambda x: x[1:],
    "row": lambda x: x[0],
    "of a view": lambda x: x[1:][:1],
    "reversed": lambda x: x[::-1, None],
    "column": lambda x: np.transpose(x, (1, 0))[..., 0],
    "by numbers": lambda x: x[[0, 1]],
    "T": lambda x: x.T,
    "reshape": lambda x: x.reshape(3, 2),
    "reshape to columns": lambda x: np.reshape(x, (3, 2), order="F"),
    "reshape what is transposed": lambda x: x.T.reshape(-1),
    "ravel": lambda x: x.ravel(),
    "expand_dims": lambda x: np.expand_dims(x, 0),
    "squeeze": lambda x: np.squeeze(x[:1]),
    "flip": lambda x: np.flip(x),
    "rot90": lambda x: np.rot90(x),
    "swapaxes": lambda x: np.swapaxes(x, 0, 1)[1:],
    "moveaxis": lambda x: np.moveaxis(x, 0, 1),
    "rollaxis": lambda x: np.rollaxis(x, 1),
    "split": lambda x: np.split(x, 2)[1],
    "hsplit": lambda x: np.hsplit(x, 3)[1],
    "array_split": lambda x: np.array_split(x, 2, 1)[0],
    "iter": lambda x: next(iter(x)),
    "atleast_1d": lambda x: np.atleast_1d(x),
    "atleast_3d": lambda x: np.atleast_3d(x),
    "real": lambda x: np.real(x),
    "positive": lambda x: np.positive(x),
    "conj": lambda x: np.conj(x),
    "ravel what is flipped": lambda x: np.ravel(x[:, ::-1][::-1]),
    "trim_zeros": lambda x: np.trim_zeros(x.ravel()),
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize("to_fill", [False, True], ids=["", "of a tensor to fill"])
def test_an_assignment_through_a_view_is_one_into_the_whole_where_it_is_in_numpy(view, to_fill):
    v = variable([7.0, 8.0, 9.0])
    x, array = (ag.array(X) if to_fill else variable(X) * 1), X.copy()
    part, array_part = view(x), view(array)
    values = np.resize(v.numpy(), array_part.shape)
    array_part[...] = values
    part[...] = np.resize(v, part.shape)
    np.testing.assert_array_equal(x.numpy(), array)
    np.testing.assert_array_equal(part.numpy(), array_part)
    G = np.arange(1.0, 7.0).reshape(2, 3)
    (expected,) = ag.gradients(np.sum(view(ag.array(G)) * np.resize(v, part.shape)), [v])
    if np.array_equal(array, X):
        expected = 0 * expected
    np.testing.assert_array_equal(ag.gradients(np.sum(x * G), [v])[0], expected)


PROGRAMS = st.lists(
    st.tuples(
        st.sampled_from(["view", "assign"]), st.integers(0, 9), st.sampled_from(sorted(VIEWS))
    ),
    max_size=12,
)


@given(PROGRAMS, st.booleans())
def test_programs_of_views_and_assignments_compute_what_numpy_does(steps, keeps_all):
    """Views of views, some of them gone, and assignments to any of them."""
    arrays, tensors = [X.copy()], [variable(X) * 1]
    for number, (kind, which, name) in enumerate(steps):
        i = which % len(arrays)
        if kind == "view" and arrays[i].shape == X.shape:
            arrays.append(VIEWS[name](arrays[i]))
            tensors.append(VIEWS[name](tensors[i]))
            if not keeps_all and which > 6:
                del arrays[i], tensors[i]
        elif kind == "assign":
            index = (Ellipsis, slice(which % 2, None)) if arrays[i].ndim else ()
            arrays[i][index] = 10.0 + number
            tensors[i][index] = 10.0 + number
        for array, tensor in zip(arrays, tensors, strict=True):
            np.testing.assert_array_equal(tensor.numpy(), array)


def test_gradients_flow_through_views_as_through_the_same_assignments_to_the_whole():
    def through_views(x, v):
        y = x * 2
        rows = list(y)
        rows[0][1:] = v
        column = y.T[2]
        rows[1][:] = column[0] * rows[0]
        return np.sum(y**2) + np.sum(column**3)

    def to_the_whole(x, v):
        y = x * 2
        y[0, 1:] = v
        y[1] = y[0, 2] * y[0]
        return np.sum(y**2) + np.sum(y[:, 2] ** 3)

    v = np.array([0.5, -0.7])
    for got, expected in zip(
        ag.grad(through_views, (0, 1))(X, v), ag.grad(to_the_whole, (0, 1))(X, v), strict=True
    ):
        np.testing.assert_allclose(got, expected)
    ag.check_gradients(through_views, X, v)


def test_only_views_of_what_is_assigned_to_change():
    x = variable(X) * 1
    first, second = x[0], x[1]
    loss = np.sum(first * second)
    x[1] = 0.0
    assert [g.tolist() for g in ag.gradients(loss, [first])] == [X[1].tolist()]
    assert second.tolist() == [0, 0, 0]


def test_views_that_nobody_may_write_through_raise():
    x = variable(X) * 1
    for view in (np.broadcast_to(x, (2, 2, 3)), np.diagonal(x)):
        with pytest.raises(ValueError, match=r"read-only, as in NumPy.*\.copy\(\)"):
            view[0] = 9.0
    np.testing.assert_array_equal(x.numpy(), X)


def test_nothing_is_changed_where_the_whole_cannot_be():
    x = variable(X, name="x")
    part = x[1:]
    with pytest.raises(ValueError, match=r"a leaf that requires a gradient.*\.copy\(\)"):
        part[0] = 9.0
    doubled = x * 2
    with ag.no_grad(), pytest.raises(ValueError, match="inside no_grad"):
        doubled[1:][0] = 9.0
    np.testing.assert_array_equal(doubled.numpy(), 2 * X)
    np.testing.assert_array_equal(x.numpy(), X)
    np.testing.assert_array_equal(part.numpy(), X[1:])


def test_a_tensor_becomes_a_view_of_itself_or_what_a_method_makes_of_it():
    x, array = variable(X) * 1, X.copy()
    views = []
    for y in (x, array):
        first, last = y[0], y[-1]
        views.append([first, last])
        np.add.at(y, ([0, 0, 1], [1, 1, 2]), 5.0)
        np.negative(last, out=last)
        first.sort()
        y[...] = y[::-1]
        np.put(y, [0], first[2])
    np.testing.assert_array_equal(x.numpy(), array)
    np.testing.assert_array_equal([row.tolist() for row in views[0]], views[1])


def test_views_are_followed_no_further_when_data_are_rebound():
    x = ag.array(X)
    part = x[1:]
    x.data = X + 1
    part[0] = 9.0
    np.testing.assert_array_equal(x.numpy(), X + 1)


def test_a_tensor_keeps_nothing_of_its_views():
    x = ag.array(X)
    gone = weakref.ref(x[1:])
    assert gone() is None
    x[0] = 1.0


def test_a_chain_of_views_is_as_long_as_you_like():
    x = ag.array(X)
    part = x
    for _ in range(20_000):
        part = part.T
    part[0, 0] = 9.0
    assert x[0, 0].item() == 9.0
    del part


def test_a_view_of_a_tensor_that_is_gone_is_assigned_to():
    x = ag.arange(6.0).reshape(2, 3)
    x[0, 1:] = variable([7.0, 8.0])
    assert x.tolist() == [[0, 7, 8], [3, 4, 5]]


def test_a_copy_of_a_view_is_assigned_to():
    x = variable(X)
    y = x[1:].copy()
    y[0] = 0.0
    np.testing.assert_array_equal(x.numpy(), X)


def test_a_view_shows_what_is_assigned_to_the_whole_later():
    x = ag.zeros(3)
    part, copied = x[1:], x[1:].copy()
    x[1] = 5.0
    assert part.tolist() == [5.0, 0.0]
    assert copied.tolist() == [0.0, 0.0]


def test_a_new_shape_is_set():
    w = variable(X)
    x = w * 1
    x.shape = (3, -1)
    x[0] = 0.0
    assert x.tolist() == [[0, 0], [3, 4], [5, 6]]
    np.testing.assert_array_equal(ag.gradients(np.sum(x), [w])[0], [[0, 0, 1], [1, 1, 1]])
    with pytest.raises(ValueError, match="reshape"):
        x.shape = (4, 2)


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")  # NumPy 2.5, of arrays
def test_a_view_whose_shape_is_set_is_still_a_view():
    x, array = variable(X) * 1, X.copy()
    for y in (x, array):
        part = y[1:]
        inner = part[0, 1:]
        part.shape = (3,)
        part[1] = 8.0
        inner[1] = 9.0
        y.shape = (3, 2)
    np.testing.assert_array_equal(x.numpy(), array)
    assert inner.tolist() == [8.0, 9.0]


# --- programs ---------------------------------------------------------------------------------


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


# --- NumPy's functions that store ---------------------------------------------------------------


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


# --- x += v -----------------------------------------------------------------------------------

OPERATORS = {
    "+": 2.0, "-": 0.5, "*": 3.0, "/": 2.0, "//": 2.0, "%": 2.0, "**": 2.0, "@": np.eye(3),
}  # fmt: skip


def augmented(x, symbol, v):
    """x after ``x += v``, which may be another object."""
    names = {"x": x, "v": v}
    exec(f"x {symbol}= v", names)
    return names["x"]


@pytest.mark.parametrize("symbol", OPERATORS)
def test_an_augmented_assignment_is_seen_by_views_aliases_and_whoever_has_the_tensor(symbol):
    def f(x):
        y = x * 0.3
        alias, row, held = y, y[1], {"y": y}
        first = augmented(row, symbol, np.eye(3) if symbol == "@" else v)
        whole = augmented(held["y"], symbol, v)
        assert first is row
        assert whole is y
        return np.sum(np.cos(alias)) + np.sum(np.sin(row))

    v = OPERATORS[symbol]
    value, g = ag.value_and_grad(f)(X)
    np.testing.assert_allclose(value, f(X))
    directions = np.eye(X.size).reshape(-1, *X.shape)
    numeric = [(f(X + 1e-6 * e) - f(X - 1e-6 * e)) / 2e-6 for e in directions]
    np.testing.assert_allclose(g.ravel(), numeric, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("symbol", ["&", "|", "^", "<<", ">>"])
def test_an_augmented_assignment_of_integers(symbol):
    x, array = ag.array([1, 2, 5]), np.array([1, 2, 5])
    part, array_part = x[1:], array[1:]
    assert augmented(x, symbol, 3) is x
    augmented(array, symbol, 3)
    assert x.tolist() == array.tolist()
    assert part.tolist() == array_part.tolist()


def test_numbers_are_replaced_and_arrays_of_one_number_are_written_into():
    def f(x, y):
        before, other = x, np.sum(x)
        x += 1.0
        other *= 2.0
        z = y[()] * 1.0
        same = z
        z += 1.0
        u = y
        u += before
        return before + 10.0 * x + 100.0 * same + 1000.0 * y + 0.0 * other

    for x in (2.0, np.float64(2.0)):
        value, (gx, gy) = ag.value_and_grad(lambda p: f(*p))((x, np.array(3.0)))
        assert value == f(x, np.array(3.0)) == 2.0 + 30.0 + 300.0 + 5000.0
        assert (gx, gy) == (1011.0, 1100.0)


def test_an_argument_that_is_a_number_is_one_in_nested_derivatives_too():
    def cube(x):
        y = x
        y *= x
        y *= x
        return y

    assert ag.grad(ag.grad(cube))(2.0) == 12.0


@pytest.mark.parametrize(
    ("x", "symbol", "v"),
    [
        (np.arange(3), "+", 0.5),
        (np.arange(3), "/", 2),
        (np.ones(3), "+", 1j),
        (np.ones(3), "+", np.ones((2, 3))),
        (np.ones(1), "+", np.ones(3)),
        (np.ones((2, 3)), "@", np.ones((3, 2))),
    ],
)
def test_an_augmented_assignment_that_numpy_refuses_is_refused_and_nothing_changes(x, symbol, v):
    t = ag.array(x)
    node = t.node
    with pytest.raises((TypeError, ValueError)) as of_numpy:
        augmented(x.copy(), symbol, v)
    with pytest.raises(
        (TypeError, ValueError), match=r"^x .= v on Tensor of .* a result of"
    ) as ours:
        augmented(t, symbol, v)
    assert isinstance(of_numpy.value, ours.type)
    assert t.node is node
    assert t.tolist() == x.tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.complex64, np.int32])
def test_an_augmented_assignment_keeps_the_dtype(dtype):
    x, array = ag.ones(3, dtype=dtype), np.ones(3, dtype)
    v = np.ones(3, np.int64 if dtype is np.int32 else np.float64)
    x += v
    array += v
    assert x.dtype == array.dtype == dtype
    assert x.tolist() == array.tolist()


def test_operands_that_overlap_are_read_before_any_is_written():
    def f(x):
        y = x * 1.0
        y[1:] += y[:-1]
        y[:, 1:] -= y[:, :-1]
        y -= y[0]
        y[:, :2] += y[:, :2].T
        y[[0, 0]] += 1.0
        np.add(y[1:], y[:-1], out=y[1:])
        return np.sum(y**3)

    assert ag.value_and_grad(f)(X)[0] == f(X)
    ag.check_gradients(f, X)


def test_an_augmented_assignment_to_a_part_stores_it_once():
    x = variable(X)
    y = x * 1.0
    y[1:] += 1.0
    assert [node.op.name for node in history(y.node)[1:]] == [
        "multiply", "getitem", "add", "setitem",
    ]  # fmt: skip


def test_a_view_is_stored_where_the_bounds_of_its_index_have_moved_to():
    y = variable(np.arange(5.0)) * 1.0
    start, stop = np.array(1), np.array(3)
    part = y[start:stop]
    start += 1
    stop += 1
    y[start:stop] = part
    np.testing.assert_array_equal(y.numpy(), [0.0, 1.0, 1.0, 2.0, 4.0])


def test_both_parts_of_complex_numbers_are_views():
    def f(x):
        z = x + 1j * x**2
        imaginary = z.imag
        z.real[0] = 0.5
        z.imag *= 3.0
        imaginary[1] += 1.0
        z[2] = 2.0 + x[0] * 1j
        z.real += z.imag
        return np.sum(np.abs(z) ** 2) + np.sum(imaginary)

    x = np.array([0.3, 0.7, 1.1])
    np.testing.assert_allclose(ag.value_and_grad(f)(x)[0], f(x))
    ag.check_gradients(f, x)


# --- views and copies: what NumPy shares is shared ------------------------------------------------

windows = np.lib.stride_tricks.sliding_window_view
SHARED = {
    **VIEWS,
    "squeeze of nothing": np.squeeze,
    "squeeze method": lambda x: x.squeeze(),
    "squeeze an axis": lambda x: np.squeeze(x[None], 0),
    "conj method": lambda x: x.conj(),
    "conjugate method": lambda x: x.conjugate(),
    "real attribute": lambda x: x.real,
    "real_if_close": np.real_if_close,
    "astype": lambda x: x.astype(float),
    "astype without a copy": lambda x: x.astype(float, copy=False),
    "np.astype without a copy": lambda x: np.astype(x, float, copy=False),
    "np.astype": lambda x: np.astype(x, float),
    "einsum diagonal": lambda x: np.einsum("ii->i", x[:, :2]),
    "einsum permutation": lambda x: np.einsum("ij->ji", x),
    "einsum ellipsis": lambda x: np.einsum("...->...", x),
    "einsum sum": lambda x: np.einsum("ij->i", x),
    "einsum lists": lambda x: np.einsum(x, [0, 1], [1, 0]),
    "windows": lambda x: windows(x, 1, 1, writeable=True),
    "ravel F": lambda x: np.ravel(x, "F"),
    "ravel K": lambda x: np.ravel(x, "K"),
    "ravel T K": lambda x: x.T.ravel("K"),
    "reshape to its shape": lambda x: x.reshape(x.shape),
    "reshape F": lambda x: x.T.reshape(-1, order="F"),
    "flatten": lambda x: x.flatten(),
    "flatten a row": lambda x: x[0].flatten(),
    "atleast_2d": np.atleast_2d,
    "rot90 by nothing": lambda x: np.rot90(x, 0),
    "nan_to_num": np.nan_to_num,
    "nan_to_num in place": lambda x: np.nan_to_num(x, copy=False),
    "view": lambda x: x.view(),
    "ellipsis of one": lambda x: x[0, 0, ...],
    "flat slice": lambda x: x.flat[1:3],
    "mask": lambda x: x[MASK],
    "copy": lambda x: x.copy(),
    "np.copy": np.copy,
    "copy.copy": copy.copy,
    "copy.deepcopy": copy.deepcopy,
    "ravel of a copy": lambda x: np.copy(x).ravel("F"),
    "concatenate": lambda x: np.concatenate([x]),
    "tile": lambda x: np.tile(x, 1),
    "roll": lambda x: np.roll(x, 0),
    "take": lambda x: np.take(x, 0, 0),
}
LAYOUTS = {
    "C": lambda x: x * 1.0,
    "F": lambda x: (x.T * 1.0).T,
    "a part": lambda x: (np.stack([x, x], -1) * 1.0)[..., 0],
    "reversed": lambda x: (x * 1.0)[::-1, ::-1],
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("make", SHARED.values(), ids=SHARED)
def test_what_is_shared_and_what_is_copied_is_as_in_numpy(make, layout):
    def program(x):
        y = layout(x)
        z = make(y)
        y *= 10.0
        z += 100.0
        y[0] -= 1.0
        z[...] = 2.0 * z
        return y, z

    for got, expected in zip(program(variable(X)), program(X), strict=True):
        np.testing.assert_array_equal(got.numpy(), expected)


def test_as_strided_is_a_view():
    x, array = variable(X) * 1, X.copy()
    ag.as_strided(x, (2, 2), (8, 8))[1] += 5.0
    np.lib.stride_tricks.as_strided(array, (2, 2), (8, 8))[1] += 5.0
    np.testing.assert_array_equal(x.numpy(), array)


@pytest.mark.parametrize(
    "index", [0, -1, s_[1:4], s_[::-2], [0, 0, 5], MASK.ravel(), s_[:]], ids=str
)
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_flat_reads_and_writes_on_any_layout(layout, index):
    def f(x):
        y = layout(x).T
        z = y[:, ::-1]
        z.flat[index] = y.flat[0] * 2.0
        y.flat[index] += 1.0
        z.flat[1:4] = [x[0, 0], 7.0]
        total = sum(y.flat) + np.sum(z.flat[index]) + np.dot(y.flat, z.flat)
        y.flat = x[0]
        return total + np.sum(np.cos(y))

    np.testing.assert_allclose(ag.value_and_grad(f)(X)[0], f(X))
    ag.check_gradients(f, X)


# --- variables ---------------------------------------------------------------------------------

UPDATES = {
    "data": "w.data -= 0.1 * w.grad",
    "data and a copy": "w.data = w.data - 0.1 * w.grad",
    "data of all": "w.data[...] -= 0.1 * w.grad",
    "data of parts": "w.data[0] -= 0.1 * w.grad[0]; w.data[1:] -= 0.1 * w.grad[1:]",
    "data under a name": "d = w.data; d -= 0.1 * w.grad",
    "no_grad": "with ag.no_grad(): w -= 0.1 * w.grad",
    "no_grad, index": "with ag.no_grad(): w[...] = w - 0.1 * w.grad",
    "no_grad, out": "with ag.no_grad(): np.subtract(w, 0.1 * w.grad, out=w)",
    "no_grad, copyto": "with ag.no_grad(): np.copyto(w, w - 0.1 * w.grad)",
    "no_grad, parts": "with ag.no_grad():\n for i in range(3): w[i] -= 0.1 * w.grad[i]",
    "no_grad, flat": "with ag.no_grad(): w.flat = w.flat[:] - 0.1 * w.grad",
    "no_grad, a view": "with ag.no_grad():\n v = w[::-1]; v -= 0.1 * w.grad[::-1]",
    "a view on the tape": "v = w[::-1]\nwith ag.no_grad(): v -= 0.1 * w.grad[::-1]",
}
FORGET = ["w.grad = None", "w.grad.zero_()", "w.grad.fill(0)", "w.grad[:] = 0", "w.zero_grad()",
          "w.grad *= 0", "w.grad = 0", "w.grad = 0.0"]  # fmt: skip


@pytest.mark.parametrize("forget", FORGET)
@pytest.mark.parametrize("update", UPDATES.values(), ids=UPDATES)
def test_gradient_descent_as_people_write_it(update, forget):
    w = variable([1.0, 2.0, 3.0], name="w")
    node, rest = w.node, w[1:]
    for _ in range(3):
        loss = np.sum((w - 5.0) ** 2)
        loss.backward()
        exec(update, {"w": w, "ag": ag, "np": np})
        exec(forget, {"w": w})
    np.testing.assert_allclose(w.numpy(), 5.0 + 0.8**3 * np.array([-4.0, -3.0, -2.0]))
    assert w.node is node
    assert w.requires_grad
    np.testing.assert_allclose(ag.gradients(loss, [w])[0], 2 * 0.64 * np.array([-4.0, -3.0, -2.0]))
    if update != UPDATES["data and a copy"]:
        np.testing.assert_array_equal(rest.numpy(), w.numpy()[1:])
    np.testing.assert_array_equal(ag.gradients(np.sum(rest), [w])[0], [0.0, 1.0, 1.0])


def test_a_tensor_that_is_no_parameter_any_more_says_so():
    w = variable([1.0, 2.0])
    np.sum(w * w).backward()
    w = w - 0.1 * w.grad
    np.sum(w * w).backward()
    with pytest.raises(ValueError, match=r"retain_grad.*ag\.gradients.*w\.data = w\.data - lr"):
        w = w - 0.1 * w.grad


def test_what_does_not_fit_a_parameter_names_the_way_out():
    w = variable([1.0, 2.0], name="w")
    np.sum(w * w).backward()
    with pytest.raises(TypeError, match=r"on the tape.* t\.data = t\.data - lr \* t\.grad"):
        w.data = w - 0.1 * w.grad
    with pytest.raises(ValueError, match=r"shape \(\) does not fit w.*t\.grad = None clears it"):
        w.grad = 1.0
    assert w.data.tolist() == [1.0, 2.0]
    assert w.grad.tolist() == [2.0, 4.0]


def test_the_data_of_a_result_are_not_written_into():
    y = variable([1.0, 2.0]) * 2
    for write in (lambda: operator.setitem(y.data, 0, 1.0), lambda: operator.isub(y.data, 1.0)):
        with pytest.raises(ValueError, match=r"result of multiply.*y = t\.copy\(\)"):
            write()
    with pytest.raises(ValueError, match=r"t\.data = t\.data - v"):
        variable(X).data.T[0] = 1.0
    with pytest.raises(AttributeError, match=r"no sub_: write w\.data = w\.data - v"):
        variable(X).data.sub_(1.0)
    assert y.tolist() == [2.0, 4.0]


def test_data_and_gradients_compute_as_arrays_do():
    w = variable([1.0, 2.0])
    np.sum(w * w).backward()
    for array in (w.data, w.grad):
        assert repr(array) == repr(np.array(array))
        for result in (array * 2, -array, np.exp(array), array + array, array.copy(),
                       np.concatenate([array, array]), copy.deepcopy(array),
                       pickle.loads(pickle.dumps(array))):  # fmt: skip
            assert type(result) is np.ndarray
            assert result.flags.writeable
        for number in (np.sum(array), array @ array, array[0], array.max()):
            assert type(number) is np.float64


def test_data_that_were_kept_are_restored():
    w = variable([1.0, 2.0])
    kept = w.data
    w.data -= 1.0
    w.data = kept
    assert w.tolist() == kept.tolist() == [1.0, 2.0]


def test_a_buffer_made_like_a_tensor_is_filled():
    def f(x):
        new, total = np.zeros_like(x), np.empty_like(x)
        total[...] = 1.0
        for _ in range(3):
            new[1:] = x[:-1] * 0.5
            total += new
            x, new = new, x
        return np.sum(total**2) + np.sum(x)

    x = np.array([1.0, 2.0, 3.0])
    assert ag.value_and_grad(f)(x)[0] == f(x.copy())
    ag.check_gradients(lambda x: f(x * 1.0), x)


# --- programs that are drawn --------------------------------------------------------------------


def number(y):
    return np.sin(np.sum(y))


def store_rows(y):
    for k, row in enumerate(y):
        row *= 0.5 + k


STEPS = {
    "view": lambda vs, i, j, k: vs.append(vs[i][k % vs[i].shape[0] :]),
    "row": lambda vs, i, j, k: vs.append(vs[i][k % vs[i].shape[0], ...]),
    "column": lambda vs, i, j, k: vs.append(vs[i][:, k % vs[i].shape[1]]),
    "reversed": lambda vs, i, j, k: vs.append(vs[i][::-1]),
    "fancy": lambda vs, i, j, k: vs.append(vs[i][[0, k % vs[i].shape[0]]]),
    "T": lambda vs, i, j, k: vs.append(vs[i].T),
    "flip": lambda vs, i, j, k: vs.append(np.flip(vs[i])),
    "rot90": lambda vs, i, j, k: vs.append(np.rot90(vs[i], k)),
    "ravel": lambda vs, i, j, k: vs.append(vs[i].ravel("CFK"[k % 3])),
    "reshape": lambda vs, i, j, k: vs.append(vs[i].reshape(-1, order="CF"[k % 2])),
    "flatten": lambda vs, i, j, k: vs.append(vs[i].flatten()),
    "squeeze": lambda vs, i, j, k: vs.append(np.squeeze(vs[i])),
    "einsum": lambda vs, i, j, k: vs.append(np.einsum(["ij->ji", "ii->i"][k % 2], vs[i])),
    "alias": lambda vs, i, j, k: vs.append(vs[i]),
    "copy": lambda vs, i, j, k: vs.append([copy.copy, copy.deepcopy, np.copy][k % 3](vs[i])),
    "swap": lambda vs, i, j, k: vs.__setitem__(slice(None), vs[::-1]),
    "+= number": lambda vs, i, j, k: operator.iadd(vs[i], number(vs[j])),
    "*= number": lambda vs, i, j, k: operator.imul(vs[i], number(vs[j]) + k / 5),
    "-=": lambda vs, i, j, k: operator.isub(vs[i], vs[j]),
    "*=": lambda vs, i, j, k: operator.imul(vs[i], np.cos(vs[j])),
    "[:] =": lambda vs, i, j, k: vs[i].__setitem__(slice(k % 3, None), vs[j]),
    "[i] =": lambda vs, i, j, k: vs[i].__setitem__(k % len(vs[i]), number(vs[j])),
    "[i] +=": lambda vs, i, j, k: exec("y[1:] += v", {"y": vs[i], "v": number(vs[j])}),
    "[repeated] +=": lambda vs, i, j, k: exec("y[[0, 0]] += v", {"y": vs[i], "v": number(vs[j])}),
    "overlap": lambda vs, i, j, k: exec("y[1:] += y[:-1]", {"y": vs[i]}),
    "out=": lambda vs, i, j, k: np.sin(vs[j], out=vs[i]),
    "flat[i] =": lambda vs, i, j, k: vs[i].flat.__setitem__(k % vs[i].size, number(vs[j])),
    "flat[:] =": lambda vs, i, j, k: vs[i].flat.__setitem__(slice(k % 3, None), number(vs[j])),
    "rows": lambda vs, i, j, k: store_rows(vs[i]),
    "fill": lambda vs, i, j, k: vs[i][:].fill(number(vs[j])),
}
DRAWN = st.lists(
    st.tuples(st.sampled_from(sorted(STEPS)), *[st.integers(0, 5)] * 3), min_size=3, max_size=12
)


def ran(x, steps):
    """All tensors or arrays of a program, and its steps that NumPy lets run."""
    values, possible = [x * 1.0], []
    for name, i, j, k in steps:
        step = (name, i % len(values), j % len(values), k)
        try:
            STEPS[name](values, *step[1:])
        except (ValueError, IndexError, TypeError, AttributeError):
            continue  # as it does not fit these shapes
        possible.append(step)
    return values, possible


def result(x, steps):
    values, possible = ran(x, steps)
    assert possible == steps
    return sum(np.sum(np.sin(v * (k + 1.0))) for k, v in enumerate(values))


@given(DRAWN, st.sampled_from([(2, 3), (3, 3), (4,)]), st.booleans())
def test_programs_of_views_aliases_and_writes_mean_what_they_mean_in_numpy(steps, shape, turned):
    x = np.random.default_rng(0).uniform(0.5, 1.5, shape)
    x = np.asfortranarray(x) if turned else x
    arrays, steps = ran(x, steps)
    assume(all(np.abs(array).max(initial=0) < 10 for array in arrays))  # no chaos of rounding
    tensors, _ = ran(variable(x), steps)
    for array, tensor in zip(arrays, tensors, strict=True):
        np.testing.assert_allclose(tensor.numpy(), array, rtol=1e-9, atol=1e-12)
    direction = np.random.default_rng(1).normal(size=shape)
    aside = np.zeros_like(x, dtype=complex)  # in x's layout
    aside += x + 1e-30j * direction
    exact = result(aside, steps).imag / 1e-30
    slope = np.sum(ag.grad(result)(x, steps) * direction)
    np.testing.assert_allclose(slope, exact, rtol=1e-7, atol=1e-7)
