"""A program's source, executed alone: NumPy and nothing of ours, and the engine's gradients."""

import numpy as np
import pytest
from operations import ROWS, for_every_case

import autograd_lite as ag
from autograd_lite.programs.numpy_program import NumpyProgram
from autograd_lite.programs.program import Program
from autograd_lite.symbolic import simplification
from autograd_lite.symbolic.aliasing import expression_of
from autograd_lite.symbolic.expressions import Expression, mapped
from autograd_lite.symbolic.graph import Graph
from autograd_lite.symbolic.trace import Trace
from autograd_lite.symbolic.traced import ConcretizationError, Traced
from autograd_lite.transforms import trees

SOLVERS = ("odeint", "odeint of t first")  # call a function as often as numbers say


def program_of(f, *args):
    """What executing the sources of f at arguments defines: the one for people, and the fast one.

    Called, it holds the two against each other.
    """
    graph = Graph()
    trace = Trace(graph)
    result = f(*(trace.input(x, f"x{i}") for i, x in enumerate(args)))
    parts = graph.steps, graph.inputs, mapped(expression_of, result)
    plain, fast = (executed(kind(*parts).source()) for kind in (Program, NumpyProgram))

    def run(*args):
        result, other = plain(*args), fast(*args)
        if result is not None and other is not None:
            single = any(np.asarray(x).dtype.itemsize == 4 for x in args)
            assert_same(other, result, rtol=1e-4 if single else 1e-9)
        else:
            assert result is other
        return result

    return run


def executed(source):
    """The function that a source defines where there is NumPy, and SciPy if it is named.

    As quiet as the engine's walk back, which divides by zero where the result is not taken.
    """
    scope = {"np": np}
    if "scipy." in source:
        scope["scipy"] = __import__("scipy")
    exec(source, scope)
    return np.errstate(all="ignore")(scope["program"])


class Differentiated:
    """A case as a function of its arrays of floats, with a cotangent of its result."""

    def __init__(self, case, dtype=None):
        self.case = case
        self.leaves, self.build = trees.flatten(case.args())
        if dtype is not None:
            self.leaves = [self._as(x, dtype) for x in self.leaves]
        self.places = [i for i, x in enumerate(self.leaves) if is_continuous(x)]
        self.arrays = [self.leaves[i] for i in self.places]
        rng = np.random.default_rng(0)
        out = np.asarray(self.f(*self.arrays))
        seed = rng.standard_normal(out.shape)
        if out.dtype.kind == "c":
            seed = seed + 1j * rng.standard_normal(out.shape)
        self.seed = np.asarray(seed).astype(out.dtype)

    def _as(self, x, dtype):
        if not is_continuous(x):
            return x
        return x.astype(np.result_type(dtype, np.complex64) if x.dtype.kind == "c" else dtype)

    def f(self, *arrays):
        leaves = list(self.leaves)
        for i, x in zip(self.places, arrays, strict=True):
            leaves[i] = x
        return self.case.f(*self.build(leaves))

    def first(self, *arrays):
        """The value, and the cotangent pulled back."""
        out, pull = ag.vjp(self.f, *arrays)
        return out, tuple(pull(self.seed))

    def second(self, *arrays):
        """The gradients of the sum of the squares of those cotangents."""

        def squares(*arrays):
            _, gxs = self.first(*arrays)
            return sum(np.sum(np.real(gx * np.conj(gx))) for gx in gxs)

        return ag.grad(squares, tuple(range(len(arrays))))(*arrays)

    def others(self, factor):
        """Arguments of the same shapes and dtypes, and of the same domain."""
        rng = np.random.default_rng(1)
        factors = (rng.uniform(*factor, x.shape).astype(x.real.dtype) for x in self.arrays)
        return [np.asarray(x * scale) for x, scale in zip(self.arrays, factors, strict=True)]


def is_continuous(x):
    return isinstance(x, np.ndarray) and x.dtype.kind in "fc"


