"""Traced arrays: written into and viewed as NumPy's are, and held where a program is not right."""

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.programs.program import Program
from autograd_lite.symbolic.aliasing import expression_of
from autograd_lite.symbolic.expressions import mapped
from autograd_lite.symbolic.graph import Graph
from autograd_lite.symbolic.trace import Trace
from autograd_lite.symbolic.traced import ConcretizationError


def traced(f, *args):
    """f at traced arguments: its result, and the program of it."""
    graph = Graph()
    trace = Trace(graph)
    result = f(*(trace.input(x, f"x{i}") for i, x in enumerate(args)))
    results = tuple(result) if isinstance(result, tuple) else result  # a named one too
    return result, Program(graph.steps, graph.inputs, mapped(expression_of, results)).function()


# --- small programs that write --------------------------------------------------------------------

INDICES = [0, -1, slice(1, None), slice(None, None, 2), slice(None, None, -1), ..., (..., 0),
           (0, slice(None)), (slice(None), 1), [1, 0], [0, 0], (slice(None), [1, 1])]  # fmt: skip
VIEWS = {
    "T": lambda x: x.T,
    "reshape": lambda x: np.reshape(x, -1),
    "ravel": np.ravel,
    "squeeze": np.squeeze,
    "expand": lambda x: np.expand_dims(x, 0),
    "swap": lambda x: np.swapaxes(x, 0, -1),
    "flip": lambda x: np.flip(x),
    "same": np.atleast_1d,
    "broadcast": lambda x: np.broadcast_to(x, (2, *x.shape)),
    "diagonal": np.diagonal,
    "split": lambda x: np.split(x, [1])[1],
    "atleast": lambda x: np.atleast_2d(x),
    "real": np.real,
    "copy": np.copy,
    "negative": np.negative,
    "sum": np.sum,
    "first": lambda x: x[(0,) * x.ndim],
    "astype": lambda x: x.astype(np.float32),
    "int": lambda x: x.astype(int),
}
WRITES = {
    "set": lambda x, i, y: x.__setitem__(i, y),
    "set number": lambda x, i, y: x.__setitem__(i, 7),
    "set all": lambda x, i, y: x.__setitem__(..., y),
    "mask": lambda x, i, y: x.__setitem__(x > 2, 0.5),
    "add at": lambda x, i, y: np.add.at(x, i, y),
    "subtract at": lambda x, i, y: np.subtract.at(x, i, 1.5),
    "out": lambda x, i, y: np.multiply(x, y, out=x),
    "out of another": lambda x, i, y: np.subtract(y, 1, out=x),
    "masked": lambda x, i, y: np.multiply(x, 3, out=x, where=x > 1),
    "sum out": lambda x, i, y: np.sum(y, axis=0, out=x),
    "copyto": lambda x, i, y: np.copyto(x, y),
    "copyto where": lambda x, i, y: np.copyto(x, y, where=x < 3),
    "put": lambda x, i, y: np.put(x, [0, -1], y),
    "fill diagonal": lambda x, i, y: np.fill_diagonal(x, 9),
    "nan": lambda x, i, y: np.nan_to_num(x, copy=False),
    "fill": lambda x, i, y: x.fill(4),
    "sort": lambda x, i, y: x.sort(),
}
BINARY = {
    "+=": lambda x, y: x.__iadd__(y),
    "*= number": lambda x, y: x.__imul__(2),
    "-=": lambda x, y: x.__isub__(y),
    "/=": lambda x, y: x.__itruediv__(4),
}


@st.composite
def programs(draw):
    """Steps of the kinds above; each names earlier values by number."""
    steps = []
    for count in range(1, draw(st.integers(2, 8))):
        which = st.integers(0, count - 1)
        kind = draw(st.sampled_from(["view", "index", "write", "in place"]))
        if kind == "view":
            steps.append((kind, draw(st.sampled_from(sorted(VIEWS))), draw(which)))
        elif kind == "index":
            steps.append((kind, draw(st.sampled_from(range(len(INDICES)))), draw(which)))
        elif kind == "write":
            name, i = draw(st.sampled_from(sorted(WRITES))), draw(st.integers(0, len(INDICES) - 1))
            steps.append((kind, name, draw(which), draw(which), i))
        else:
            steps.append((kind, draw(st.sampled_from(sorted(BINARY))), draw(which), draw(which)))
    return steps


