"""`compile`: what raises, and what branches on values."""

import io
import math
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from compiled import A, refused

import autograd_lite as ag

table = np.array([1.0, 2.0, 3.0])


def test_both_ways_of_a_branch_are_programs(traced):
    @ag.compile
    def f(x):
        return x * 2 if x[0] > 0 else x - 1

    for sign in (1, -1, 1, -1):
        np.testing.assert_array_equal(f(sign * A), 2 * A if sign > 0 else -A - 1)
    assert len(traced) == 2


def test_a_loop_on_a_value_is_right_for_every_count(traced):
    def f(x):
        while np.sum(x) > 1:
            x = x / 2
        return x

    compiled = ag.compile(f)
    for value in (1.0, 3.0, 9.0, 3.0, 1.0):
        np.testing.assert_array_equal(f(np.full(3, value)), compiled(np.full(3, value)))
    assert len(traced) == 3


def test_a_value_that_keeps_changing_the_way_is_refused():
    @ag.compile
    def f(x, n):
        return sum((x * i for i in range(n)), x)

    for i in range(16):
        f(A, np.int64(i))
    with refused(r"f was traced 16 times .* branches on a value.*: n\. Use"):
        f(A, np.int64(99))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * float(x[0]),
        lambda x: math.sin(x[0]) * x,
        lambda x: x * x[0].item(),
        lambda x: np.sum(np.array([x[0], x[1]])) + x,
        lambda x: x[0].tolist() * x,
    ],
)
def test_a_value_that_leaves_the_program_is_refused(f):
    compiled = ag.compile(f)
    for _ in range(2):
        with refused(r"<lambda> cannot be compiled: .* would be a constant"):
            compiled(A)


class Box:
    def __init__(self, x):
        self.x = x


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * 2 if isinstance(x, np.ndarray) else x * 3,
        lambda x: x * 2 if type(x) is np.ndarray else x * 3,
        lambda x: f"{x[0]:.3f}",
        lambda x: (x, str(x)),
    ],
)
def test_a_function_that_asks_what_a_traced_value_is_is_refused(f):
    with refused(r"on traced values its result is another than by itself"):
        ag.compile(f)(A)


def test_another_shape_or_another_state_is_refused_too():
    state = SimpleNamespace(w=0.0)

    def leaves(x):
        state.w = x if isinstance(x, np.ndarray) else x * 2
        return 1.0

    with refused(r"its result is another than by itself"):
        ag.compile(lambda x: x if isinstance(x, np.ndarray) else x[:1])(np.ones(3))
    with refused(r"what it leaves in state\.w is another than by itself"):
        ag.compile(leaves)(np.ones(3))
    assert state.w == 0.0


def test_what_only_a_plain_array_can_do_is_refused_with_the_reason():
    with refused(r"keeps <a traced value .* in a Box after it has returned"):
        ag.compile(lambda x: Box(x * 2))(A)
    with refused(r"uncompiled it runs, .* raises TypeError: unhashable"):
        ag.compile(lambda x: {x[0]: 1})(A)

    with refused(r"np.save of a traced value gives nothing"):
        ag.compile(lambda x: np.save(io.BytesIO(), x))(A)

    def fills(x):
        out = np.zeros(3)
        out[0] = x[0]
        return out

    with refused(r"a copy of a to store traced values into"):
        ag.compile(fills)(A)


def test_shapes_that_depend_on_values_are_not_stale():
    f = ag.compile(lambda x: (x[x > 0], np.sum(x[x > 0] ** 2)))
    for x in (A, -A, A, np.zeros(3)):
        one, two = f(x)
        np.testing.assert_array_equal(one, x[x > 0])
        assert two == np.sum(x[x > 0] ** 2)


_log = []


@pytest.mark.parametrize(
    ("f", "reason"),
    [
        (lambda x: _log.append(x * 2) or x, "changes the length of the list _log"),
        (lambda x: _log.append(1) or x, "changes the length of the list _log"),
        (lambda x, kept=[]: kept.append(x * 2) or x, "changes the length of the list"),
        (
            lambda x: sys.modules[__name__].__dict__.update({chr(120): x * 2}) or x,
            "keeps <a traced value",
        ),
    ],
)
def test_what_keeps_values_is_refused(f, reason):
    compiled = ag.compile(f)
    for _ in range(2):
        with refused(reason):
            compiled(A)
        assert not _log
    sys.modules[__name__].__dict__.pop("x", None)


def test_a_tensor_with_its_tape_is_not_left_behind():
    w = ag.Tensor(A, requires_grad=True)
    holder = SimpleNamespace(last=None)

    @ag.compile
    def f(x):
        holder.last = np.sum(w * x)
        return x

    with refused(r"leaves a tensor with its tape in holder.last"):
        f(A)
    assert holder.last is None


def test_a_traced_value_prints_as_what_it_is(capsys):
    @ag.compile
    def f(x):
        print(x * 2, f"{x}")
        return x

    f(A)
    text = "<a traced value of shape (3,), float64>"
    assert f"{text} {text}" in capsys.readouterr().out
    f(A)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "f",
    [
        lambda x, d: x.__setitem__(0, 1.0),
        lambda x, d: x.__iadd__(1.0),
        lambda x, d: d["a"].__setitem__(0, 1.0),
        lambda x, d: d.__setitem__("a", x * 2),
        lambda x, d: d.__setitem__("new", 3),
        lambda x, d: table.__setitem__(0, 7.0),
        lambda x, d: table.__setitem__(0, x[1]),
    ],
)
def test_what_the_caller_would_not_see_is_refused(f):
    x, d = A.copy(), {"a": A.copy()}
    before = table.copy()
    with pytest.raises(TypeError, match=r"cannot be compiled: .*(wrote into|changes one of its)"):
        ag.compile(lambda x, d: (f(x, d), x)[1])(x, d)
    np.testing.assert_array_equal(x, A)
    np.testing.assert_array_equal(table, before)
    assert d.keys() == {"a"}
    np.testing.assert_array_equal(d["a"], A)


def test_the_function_s_own_error_comes_as_it_is_and_nothing_stays_swapped():
    state = SimpleNamespace(w=A.copy(), steps=0)
    w = state.w

    def f(x):
        state.steps += 1
        state.w = state.w * 2
        return state.w @ x

    with pytest.raises(ValueError, match="mismatch") as uncompiled:
        f(np.ones(5))
    state.w, state.steps = w, 0
    with pytest.raises(ValueError, match="mismatch") as compiled:
        ag.compile(f)(np.ones(5))
    assert str(compiled.value) == str(uncompiled.value)
    assert state.w is w
    assert state.steps == 0
    with pytest.raises(TypeError, match=r"missing 1 required positional argument"):
        ag.compile(lambda x, y: x)(A)


def test_recursion_is_traced_to_its_end():
    def power(x, n):
        return x if n == 1 else x * power(x, n - 1)

    f = ag.compile(power)
    np.testing.assert_array_equal(f(A, 3), A**3)
    np.testing.assert_array_equal(f(A, 3), A**3)

    def endless(x):
        return endless(x)

    with pytest.raises(RecursionError):
        ag.compile(endless)(A)
