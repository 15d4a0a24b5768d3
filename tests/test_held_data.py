"""Data that a function gets beside what it is differentiated by: on its tape by reference."""

import gc
import tracemalloc
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.transforms.held_data import conducts


@pytest.fixture(autouse=True)
def _functions_of_which_nothing_is_known():
    conducts.clear()


def _peak(f, *args):
    f(*args), f(*args)  # these two have copies
    tracemalloc.start()
    try:
        f(*args)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_data_of_a_function_are_not_copied():
    data, w = np.ones((2000, 100)), np.ones(100)
    slope = ag.grad(lambda w, data: np.sum((data @ w) ** 2) + np.sum(data[:, 0] * w[0]))
    assert _peak(slope, w, data) < data.nbytes / 4
    slope = ag.grad(lambda w, data: np.sum(data @ w))
    assert _peak(lambda: slope(w, data=data)) < data.nbytes / 4


def test_a_function_that_is_made_anew_in_a_loop_is_the_same_one():
    """By its code: its third call has no copies."""
    data, w, peaks = np.ones((2000, 100)), np.ones(100), []
    for _ in range(3):
        tracemalloc.start()
        ag.grad(lambda w, data: np.sum(data @ w))(w, data)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < data.nbytes / 4 < data.nbytes < peaks[1]
    assert len(conducts) == 1


@pytest.mark.parametrize("first", [1, 2, 4])
@pytest.mark.parametrize("name", ["the argument", "the caller's", "a view", "the owner"])
def test_a_function_that_writes_into_its_data_has_them_copied(name, first):
    """As without gradients, what it writes is in the caller's array."""
    assert _calls_of_a_function_that_writes(name, first) == 8


@pytest.mark.parametrize("first", [3, 7])
@pytest.mark.parametrize("name", ["the argument", "the caller's"])
def test_a_write_into_data_on_the_tape_is_refused_and_the_call_done_again(name, first):
    """(Through a view it must begin at a call that has copies.)"""
    assert _calls_of_a_function_that_writes(name, first) == 9


def _calls_of_a_function_that_writes(name, first):
    """How often it runs in eight calls of its gradient, of which all are right."""
    owner = np.ones((1001, 100))
    data = owner[1:] if name == "the owner" else np.ones((1000, 100))
    view, calls = data[:], []

    def f(w, batch):
        targets = {"the argument": batch, "the caller's": data, "a view": view, "the owner": owner}
        product = batch @ w
        calls.append(batch)
        if len(calls) >= first:
            targets[name][-1] += 1.0
        return np.sum(product)

    slope, total = ag.grad(f), 1000.0
    for call in range(1, 9):
        np.testing.assert_array_equal(slope(np.ones(100), data), np.full(100, total))
        total += call >= first
        assert data.flags.writeable
        assert data[-1, 0] == total - 999.0
    return len(calls)


def test_what_is_written_by_keyword_is_seen():
    data = np.ones((1000, 100))
    view = data[:]

    def f(w, *, batch):
        product = batch @ w
        view[7] += 1.0
        return np.sum(product)

    slope = ag.grad(f)
    for total in (1000.0, 1001.0, 1002.0, 1003.0):
        np.testing.assert_array_equal(slope(np.ones(100), batch=data), np.full(100, total))


def test_an_error_leaves_the_data_writeable():
    data = np.ones((1000, 100))

    def f(w, data):
        raise RuntimeError

    slope = ag.grad(f)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            slope(np.ones(100), data)
        assert data.flags.writeable


def test_threads_may_share_their_data():
    """Who comes while another one holds them has them copied; parts of one array are held each."""
    data = np.ones((1000, 100))
    slope = ag.grad(lambda w, data: np.sum(data @ w))

    def many(part):
        return [slope(np.ones(100), part)[0] for _ in range(200)]

    parts = [data, data, data[:500], data[500:]]
    with ThreadPoolExecutor(len(parts)) as pool:
        found = list(pool.map(many, parts))
    assert [set(one) for one in found] == [{1000.0}, {1000.0}, {500.0}, {500.0}]
    assert all(part.flags.writeable for part in parts)


def test_data_on_foreign_memory_stay_writeable():
    """NumPy would not let them be written into again."""

    class Memory:
        def __init__(self):
            self._own = np.ones((1000, 100))
            self.__array_interface__ = self._own.__array_interface__

    for data in (np.asarray(Memory()), np.asarray(Memory())[1:]):
        slope = ag.grad(lambda w, data: np.sum(data @ w))
        for value in (2.0, 3.0, 4.0):
            slope(np.ones(100), data)
            data[0] = value


def test_data_that_stay_on_somebody_s_tape_are_copied():
    """The gradient of one's own tensor: its pass back comes after the call."""
    data, v = np.ones((1000, 100)), ag.Tensor(3.0, requires_grad=True)
    slope = ag.grad(lambda w, data: np.sum(data @ (w * w)) * v)
    for _ in range(3):
        data[:], v.grad = 1.0, None
        found = slope(np.ones(100), data)
        data[:] = 7.0
        np.sum(found).backward()
        assert v.grad == 200000.0


def test_an_array_of_the_function_s_own_is_copied_though_it_is_read_only():
    owner = np.ones((1000, 100))

    def f(w, data):
        owner[:] = 1.0
        view = np.broadcast_to(owner, owner.shape)
        product = view @ w
        owner[:] = 5.0
        return np.sum(product)

    slope = ag.grad(f)
    for _ in range(3):
        found = slope(np.ones(100), np.ones((1000, 100)))
        np.testing.assert_array_equal(found, np.full(100, 1000.0))


def test_the_caller_s_array_stays_writeable_and_what_is_returned_is_no_view():
    data = np.ones((1000, 100))
    _, aux = ag.grad(lambda w, data: (np.sum(data @ w), data), has_aux=True)(np.ones(100), data)
    aux[0] = data[1] = 3.0
    assert aux is data


def test_what_a_function_found_around_it_goes_with_its_gradient():
    def step():
        data = ag.Tensor(np.ones(3))
        ag.value_and_grad(lambda w: np.sum(w * data))(np.ones(3))
        return weakref.ref(data)

    gc.disable()
    try:
        assert step()() is None
    finally:
        gc.enable()