def run(steps, x):
    """All values at the end, after steps from a copy of x: NumPy's or a traced one."""
    values = [x.copy()]
    for kind, name, which, *more in steps:
        target = values[which]
        if kind == "view":
            values.append(VIEWS[name](target))
        elif kind == "index":
            values.append(target[INDICES[name]])
        elif kind == "write":
            other, i = more
            WRITES[name](target, INDICES[i], values[other])
            values.append(target)
        else:
            if not is_array(target):  # of a number, Python makes x = x + y
                values.append(target + values[more[0]])
                continue
            values.append(BINARY[name](target, values[more[0]]))
    return values


def is_array(x):
    return isinstance(getattr(x, "value", x), np.ndarray)


X = np.array([[3.0, 1.0, 2.0], [0.5, -1.0, 4.0]])
REFUSED = (TypeError, ValueError, IndexError, AttributeError)


@settings(max_examples=600, deadline=None)
@given(programs())
def test_what_is_written_is_seen_as_numpy_shows_it(steps):
    """The same values in all views, and no error but NumPy's and those of what is refused."""
    try:
        with np.errstate(all="ignore"):
            expected = run(steps, X)
    except REFUSED:
        return  # NumPy refuses it
    try:
        values, program = traced(lambda x: run(steps, x), X)
    except (TypeError, ValueError) as error:
        if "compiled" not in str(error):
            raise
        return
    for got in ([v.value for v in values], program(X)):
        for a, b in zip(got, expected, strict=True):
            assert np.shape(a) == np.shape(b)
            assert np.asarray(a).dtype == np.asarray(b).dtype
            np.testing.assert_array_equal(a, b)


# --- what a program is right for ------------------------------------------------------------------

FUNCTIONS = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module in (np, np.linalg, np.fft, np.emath)
    for name in sorted(module.__all__)
    if hasattr(getattr(module, name), "_implementation")
    or isinstance(getattr(module, name), np.ufunc)
}
COUNTS = np.array([2, 0, 1])
ARGUMENTS = [
    (np.array([0.5, 0.0, 2.0]),),
    (np.array([1.5, 0.25, -2.0]), np.array([-1.0, 2.0, 0.0])),
    (np.array([[2.0, 0.0], [0.0, 0.0]]),),
    (np.array([[2.0, 1.0], [0.5, 3.0]]), np.array([[0.0, 1.0], [0.5, 2.0]])),
    (np.array([[2.0, -1.0], [1.5, 0.5]]),),
    (np.array([0.5 + 0j, 2.0]),),
    (COUNTS,),
    (COUNTS > 0,),
    (COUNTS > 0, np.array([0.5, 0.0, 2.0])),
    (np.array([0.5, 0.0, 2.0]), COUNTS),
    (np.array([0.5, 0.0, 2.0]), COUNTS > 0),
    (np.array([0.5, 0.0, 2.0]), np.array(1)),
    (np.array([[2.0, 1.0], [0.5, 3.0]]), np.array(1)),
    (np.array([0.5, 0.0, 2.0]), np.array([1, 2])),
    (np.array(0.5), np.array(2.5), np.array(4)),
]


def others(x, rng):
    """Other values of the same shape and dtype, with zeros and equal ones among them."""
    if x.dtype.kind in "iu":
        return np.asarray(rng.integers(0, 3, x.shape))
    if x.dtype.kind == "b":
        return np.asarray(rng.random(x.shape) < 0.5)
    if x.dtype.kind == "c":
        return rng.normal(size=x.shape) + 1j * rng.integers(0, 2, x.shape)
    return np.asarray(np.round(rng.normal(0, 1.5, x.shape)) / rng.choice([1, 1, 2]))


def outcome(f, *args):
    """What f returns, or the error."""
    try:
        with np.errstate(all="ignore"):
            return f(*args)
    except Exception as error:
        return error


def differs(got, expected):
    """Whether results are unlike: in shape, dtype, or value."""
    if isinstance(expected, (tuple, list)):
        return len(got) != len(expected) or any(map(differs, got, expected))
    if isinstance(expected, (type, np.dtype)):
        return got != expected
    got, expected = np.asarray(got), np.asarray(expected)
    if (got.shape, got.dtype) != (expected.shape, expected.dtype):
        return True
    return not np.allclose(got, expected, rtol=1e-9, atol=1e-12, equal_nan=True)


def form(result):
    """The shapes and dtypes of results."""
    if isinstance(result, (tuple, list)):
        return list(map(form, result))
    is_array = isinstance(result, (np.ndarray, np.generic))
    return (result.shape, result.dtype) if is_array else type(result)


