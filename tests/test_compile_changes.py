"""What a compiled function leaves behind is left behind at every call."""

import gc
from types import SimpleNamespace

import numpy as np
import pytest
from compiled import A, agree, refused

import autograd_lite as ag


def test_swapped_places_are_swapped_at_every_call():
    pair = [A.copy(), 2 * A]

    @ag.compile
    def f(x):
        pair[0], pair[1] = pair[1], pair[0]
        return pair[0] * x

    for i in range(4):
        np.testing.assert_array_equal(f(A), (2 - i % 2) * A * A)


def test_nonlocal_and_function_attributes_are_assigned():
    total = 0.0

    @ag.compile
    def f(x):
        nonlocal total
        total = total + np.sum(x)
        helper.calls += 1
        return x * total

    def helper():
        pass

    helper.calls = 0
    for i in range(1, 4):
        np.testing.assert_array_equal(f(A), A * (i * A.sum()))
        assert total == i * A.sum()
        assert helper.calls == i


def test_a_deleted_attribute_is_refused():
    state = SimpleNamespace(old=A)

    @ag.compile
    def f(x):
        del state.old
        return x

    with refused(r"it deletes state.old"):
        f(A)
    assert state.old is A


def recurrent():
    state = SimpleNamespace(
        h=ag.Tensor(np.zeros(3)), w=ag.Tensor(np.eye(3) / 2, requires_grad=True)
    )

    def f(x):
        state.h = np.tanh(state.h @ state.w + x).detach()
        return np.sum(state.h)

    return f


def running_means():
    means = {}

    def f(x):
        for key, value in {"a": x, "b": x * 2}.items():
            means[key] = 0.9 * means[key] + 0.1 * value if key in means else value * 1.0
        return means["a"] + means["b"]

    return f


def parameters_in_a_dict():
    params = {"w": A.copy(), "b": 0.5}

    def f(x):
        loss = lambda p: np.sum((p["w"] * x + p["b"]) ** 2)  # noqa: E731
        value, gradient = ag.value_and_grad(loss)(params)
        for key in params:
            params[key] = params[key] - 0.01 * gradient[key]
        return value

    return f


def a_tuple_that_is_replaced():
    state = (A.copy(), 0.0)

    def f(x):
        nonlocal state
        mean, t = state
        state = (0.9 * mean + x, t + 1)
        return mean * t

    return f


def a_list_that_is_replaced():
    state = [A.copy(), {"t": 1}]

    def f(x):
        nonlocal state
        state = [state[0] * 0.5 + x, {"t": state[1]["t"] + 1}]
        return state[0] * state[1]["t"]

    return f


def rows_one_after_the_other():
    rows, position = np.arange(30.0).reshape(10, 3), 0

    def f(x):
        nonlocal position
        row = rows[position]
        position = (position + 1) % 10
        return row + x

    return f


def batches_one_after_the_other():
    rows, position = np.arange(30.0).reshape(10, 3), 0

    def f(x):
        nonlocal position
        batch = rows[position : position + 2]
        position = (position + 2) % 10
        return batch.sum(0) + x

    return f


def a_branch_on_a_counter():
    count = 0

    def f(x):
        nonlocal count
        count += 1
        return x if count % 3 else -x

    return f


def a_cache():
    cache = {}

    def f(x):
        if "matrix" not in cache:
            cache["matrix"] = np.eye(3) * 2
        return cache["matrix"] @ x

    return f


def a_tensor_that_is_written_into():
    buffer = ag.Tensor(np.zeros(3))

    def f(x):
        buffer[0] = x[0]
        return np.sum(buffer * x)

    return f


STATES = [
    recurrent, running_means, parameters_in_a_dict, a_tuple_that_is_replaced,
    a_list_that_is_replaced, rows_one_after_the_other, batches_one_after_the_other,
    a_branch_on_a_counter, a_cache, a_tensor_that_is_written_into,
]  # fmt: skip


@pytest.mark.parametrize("make", STATES)
def test_state_goes_the_same_way(make, traced):
    plain, compiled = make(), ag.compile(make())
    for i in range(14):
        assert agree(plain(A + i), compiled(A + i))
    assert len(traced) <= 6


def test_garbage_is_nothing_that_a_function_keeps():
    def f(x):
        twice = [x * 2]
        twice.append(twice)  # a cycle: it goes when garbage is collected
        return twice[0] + 1

    compiled = ag.compile(f)
    gc.disable()
    try:
        assert agree(f(A), compiled(A))
    finally:
        gc.enable()
