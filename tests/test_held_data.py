"""Data that a function gets beside what it is differentiated by: on its tape by reference."""

import gc
import tracemalloc
import weakref

import numpy as np

import autograd_lite as ag


def _peak(f, *args):
    f(*args)
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
    assert _peak(lambda: ag.grad(lambda w, data: np.sum(data @ w))(w, data=data)) < data.nbytes / 4


def test_a_function_that_writes_into_its_data_has_them_copied():
    """As without gradients, what it writes is in the caller's array."""
    data, calls = np.ones((100, 10)), []

    def f(w, data):
        calls.append(data)
        product = data @ w
        data[:] = 2.0
        return np.sum(product)

    slope = ag.grad(f)
    np.testing.assert_array_equal(slope(np.ones(10), data), np.full(10, 100.0))
    np.testing.assert_array_equal(data, 2.0)
    np.testing.assert_array_equal(slope(np.ones(10), data), np.full(10, 200.0))
    assert len(calls) == 3  # the first was refused and done again; the others knew


def test_data_that_stay_on_somebody_s_tape_are_copied():
    """The gradient of one's own tensor: its pass back comes after the call."""
    data, v = np.ones((100, 10)), ag.Tensor(3.0, requires_grad=True)
    slope = ag.grad(lambda w, data: np.sum(data @ (w * w)) * v)(np.ones(10), data)
    data[:] = 7.0
    np.sum(slope).backward()
    assert v.grad == 2000.0


def test_an_array_of_the_function_s_own_is_copied_though_it_is_read_only():
    owner = np.ones((100, 10))

    def f(w, data):
        view = np.broadcast_to(owner, owner.shape)
        product = view @ w
        owner[:] = 5.0
        return np.sum(product)

    np.testing.assert_array_equal(ag.grad(f)(np.ones(10), np.ones((100, 10))), np.full(10, 100.0))


def test_the_caller_s_array_stays_writeable_and_what_is_returned_is_no_view():
    data = np.ones((100, 10))
    _, aux = ag.grad(lambda w, data: (np.sum(data @ w), data), has_aux=True)(np.ones(10), data)
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
