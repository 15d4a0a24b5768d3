"""What a compiled function reads around itself is read, or held, at every call."""

import array as plain_arrays
import functools
import math
import types
from collections import ChainMap, UserDict, UserList
from types import SimpleNamespace

import numpy as np
import pytest
from compiled import A, B, Training, agree, refused

import autograd_lite as ag
import nn

scale = 2.0
table = np.array([1.0, 2.0, 3.0])
calls = 0
settings = SimpleNamespace(rate=0.5, power=2, offsets=[np.array(1.0), 2.0])


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


def test_python_floats_that_a_setting_needs_are_guards():
    rate = 0.5

    @ag.compile
    def f(x):
        return x * math.sqrt(rate)

    for rate in (0.5, 0.25, 0.5):
        np.testing.assert_array_equal(f(A), A * math.sqrt(rate))


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


CAPTURED = {
    "a norm's order":   lambda s: lambda x: np.linalg.norm(x, ord=s) + np.sum(np.abs(x) ** s),
    "a quantile":       lambda s: lambda x: np.quantile(x, s % 1),
    "limits":           lambda s: lambda x: np.sum(np.clip(x, -s, s)),
    "a filled array":   lambda s: lambda x: np.sum(x * np.full(3, s)),
    "a padding":        lambda s: lambda x: np.sum(np.pad(x, 1, constant_values=s) ** 2),
    "a list of it":     lambda s: lambda x: np.dot(x, [s, 1.0, 2 * s]),
    "weights":          lambda s: lambda x: np.average(x, weights=[s, 1.0, 2.0]),
    "inner":            lambda s: lambda x: np.sum(np.inner(x, [s, 1.0, 2.0])),
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


def test_a_compiled_function_around_it_may_become_another():
    inner = ag.compile(lambda x: x * 2)
    outer = ag.compile(lambda x: inner(x) + 1)
    np.testing.assert_array_equal(outer(A), 2 * A + 1)
    inner = ag.compile(lambda x: x * 3)
    np.testing.assert_array_equal(outer(A), 3 * A + 1)


def test_a_name_may_hide_a_builtin_later():
    scope = {}
    exec("def f(x):\n    return abs(x)\n", scope)
    f = ag.compile(scope["f"])
    np.testing.assert_array_equal(f(A), abs(A))
    scope["abs"] = np.negative
    np.testing.assert_array_equal(f(A), -A)
