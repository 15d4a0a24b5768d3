"""Traced arrays: written into and viewed as NumPy's are, and held where a program is not right."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite.derivation.expressions import mapped
from autograd_lite.derivation.graph import Graph
from autograd_lite.derivation.program import Program
from autograd_lite.derivation.traced import Trace, expression_of


def traced(f, *args):
    """f at traced arguments: its result, and the program of it."""
    graph = Graph()
    trace = Trace(graph)
    result = f(*(trace.input(x, f"x{i}") for i, x in enumerate(args)))
    return result, Program(graph.steps, graph.inputs, mapped(expression_of, result)).function()


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
    except TypeError as error:
        if "compiled" not in str(error):
            raise
        return
    for got in ([v.value for v in values], program(X)):
        for a, b in zip(got, expected, strict=True):
            assert np.shape(a) == np.shape(b)
            assert np.asarray(a).dtype == np.asarray(b).dtype
            np.testing.assert_array_equal(a, b)