UNDEFINED = {"empty_like", "frombuffer", "fromfile", "savez", "save", "savetxt", "savez_compressed"}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [n for n in FUNCTIONS if n.rpartition(".")[2] not in UNDEFINED])
def test_a_program_of_any_function_is_right_at_other_values_or_leaves(name):
    f = FUNCTIONS[name]
    rng = np.random.default_rng(0)
    for args in ARGUMENTS:
        known = outcome(f, *args)
        made = outcome(lambda *args: traced(f, *args)[1], *args)
        if isinstance(known, Exception) or isinstance(made, TypeError):
            continue  # by NumPy, or refused
        assert not isinstance(made, Exception), made
        for _ in range(10):
            new = [others(x, rng) for x in args]
            expected = outcome(f, *new)
            got = outcome(made, *new)
            if got is None or isinstance(expected, Exception):
                continue  # it left, or there is nothing to compare with
            assert not isinstance(got, Exception), got
            assert not differs(got, expected), (new, got, expected)
            assert name == "numpy.result_type" or form(got) == form(known), (new, got, known)


V = np.array([1.0, 2.0, 3.0])
HELD = {
    "a branch": lambda x: x if np.sum(x) > 0 else -x,
    "a loop": lambda x: sum(x[i] for i in range(np.argmax(x))),
    "a mask": lambda x: np.sum(x[x > 1]) * x[x > 1],
    "where of one": lambda x: np.where(x > 1)[0],
    "a slice": lambda x: x[: np.argmax(x)],
    "a shape": lambda x: np.broadcast_to(x[0], (np.argmax(x),)),
    "zeros": lambda x: np.zeros(np.argmax(x)) + x[0],
    "arange": lambda x: np.arange(int(np.argmax(x))) * x[0],
    "linspace": lambda x: np.linspace(x[0], x[1], np.argmax(x)),
    "an axis": lambda x: np.sum(np.outer(x, x), axis=np.argmax(x) - 1),
    "repeats": lambda x: np.repeat(x, x > 0),
    "lstsq": lambda x: np.linalg.lstsq(np.stack([x, np.maximum(x, 0) ** 2], 1), V)[1],
    "a root": lambda x: np.emath.sqrt(x),
    "in": lambda x: x if 2.0 in x else -x,
    "a written mask": lambda x: _with(x.copy(), lambda y: np.add.at(y, y > 1, y[y > 1])),
}


def _with(x, write):
    write(x)
    return x


@pytest.mark.parametrize("name", HELD)
def test_a_program_leaves_where_another_line_of_calls_is_right(name):
    f = HELD[name]
    _, program = traced(f, V)
    np.testing.assert_array_equal(program(V), f(V))
    assert program(np.array([-2.0, -4.0, -5.0])) is None


def test_a_traced_place_is_read_where_it_is_in_each_run():
    f = lambda x: x[np.argmax(x)] * 2 + np.asarray(V, like=x)[np.argmin(x)]  # noqa: E731
    _, program = traced(f, V)
    for x in (V, V[::-1], -V):
        assert program(x) == f(x)


def solve(*args):
    return pytest.importorskip("autograd_lite.scipy.integrate").odeint(*args)


BAKED = {
    "float": lambda x: float(x[0]),
    "int": lambda x: int(x[0]),
    "complex": lambda x: complex(x[0]),
    "math": lambda x: math.exp(x[0]),
    "item": lambda x: x[0].item(),
    "tolist": lambda x: x.tolist(),
    "tobytes": lambda x: x.tobytes(),
    "a plain array": np.asarray,
    "an array of values": lambda x: np.array([x[0], 1.0]),
    "a plain array's index": lambda x: V[np.argsort(x)],
    "storing": lambda x: np.zeros(3).__setitem__(0, x[0]),
    "a pickle": pickle.dumps,
    "a text": np.array2string,
    "a callback": lambda x: np.apply_along_axis(lambda row: row * 2, 0, x),
    "a solver": lambda x: solve(lambda y, t: -y, x, np.array([0.0, 1.0])),
}


@pytest.mark.parametrize("name", BAKED)
def test_what_would_be_a_constant_is_refused_with_a_way_out(name):
    with pytest.raises((TypeError, ValueError)) as caught:
        traced(BAKED[name], V)
    raised = caught.value.__cause__ or caught.value  # NumPy says another thing of storing
    assert isinstance(raised, ConcretizationError)
    assert ": " in str(raised)


