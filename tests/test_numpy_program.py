"""The program for speed: the same numbers, whatever memory is used again."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.programs import merging, numpy_program, regions
from autograd_lite.programs.numpy_program import NumpyProgram
from autograd_lite.programs.program import Program
from autograd_lite.symbolic.aliasing import expression_of
from autograd_lite.symbolic.graph import Graph
from autograd_lite.symbolic.trace import Trace

ROWS, COLUMNS = 12, 5


def traced(f, *arrays):
    """The steps, inputs and results of a function."""
    graph = Graph()
    trace = Trace(graph)
    results = f(*(trace.input(x, f"x{i}") for i, x in enumerate(arrays)))
    return graph.steps, graph.inputs, [expression_of(r) for r in results]


def arrays(count, seed=0, shape=(ROWS, COLUMNS)):
    rng = np.random.default_rng(seed)
    return [rng.uniform(0.5, 1.5, shape) for _ in range(count)]


@pytest.fixture
def everything_is_large(monkeypatch):
    """Small arrays are treated as large ones are."""
    monkeypatch.setattr(numpy_program, "_LARGE", 1)
    monkeypatch.setattr(regions, "BLOCK", 2 * COLUMNS)
    monkeypatch.setattr(regions, "LARGE", 1)


# An instruction is what to do and on which of the values so far.
DOES = {
    "exp": lambda x, y: np.exp(-x),
    "add": lambda x, y: x + y,
    "times": lambda x, y: x * y,
    "minus one": lambda x, y: 1 - x,
    "with a row": lambda x, y: x * y[0],
    "with a column": lambda x, y: x + y[:, :1],
    "turned": lambda x, y: (x.T + y.T).T,
    "reversed": lambda x, y: x[::-1] * y,
    "product": lambda x, y: x @ (y.T @ x),
    "scaled by a sum": lambda x, y: x / np.sum(y * y),
    "less its mean": lambda x, y: x - np.mean(y, axis=0),
    "where": lambda x, y: np.where(x > y, x, 0.5 * y),
    "reshaped": lambda x, y: np.reshape(np.reshape(x, -1) * 2, (ROWS, COLUMNS)) + y,
    "itself": lambda x, y: x[:],
}
STORES = {
    "store": lambda x, y: (slice(2, 5), y[2:5]),
    "store a column": lambda x, y: ((slice(None), 1), y[:, 0]),
}
INSTRUCTIONS = st.tuples(st.sampled_from([*DOES, *STORES]), st.integers(0, 30), st.integers(0, 30))


def run(instructions, returned, *values):
    """The values that the instructions make, of arrays or of traced ones."""
    values = list(values)
    for what, i, j in instructions:
        x, y = values[i % len(values)], values[j % len(values)]
        if what in DOES:
            values.append(DOES[what](x, y))
            continue
        index, new = STORES[what](x, y)
        copy = x.copy()
        copy[index] = new
        values.append(copy)
    return [values[i % len(values)] for i in returned]


@example([("exp", 0, 0)] * 4 + [("scaled by a sum", 0, 14)], [6])  # a sum inside a line
@example([("scaled by a sum", 0, 0), ("exp", 2, 0), ("exp", 3, 0)], [4])
@given(
    st.lists(INSTRUCTIONS, min_size=3, max_size=25),
    st.lists(st.integers(0, 30), min_size=1, max_size=4),
)
def test_memory_that_is_used_again_changes_no_number(instructions, returned):
    with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):
        patch.setattr(numpy_program, "_LARGE", 1)
        patch.setattr(regions, "BLOCK", 2 * COLUMNS)
        patch.setattr(regions, "LARGE", 1)
        given_arrays = arrays(2)
        kept = [x.copy() for x in given_arrays]

        def f(*values):
            return run(instructions, returned, *values)

        program = NumpyProgram(*traced(f, *given_arrays)).function()
        for inputs in (given_arrays, [np.asfortranarray(x) for x in given_arrays], given_arrays):
            found, expected = program(*inputs), f(*kept)
            for one, other in zip(found, expected, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
            for x, before in zip(inputs, kept, strict=True):
                np.testing.assert_array_equal(x, before)
            for one in found:
                one[...] = np.nan  # what is returned belongs to who called


def network(X, y, W1, b1, W2):
    def loss(W1, b1, W2):
        return np.mean((ag.sigmoid(np.tanh(X @ W1 + b1) @ W2) - y) ** 2)

    value, gradients = ag.value_and_grad(loss, (0, 1, 2))(W1, b1, W2)
    return [value, *gradients]


NETWORK = [*arrays(1), *arrays(1, 1, (ROWS, 3)), *arrays(1, 2, (COLUMNS, 4)), *arrays(1, 3, (4,)),
           *arrays(1, 4, (4, 3))]  # fmt: skip


@pytest.mark.parametrize("large", [False, True])
def test_a_network_is_the_same_in_either_program(large, request):
    if large:
        request.getfixturevalue("everything_is_large")
    parts = traced(network, *NETWORK)
    plain, fast = Program(*parts).function(), NumpyProgram(*parts).function()
    for one, other in zip(fast(*NETWORK), plain(*NETWORK), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
        assert (type(one), one.dtype, one.shape) == (type(other), other.dtype, other.shape)


def test_large_results_go_into_memory_of_arrays_that_end(everything_is_large):
    def f(x):
        for _ in range(20):
            x = np.exp(-x)
        return [x @ x.T]

    text = NumpyProgram(*traced(f, *arrays(1))).source()
    assert text.count("np.empty") <= 2


def test_the_larger_of_two_goes_into_memory_that_is_named(everything_is_large):
    def f(x, y):
        return [np.minimum(np.maximum(np.exp(x), y), x) @ y.T]

    program = NumpyProgram(*traced(f, *arrays(2)))
    assert "out=" in program.source()
    np.testing.assert_array_equal(program.function()(*arrays(2))[0], f(*arrays(2))[0])


def test_a_large_chain_is_one_loop_over_blocks():
    x = np.linspace(0.1, 1, 300_000)

    def f(x):
        return [np.sum(np.tanh(x * x + 1)), np.exp(-x) * x]

    program = NumpyProgram(*traced(f, x))
    text = program.source()
    assert text.count("for start in range(0, 300000, ") == 1
    for one, other in zip(program.function()(x), f(x), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize("names", [("part", "start"), ("x", "x_part"), ("slice", "range")])
def test_the_names_of_a_loop_hide_no_parameter(everything_is_large, names):
    def f(x, y):
        h = np.tanh(np.exp(x) * y + 1)
        return np.sqrt(h * h + y) * x, x + 1, y * 2

    xs = arrays(2)
    graph = Graph()
    trace = Trace(graph)
    given = [trace.input(x, name) for x, name in zip(xs, names)]
    results = [expression_of(one) for one in f(*given)]
    program = NumpyProgram(graph.steps, graph.inputs, results)
    for one, other in zip(program.function()(*xs), f(*xs), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)


def test_products_of_a_loop_over_time_are_added_up_as_one():
    def f(X, W):
        def loss(W):
            h = X[0]
            for x in X:
                h = np.tanh((x + h) @ W)
            return np.sum(h * h)

        return [ag.grad(loss)(W)]

    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((7, 3, 4)), rng.standard_normal((4, 4))
    parts = traced(f, *inputs)
    program = NumpyProgram(*parts)
    np.testing.assert_allclose(program.function()(*inputs)[0], f(*inputs)[0], rtol=1e-10)
    text = program.source()
    assert text.count(".T.dot(") == 1
    assert merging._FEWEST <= 7


def test_a_nan_leaves_the_program():
    program = NumpyProgram(*traced(network, *NETWORK)).function()
    X, *others = NETWORK
    assert program(X, *others) is not None
    broken = X.copy()
    broken[0, 0] = np.nan
    assert program(broken, *others) is None


def test_the_text_runs_alone():
    program = NumpyProgram(*traced(network, *NETWORK))
    scope: dict = {}
    exec(program.source(), scope)
    for one, other in zip(scope["program"](*NETWORK), network(*NETWORK), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_softplus_in_vectors_is_that_of_numpy(dtype):
    special = [0.0, -0.0, 1e-300, 5.0, 40.0, 800.0, 1e30, np.inf, -np.inf, np.nan]
    x = np.concatenate([special, np.negative(special), np.linspace(-90, 90, 180)]).astype(dtype)

    def f(x):
        return [np.logaddexp(0.0, x), np.logaddexp(x, 5.0), np.logaddexp(x, -3e4)]

    with np.errstate(all="ignore"):
        program = NumpyProgram(*traced(f, x))
        want = f(x)
        found = program.function()(x)
    assert "logaddexp" not in program.source()
    for one, other in zip(found, want, strict=True):
        assert one.dtype == dtype
        np.testing.assert_allclose(one, other, rtol=8 * np.finfo(dtype).eps)


def test_a_view_of_an_input_is_not_written_into(everything_is_large):
    z = np.ones((3, 4), complex)

    def f(z):
        return [np.exp(z.T)]

    found = NumpyProgram(*traced(f, z)).function()(z)
    np.testing.assert_array_equal(z, np.ones((3, 4)))
    np.testing.assert_allclose(found[0], np.e)
