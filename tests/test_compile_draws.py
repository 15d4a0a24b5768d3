"""`compile`: random numbers are drawn again at every call."""

import copy
import functools
import random
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from compiled import A, agree, refused

import autograd_lite as ag
import nn

scale = 2.0


settings = SimpleNamespace(rate=0.5, power=2, offsets=[np.array(1.0), 2.0])


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
