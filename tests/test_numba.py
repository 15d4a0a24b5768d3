"""The compiled program against the engine: every operation, every workload, and special values."""

import math
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
from operations import CASES, ROWS

import autograd_lite as ag
from autograd_lite.programs import numba_program as numba_programs
from autograd_lite.programs import running
from autograd_lite.programs.numba_program import NumbaProgram
from autograd_lite.programs.program import Program
from autograd_lite.symbolic.aliasing import expression_of
from autograd_lite.symbolic.expressions import mapped
from autograd_lite.symbolic.graph import Graph
from autograd_lite.symbolic.trace import Trace
from autograd_lite.symbolic.traced import ConcretizationError
from autograd_lite.transforms import trees
from benchmarks.runners import Ours
from benchmarks.workloads import WORKLOADS

numba = pytest.importorskip("numba")

# One row of each kind of loop: the others are in the slow run.
SAMPLE = {
    "add", "power", "where", "sum", "max", "mean", "matmul", "transpose", "getitem",
    "concatenate", "prod", "softmax", "logsumexp", "clip", "cumsum", "det", "sigmoid",
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
        except (ConcretizationError, TypeError):
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


# --- the workloads ------------------------------------------------------------------------------


def workload_of(name, small=True):
    """(value and gradients as a function of all arrays, the arrays)."""
    [workload] = [w for w in WORKLOADS if w.name == name]
    parameters, constants = workload.inputs(small)
    loss = Ours().loss(workload)
    count = len(parameters)
    arrays = [x for x in (*parameters, *constants) if isinstance(x, np.ndarray)]
    numbers = [x for x in constants if not isinstance(x, np.ndarray)]

    def both(*arrays):
        def f(*parameters):
            return loss(*parameters, *arrays[count:], *numbers)

        value, gradients = ag.value_and_grad(f, argnums=tuple(range(count)))(*arrays[:count])
        return value, list(gradients)

    return both, arrays


QUICK = ["2-3-2", "784-256-10 softmax", "GELU"]
LONGER = ["2-50-2", "logistic regression", "convolution", "LSTM", "attention", "chain of 1,000"]


def check_workload(name, small=True):
    both, arrays = workload_of(name, small)
    rtol = 1e-10 if all(x.dtype == np.float64 for x in arrays) else 3e-5
    return check(both, *arrays, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("name", QUICK)
def test_workloads_are_what_the_engine_computes(name):
    check_workload(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", LONGER)
def test_more_workloads_are_what_the_engine_computes(name):
    check_workload(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["2-50-2", "784-256-10 softmax", "GELU formula", "attention"])
def test_workloads_of_their_real_size_are_what_the_engine_computes(name):
    check_workload(name, small=False)


def test_a_small_network_is_one_kernel():
    program = check_workload("2-3-2")
    assert program.source().count("@native.kernel") == 1
    assert "np.dot" not in program.source()


# --- how it is called ---------------------------------------------------------------------------


def test_the_source_runs_by_itself():
    both, arrays = workload_of("2-3-2")
    program = program_of(both, *arrays)
    scope = {}
    exec(program.source(), scope)
    value, gradients = scope["program"](*arrays)
    expected = both(*arrays)
    np.testing.assert_allclose(value, expected[0], rtol=1e-12)
    for one, other in zip(gradients, expected[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10)


def test_arrays_in_any_layout_and_read_only_ones_are_taken():
    def f(x, y):
        return np.sum(np.tanh(x) * y, axis=0)

    x, y = np.random.default_rng(1).standard_normal((2, 5, 3))
    run = program_of(f, x, y).function()
    frozen = y.copy()
    frozen.flags.writeable = False
    backwards = x[::-1].copy()[::-1]
    for given in ((np.asfortranarray(x), y), (x, frozen), (backwards, np.asfortranarray(y))):
        np.testing.assert_allclose(run(*given), f(x, y), rtol=1e-14)


def test_other_shapes_are_refused():
    run = program_of(lambda x: np.exp(x) * 2, np.ones((2, 3))).function()
    for wrong in (np.ones((3, 2)), np.ones((4, 3)), np.ones(6)):
        with pytest.raises(ValueError, match=r"\(2, 3\)"):
            run(wrong)


def test_results_are_never_the_memory_of_the_next_call():
    def f(x, y):
        z = x @ y
        return [np.exp(z) * 2, z.T, np.split(z, 2)[0], x, np.ravel(z), z]

    rng = np.random.default_rng(2)
    run = program_of(f, *rng.standard_normal((2, 40, 40))).function()
    calls_ = [rng.standard_normal((2, 40, 40)) for _ in range(3)]
    found = [run(*given) for given in calls_]
    for given, got in zip(calls_, found):
        for one, other in zip(got, f(*given), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)
            assert one is not given[0]
    for one in range(len(found[0])):
        for other in range(one):
            assert not np.may_share_memory(found[0][one], found[0][other])


def test_threads_do_not_share_the_arrays_on_the_way():
    def f(x):
        for _ in range(6):
            x = np.tanh(x @ x)
        return x * 2

    rng = np.random.default_rng(3)
    given = rng.standard_normal((4, 120, 120))
    run = program_of(f, given[0]).function()
    wrong = []

    def work(x):
        want = f(x)
        for _ in range(30):
            if not np.allclose(run(x), want, rtol=1e-9):
                wrong.append(x)

    threads = [threading.Thread(target=work, args=(x,)) for x in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_arrays_that_need_more_than_the_stack_are_taken():
    def f(x, y):
        return x.T @ y, (x * 2).T @ y, np.tanh(x[:, ::-1]).T @ y

    x, y = np.random.default_rng(6).standard_normal((3, 3002))[:, :3000], np.ones((3, 2))
    kernels = check(f, x, y).source()
    assert "= on_stack(3000," in kernels
    assert "= np.empty(3000," in kernels


@pytest.mark.parametrize("shape", [(5,), (300,), (6, 6), (150, 150)])
def test_a_part_is_stored_as_it_was_before_the_store(shape):
    def f(x):
        y = x * 2
        y[1:] = y[:-1]
        z = np.tanh(y)
        z[1:] += z[:-1]
        w = z + x[::-1]
        w[:-1] += w[1:] * w[:-1]
        w[1:] = w[1:] + w[:-1]
        return y, z, w, np.sum(w, axis=0)

    x = np.random.default_rng(7).standard_normal(shape)
    compiled = ag.compile(lambda x: f(ag.Tensor(x)), backend="numba")
    for one, other in zip(compiled(x), f(x), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13)


def test_a_call_with_other_arrays_is_computed_all_the_same():
    def f(x, y):
        return np.sum(np.tanh(x) * y, axis=0) if np.sum(x) > 0 else x - y

    run = ag.compile(f, backend="numba")
    x, y = np.abs(np.random.default_rng(1).standard_normal((2, 5, 3)))
    frozen = y.copy()
    frozen.flags.writeable = False
    others = [
        (x, y), (x[:4], y[:4]), (x.astype("f4"), y.astype("f4")), (x, y), (x[:1], y), (-x, y),
        (np.asfortranarray(x), frozen), (x[:, ::-1], y), (x, 2.0), ((x * 9).astype(int), y), (x, y),
    ]  # fmt: skip
    for given in (*others, *others):
        got, want = run(*given), f(*given)
        assert got.dtype == want.dtype
        np.testing.assert_allclose(got, want, rtol=1e-6)
    for wrong in ((x,), (x, y, y), (x, np.ones((2, 2)))):
        with pytest.raises((TypeError, ValueError)):
            run(*wrong)
    np.testing.assert_allclose(run(x, y), f(x, y), rtol=1e-12)


def test_a_strict_program_raises_for_any_other_arrays():
    x = np.ones((2, 3))
    strict = program_of(lambda x: np.exp(x) * 2, x).strict
    np.testing.assert_allclose(strict(x), np.exp(x) * 2)
    with pytest.raises(ValueError, match=r"\(2, 3\)"):
        strict(np.ones((3, 2)))
    for other in (np.ones((2, 3), "f4"), np.ones((3, 2)).T, np.ones((2, 3), int), [x], np.ones(6)):
        with pytest.raises(TypeError):
            strict(other)
    assert program_of(lambda x, y: x * 2, x, x).strict is None  # nobody looks at y
    assert program_of(lambda x: np.cumsum(x), x).strict is None


def test_a_guard_leaves_the_program():
    def f(x):
        return x * 2 if np.sum(x) > 0 else x * 3

    run = program_of(f, np.ones(4)).function()
    np.testing.assert_array_equal(run(np.ones(4)), np.full(4, 2.0))
    assert run(-np.ones(4)) is None


def test_a_guard_comes_before_what_it_protects():
    def f(x, i):
        if np.any(i >= 3):
            raise IndexError
        return x[i] * 2

    x = np.arange(3.0)
    run = program_of(f, x, np.array([0, 2])).function()
    np.testing.assert_array_equal(run(x, np.array([1, 1])), [2.0, 2.0])
    assert run(x, np.array([1, 3])) is None


def test_results_may_be_nested_and_are_what_numpy_returns():
    def f(x):
        return [[np.sum(x), (np.max(x), x > 0)], np.float32(2) * x.astype("f4")]

    x = np.linspace(-1, 1, 7)
    want = f(x)
    graph = Graph()
    trace = Trace(graph)
    made = f(trace.input(x))
    results = mapped(expression_of, made)
    got = NumbaProgram(graph.steps, graph.inputs, results).function()(x)
    assert type(got[0][0]) is np.float64
    assert (got[0][0], got[0][1][0]) == (want[0][0], want[0][1][0])
    np.testing.assert_array_equal(got[0][1][1], want[0][1][1])
    assert got[1].dtype == np.float32
    np.testing.assert_array_equal(got[1], want[1])


def test_the_same_loops_are_compiled_once():
    from autograd_lite.programs import running

    x = np.linspace(0, 1, 9)
    program_of(lambda x: np.exp(x) + 0.25, x).function()
    before = running._compiled.cache_info().misses
    program_of(lambda y: 0.25 + np.exp(y), x).function()
    program_of(lambda y: np.exp(y) + 0.25, x).function()
    assert running._compiled.cache_info().misses <= before + 1


def test_a_program_of_too_many_loops_leaves_some_to_numpy(monkeypatch):
    from autograd_lite.programs import numba_program

    def f(x):
        return np.sum(np.exp(x), axis=0), np.cumsum(x, axis=0) * 2 + 1

    x = np.ones((3, 4))
    monkeypatch.setattr(numba_program, "_MOST_LINES", 0)
    program = check(f, x)
    assert "native.kernel" not in program.source()


def test_without_numba_the_error_says_what_to_install(monkeypatch):
    from autograd_lite.programs import numba_program

    program = program_of(np.exp, np.ones(3))
    monkeypatch.setattr(numba_program, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install numba, or take"):
        program.function()


# --- numbers ------------------------------------------------------------------------------------

SPECIAL = [0.0, -0.0, 1.0, -1.0, 5e-324, 1e-310, 1e-40, 0.5, 20.0, 88.5, 710.0, 1e300, math.inf,
           -math.inf, -104.0, -746.0, -1e300, math.nan]  # fmt: skip
FUNCTIONS = {
    np.exp: 1, np.expm1: 2, np.tanh: 3, np.log: 1, np.log1p: 1, np.sqrt: 1, np.sign: 1,
    np.square: 1, np.abs: 1, np.isfinite: 1, np.isinf: 1, np.isnan: 1, np.floor: 1,
}  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_functions_are_within_a_few_units_in_the_last_place(dtype):
    rng = np.random.default_rng(4)
    parts = [rng.standard_normal(3000) * scale for scale in (1e-6, 1, 10, 100)]
    with np.errstate(all="ignore"):
        x = np.concatenate([*parts, SPECIAL]).astype(dtype)
        run = program_of(lambda x: [f(x) for f in FUNCTIONS], x).function()
        for f, units, got in zip(FUNCTIONS, FUNCTIONS.values(), run(x)):
            want = f(x.astype(np.longdouble if dtype is np.float64 else np.float64))
            assert got.dtype == f(x).dtype, f
            rounded = want.astype(got.dtype)
            if got.dtype == bool:
                np.testing.assert_array_equal(got, rounded)
                continue
            finite = np.isfinite(rounded)
            np.testing.assert_array_equal(got[~finite], rounded[~finite], str(f))
            np.testing.assert_array_equal(np.signbit(got[finite]), np.signbit(rounded[finite]))
            error = np.abs(got[finite] - want[finite]) / np.spacing(np.abs(rounded[finite]))
            assert error.max() <= units, (f, x[finite][np.argmax(error)])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_special_values_go_through_as_they_do_in_numpy(dtype):
    def f(x, y):
        pairs = [np.maximum, np.minimum, np.add, np.multiply, np.divide, np.logaddexp, np.less]
        ones = [np.where(x > y, x, y), np.clip(x, -1, 1), x**2, x**-1, np.max(x), np.min(y)]
        return [g(x, y) for g in pairs] + ones

    with np.errstate(all="ignore"):
        x = np.repeat(np.array(SPECIAL, dtype), len(SPECIAL))
        y = np.tile(np.array(SPECIAL, dtype), len(SPECIAL))
        got = program_of(f, x, y).function()(x, y)
        for one, other in zip(got, f(x, y), strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_allclose(one, other, rtol=1e-6 if dtype is np.float32 else 1e-12)


@pytest.mark.parametrize("size", [100, 1000, 100_003, 1_000_000])
def test_long_float32_sums_are_exact_to_rounding(size):
    x = np.random.default_rng(5).uniform(0, 1, size).astype(np.float32)
    got = program_of(lambda x: [np.sum(x), np.mean(x), np.vdot(x, x)], x).function()(x)
    wide = x.astype(np.float64)
    for one, other in zip(got, [wide.sum(), wide.mean(), wide @ wide]):
        assert type(one) is np.float32
        np.testing.assert_allclose(one, other, rtol=3e-7)


@pytest.mark.parametrize("axis", [0, 1, 2, (0, 1), (0, 2), (1, 2), None])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_reductions_over_any_axes(axis, dtype):
    def f(x):
        kept = np.sum(x, axis=axis, keepdims=True)
        return [x / kept, np.mean(x, axis=axis), np.max(x, axis=axis), np.all(x > 0, axis=axis)]

    x = np.random.default_rng(6).uniform(0.5, 1, (3, 4, 5)).astype(dtype)
    check(f, x, rtol=1e-6 if dtype is np.float32 else 1e-13)


@pytest.mark.parametrize(("m", "k", "n"), [(1, 1, 1), (3, 4, 2), (9, 2, 12), (2, 9, 1), (20, 3, 2)])
def test_small_products_of_all_layouts(m, k, n):
    def f(x, y):
        return [x @ y, y.T @ x.T, x.T.copy().T @ y, x[0] @ y, x @ y[:, 0], x[0] @ y[:, 0]]

    rng = np.random.default_rng(7)
    x, y = rng.standard_normal((m, k)), rng.standard_normal((k, n))
    program = check(f, x, y)
    assert "np.dot" not in program.source()


def test_stores_into_parts_one_after_the_other():
    def f(x, y):
        z = np.zeros_like(x)
        z[1:, ::2] = y[1:, ::2]
        w = np.exp(z)
        z[0] = 3.0
        z[:, 1] += 2 * y[:, 1]
        big = np.concatenate([z] * 3000)
        big[5:9] = 1.0
        big[6] += 1
        np.add.at(z, (np.array([0, 0]),), y[0])
        return [z, w, big]

    x, y = np.random.default_rng(8).standard_normal((2, 4, 6))
    check(f, x, y)


def test_what_is_stored_into_stays_as_it_was_for_others():
    def small(x):
        z = np.exp(x)
        y = z.copy()
        y[0] = 3.0
        return y * z

    def large(x):
        z = x @ x
        w = z * 2
        z[3:9] = 1.0
        return [w, z + 1]

    check(small, np.linspace(0, 1, 5))
    check(large, np.random.default_rng(9).standard_normal((150, 150)))


def test_integers_and_truths_keep_their_dtypes():
    def f(x, i):
        even = (i + i) * 2 - 1
        return [even, even > i, (x > 0) & (i > 1), x * i, np.where(i > 1, x, 0), np.sum(i), -i,
                x * (i > 0), i.astype("f4"), (i > 0).astype("i8")]  # fmt: skip

    check(f, np.linspace(-1, 1, 5).astype("f4"), np.arange(5))
    check(f, np.linspace(-1, 1, 5), np.arange(5, dtype="i4"))


def test_a_sum_of_a_number_along_an_axis_that_it_has_not():
    compiled = ag.compile(lambda x: np.sum(x, axis=-1, keepdims=True) + x, backend="numba")
    assert compiled(np.float32(2)) == 4


def test_a_program_that_is_mostly_calls_of_numpy_is_one_of_numpy(monkeypatch):
    """A rollout of small arrays has more lines than Numba compiles in a few seconds."""
    monkeypatch.setattr(numba_programs, "_MOST_LINES", 10)
    x = np.array([1.1, 0.4])

    def rollout(x):
        for _ in range(9):
            x = np.stack([x[0] * np.sin(x[1]), x[1] * np.cos(x[0])])
        return np.sum(x)

    compiled = ag.compile(ag.grad(rollout), backend="numba")
    np.testing.assert_allclose(compiled(x), ag.grad(rollout)(x))
    assert "kernel" not in compiled.source(x)


def test_small_joins_are_stored_in_kernels():
    source = ag.compile(lambda x: np.stack([x[0] * x[1], np.sin(x[1])]) ** 2, backend="numba")
    x = np.array([2.0, 3.0])
    np.testing.assert_allclose(source(x), [36.0, np.sin(3.0) ** 2])
    assert "np.stack" not in source.source(x)


# --- compiled once for all processes --------------------------------------------------------------

_IN_ANOTHER_PROCESS = """
import sys
import numpy as np
import autograd_lite as ag
from autograd_lite.programs import running

f = ag.compile(lambda x: np.sum(np.tanh(x) ** 2 + 0.25), backend="numba", cache_dir=sys.argv[1])
print(f(np.ones(3)))
[kernel] = [m.kernel for name, m in sys.modules.items() if name.startswith("kernel_")]
print(sum(kernel.stats.cache_hits.values()))
"""


def test_what_was_compiled_is_kept_for_other_processes(tmp_path):
    f = ag.compile(
        lambda x: np.sum(np.tanh(x) ** 2 + 0.25), backend="numba", cache_dir=tmp_path / "new"
    )
    value = f(np.ones(3))
    files = sorted((tmp_path / "new").glob("kernel_*.py"))
    assert len(files) == 1
    call = [sys.executable, "-c", _IN_ANOTHER_PROCESS, str(tmp_path / "new")]
    lines = subprocess.run(call, capture_output=True, text=True, check=True).stdout.split()
    assert float(lines[0]) == value
    assert int(lines[1]) == 1
    assert sorted((tmp_path / "new").glob("kernel_*.py")) == files


def test_a_folder_is_of_the_backend_that_compiles():
    with pytest.raises(ValueError, match='cache_dir= is of backend="numba"'):
        ag.compile(np.sin, cache_dir="here")


def test_a_long_compilation_says_so(capsys, monkeypatch):
    monkeypatch.setattr(running, "_LONG", 0.01)
    ag.compile(lambda x: np.sum(np.sin(x) ** 3 + 0.125), backend="numba")(np.ones(3))
    told = capsys.readouterr().err
    assert told.startswith("autograd_lite: Numba is compiling program, of 1 kernel")
    assert "cache_dir=" in told
    ag.compile(lambda x: np.sum(np.sin(x) ** 3 + 0.125), backend="numba")(np.ones(3))
    assert capsys.readouterr().err == ""


def test_an_array_on_the_stack_is_not_cleared():
    """Zeros stored one by one took half of the time in which a step of an LSTM was compiled."""
    from autograd_lite.programs.native import kernel, on_stack

    @kernel("int64(float64[::1])")
    def reversed_in_place(a):
        space = on_stack(1000, np.float64)
        for i in range(len(a)):
            space[i] = a[i]
        for i in range(len(a)):
            a[i] = space[len(a) - 1 - i]
        return 0

    numbers = np.arange(3.0)
    reversed_in_place(numbers)
    np.testing.assert_array_equal(numbers, [2.0, 1.0, 0.0])
    [instructions] = reversed_in_place.inspect_llvm().values()
    cleared = [line for line in instructions.splitlines() if "memset" in line and "8000" in line]
    assert cleared == []
