"""Simplification: what is left out, and that values, shapes and dtypes stay."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite.programs.program import Program
from autograd_lite.symbolic.calls import setitem
from autograd_lite.symbolic.graph import Graph, needed
from autograd_lite.symbolic.python_text import Writer
from autograd_lite.symbolic.trace import Trace
from autograd_lite.symbolic.traced import Traced

ARRAYS = {
    "x": np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.5]]),
    "y": np.array([[2.0, 5.0, -1.0], [1.5, 0.25, 3.0]]),
    "v": np.array([1.0, -2.0, 0.5]),
    "s": np.float64(3.0),
}


def traced(f, arrays):
    """What a function computes, as an expression of its graph."""
    graph = Graph()
    trace = Trace(graph)
    return f(*(trace.input(a, name) for name, a in arrays.items())), graph


RULES = {
    # signs
    "x": lambda x, y, v, s: np.negative(-x),
    "x - y": lambda x, y, v, s: x + -y,
    "y - x": lambda x, y, v, s: -x + y,
    "x + y": lambda x, y, v, s: x - -y,
    "x - 2": lambda x, y, v, s: x + -2,
    "y + 2": lambda x, y, v, s: y - -2,
    "v - 2 / v": lambda x, y, v, s: v + -2 / v,
    "v + 3.0 / s": lambda x, y, v, s: v - np.float64(-3) / s,
    "x - 3 * y": lambda x, y, v, s: x + y * -3,
    "x + 3.0 * y": lambda x, y, v, s: x - y * -3.0,
    "x * y": lambda x, y, v, s: -(-x * y),
    "v + x / y": lambda x, y, v, s: v - (-x / y),
    "-np.sum(x * y, axis=0)": lambda x, y, v, s: np.sum(-x * y, axis=0),
    # numbers
    "6 * x": lambda x, y, v, s: x * 2 * 3,
    "-2 * x": lambda x, y, v, s: 2 * -x,
    "0.5 * x": lambda x, y, v, s: x / 4 * 2,
    "2 * x": lambda x, y, v, s: x + x,
    "5 * x": lambda x, y, v, s: 2 * x + x * 3,
    "6 * x * y": lambda x, y, v, s: (2 * x) * (y * 3),
    "1e-200 * (1e-200 * x)": lambda x, y, v, s: 1e-200 * (1e-200 * x),
    "x + v": lambda x, y, v, s: x**1 + v * np.ones_like(v),
    "x + 1.0": lambda x, y, v, s: x + x**0,
    "y": lambda x, y, v, s: y + np.zeros_like(y),
    # truths
    "x > y": lambda x, y, v, s: (x > y) & (np.isnan(1.0) | np.True_) | np.False_,
    "v > 0": lambda x, y, v, s: np.logical_or(np.zeros_like(v > 1), v > 0),
    "x / y": lambda x, y, v, s: np.where((x > y) & np.False_, 3.0, x / y),
    "x ** y": lambda x, y, v, s: np.where((x > y) | np.ones_like(x > y), x**y, np.nan),
    "1.5 + x": lambda x, y, v, s: np.where((x > y) & np.isinf(0.0), v, 1.5) + x,
    # axes
    "x * v": lambda x, y, v, s: x * np.expand_dims(v, 0),
    "v * s": lambda x, y, v, s: v * np.broadcast_to(s, (3,)),
    "x + v / 2": lambda x, y, v, s: x + np.expand_dims(v, 0) / 2,
    "2 * v * x": lambda x, y, v, s: 2 * np.broadcast_to(v, (2, 3)) * x,
    "np.sum(x)": lambda x, y, v, s: np.sum(x, axis=(0, 1)),
    "np.sum(x, axis=0)": lambda x, y, v, s: np.sum(x, axis=(0,)),
    "np.sum(x, axis=1, keepdims=True)": lambda x, y, v, s: np.sum(x, axis=(1,)).reshape(2, 1),
    "x.T": lambda x, y, v, s: np.swapaxes(x, 0, 1),
    # the same values
    "x - v": lambda x, y, v, s: np.copy(x) - np.positive(v).astype(float),
    "1.25 * x": lambda x, y, v, s: (5 * x) / 4,
    "np.clip(x, 0, 1)": lambda x, y, v, s: np.clip(np.clip(x, 0, 1), 0, 1),
    "np.broadcast_to(s, (2,))": lambda x, y, v, s: np.broadcast_to(s, (4,))[1:3],
    "np.broadcast_to(v, (5, 2, 3))": lambda x, y, v, s: np.broadcast_to(
        np.broadcast_to(v, (2, 3)), (5, 2, 3)
    ),
}


@pytest.mark.parametrize("simple", RULES)
def test_rule(simple):
    result, graph = traced(RULES[simple], ARRAYS)
    names = {x: x.name for x in graph.inputs}
    assert Writer(names).write(result.expression) == simple
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(result.value, RULES[simple](*ARRAYS.values()))


@pytest.mark.parametrize("times", [1, 2])
def test_what_is_stored_where_it_stands_is_stored_once(times):
    def f(x):
        new = x.copy()
        for _ in range(times):
            new[0] = ARRAYS["v"]
        new[1] = new[1]
        return new

    result, graph = traced(f, {"x": ARRAYS["x"]})
    assert [step.func for step in needed(graph.steps, [result.expression])] == [setitem]


def test_several_transposes_are_one_or_none():
    x = np.arange(24.0).reshape(2, 3, 4)
    for f, simple in (
        (lambda x: x.T.T, "x"),
        (lambda x: np.swapaxes(np.swapaxes(x, 0, 2), -1, 0), "x"),
        (lambda x: np.swapaxes(x, axis1=-1, axis2=0), "np.swapaxes(x, 0, 2)"),
        (lambda x: np.moveaxis(x, -1, 2), "x"),
        (lambda x: x.reshape(6, 4, order="C").reshape(24), "np.reshape(x, (24,))"),
    ):
        result, graph = traced(f, {"x": x})
        assert Writer({graph.inputs[0]: "x"}).write(result.expression) == simple


def test_two_different_swaps_stay_two():
    x = np.arange(27.0).reshape(3, 3, 3)
    result, graph = traced(lambda x: np.swapaxes(np.swapaxes(x, 0, 1), 1, 2), {"x": x})
    found = Program(graph.steps, graph.inputs, result.expression).function()(x)
    np.testing.assert_array_equal(found, np.swapaxes(np.swapaxes(x, 0, 1), 1, 2))


def test_keywords_of_a_ufunc_are_kept():
    x = np.array([1.0, 2.0])
    result, graph = traced(lambda x: 2 * np.multiply(x, 3.0, dtype=np.float32), {"x": x})
    assert "dtype=np.float32" in Writer({graph.inputs[0]: "x"}).write(result.expression)


@pytest.mark.parametrize(
    "f",
    [
        lambda q, v: np.expand_dims(v, 0) * np.expand_dims(v, 0),
        lambda q, v: np.broadcast_to(v, (3, 3)) * np.expand_dims(v, 0),
        lambda q, v: q + np.expand_dims(v, 1),
        lambda q, v: q + np.reshape(v, (3, 1)) * 2,
        lambda q, v: np.reshape(np.sum(q, axis=0), (3, 1)),
        lambda q, v: np.expand_dims(np.sum(q, axis=1), 0),
        lambda q, v: np.expand_dims(np.sum(-q, axis=0), 0) - v,
        lambda q, v: np.swapaxes(np.swapaxes(np.expand_dims(q, 0), 0, 1), 0, 2),
        lambda q, v: np.moveaxis(np.expand_dims(q, 0), 0, -1),
        lambda q, v: np.broadcast_to(np.sum(v), (3, 3)) + q.T,
        lambda q, v: (-q / v) * -2.0 - -v,
    ],
)
def test_result_of_the_program_is_numpys(f):
    arrays = {"q": np.arange(9.0).reshape(3, 3) - 3.5, "v": np.array([1.0, -2.0, 0.5])}
    result, graph = traced(f, arrays)
    found = Program(graph.steps, graph.inputs, result.expression).function()(*arrays.values())
    wanted = f(*arrays.values())
    assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
    np.testing.assert_allclose(found, wanted)


# --- random programs ------------------------------------------------------------------------------

SHAPES = [(), (1,), (3,), (1, 3), (2, 1), (2, 3), (3, 3), (3, 1), (0, 3)]
ARITHMETIC = [np.add, np.subtract, np.multiply, np.divide, np.maximum]
NUMBERS = [-3, -1.0, -0.5, 0, 1, 2, 0.25]


@st.composite
def programs(draw):
    """A list of steps: each names a function and which of the values so far it takes."""
    shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=2, max_size=3))
    kinds = st.sampled_from("binary number negative sum transpose reshape spread power".split())
    ints = st.integers(0, 10**6)
    steps = draw(st.lists(st.tuples(kinds, ints, ints, ints), min_size=2, max_size=9))
    dtype = draw(st.sampled_from([np.float64, np.float32]))
    return shapes, steps, dtype


def _step(values, kind, i, j, k):
    x, y = values[i % len(values)], values[j % len(values)]
    func, number = ARITHMETIC[k % len(ARITHMETIC)], NUMBERS[j % len(NUMBERS)]
    if kind == "binary":
        return func(x, y)
    if kind == "number":
        return func(x, number) if k % 2 else func(number, x)
    if kind == "negative":
        return -x
    if kind == "power":
        return x ** (k % 3)
    if kind == "sum":
        axes = [None, (), *range(-x.ndim, x.ndim), tuple(range(x.ndim))]
        return np.sum(x, axis=axes[j % len(axes)], keepdims=bool(k % 2))
    if kind == "transpose":
        return np.swapaxes(x, j % x.ndim, k % x.ndim) if x.ndim and k % 2 else np.transpose(x)
    if kind == "reshape":
        return np.expand_dims(x, j % (x.ndim + 1)) if k % 2 else np.reshape(x, (1, *x.shape))
    return np.broadcast_to(x, (2, *x.shape)) if k % 2 else x * np.ones_like(y)


def _run(values, steps):
    values = list(values)
    for step in steps:
        try:
            values.append(_step(values, *step))
        except ValueError:  # shapes that do not fit
            continue
    return values


@settings(max_examples=300, deadline=None)
@given(programs())
def test_random_programs_keep_their_values_shapes_and_dtypes(program):
    shapes, steps, dtype = program
    rng = np.random.default_rng(len(steps))
    arrays = [np.asarray(rng.integers(1, 5, shape) / 4, dtype)[...] for shape in shapes]
    with np.errstate(all="ignore"):
        plain = _run(arrays, steps)
        graph = Graph()
        trace = Trace(graph)
        values = _run([trace.input(a, f"x{i}") for i, a in enumerate(arrays)], steps)
        assert len(values) == len(plain)
        results = [v.expression if isinstance(v, Traced) else v for v in values]
        found = Program(graph.steps, graph.inputs, results).function()(*arrays)
    for a, b in zip(found, plain, strict=True):
        assert (np.shape(a), np.asarray(a).dtype) == (np.shape(b), b.dtype)
        if np.isfinite(b).all() and np.abs(b).max(initial=0) < 1e6:
            np.testing.assert_allclose(a, b, rtol=1e-3 if dtype is np.float32 else 1e-9, atol=1e-4)
