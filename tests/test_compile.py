"""`compile`: programs that give what the function gives, at every call, or say why they cannot."""

import array as plain_arrays
import copy
import functools
import io
import math
import pickle
import random
import re
import subprocess
import sys
import threading
import time
import types
from collections import ChainMap, UserDict, UserList
from types import SimpleNamespace

import compile_xor
import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite.compilation import compilation, specializations

A = np.array([1.0, -2.0, 3.0])
B = np.array([[0.5, 1.5], [2.0, -1.0], [0.1, 0.3]])

scale = 2.0
table = np.array([1.0, 2.0, 3.0])
calls = 0
settings = SimpleNamespace(rate=0.5, power=2, offsets=[np.array(1.0), 2.0])


@pytest.fixture
def traced(monkeypatch):
    """A list with an entry for every program that was traced."""
    found = []

    class Counted(specializations.Specialization):
        def __init__(self, *args):
            super().__init__(*args)
            found.append(self)

    monkeypatch.setattr(specializations, "Specialization", Counted)
    return found


def refused(words):
    """A block in which a function is refused in these words."""
    return pytest.raises(ag.CompilationError, match=words)


def agree(one, other):
    """Whether two trees are the same: structure, types, shapes, dtypes and numbers."""
    if isinstance(one, ag.Tensor):
        one = one.data
    if isinstance(one, dict):
        assert type(one) is type(other)
        assert one.keys() == other.keys()
        return all(agree(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        assert type(one) is type(other)
        return len(one) == len(other) and all(map(agree, one, other))
    if isinstance(one, (np.ndarray, np.generic)):
        assert one.dtype == other.dtype
        rtol = 1e-5 if one.dtype == np.float32 else 1e-12
        np.testing.assert_allclose(other, one, rtol=rtol, atol=1e-15)
        return np.shape(one) == np.shape(other)
    return type(one) is type(other) and one == other


# --- the numbers ------------------------------------------------------------------------------


def network(params, X, y):
    hidden = ag.sigmoid(X @ params["W1"])
    return np.sum((y - ag.sigmoid(hidden @ params["W2"])) ** 2) / (2 * len(X))


def network_arguments(batch=4):
    rng = np.random.default_rng(0)
    params = {"W1": rng.normal(size=(2, 3)), "W2": rng.normal(size=(3, 2))}
    return params, rng.normal(size=(batch, 2)), np.eye(2)[np.arange(batch) % 2]


def several_results(x, y):
    return {"sum": x + y, "pair": (x * y, [np.max(x), None, 3, "text"]), "again": x}


def assignments(x, y):
    out = np.zeros_like(x)
    out[1:] = x[:-1] * y[1:]
    out[0] += 2.0
    return out


FUNCTIONS = {
    "gradient": (ag.value_and_grad(network), network_arguments()),
    "hessian": (ag.hessian(lambda x: np.sum(np.tanh(x) ** 3)), (A,)),
    "jacobian": (ag.jacobian(lambda x: np.sin(x[:2]) * x[1]), (A,)),
    "trees": (several_results, (A, 2 * A)),
    "assignments": (assignments, (A, A)),
    "numbers": (lambda x, n: (x * 2, n + 1, x**2), (1.5, np.float32(2))),
    "0-d": (lambda x: (x + 1, np.sqrt(x)), (np.array(2.0),)),
    "empty": (lambda x: (np.sum(x), x * 2), (np.zeros((0, 3)),)),
    "integers": (lambda x: (x // 2, x + 1.5, x.sum()), (np.arange(5),)),
    "booleans": (lambda x: (~x, x.any(), np.where(x, 1.0, 2.0)), (A > 0,)),
    "complex": (lambda z: (np.abs(z), z.real, z * 2j), (A + 1j,)),
    "float32": (ag.grad(lambda x: np.sum(np.exp(x) * 2.5)), (A.astype(np.float32),)),
    "slices": (lambda x, s: x[s], (A, slice(0, 2))),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_compiled_function_gives_what_the_function_gives(name):
    f, args = FUNCTIONS[name]
    compiled = ag.compile(f)
    for _ in range(3):
        assert agree(f(*args), compiled(*args))
    other = tuple(_changed(arg) for arg in args)
    assert agree(f(*other), compiled(*other))


def _changed(tree):
    """Other numbers of the same signature."""
    if isinstance(tree, dict):
        return {key: _changed(value) for key, value in tree.items()}
    if isinstance(tree, (np.ndarray, np.generic, float)) and np.asarray(tree).dtype.kind in "fc":
        return (tree * tree.dtype.type(1.1)) if hasattr(tree, "dtype") else tree * 1.1
    return tree


def test_one_signature_is_traced_once(traced):
    f = ag.compile(lambda x, y: np.sum(x * y))
    for i in range(5):
        f(A + i, A)
    assert len(traced) == 1
    f(A[:2], A[:2])
    assert len(traced) == 2
    f(A.astype(np.float32), A)
    assert len(traced) == 3
    f(A, A)
    assert len(traced) == 3


def test_numbers_are_inputs_and_integers_are_part_of_the_signature(traced):
    f = ag.compile(lambda x, rate, n, flag, mode: x * rate if flag else x**n)
    for rate in (0.5, 0.25):
        np.testing.assert_array_equal(f(A, rate, 2, True, "a"), A * rate)
    assert len(traced) == 1
    np.testing.assert_array_equal(f(A, 0.5, 2, False, "a"), A**2)
    np.testing.assert_array_equal(f(A, 0.5, 3, False, "a"), A**3)
    np.testing.assert_array_equal(f(A, 0.5, 3, False, "b"), A**3)
    assert len(traced) == 4
    f(A, 0.5, 2, 1, "a")  # 1 is not True
    assert len(traced) == 5


def test_keywords_and_defaults_are_arguments_too():
    def f(x, /, y, *rest, rate=2.0, **others):
        return x * y + rate + sum(rest) + others.get("z", 0.0)

    compiled = ag.compile(f)
    for args, kwargs in [
        ((A, A), {}),
        ((A,), {"y": A}),
        ((A, A, A, 1.0), {"z": A, "rate": 3.0}),
        ((A, A), {"rate": 3.0, "z": A}),
    ]:
        for _ in range(2):
            assert agree(f(*args, **kwargs), compiled(*args, **kwargs))


def test_weak_numbers_stay_weak():
    x = A.astype(np.float32)
    assert ag.compile(lambda x, rate: x * rate)(x, 0.1).dtype == np.float32
    assert ag.compile(lambda x, rate: x * rate)(x, np.float64(0.1)).dtype == np.float64


def test_results_belong_to_the_caller():
    x = A.copy()
    f = ag.compile(lambda x: (x.copy(), x[1:], x, np.zeros(2), np.broadcast_to(x[0], 2)))
    for _ in range(2):
        first = f(x)
        for array in first:
            array[:] = 77.0
    np.testing.assert_array_equal(x, A)
    again = f(x)
    np.testing.assert_array_equal(again[0], A)
    np.testing.assert_array_equal(again[3], [0, 0])


def test_metadata_of_the_function_stays():
    def f(x):
        """What it does."""
        return x

    compiled = ag.compile(f)
    assert compiled.__name__ == "f"
    assert compiled.__doc__ == "What it does."
    assert compiled.__wrapped__ is f
    assert repr(compiled) == "<compiled f>"


def test_decorated_methods_are_bound():
    class Model:
        def __init__(self, rate):
            self.rate = rate

        @ag.compile
        def step(self, x):
            return x * self.rate

    one, other = Model(2.0), Model(3.0)
    for _ in range(2):
        np.testing.assert_array_equal(one.step(A), 2 * A)
        np.testing.assert_array_equal(other.step(A), 3 * A)
    one.rate = 5.0
    np.testing.assert_array_equal(one.step(A), 5 * A)


def test_nan_takes_the_careful_walk():
    f = ag.grad(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0) * 2))
    compiled = ag.compile(f)
    with np.errstate(invalid="ignore"):  # of the uncompiled function
        for x in (np.array([1.0, 4.0]), np.array([1.0, -4.0]), np.array([np.nan, 4.0]), 0 * A):
            np.testing.assert_array_equal(f(x), compiled(x))


def test_a_nan_in_a_later_call_takes_it_too(traced):
    f = ag.grad(lambda x: np.sum(np.where(x > 1, np.log(x), x)))
    compiled = ag.compile(f)
    with np.errstate(divide="ignore"):
        for x in (np.array([3.0, 4.0]), np.array([0.0, 3.0]), np.array([3.0, 4.0])):
            np.testing.assert_array_equal(f(x), compiled(x))
    assert len(traced) == 2


def test_programs_are_as_quiet_as_the_walk_back():
    f = ag.compile(ag.grad(lambda x: np.sum(np.sqrt(x))))
    f(np.array([1.0]))
    assert f(np.array([0.0])) == [np.inf]


# --- it composes ------------------------------------------------------------------------------


def test_compiled_function_is_differentiated_as_itself():
    f = ag.compile(lambda x: np.sum(x**3))
    assert f(A) == np.sum(A**3)
    np.testing.assert_allclose(ag.grad(f)(A), 3 * A**2)
    np.testing.assert_allclose(ag.compile(ag.grad(f))(A), 3 * A**2)
    t = ag.Tensor(A, requires_grad=True)
    f(t).backward()
    np.testing.assert_allclose(t.grad, 3 * A**2)


def test_compiled_function_inside_another_is_traced_with_it():
    factor = 2.0
    inner = ag.compile(lambda x: x * factor)
    outer = ag.compile(lambda x: inner(x) + 1)
    np.testing.assert_array_equal(outer(A), 2 * A + 1)
    factor = 3.0
    np.testing.assert_array_equal(outer(A), 3 * A + 1)


def test_compiled_function_inside_another_reads_what_that_reads():
    factor = 2.0
    inner = ag.compile(lambda x: x * factor)
    outer = ag.compile(lambda x: inner(np.ones(3)) + x)
    inner(np.ones(3))
    for factor in (2.0, 3.0):
        np.testing.assert_array_equal(outer(A), factor + A)


def test_a_closure_on_a_tape_is_differentiated():
    x = ag.Tensor(3.0, requires_grad=True)
    y = x * 2
    f = ag.compile(lambda a: np.sum(a * y))
    f(A).backward()
    assert x.grad == 2 * A.sum()
    with pytest.raises(TypeError, match=r"no program of <lambda>: it reads a tensor that is on a"):
        f.source(A)


def test_constant_tensors_count_as_arrays():
    f = ag.compile(lambda t: np.sum(t.detach() * 2))
    for factor in (1, 2):
        assert f(ag.Tensor(A * factor)) == 2 * factor * A.sum()


def test_gradients_of_leaves_around_it_are_left_on_them():
    w = ag.Tensor(A, requires_grad=True)

    @ag.compile
    def f(x):
        loss = np.sum(w * x)
        loss.backward()
        return loss

    for i in (1, 2, 3):
        f(B[:, 0])
        np.testing.assert_allclose(w.grad, i * B[:, 0])


# --- branches ---------------------------------------------------------------------------------


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


def test_python_floats_that_a_setting_needs_are_guards():
    rate = 0.5

    @ag.compile
    def f(x):
        return x * math.sqrt(rate)

    for rate in (0.5, 0.25, 0.5):
        np.testing.assert_array_equal(f(A), A * math.sqrt(rate))


# --- what is drawn, counted, kept -------------------------------------------------------------

generator = np.random.default_rng(0)
ticks = iter(range(10**9))


hidden_count = functools.partial(next, iter(range(3, 10**9)))


draw_one = generator.normal


@pytest.mark.parametrize(
    ("f", "reason"),
    [
        (lambda x: x * np.random.randint(2), r"draws from np\.random,"),  # noqa: NPY002
        (lambda x: x * draw_one(), r"draws from draw_one\.self,"),
        (lambda x: x * random.choice([1, 2]), "draws from random,"),
        (lambda x: generator.normal(np.sum(x), 1.0), "draw standard numbers, and scale"),
        (lambda x: generator.permutation(x), "draw positions, as in"),
        (lambda x: x * generator.choice(["a", "bc"]).size, "gives str_, and .* draw positions"),
        (lambda x: x * generator.shuffle([1, 2, 3]), "gives NoneType, and"),
        (lambda x: x * generator.random(3, out=np.empty(3)), "gets array"),
        (lambda x: x * generator.bit_generator.state["has_uint32"], "and does nothing else"),
        (lambda x: x * next(ticks), "takes the next item of ticks,"),
        (lambda x: [x * i for i, _ in zip(ticks, range(2))], "takes the next item of ticks,"),
        (lambda x: x * time.perf_counter(), "run twice .* argument of multiply"),
        (lambda x: (x, time.perf_counter()), "run twice .* in the result"),
        (lambda x: x * hidden_count(), r"run twice .* 3, and then 4, an argument of multiply"),
        (lambda x: x + generator.normal(0, hidden_count()), r"run twice .* in what it draws"),
    ],
)
def test_random_draws_and_clocks_are_refused(f, reason):
    state = generator.bit_generator.state, random.getstate()
    compiled = ag.compile(f)
    with refused(rf"cannot be compiled: .*{reason}"):
        compiled(A)
    assert (generator.bit_generator.state, random.getstate()) == state


class Noise:
    common = np.random.default_rng(1)

    def __init__(self):
        self.rng = np.random.default_rng(2)
        self.old = np.random.RandomState(3)
        self.plain = random.Random(4)
        self.deviation = 0.5

    def states(self):
        own = (self.rng.bit_generator.state, self.common.bit_generator.state)
        old = self.old.get_state(legacy=False)["state"]
        return (*own, old["pos"], old["key"].tolist(), self.plain.getstate())


def ways_to_draw(noise, rng):
    """Functions that draw, all in other ways."""

    def branching(x):
        mask = noise.rng.random(3) > 0.5
        if np.sum(mask * x) > 0:
            return x * noise.rng.normal(size=3)
        return x - mask

    def wasteful(x):
        noise.rng.normal(size=5)
        noise.old.rand(2)
        return x * noise.common.normal()

    def of_two_kinds(x):
        large = np.arange(5000) * noise.plain.choice([2, 1.5])
        return np.sum(-large + large * 3) * x

    return [
        lambda x: ag.dropout(x, 0.5, noise.rng),
        lambda x: x + rng.normal(0.0, noise.deviation, size=x.shape),
        lambda x: x[rng.permutation(len(x))] + rng.integers(0, 4, 3),
        lambda x: x * noise.old.uniform(1, 2) + noise.common.choice([1.0, 3.0], 3, p=[0.5, 0.5]),
        lambda x: x * noise.plain.gauss(0, 1) + noise.plain.randint(1, 6),
        lambda x: {"x": x * copy.copy(rng).exponential(), "drawn": rng.poisson(3, (2, 1))},
        ag.value_and_grad(lambda x: np.sum(ag.dropout(x, 0.3, rng) ** 2)),
        branching,
        wasteful,
        of_two_kinds,
    ]


@pytest.mark.parametrize("way", range(10))
def test_what_a_function_draws_is_drawn_again_at_every_call(way):
    runs = []
    for make in (lambda f: f, ag.compile):
        Noise.common = np.random.default_rng(1)
        noise, rng = Noise(), np.random.default_rng(5)
        f = make(ways_to_draw(noise, rng)[way])
        found = []
        for n in range(12):
            if n == 6:
                noise.rng, noise.deviation = np.random.default_rng(6), 2.0
            if n in (3, 8) and hasattr(f, "source"):
                assert "def " in f.source(A)
            found.append((f(A * (-1) ** (n // 4)), noise.states(), rng.bit_generator.state))
        runs.append(found)
    for one, other in zip(*runs, strict=True):
        assert agree(one[0], other[0])
        assert one[1:] == other[1:]


def test_the_source_says_what_is_drawn_and_takes_what_it_needs():
    def f(x):
        generator.normal(size=2)
        return x * generator.uniform(-1, high=1)

    text = ag.compile(f).source(A)
    assert "at the call: generator.uniform(-1, high=1)\n" in text
    assert "def f(x, generator_uniform):" in text


def test_a_generator_that_is_an_argument_is_drawn_from():
    def f(x, rng, scale=1.0):
        return x * rng.random(3) * scale

    compiled = ag.compile(f)
    one, other = np.random.default_rng(0), np.random.default_rng(0)
    for scale in (1.0, 2.0):
        for _ in range(2):
            assert agree(f(A, one, scale=scale), compiled(A, other, scale=scale))
    assert agree(f(A, np.random.default_rng(7)), compiled(A, np.random.default_rng(7)))


def test_a_generator_in_a_default_or_a_tuple_is_drawn_from():
    rngs = np.random.default_rng(0), np.random.default_rng(1)

    def f(x, rng=rngs[0]):
        return x * rng.random() + rngs[1].random()

    runs = []
    for make in (lambda f: f, ag.compile):
        g = make(f)
        for rng, seed in zip(rngs, (5, 6)):
            rng.bit_generator.state = np.random.default_rng(seed).bit_generator.state
        runs.append([g(A) for _ in range(4)])
    assert agree(*runs)


def test_what_is_drawn_belongs_to_the_function():
    def f(x, rng):
        y = rng.normal(size=3)
        y[1:] = y[:-1] * x[1:]
        return y

    one, other = np.random.default_rng(0), np.random.default_rng(0)
    compiled = ag.compile(f)
    for _ in range(3):
        assert agree(compiled(A, one), f(A, other))


def test_threads_draw_different_numbers():
    rng = np.random.default_rng(0)

    def f(x):
        u = rng.random()
        return x + u if u > 0.5 else u - x

    compiled = ag.compile(f)
    for _ in range(20):
        compiled(np.zeros(1))
    found = []

    def work(size):
        found.extend(float(compiled(np.zeros(size))[0]) for _ in range(500))

    def trace():
        for size in range(2, 12):
            found.append(float(compiled(np.zeros(size))[0]))

    threads = [threading.Thread(target=work, args=(1,)) for _ in range(2)]
    threads.append(threading.Thread(target=trace))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(set(found)) == 1010


class Biased(np.random.Generator):
    def draw(self):
        return self.normal() + 1


biased = Biased(np.random.PCG64(0))
of_the_system = random.SystemRandom()


@pytest.mark.parametrize(
    ("f", "reason"),
    [
        (lambda x: x * biased.draw(), "biased is a Biased: a program draws from"),
        (lambda x: x * of_the_system.random(), "of_the_system is a SystemRandom"),
        (lambda x: setattr(generator.bit_generator, "state", 0), "generator.bit_generator would"),
        (lambda x: setattr(generator, "seed", 0), r"it sets generator\.seed"),
        (lambda x: x * np.random.default_rng(generator).random(), "generator, while it is traced"),
        (lambda x: x * copy.deepcopy(generator).random(), "it copies generator"),
        (
            lambda x: x * (3 if type(generator) is np.random.Generator else generator.random()),
            "is another than by itself",
        ),
        (
            lambda x: x if type(generator) is np.random.Generator else x + 0 * generator.random(),
            "what it draws is another than by itself",
        ),
    ],
)
def test_what_is_not_drawn_by_the_methods_of_a_known_generator_is_refused(f, reason):
    with refused(rf"cannot be compiled.*{reason}"):
        ag.compile(f)(A)


def test_a_generator_that_is_not_drawn_from_may_be_of_any_kind():
    settings = {"rng": of_the_system, "other": biased, "rate": 2.0}
    np.testing.assert_array_equal(ag.compile(lambda x: x * settings["rate"])(A), 2 * A)


def test_a_function_that_raises_after_a_draw_raises_that():
    def f(x):
        if np.all(generator.random(3) < 2):
            raise ZeroDivisionError("by what was drawn")
        return x

    with pytest.raises(ZeroDivisionError, match="by what was drawn"):
        ag.compile(f)(A)


def test_a_network_with_dropout_learns_as_it_does_uncompiled():
    class Network(nn.Module):
        def __init__(self):
            self.hidden = nn.Linear(2, 8, rng=0)
            self.output = nn.Linear(8, 1, rng=1)
            self.rng = np.random.default_rng(2)
            self.rate, self.train = 0.5, True

        def forward(self, x):
            h = np.tanh(self.hidden(x))
            return self.output(ag.dropout(h, self.rate, self.rng, self.train))

    def losses(make):
        model = Network()
        optimizer = nn.Adam(model.parameters(), learning_rate=0.05)

        def step(X, y):
            optimizer.zero_grad()
            loss = nn.squared_error(model(X), y)
            loss.backward()
            optimizer.step()
            return loss

        step, found = make(step), []
        X, y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])
        for n in range(40):
            model.train = n % 10 != 9
            model.rate = 0.5 if n < 20 else 0.25
            found.append(step(X, y).item())
        return found

    np.testing.assert_allclose(losses(ag.compile), losses(lambda f: f), rtol=1e-9)


def test_a_generator_made_inside_is_the_same_at_every_call():
    f = ag.compile(lambda x: x + np.random.default_rng(0).normal(size=3))
    for factor in (1, 2):
        expected = factor * A + np.random.default_rng(0).normal(size=3)
        np.testing.assert_array_equal(f(factor * A), expected)


class Keeper:
    __slots__ = ()
    kept = {}


def _appends(x):
    Keeper.kept.setdefault("all", []).append(x * 2)
    return x


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


# --- surroundings that are read -----------------------------------------------------------------


@pytest.fixture
def restored():
    """The globals of this module as they were."""
    names = ("scale", "table", "calls", "settings")
    before = {name: globals()[name] for name in names}
    yield
    globals().update(before)
    settings.__dict__.clear()
    settings.__dict__.update(rate=0.5, power=2, offsets=[np.array(1.0), 2.0])
    table[:] = [1.0, 2.0, 3.0]


def scaled(x):
    return x * scale + table


@pytest.mark.usefixtures("restored")
def test_globals_are_read_at_every_call(traced):
    global scale, table
    f = ag.compile(scaled)
    np.testing.assert_array_equal(f(A), scaled(A))
    scale = 3.0
    np.testing.assert_array_equal(f(A), 3 * A + table)
    table[1] = 100.0
    np.testing.assert_array_equal(f(A), 3 * A + [1, 100, 3])
    table = np.array([5.0, 5.0, 5.0])
    np.testing.assert_array_equal(f(A), 3 * A + 5)
    assert len(traced) == 1
    table = np.array(1.0)
    np.testing.assert_array_equal(f(A), 3 * A + 1)
    scale = A
    np.testing.assert_array_equal(f(A), A * A + 1)
    assert len(traced) == 3


@pytest.mark.usefixtures("restored")
def test_objects_around_are_read_at_every_call(traced):
    def helper(x):
        return x * settings.rate + settings.offsets[0] ** settings.power - settings.offsets[1]

    f = ag.compile(lambda x: helper(x) + 0.0)
    changes = [
        lambda: setattr(settings, "rate", 0.1),
        lambda: settings.offsets.__setitem__(1, 7.0),
        lambda: setattr(settings, "offsets", [np.array(4.0), 1.0]),
    ]
    assert agree(helper(A) + 0.0, f(A))
    for change in changes:
        change()
        assert agree(helper(A) + 0.0, f(A))
    assert len(traced) == 1
    settings.power = 3
    assert agree(helper(A) + 0.0, f(A))
    settings.offsets.append(1.0)
    assert agree(helper(A) + 0.0, f(A))
    assert len(traced) == 3


def test_closures_defaults_and_partials_are_read_at_every_call():
    rate, pair = 2.0, (A, {"b": 1.0})

    def f(x, w=table, *, v=3.0):
        return x * rate + pair[0] * pair[1]["b"] + w * v

    compiled = ag.compile(f)
    bound = ag.compile(functools.partial(f, v=4.0))
    for change in (
        lambda: None,
        lambda: pair[1].update(b=5.0),
        lambda: f.__kwdefaults__.update(v=7.0),
        lambda: setattr(f, "__defaults__", (2 * table,)),
        lambda: bound.__wrapped__.keywords.update(v=1.0),
    ):
        change()
        assert agree(f(A), compiled(A))
        assert agree(bound.__wrapped__(A), bound(A))
    rate = 9.0
    pair = (2 * A, {"b": 1.0})
    assert agree(f(A), compiled(A))


def test_functions_around_are_followed_and_noticed(traced):
    shift = 1.0

    def inner(x):
        return x + shift

    activation = np.tanh
    f = ag.compile(ag.grad(lambda x: np.sum(activation(inner(x)))))
    np.testing.assert_allclose(f(A), 1 - np.tanh(A + 1) ** 2)
    shift = 2.0
    np.testing.assert_allclose(f(A), 1 - np.tanh(A + 2) ** 2)
    assert len(traced) == 1
    activation = np.exp
    np.testing.assert_allclose(f(A), np.exp(A + 2))
    assert len(traced) == 2


def test_rules_of_the_user_s_own_operations_are_followed():
    one, other = 2.0, 3.0
    mine = ag.elementwise(lambda x: x * one, lambda g, out, x: g * other)
    f = ag.compile(ag.value_and_grad(lambda x: np.sum(mine(x))))
    for one, other in [(2.0, 3.0), (5.0, 3.0), (5.0, 7.0)]:
        value, gradient = f(A)
        assert value == one * 2
        np.testing.assert_array_equal(gradient, np.full(3, other))


def test_views_of_a_parameter_keep_what_they_showed():
    def shown(prepare):
        w = ag.Tensor(A, requires_grad=True)
        optimizer = nn.SGD([w], 1.0)
        view = w[:2]

        @prepare
        def step(x):
            optimizer.zero_grad()
            np.sum(w * x).backward()
            optimizer.step()

        for _ in range(3):
            step(A)
        buffer = ag.Tensor(A)

        @prepare
        def rebind(x):
            buffer.data = x * 2

        rebind(A)
        part = buffer[:2]
        rebind(A)
        part[0] = 100.0
        return [view.data, w.data, part.data, buffer.data]

    assert agree(shown(lambda f: f), shown(ag.compile))


def test_names_that_are_texts_are_followed_too():
    module = types.ModuleType("made_up_settings")
    module.rate, module.other = 2.0, 3.0
    scope = {"settings": module, "shift": 1.0}
    code = 'def f(x):\n    return x * getattr(settings, "rate") + globals()["shift"]'
    exec(code, scope)
    f = ag.compile(scope["f"])
    np.testing.assert_array_equal(f(A), 2 * A + 1)
    module.rate, scope["shift"] = 4.0, 5.0
    np.testing.assert_array_equal(f(A), 4 * A + 5)


def test_an_object_that_is_called_is_followed():
    model = Training("sgd").model
    f = ag.compile(model)
    x = np.ones((2, 2))
    assert agree(model(x).data, f(x))
    model.layers[0].bias.data = np.ones(3)
    assert agree(model(x).data, f(x))
    assert "layers_0_bias" in f.source(x)


def _nameless_base():
    class Base:
        rate = 2.0

    return Base


def test_classes_slots_and_sets_are_read_at_every_call():
    class Base:
        rate = 2.0

    class Point(Base):
        __slots__ = ("weight",)

    point, chosen, nameless = Point(), {1, 2}, type("Nameless", (_nameless_base(),), {})()
    point.weight = A.copy()
    f = ag.compile(lambda x: x * point.weight * Base.rate * (2.0 if 1 in chosen else 1.0))
    g = ag.compile(lambda x: x * nameless.rate)
    np.testing.assert_array_equal(g(A), 2 * A)
    type(nameless).__bases__[0].rate = 3.0
    np.testing.assert_array_equal(g(A), 3 * A)
    np.testing.assert_array_equal(f(A), 4 * A * A)
    point.weight = 2 * A
    np.testing.assert_array_equal(f(A), 8 * A * A)
    Base.rate = 1.0
    np.testing.assert_array_equal(f(A), 4 * A * A)
    chosen.discard(1)
    np.testing.assert_array_equal(f(A), 2 * A * A)


def test_methods_that_are_replaced_are_noticed():
    class Base:
        factor = 2.0

        def apply(self, x):
            return x * self.factor

        @staticmethod
        def shift(x):
            return x + 1

    class Layer(Base):
        pass

    layer = Layer()
    f = ag.compile(lambda x: layer.shift(layer.apply(x)))
    np.testing.assert_array_equal(f(A), 2 * A + 1)
    Base.apply = lambda self, x: x - 1
    np.testing.assert_array_equal(f(A), A)
    Base.shift = staticmethod(lambda x: x + 5)
    np.testing.assert_array_equal(f(A), A + 4)
    Layer.apply = lambda self, x: x * self.factor
    np.testing.assert_array_equal(f(A), 2 * A + 5)
    Layer.factor = 3.0
    np.testing.assert_array_equal(f(A), 3 * A + 5)
    layer.factor = 4.0
    np.testing.assert_array_equal(f(A), 4 * A + 5)


def test_an_array_that_cannot_be_followed_is_watched():
    held = A.copy()
    f = ag.compile(functools.partial(lambda w, x: x * w, held))
    np.testing.assert_array_equal(f(A), A * A)
    for held[0] in range(2, 17):
        np.testing.assert_array_equal(f(A), held * A)
    held[0] = -1.0
    with refused(r"an array that it uses, and that no name leads to"):
        f(A)


def test_arrays_of_text_are_watched():
    names = np.array(["a", "b", "a"])
    f = ag.compile(lambda x: x * (names == "a"))
    np.testing.assert_array_equal(f(A), A * [1, 0, 1])
    names[1] = "a"
    np.testing.assert_array_equal(f(A), A)


def test_arrays_of_text_are_arguments_too():
    f = ag.compile(lambda names: np.where(names == "a", 1.0, 2.0))
    for names in (np.array(["a", "b"]), np.array(["b", "b"]), np.array(["a", "a"])):
        np.testing.assert_array_equal(f(names), np.where(names == "a", 1.0, 2.0))


def test_an_integer_that_changes_becomes_an_input(traced):
    state = SimpleNamespace(epoch=1)
    f = ag.compile(lambda x: x / state.epoch)
    for state.epoch in range(1, 40):
        np.testing.assert_array_equal(f(A), A / state.epoch)
    assert len(traced) == 2


def test_a_name_defined_later_is_noticed():
    scope = {"np": np}
    exec(
        "def f(x):\n    try:\n        return x * late\n    except NameError:\n        return x",
        scope,
    )
    f = ag.compile(scope["f"])
    np.testing.assert_array_equal(f(A), A)
    scope["late"] = 2.0
    np.testing.assert_array_equal(f(A), 2 * A)


# --- surroundings that are assigned -------------------------------------------------------------


@pytest.mark.usefixtures("restored")
def test_assigned_globals_are_assigned_at_every_call(traced):
    @ag.compile
    def f(x):
        global calls, scale
        calls += 1
        scale = scale * 0.5
        return x * calls * scale

    for i in range(1, 6):
        np.testing.assert_array_equal(f(A), A * i * 2.0 * 0.5**i)
        assert (calls, scale) == (i, 2.0 * 0.5**i)
        assert type(calls) is int
    assert len(traced) == 1


def test_assigned_attributes_are_assigned_at_every_call(traced):
    class Running:
        def __init__(self):
            self.count, self.mean, self.best, self.last = 0, np.zeros(3), None, {}

        def update(self, x):
            self.count += 1
            self.mean = self.mean + (x - self.mean) / self.count
            self.last = {"x": x * 1.0, "sum": [np.sum(x)]}
            if self.best is None or np.sum(x) > self.best:
                self.best = np.sum(x)
            self.new = x[0] * 2
            return self.mean * 1.0

    plain, state = Running(), Running()
    f = ag.compile(state.update)
    for i in range(12):
        x = A * ((i * 7) % 5)
        assert agree(plain.update(x), f(x))
        assert agree(vars(plain), vars(state))
    assert len(traced) <= 4


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


# --- state of many kinds, side by side with the function itself ---------------------------------


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


# --- errors -----------------------------------------------------------------------------------


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


def test_wrong_calls_of_compile_say_what_is_wanted():
    with pytest.raises(TypeError, match=r"takes a function, not array.*write compile\(f\)"):
        ag.compile(A)
    with pytest.raises(ValueError, match='backend=\'jax\' is not known: it is "numpy" or "numba"'):
        ag.compile(np.sin, backend="jax")


def test_a_missing_numba_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(compilation, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install numba, or leave backend= out"):
        ag.compile(np.sin, backend="numba")


def test_anomalies_are_looked_for_in_the_function_itself():
    f = ag.compile(lambda x: ag.grad(lambda x: np.sum(np.sqrt(x)))(x))
    f(np.array([0.0]))
    with pytest.raises(ag.AnomalyError), ag.detect_anomaly():
        f(np.array([0.0]))


# --- threads ----------------------------------------------------------------------------------


def test_threads_call_one_compiled_function():
    state = SimpleNamespace(w=A.copy())
    f = ag.compile(lambda x: np.sum(np.tanh(x * state.w)))
    wrong = []

    def work(seed):
        rng = np.random.default_rng(seed)
        for n in rng.integers(1, 8, 60):
            x = rng.normal(size=(n, 3))
            if not np.isclose(f(x), np.sum(np.tanh(x * A))):
                wrong.append(x)

    def guarded(seed):
        try:
            work(seed)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=guarded, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# --- training steps ---------------------------------------------------------------------------

OPTIMIZERS = {
    "sgd": lambda p: nn.SGD(p, 0.5),
    "momentum": lambda p: nn.SGD(p, 0.1, momentum=0.9),
    "adam": lambda p: nn.Adam(p, 0.05),
}


class Training:
    """A model of two layers, its optimiser and its step."""

    def __init__(self, optimizer, rng=0):
        rng = np.random.default_rng(rng)
        self.model = model = nn.Sequential(
            nn.Linear(2, 3, rng=rng), nn.Tanh(), nn.Linear(3, 2, rng=rng), nn.Sigmoid()
        )
        self.optimizer = optimizer = OPTIMIZERS[optimizer](model.parameters())

        def step(X, y):
            optimizer.zero_grad()
            loss = nn.squared_error(model(X), y)
            loss.backward()
            optimizer.step()
            return loss

        self.step = step
        rng = np.random.default_rng(5)
        self.X = rng.normal(size=(20, 2))
        self.y = np.eye(2)[(self.X[:, 0] * self.X[:, 1] > 0).astype(int)]

    def differs_from(self, other):
        pairs = zip(self.model.parameters(), other.model.parameters())
        return max(np.abs(p.data - q.data).max() for p, q in pairs)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_200_compiled_steps_are_200_steps(optimizer, traced):
    plain, compiled = Training(optimizer), Training(optimizer)
    step = ag.compile(compiled.step)
    for i in range(200):
        if i == 100:
            plain.optimizer.learning_rate = compiled.optimizer.learning_rate = 0.01
        if i == 150:
            for training in (plain, compiled):
                training.model.load_state_dict(Training("sgd", rng=9).model.state_dict())
        loss = plain.step(plain.X, plain.y)
        np.testing.assert_allclose(step(plain.X, plain.y), loss.data, rtol=1e-9)
    assert plain.differs_from(compiled) < 1e-9
    assert len(traced) == 2  # without gradients yet, and with
    for p, q in zip(plain.model.parameters(), compiled.model.parameters()):
        np.testing.assert_allclose(p.grad, q.grad, rtol=1e-7, atol=1e-12)
        assert isinstance(q.grad, np.ndarray)
        assert isinstance(q.numpy(), np.ndarray)
    assert vars(plain.optimizer).keys() == vars(compiled.optimizer).keys()


def test_changes_of_a_model_are_noticed(traced):
    plain, compiled = Training("sgd"), Training("sgd")
    step = ag.compile(compiled.step)

    def both(change=lambda training: None):
        for training in (plain, compiled):
            change(training)
        for _ in range(2):
            np.testing.assert_allclose(
                step(plain.X, plain.y), plain.step(plain.X, plain.y).data, rtol=1e-12
            )
        assert plain.differs_from(compiled) < 1e-12

    def freeze(training):
        training.model.layers[0].weight.requires_grad = False

    def replace(training):
        training.model.layers[1] = nn.Sigmoid()

    def rebind(training):
        training.model.layers[0].bias.data = np.ones(3)

    def insert(training):
        training.model.layers.insert(1, nn.ReLU())

    both()
    count = len(traced)
    both(rebind)
    assert len(traced) == count
    both(replace)
    both(insert)
    both(freeze)
    before = compiled.model.layers[0].weight.data.copy()
    both()
    np.testing.assert_array_equal(compiled.model.layers[0].weight.data, before)


def test_a_flag_of_a_module_is_noticed():
    class Block(nn.Module):
        def __init__(self):
            self.training = True
            self.layer = nn.Linear(3, 1, rng=0)

        def forward(self, x):
            return self.layer(x) * (0.5 if self.training else 1.0)

    block = Block()
    f = ag.compile(lambda x: block(x))
    for block.training in (True, False, True):
        assert agree(block(A).data, f(A))


def test_a_model_is_an_argument_too(traced):
    f = ag.compile(lambda model, x: model(x))
    one, other = (Training("sgd", rng).model for rng in (0, 1))
    x = np.ones((2, 2))
    for _ in range(2):
        for model in (one, other):
            assert agree(model(x).data, f(model, x))
            model.layers[0].bias.data = np.ones(3)
            assert agree(model(x).data, f(model, x))


def test_hooks_are_part_of_the_step():
    plain, compiled = Training("sgd"), Training("sgd")
    step = ag.compile(compiled.step)
    hooks, factor = [], [0.1]
    for i in range(6):
        if i == 2:
            hooks = [
                t.model.parameters()[0].register_hook(lambda g: g * factor[0])
                for t in (plain, compiled)
            ]
        if i == 3:
            factor[0] = 0.2
        if i == 4:
            for hook in hooks:
                hook.remove()
        step(plain.X, plain.y)
        plain.step(plain.X, plain.y)
        assert plain.differs_from(compiled) < 1e-12


def test_a_hook_that_is_a_function_of_numpy_is_noticed():
    w = ag.Tensor(A, requires_grad=True)

    @ag.compile
    def f(x):
        w.grad = None
        np.sum(w * x).backward()
        return x

    f(A)
    with w.register_hook(np.negative):
        f(A)
        np.testing.assert_array_equal(w.grad, -A)
    f(A)
    np.testing.assert_array_equal(w.grad, A)


def test_parts_of_scalar_tensors_stay_arrays():
    w = ag.Tensor(2.0, requires_grad=True)
    optimizer = nn.SGD([w], 0.25)

    @ag.compile
    def step(x):
        optimizer.zero_grad()
        loss = np.sum(w * x)
        loss.backward()
        optimizer.step()
        return loss

    for value in (2.0, 1.5, 1.0):
        assert step(A) == value * 2
        assert type(w._array) is type(w.node.grad) is np.ndarray
        assert w.data == value - 0.5


def test_dropout_with_a_mask_as_an_argument_compiles():
    model = Training("sgd").model

    @ag.compile
    def f(X, mask):
        return model.layers[2](model.layers[1](model.layers[0](X)) * mask)

    rng = np.random.default_rng(0)
    X = rng.normal(size=(4, 2))
    for _ in range(2):
        mask = ag.dropout_mask((4, 3), 0.5, rng)
        assert agree(f.__wrapped__(X, mask).data, f(X, mask))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.mean(a=x),
        lambda x: np.sum(a=x, axis=0),
        lambda x: np.moveaxis(a=x, source=0, destination=1),
        lambda x: np.clip(a=x, a_min=1, a_max=2),
        lambda x: np.expand_dims(a=x, axis=0),
        lambda x: np.broadcast_to(array=x, shape=(3, 2, 2)),
        lambda x: np.linalg.norm(x=x, axis=None),
        lambda x: np.sum(x, dtype=None, where=True, keepdims=False),
        lambda x: np.sum(x, where=np.array([True, False]), keepdims=True),
        lambda x: np.swapaxes(np.reshape(x, (1,) * 12 + (2, 2)), 0, 13) * 2,
    ],
)
def test_keywords_and_many_axes_are_taken(f):
    compiled = ag.compile(f)
    for x in (np.arange(4.0).reshape(2, 2), -np.ones((2, 2))):
        assert agree(f(x), compiled(x))


# --- numbers and names of Python ---------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        np.transpose,
        lambda x: divmod(x, 0.4),
        lambda x: divmod(4, x),
        lambda x: np.round(x, 1),
        lambda x: (x // 2, x % 2, x**2, -x, +x, abs(x), pow(2, x)),
        abs,
        math.floor,
    ],
)
def test_python_numbers_are_computed_with_as_they_are(f):
    compiled = ag.compile(f)
    for x in (1.55, -2.55, 2.65):
        assert agree(f(x), compiled(x))


CAPTURED = {
    "a norm's order":   lambda s: lambda x: np.linalg.norm(x, ord=s) + np.sum(np.abs(x) ** s),
    "a quantile":       lambda s: lambda x: np.quantile(x, s % 1),
    "limits":           lambda s: lambda x: np.sum(np.clip(x, -s, s)),
    "a filled array":   lambda s: lambda x: np.sum(x * np.full(3, s)),
    "a padding":        lambda s: lambda x: np.sum(np.pad(x, 1, constant_values=s) ** 2),
    "a list of it":     lambda s: lambda x: np.dot(x, [s, 1.0, 2 * s]),
    "weights":          lambda s: lambda x: np.average(x, weights=[s, 1.0, 2.0]),
    "points":           lambda s: lambda x: np.sum(np.interp(x, [-1.0, s, 9.0], [s, 2.0, 3.0])),
    "a part of round":  lambda s: lambda x: np.sum(x) * round(s, 1),
    "float":            lambda s: lambda x: np.sum(x) * float(s),
    "a length":         lambda s: lambda x: sum(x[i] for i in range(int(s) % 3 + 1)),
    "a slope":          lambda s: lambda x: np.sum(ag.leaky_relu(x, s)),
    "a degree":         lambda s: lambda x: np.var(x, ddof=s % 1),
}  # fmt: skip


@pytest.mark.parametrize("case", CAPTURED)
def test_a_setting_may_be_a_number_around_the_function(case):
    """It is a constant while it stays, and the function is traced again when it changes."""
    setting, x = 2.5, np.array([0.5, -1.5, 3.0])

    def f(x):
        return CAPTURED[case](setting)(x)

    program = ag.compile(ag.value_and_grad(f))
    for setting in (2.5, 3.75, 2.5):  # noqa: B007 - f reads it
        assert agree(program(x), ag.value_and_grad(f)(x))


@pytest.mark.parametrize("order", [np.inf, -np.inf, np.nan, 3.0, True])
def test_a_number_that_a_program_relies_on_may_be_any(order):
    program = ag.compile(lambda x: np.sum(x) * float(order))
    for _ in range(3):
        assert np.array_equal(program(np.ones(2)), 2 * float(order), equal_nan=True)
    assert agree(ag.compile(lambda x: round(x, 1))(2.55), round(2.55, 1))


@pytest.mark.parametrize("name", ["abs", "float", "np", "exp", "status", "kernel_1", "for", "t1"])
def test_a_function_may_be_called_as_what_its_program_uses(name):
    def f(x):
        return abs(np.exp(x)) * np.float32(0.5) + np.exp(np.sum(x))

    f.__name__ = name
    compiled = ag.compile(f)
    assert agree(f(A), compiled(A))
    exec(compiled.source(A), {})


# --- the source -------------------------------------------------------------------------------


def test_the_source_runs_by_itself_and_gives_the_same():
    args = network_arguments()
    f = ag.compile(ag.value_and_grad(network))
    text = f.source(*args)
    assert text.startswith("import numpy as np\n")
    assert "def network(params_W1, params_W2, X, y):" in text
    scope = {}
    exec(text, scope)
    params, X, y = args
    found = scope["network"](params["W1"], params["W2"], X, y)
    value, gradient = f(*args)
    assert agree((value, *gradient.values()), tuple(found))


def test_the_source_of_a_step_names_its_state():
    training = Training("adam")
    step = ag.compile(training.step)
    for _ in range(3):
        step(training.X, training.y)
    before = training.model.state_dict()
    steps = training.optimizer.steps
    text = step.source(training.X, training.y)
    for name, value in training.model.state_dict().items():  # a look changes nothing
        np.testing.assert_array_equal(value, before[name])
    assert training.optimizer.steps == steps
    scope = {}
    exec(text, scope)
    program = scope["step"]
    names = program.__code__.co_varnames[: program.__code__.co_argcount]
    assert names[:2] == ("X", "y")
    assert {"model_layers_0_weight", "optimizer_learning_rate", "optimizer_steps"} <= set(names)
    values = {"optimizer": training.optimizer, "model": training.model}
    inputs = [training.X, training.y]
    for name in names[2:]:
        value = values
        for part in _path(text, name):
            value = value[part] if isinstance(value, dict) else _part(value, part)
        inputs.append(value.data if isinstance(value, ag.Tensor) else value)
    loss, left = program(*inputs)
    assert loss == step(training.X, training.y)
    places = (
        text.split("# It leaves behind: ")[1].split("\nimport")[0].replace("\n#", "").split(", ")
    )
    assert len(places) == len(left)
    expected = left[[p.strip() for p in places].index("model.layers.0.weight")]
    np.testing.assert_array_equal(expected, training.model.layers[0].weight.data)


def _path(text, name):
    reads = text.split("# After the arguments it takes, as they are at the call: ")[1]
    paths = [p.strip(" #\n") for p in reads.split("# It returns")[0].split(",")]
    [path] = [p for p in paths if re.sub(r"\W+", "_", p) == name]
    return path.split(".")


def _part(value, part):
    return value[int(part)] if part.isdigit() else getattr(value, part)


def test_the_source_of_other_arguments_is_another():
    f = ag.compile(lambda x: x * 2 if x[0] > 0 else x - 1)
    for x in (A, -A):
        scope = {}
        exec(f.source(x), scope)
        np.testing.assert_array_equal(scope["program"](x), f(x))
        assert scope["program"](-x) is None
    t = ag.Tensor(A, requires_grad=True)
    with pytest.raises(TypeError, match=r"there is no program of <lambda> .* on a tape"):
        f.source(t)


# --- what is written about it ---------------------------------------------------------------------


def test_the_example_trains_both_ways_alike(capsys):
    compile_xor.main(["--hidden", "3", "--steps", "30"])
    printed = capsys.readouterr().out
    differences = re.search(r"of a loss (\S+), of a weight (\S+)", printed).groups()
    assert all(float(number) < 1e-9 for number in differences)
    assert "def step(X, y, optimizer_learning_rate" in printed


# --- costs ------------------------------------------------------------------------------------


def test_importing_the_engine_does_not_import_the_derivation():
    code = "import sys, autograd_lite, nn; print([m for m in sys.modules if 'derivation' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_programs_hold_no_values_of_the_call_that_was_traced():
    import gc
    import weakref

    class Big(np.ndarray):
        pass

    f = ag.compile(lambda x: np.sum(np.exp(x) * 2))
    x = np.ones(1000)
    reference = weakref.ref(x)
    f(x)
    del x
    gc.collect()
    assert reference() is None


def _sums_in(dtype):
    return lambda *xs: functools.reduce(np.add, [np.sum(x, 0, dtype) for x in xs])


def _added_products(total, *xs):
    for x in xs:
        total = total + x.T @ x
    return total


_EIGHT_BITS = [np.full((5, 3), 5, np.int8) for _ in range(6)]
_SINGLE = [np.full((5, 3), i + 0.5, np.float32) for i in range(6)]
# What a program computes in another way than it is written, and where the two ways would part:
# the function, and the arguments of its calls.
PARTING = {
    "c x + d x in float64": (lambda x: 1e308 * x + 1e308 * x, [A, A / 100]),
    "c x + d x in float32": (lambda x: 3e38 * x + 3e38 * x, [_SINGLE[0], _SINGLE[0] / 100]),
    "c (d x) overflows": (lambda x: 1e30 * (1e30 * x), [_SINGLE[0], _SINGLE[1] * 1e-30]),
    "c (d x) underflows": (lambda x: 1e-30 * (1e-30 * x), [_SINGLE[0], _SINGLE[1] * 1e30]),
    "(c x) / d": (lambda x: (1e30 * x) / 1e-30, [_SINGLE[0], _SINGLE[1] * 1e-30]),
    "c (d x) in float16": (
        lambda x: 1000 * (100 * x),
        [_SINGLE[0].astype(np.float16), np.full(3, 1e-3, np.float16)],
    ),
    "numbers of float16": (lambda x: np.float16(0.1) * (np.float16(0.3) * x), [A]),
    "numbers of longdouble": (lambda x: x * np.longdouble("0.1"), [A.astype(np.longdouble)]),
    "large integers": (lambda x: 10**200 * (10**200 * x), [A * 1e-200]),
    "-(x / d)": (lambda x: -(x / 1e-310), [A, A * 0]),
    "x / d in float32": (lambda x: x / 1e-40, [_SINGLE[0], _SINGLE[0] * 1e-38]),
    "sums with a dtype": (_sums_in(np.float64), [tuple(_SINGLE)]),
    "products that wrap around": (_added_products, [(np.zeros((3, 3), int), *_EIGHT_BITS)]),
    "a constant of -0.0": (lambda x: x / np.array([0.0, -0.0, 0.0, 0.0, -0.0]), [np.ones(5)]),
    "as many ones as a mask says": (
        lambda x: np.ones_like(x)[(x > 0,)],
        [A, np.array([1.0, -1.0, -1.0]), np.ones(3)],
    ),
    "Python's numbers": (lambda a, x: (-a * x, abs(a) * x, +a * x, 1 / a), [(1.5, _SINGLE[0])]),
}


@pytest.mark.parametrize("case", PARTING)
def test_a_shorter_way_is_the_same_for_every_value(case):
    f, calls = PARTING[case]
    compiled = ag.compile(f)
    for args in calls:
        args = args if isinstance(args, tuple) else (args,)
        with np.errstate(all="ignore"):
            expected, found = f(*args), compiled(*args)
        pairs = zip(found, expected) if isinstance(found, tuple) else [(found, expected)]
        for one, other in pairs:
            assert type(one) is type(other)
            assert np.shape(one) == np.shape(other)
            assert np.asarray(one).dtype == np.asarray(other).dtype
            precision = np.finfo(np.result_type(one, np.float16)).eps
            np.testing.assert_allclose(one, other, rtol=4 * precision)


def test_an_array_without_axes_comes_back_as_a_copy():
    x = np.array(2.0)
    result = ag.compile(lambda x: (x, x))(x)
    assert not any(np.shares_memory(x, one) for one in result)
    assert not np.shares_memory(*result)


class _Listed(list):
    rate = 0.5


class _Named(dict):
    pass


class _Kind(type):
    rate = 0.5


class _OfKind(metaclass=_Kind):
    pass


_named = _Named()
_named.rate = 0.5
HOLDERS = {
    "ChainMap": (ChainMap({"rate": 0.5}), lambda h: h["rate"], lambda h: h.update(rate=2.0)),
    "UserDict": (UserDict(rate=0.5), lambda h: h["rate"], lambda h: h.update(rate=2.0)),
    "UserList": (UserList([0.5]), lambda h: h[0], lambda h: h.reverse() or h.insert(0, 2.0)),
    "array": (plain_arrays.array("d", [0.5]), lambda h: h[0], lambda h: h.insert(0, 2.0)),
    "attribute of a dict": (_named, lambda h: h.rate, lambda h: setattr(h, "rate", 2.0)),
    "class of a list": (_Listed(), lambda h: h.rate, lambda h: setattr(_Listed, "rate", 2.0)),
    "class of a class": (_OfKind, lambda h: h.rate, lambda h: setattr(_Kind, "rate", 2.0)),
}


@pytest.mark.parametrize("kind", HOLDERS)
def test_numbers_in_other_holders_are_read_at_every_call(kind):
    holder, rate, change = HOLDERS[kind]
    compiled = ag.compile(lambda x: x * rate(holder))
    np.testing.assert_array_equal(compiled(A), 0.5 * A)
    change(holder)
    np.testing.assert_array_equal(compiled(A), 2 * A)
    np.testing.assert_array_equal(compiled(B), 2 * B)


class _Scaling:
    def __init__(self, factor):
        self.factor = factor
        self.fast = ag.compile(self.scaled)

    def scaled(self, x):
        return self.factor * x


@ag.compile
def _doubled(x):
    return 2 * x


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_of_an_object_has_a_compiled_method_of_its_own(copied):
    one = _Scaling(2.0)
    np.testing.assert_array_equal(one.fast(A), 2 * A)
    other = copied(one)
    other.factor = 3.0
    np.testing.assert_array_equal(other.fast(A), 3 * A)
    np.testing.assert_array_equal(one.fast(A), 2 * A)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_decorated_function_is_copied_and_pickled_by_its_name(copied):
    _doubled(A)
    assert copied(_doubled) is _doubled
    np.testing.assert_array_equal(copied(ag.compile(np.sin))(A), np.sin(A))


UPDATES = [
    "w.data -= 0.1 * w.grad",
    "w.data[1:] -= 0.1 * w.grad[1:]",
    "w.data[...] = w.data - 0.1 * w.grad",
    "d = w.data; d -= 0.1 * w.grad",
    "w.data.fill(x[0])",
    "before = w.data; w.data = w.data * 2; w.data = before + 1",
    "w.grad *= 0.5",
    "w.grad.zero_()",
    "with ag.no_grad(): w -= 0.1 * w.grad",
    "with ag.no_grad(): w[0] = x[1]",
    "with ag.no_grad(): w.flat[1] = x[1]",
    "with ag.no_grad(): np.clip(w, -1, 2, out=w)",
    "with ag.no_grad():\n  v = w[1:]; v *= 0.5",
]


@pytest.mark.parametrize("update", UPDATES)
def test_a_step_by_hand_is_compiled_as_it_is_written(update):
    code = compile(update, "update", "exec")

    def trained(step_of):
        w = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)

        def step(x):
            w.grad = None
            loss = np.sum((w - x) ** 2)
            loss.backward()
            exec(code, {"w": w, "x": x, "np": np, "ag": ag})
            return loss.detach()

        step = step_of(step)
        losses = [step(np.array([0.0, 1.0, k])).item() for k in range(3)]
        return losses, w.tolist(), w.grad.tolist()

    for got, expected in zip(trained(ag.compile), trained(lambda step: step), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_a_simulation_that_writes_in_place_is_compiled():
    def f(u):
        u = u * 1.0
        new, edge = np.zeros_like(u), u[:, 0]
        for _ in range(3):
            new[1:-1] = u[2:] + u[:-2]
            new *= 0.3
            edge += new[:, 1]
            for row in new:
                row -= row[0]
            new.flat[0] = edge[1]
            u, new = new, u
            edge = u[:, 0]
        return np.sum(u**2) + np.sum(np.sin(new))

    u = np.random.default_rng(0).normal(size=(5, 4))
    compiled = ag.compile(ag.value_and_grad(f))
    for x in (u, -u):
        value, g = compiled(x)
        np.testing.assert_allclose(value, f(x))
        np.testing.assert_allclose(g, ag.grad(f)(x))
    ag.check_gradients(f, u)


IMPORTS = {
    "a statement": "import settings\n    return x * settings.rate",
    "a name": "from settings import rate as r\n    return x * r",
    "a text": "import importlib\n    return x * importlib.import_module('settings').rate",
    "a text by name": "import importlib\n    return x * importlib.import_module(NAME).rate",
    "a builtin": "return x * __import__('settings').rate",
    "the modules": "import sys\n    return x * sys.modules['settings'].rate",
    "a part": "import settings.deep\n    return x * settings.deep.rate",
    "a part by name": "import settings.deep as d\n    return x * d.rate",
    "a part from": "from settings import deep\n    return x * deep.rate",
    "a relative part": "from . import deep\n    return x * deep.rate",
    "a relative name": "from .deep import rate\n    return x * rate",
    "a relative text": "import importlib\n"
    "    return x * importlib.import_module('.deep', 'settings').rate",
    "an attribute": "import settings\n    return x * getattr(settings, 'rate')",
    "a computed attribute": "import settings\n    return x * settings.computed",
    "inside": "def g(x):\n     import settings\n     return x * settings.rate\n    return g(x)",
}  # fmt: skip


@pytest.fixture
def package(monkeypatch):
    """A package with a module inside, and the scope of another module inside."""
    package, deep = types.ModuleType("settings"), types.ModuleType("settings.deep")
    package.deep, package.rate, deep.rate = deep, 2.0, 2.0

    def computed(name):
        if name == "computed":
            return package.rate
        raise AttributeError(name)

    package.__getattr__ = computed
    monkeypatch.setitem(sys.modules, "settings", package)
    monkeypatch.setitem(sys.modules, "settings.deep", deep)
    return package


def importing(body):
    """The function of a module in the package, with a body."""
    scope = {"NAME": "settings", "__package__": "settings", "__name__": "settings.user"}
    exec(f"def f(x):\n    {body}\n", scope)
    return scope["f"]


@pytest.mark.parametrize("case", IMPORTS)
def test_what_a_function_imports_is_watched(case, package):
    program = ag.compile(importing(IMPORTS[case]))
    assert program(np.ones(1)) == 2.0
    package.rate = package.deep.rate = 5.0
    assert program(np.ones(1)) == 5.0


@pytest.mark.parametrize("case", ["a statement", "a name", "a text"])
def test_another_module_of_the_name_is_seen(case, package, monkeypatch):
    program = ag.compile(importing(IMPORTS[case]))
    assert program(np.ones(1)) == 2.0
    other = types.ModuleType("settings")
    other.rate = 7.0
    monkeypatch.setitem(sys.modules, "settings", other)
    assert program(np.ones(1)) == 7.0
    monkeypatch.setitem(sys.modules, "settings", package)
    assert program(np.ones(1)) == 2.0


@pytest.mark.parametrize(
    "body",
    [
        "import lazy_settings\n    return x * lazy_settings.rate",
        "from lazy_settings import rate\n    return x * rate",
        "import importlib\n    return x * importlib.import_module('lazy_settings').rate",
        "from . import lazy\n    return x * lazy.rate",
    ],
)
def test_a_module_that_the_function_imports_first_is_watched(body, package, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    package.__path__ = [str(tmp_path)]
    for name in ("lazy_settings", "lazy"):
        (tmp_path / f"{name}.py").write_text("rate = 2.0\n")
    program = ag.compile(importing(body))
    try:
        assert program(np.ones(1)) == 2.0
        name = "lazy_settings" if "lazy_settings" in body else "settings.lazy"
        sys.modules[name].rate = 5.0
        assert program(np.ones(1)) == 5.0
    finally:
        for name in ("lazy_settings", "settings.lazy"):
            sys.modules.pop(name, None)


def test_an_attribute_that_a_module_gets_later_is_seen(package):
    program = ag.compile(importing("import settings as s\n    return x * getattr(s, 'late', 1.0)"))
    del package.__getattr__
    assert program(np.ones(1)) == 1.0
    package.late = 4.0
    assert program(np.ones(1)) == 4.0


def test_what_is_left_in_an_imported_module_is_left_at_every_call(package):
    program = ag.compile(importing("import settings\n    settings.last = x * 2\n    return x"))
    for value in (1.0, 3.0):
        program(np.full(2, value))
        np.testing.assert_array_equal(package.last, np.full(2, 2 * value))


def test_a_module_that_comes_later_is_seen(monkeypatch):
    def f(x):
        try:
            import settings
        except ImportError:
            return x
        return x * settings.rate

    program = ag.compile(f)
    assert program(np.ones(1)) == 1.0
    settings = types.ModuleType("settings")
    settings.rate = 5.0
    monkeypatch.setitem(sys.modules, "settings", settings)
    assert program(np.ones(1)) == 5.0