def assert_same(got, expected, rtol=1e-10):
    """Equal trees: shapes, dtypes, and values up to the last digits."""
    got, expected = (trees.flatten(tree)[0] for tree in (got, expected))
    assert len(got) == len(expected)
    for a, b in zip(got, expected, strict=True):
        assert (np.shape(a), np.asarray(a).dtype) == (np.shape(b), np.asarray(b).dtype)
        scale = np.max(np.abs(b), initial=0, where=np.isfinite(b))
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * max(scale, 1e-3))


@for_every_case
def test_the_source_alone_gives_the_value_and_the_gradients(case):
    made = Differentiated(case)
    if case.row.name in SOLVERS:
        with pytest.raises(ConcretizationError, match="calls slope with numbers"):
            program_of(made.first, *made.arrays)
        return
    run = program_of(made.first, *made.arrays)
    assert_same(run(*made.arrays), made.first(*made.arrays))
    others = made.others((0.86, 0.999))
    got = run(*others)
    if got is None:  # a guard: traced again, it is right there
        run = program_of(made.first, *others)
        got = run(*others)
    assert_same(got, made.first(*others))


# --- in other precisions and of higher order ------------------------------------------------------

SAMPLE = [row.cases[len(row.cases) // 2] for row in ROWS if row.name not in SOLVERS]


def for_a_sample(cases):
    return pytest.mark.parametrize("case", cases, ids=str)


def has_fixed_dtype(case):
    """Whether a case forbids to cast."""
    return case.kwargs.get("casting") == "no"


@for_a_sample([case for case in SAMPLE if not has_fixed_dtype(case)])
def test_the_source_alone_keeps_single_precision(case):
    made = Differentiated(case, np.float32)
    run = program_of(made.first, *made.arrays)
    assert_same(run(*made.arrays), made.first(*made.arrays), rtol=1e-4)


def check_second_order(case):
    made = Differentiated(case)
    run = program_of(made.second, *made.arrays)
    assert_same(run(*made.arrays), made.second(*made.arrays), rtol=1e-9)


@for_a_sample([case for case in SAMPLE[::4] if case.row.order == 2])
def test_the_source_alone_gives_second_derivatives(case):
    check_second_order(case)


@pytest.mark.slow
@for_every_case
def test_the_source_alone_gives_second_derivatives_of_every_case(case):
    if case.row.order == 2 and case.row.name not in SOLVERS:
        check_second_order(case)


# --- the tests above can fail ---------------------------------------------------------------------


def negated(rule):
    """A rule whose simpler expressions have the wrong sign."""

    def wrong(graph, args, kwargs, value):
        found = rule(graph, args, kwargs, value)
        if found is None or found.dtype is None or found.dtype.kind not in "fc":
            return found
        graph.steps.append(Expression("call", -found.value, np.negative, (found,)))
        return graph.steps[-1]

    return wrong


def passes(case):
    made = Differentiated(case)
    run = program_of(made.first, *made.arrays)
    try:
        assert_same(run(*made.arrays), made.first(*made.arrays))
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize(
    "func", [np.add, np.multiply, np.divide, np.negative, np.copy, np.transpose, np.broadcast_to]
)
def test_a_wrong_simplification_fails_a_case(func, monkeypatch):
    rules = simplification._RULES
    monkeypatch.setitem(rules, func, list(map(negated, rules[func])))
    assert not all(map(passes, SAMPLE))


def test_a_constant_of_the_traced_run_fails_a_case(monkeypatch):
    """Python's float() of a traced value, were it allowed."""
    monkeypatch.setattr(Traced, "__float__", lambda self: float(self.value))
    x = np.array([0.5, 2.0])
    f = lambda x: x * float(np.sum(x))  # noqa: E731
    run = program_of(f, x)
    assert_same(run(x), f(x))
    with pytest.raises(AssertionError):
        assert_same(run(x + 1), f(x + 1))
