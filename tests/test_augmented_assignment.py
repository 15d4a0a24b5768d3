"""x += v, and the updates of variables as people write them."""

import copy
import operator
import pickle

import numpy as np
import pytest
from assigned import X, augmented
from variables import variable

import autograd_lite as ag
from autograd_lite.engine.tape import history

OPERATORS = {
    "+": 2.0, "-": 0.5, "*": 3.0, "/": 2.0, "//": 2.0, "%": 2.0, "**": 2.0, "@": np.eye(3),
}  # fmt: skip


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
