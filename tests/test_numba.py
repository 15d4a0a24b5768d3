"""The compiled program against the engine: every operation, every workload, and special values."""

import warnings

import numpy as np
import pytest
from operations import CASES, ROWS

import autograd_lite as ag
from autograd_lite import trees
from autograd_lite.derivation.graph import Graph
from autograd_lite.derivation.numba_program import NumbaProgram
from autograd_lite.derivation.program import Program
from autograd_lite.derivation.traced import LeftTheProgram, Trace, expression_of

numba = pytest.importorskip("numba")

# One row of each kind of loop: the others are in the slow run.
SAMPLE = {
    "add", "power", "where", "sum", "max", "mean", "matmul", "transpose", "getitem",
    "concatenate", "softmax", "logsumexp", "clip", "cumsum", "det", "sigmoid",
}  # fmt: skip


def program_of(f, *arrays, kind=NumbaProgram):
    """f's program, traced with these arrays."""
    graph = Graph()
    trace = Trace(graph)
    results = f(*(trace.input(x, f"x{n}") for n, x in enumerate(arrays)))
    trace.closed = True
    return kind(graph.steps, graph.inputs, _expressions(results))


def _expressions(tree):
    leaves, build = trees.flatten(tree)
    return build([expression_of(leaf) for leaf in leaves])


def check(f, *arrays, rtol=1e-10, atol=1e-10):
    """The compiled program gives what f gives."""
    with np.errstate(all="ignore"):
        want = trees.flatten(f(*arrays))[0]
        program = program_of(f, *arrays)
        got = program.function()(*arrays)
        assert got is not None, "a guard does not hold"
    got = trees.flatten(got)[0]
    for one, other in zip(got, want, strict=True):
        assert isinstance(one, (np.ndarray, np.generic))
        assert (one.dtype, one.shape) == (other.dtype, np.shape(other))
        np.testing.assert_allclose(one, other, rtol=rtol, atol=atol)
    return program


# --- the engine's operations --------------------------------------------------------------------


def check_case(case):
    leaves, build = trees.flatten(case.args())
    where = [n for n, x in enumerate(leaves) if isinstance(x, np.ndarray) and x.dtype.kind in "fc"]

    def f(*arrays):
        given = list(leaves)
        for n, x in zip(where, arrays):
            given[n] = x
        return case.f(*build(given))

    arrays = [leaves[n] for n in where]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out = np.asarray(f(*arrays))
        rng = np.random.default_rng(0)
        seed = rng.standard_normal(out.shape)
        if out.dtype.kind == "c":
            seed = seed + 1j * rng.standard_normal(out.shape)
        seed = np.asarray(seed).astype(out.dtype)

        def both(*arrays):
            value, pull = ag.vjp(f, *arrays)
            return value, list(pull(seed))

        try:
            program_of(both, *arrays, kind=Program)
        except (LeftTheProgram, TypeError):
            return  # what cannot be traced is no matter of the backend
        check(both, *arrays)


@pytest.mark.parametrize("name", sorted(SAMPLE))
def test_operations_are_what_the_engine_computes(name):
    rows = [row for row in ROWS if row.name == name]
    assert rows
    for row in rows:
        for case in row.cases[::3]:
            check_case(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_operation_is_what_the_engine_computes(case):
    check_case(case)
