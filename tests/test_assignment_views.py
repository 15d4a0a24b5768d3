"""What NumPy shares is shared: an assignment is seen by every view, and by no copy."""

import copy
import operator
import weakref

import numpy as np
import pytest
from assigned import MASK, X, s_
from hypothesis import assume, given
from hypothesis import strategies as st
from variables import variable

import autograd_lite as ag

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


DRAWN = st.lists(
    st.tuples(st.sampled_from(sorted(STEPS)), *[st.integers(0, 5)] * 3), min_size=3, max_size=12
)


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