WRITTEN = {
    "an argument": lambda x: x.__setitem__(0, 1),
    "its view": lambda x: x[1:].fill(0),
    "in place": lambda x: x.__iadd__(1),
    "a plain array": lambda x: np.add(x, 1, out=np.zeros(3)),
    "a plain array at": lambda x: np.add.at(np.zeros(3), [0, 1, 2], x),
    "by position": lambda x: np.sum(np.outer(x, x), 0, None, x.copy()),
    "ufunc.at": lambda x: np.multiply.at(x.copy(), [0, 0], 2.0),
    "without out": lambda x: np.add(x, 1, where=x > 1),
    "another dtype": lambda x: np.cumsum(x, out=x.astype(np.float32)),
    "a mask": lambda x: np.putmask(x.copy(), x > 1, 0.0),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_writing_that_no_program_would_do_is_refused(name):
    with pytest.raises(TypeError, match=r"compiled function|not traced"):
        traced(WRITTEN[name], V)


def test_a_plain_array_is_a_constant_as_it_was_when_it_was_used():
    def f(x):
        buffer, total = np.zeros(3), 0
        for i in range(3):
            buffer[:] = i
            total = total + x * buffer
        return total

    _, program = traced(f, V)
    np.testing.assert_array_equal(program(V), f(V))


def test_a_value_is_of_no_use_after_its_program():
    trace = Trace(Graph())
    x = trace.input(V)
    trace.closed = True
    with pytest.raises(ConcretizationError, match="after its program was traced"):
        np.sum(x)


def test_a_tensor_of_traced_values_shows_what_is_written_into_its_views():
    def f(x):
        y = ag.Tensor(x) * 2
        view = y[1:]
        view[...] = 5
        return y.data

    _, program = traced(f, V)
    np.testing.assert_array_equal(program(V), [2, 5, 5])


def test_a_condition_of_a_ufunc_is_one_call():
    f = lambda x: np.divide(1, x, out=np.zeros_like(x), where=x != 0)  # noqa: E731
    _, program = traced(f, V)
    np.testing.assert_array_equal(program(np.array([0.0, 2.0, 0.0])), [0, 0.5, 0])


def test_the_ways_out_are_ways_out():
    """What the error of a plain array tells people to write."""

    def f(x):
        filled = np.array(V, like=x)
        filled[1] = x[0]
        return np.stack([x[0], x[1]]), np.asarray(V, like=x)[np.argsort(x)], filled

    _, program = traced(f, V)
    stacked, read, filled = program(-V)
    np.testing.assert_array_equal(stacked, [-1, -2])
    np.testing.assert_array_equal(read, V[::-1])
    np.testing.assert_array_equal(filled, [1, -1, 3])


def test_a_plain_array_is_not_written_into_through_a_traced_one():
    with pytest.raises(TypeError, match="came from outside"):
        traced(lambda x: np.asarray(V, like=x).fill(0), V)


LIKE_ARRAYS = {
    "flat": lambda x: [x.T.flat[1], x[:, ::-1].flat[2:4], *x.flat],
    "flat stored": lambda x: (y := x.T * 2, y.flat.__setitem__(1, 5.0), y)[-1],
    "all flat stored": lambda x: (y := x.T * 2, setattr(y, "flat", x[0]), y)[-1],
    "a copy": lambda x: (y := copy.copy(x), y.__iadd__(1.0), x + y)[-1],
    "a deep copy": lambda x: (y := copy.deepcopy([x])[0], y.__iadd__(1.0), x + y)[-1],
    "conj": lambda x: (y := x * 2, y.conj().fill(3.0), y)[-1],
    "view": lambda x: (y := x * 2, y.view().fill(3.0), y)[-1],
    "columns": lambda x: (y := np.copy(x.T), y.ravel("F").fill(3.0), y)[-1],
    "ravel K": lambda x: (y := x * 2, y.T.ravel("K").__imul__(x.ravel()), y)[-1],
    "imag": lambda x: (z := x + 1j * x, np.abs(z))[-1],
}


@pytest.mark.parametrize("f", LIKE_ARRAYS.values(), ids=LIKE_ARRAYS)
def test_a_traced_array_is_shared_and_copied_as_one_of_numpy(f):
    x = np.arange(6.0).reshape(2, 3)
    _, program = traced(f, x)
    for got, expected in zip(program(-x), f(-x), strict=True):
        np.testing.assert_array_equal(got, expected)
