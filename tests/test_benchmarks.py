"""The yardstick of speed: a workload has one gradient, and the report says what was measured."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.engine.tape import history
from benchmarks import chart, fresh, growth, report, runners, speed, turns
from benchmarks.forms import CASES, FORMS, Case
from benchmarks.workloads import WORKLOADS

BY_HAND, OURS = runners.LIBRARIES[:2]
CHAIN = next(case for case in CASES if case.nodes)


@pytest.fixture(params=WORKLOADS, ids=lambda workload: workload.name)
def workload(request):
    return request.param


def result(library, case):
    value, gradients = library.prepare(case, *case.workload.inputs(small=True))()
    return [np.asarray(value), *map(np.asarray, gradients)]


def runs_of(**seconds):
    return {key: turns.Runs(seconds=list(values)) for key, values in seconds.items()}


def test_this_project_s_gradients_are_those_derived_by_hand(workload):
    case = Case(workload)
    if BY_HAND.unfit(case):
        pytest.skip("not derived by hand")
    ours, by_hand = result(OURS, case), result(BY_HAND, case)
    assert turns.difference(ours, by_hand) <= turns.TOLERANCES[str(by_hand[1].dtype)]


def test_this_project_s_gradients_are_the_numeric_ones(workload):
    """In double precision, of the very function that is measured."""
    parameters, constants = workload.inputs(small=True)
    parameters = [p.astype("float64") for p in parameters]
    constants = [c.astype("float64") if _is_single(c) else c for c in constants]
    loss = OURS.loss(workload)
    argnums = tuple(range(len(parameters)))
    gradients = ag.grad(loss, argnums)(*parameters, *constants)
    numeric = ag.numeric_gradients(lambda *p: loss(*p, *constants), *parameters)
    for g, expected in zip(gradients, numeric, strict=True):
        np.testing.assert_allclose(g, expected, rtol=1e-5, atol=1e-7)


def _is_single(constant):
    return isinstance(constant, np.ndarray) and constant.dtype == np.float32


# Their Numba programs take seconds to compile, and are held by tests/test_numba.py.
COMPILED = {
    "2-3-2", "784-256-10 softmax", "GELU", "2-50-2", "logistic regression", "convolution",
    "chain of 1,000",
}  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize("library", runners.LIBRARIES[2:], ids=lambda library: library.key)
def test_every_peer_that_is_installed_takes_the_same_gradient(workload, library):
    case = Case(workload)
    if library.key == "compiled numba" and workload.name in COMPILED:
        pytest.skip("compiled elsewhere")
    if not library.installed() or library.unfit(case) or library.key == "torch.compile":
        pytest.skip("not installed, unfit, or slow to compile")
    ours, theirs = result(OURS, case), result(library, case)
    assert turns.difference(theirs, ours) <= turns.TOLERANCES[str(ours[1].dtype)]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
@pytest.mark.parametrize("library", runners.LIBRARIES[1:], ids=lambda library: library.key)
def test_every_form_is_the_same_gradient_or_step(form, library):
    if not library.installed() or library.key in ("torch.compile", "compiled numba"):
        pytest.skip("not installed, or slow to compile")
    case = next(each for each in CASES if each.form is form and "softmax" in each.name)
    by_hand, theirs = result(BY_HAND, case), result(library, case)
    assert turns.difference(theirs, by_hand) <= turns.TOLERANCES[str(by_hand[1].dtype)]


def test_a_form_that_trains_takes_the_step_that_was_derived():
    case = next(case for case in CASES if case.form.trains)
    before, _ = case.workload.inputs(small=True)
    after, gradients = result(BY_HAND, case)[1:], result(BY_HAND, Case(case.workload))[1:]
    for p, q, g in zip(before, after, gradients, strict=True):
        np.testing.assert_allclose(q, p - runners.RATE * g, rtol=1e-6)


@pytest.mark.parametrize("kind", growth.KINDS, ids=lambda kind: kind.__name__)
def test_growth_is_measured_of_graphs_of_that_size(kind):
    loss, tensors = kind(20)
    loss().backward()
    assert all(np.all(tensor.grad != 0) for tensor in tensors)
    assert 20 in (len(tensors), tensors[0].size, len(np.atleast_1d(tensors[0].data)), *_calls(loss))


def _calls(loss):
    return [len(history(loss().node)) - 1]


def test_the_growth_of_all_kinds_is_a_table(tmp_path):
    found = {"rows": {10: (1e-3, 2e4), 100: (1e-2, 2e5)}}
    assert growth.table(found)[1].split() == "rows 10 1 ms 100 us 0.02 MB 2000 B".split()


def test_what_chooses_a_kernel_is_cleared(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    assert "OPENBLAS_CORETYPE" not in turns.environment(1, "")


def test_the_kernels_of_products_are_named():
    pytest.importorskip("threadpoolctl")
    [found] = fresh.kernels([BY_HAND], 1).values()
    assert found.split()[0] in ("openblas", "mkl", "blis", "flexiblas")


def test_a_step_leaves_no_gradient_for_the_next():
    step = OURS.prepare(CHAIN, *CHAIN.workload.inputs(small=True))
    first, second = step()[1], step()[1]
    assert first == second


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda g: g, 0.0),
        (lambda g: g * 1.5, 0.5),
        (lambda g: g[:1], math.inf),
        (lambda g: g * np.nan, math.inf),
        (lambda g: g.astype("float32"), math.inf),
    ],
)
def test_a_gradient_that_differs_is_seen(change, expected):
    reference = [np.array(1.0), np.array([1.0, 2.0])]
    assert turns.difference([reference[0], change(reference[1])], reference) == expected


def test_libraries_that_take_turns_agree_and_are_timed():
    found = turns.take_turns(CHAIN, [BY_HAND, OURS], 2, 1e-4, 1, budget=60)
    assert all(run.agrees and not run.error and len(run.seconds) == 2 for run in found.values())


def test_a_library_that_fails_is_out_and_the_others_go_on():
    class Broken(runners.Library):
        key = "broken"

    found = turns.take_turns(CHAIN, [BY_HAND, Broken()], 1, 1e-4, 1, budget=60)
    assert found["broken"].error.startswith("ValueError")
    assert len(found["numpy"].seconds) == 1


def test_a_ratio_is_taken_within_a_round():
    """Both were twice as slow in the second round: the ratio is the same in all."""
    runs = runs_of(numpy=[1.0, 2.0, 1.0], ours=[1.5, 3.0, 1.5])
    numbers = report.as_numbers(runs["ours"], runs["numpy"])
    assert set(numbers["ratio"].values()) == {1.5}
    assert report.cell(runs["ours"], runs["numpy"]) == ("1.5", "1.5 to 1.5")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2e-6, "2 us"), (1.5e-3, "1.5 ms"), (0.1234, "123 ms"), (12.345, "12.3 s"), (3e-8, "0.03 us")],
)
def test_a_duration_has_three_digits_and_a_unit(seconds, text):
    assert report.duration(seconds) == text


def test_the_table_says_what_failed_and_what_differs():
    runs = runs_of(numpy=[1e-3, 1e-3], ours=[2e-3, 2e-3])
    runs["ours"].agrees, runs["ours"].difference = False, 0.25
    runs["torch"] = turns.Runs(error="no such function")
    found = {CHAIN: runs}
    libraries = [library for library in runners.LIBRARIES if library.key in runs]
    table = "\n".join(report.speed_table(found, libraries))
    assert table.split()[:6] == ["NumPy", "by", "hand", "autograd_lite", "PyTorch", "chain"]
    assert "1 ms" in table
    assert "2 DIFFERS" in table
    assert "1 us" in table  # an operation of a thousand
    assert report.remarks(found) == [
        f"{CHAIN.name}, ours: the result differs by 2.5e-01",
        f"{CHAIN.name}, torch: no such function",
    ]


def test_the_table_of_memory_says_what_failed():
    *table, last = report.memory_table(
        {CHAIN.workload: {"numpy": 3e6, "ours": "no memory"}}, [BY_HAND, OURS]
    )
    assert table[1].split()[-2:] == ["3.0", "-"]
    assert last == f"{CHAIN.name}, ours: no memory"


def test_everything_is_written_as_json():
    found = {CHAIN: runs_of(numpy=[1.0, 2.0], ours=[3.0, 4.0])}
    measured = {"speed": found, "memory": {CHAIN.workload: {"ours": 1000}}}
    data = json.loads(json.dumps(report.as_data(measured, [BY_HAND, OURS], 1)))
    assert data["speed"][CHAIN.name]["ours"]["seconds"]["median"] == 3.5
    assert data["memory"][CHAIN.name] == {"ours": 1000}
    assert data["versions"].keys() == {"numpy", "ours"}
    assert {"date", "machine", "python", "threads"} <= data.keys()


def test_the_chart_has_a_bar_a_library(tmp_path):
    pytest.importorskip("matplotlib")
    found = {CHAIN: runs_of(numpy=[1.0, 2.0], ours=[3.0, 4.0])}
    chart.draw(found, [BY_HAND, OURS], tmp_path / "chart.svg")
    text = (tmp_path / "chart.svg").read_text()
    assert text.count("<!-- autograd_lite -->") == text.count("<!-- NumPy by hand -->") == 1
    assert "<!--  3.5 s -->" in text or "<!-- 3.5 s -->" in text


LARGE = 5_000_000  # numbers: more than the C library takes from its heap, whatever is left there
PEAK = """
import gc
import numpy as np
from benchmarks import fresh
def step():
    alive = [np.ones({large}) for _ in range({arrays})]
    return alive[0]
def collect():
    gc.collect()
    return np.ones({large})
garbage = [np.ones({large})]
garbage.append(garbage)
del garbage
steps = iter([lambda: None, collect])
fresh.prepare = lambda key, name: {step}
print(fresh.peak("numpy", "any"))
"""


def peak_in_a_fresh_process(step, arrays=1):
    """Where a process has been is part of its memory: what is free in its heap counts no more."""
    code = PEAK.format(step=step, arrays=arrays, large=LARGE)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(run.stdout)


@pytest.mark.skipif(not fresh.can_measure_memory(), reason="needs Linux")
@pytest.mark.parametrize("arrays", [1, 3])
def test_the_peak_of_memory_is_that_of_the_arrays_alive_together(arrays):
    found = peak_in_a_fresh_process("step", arrays)
    assert found == pytest.approx(arrays * 8 * LARGE, abs=2e6)


@pytest.mark.skipif(not fresh.can_measure_memory(), reason="needs Linux")
def test_garbage_from_before_hides_nothing_of_the_peak():
    found = peak_in_a_fresh_process("lambda: next(steps)()")
    assert found == pytest.approx(8 * LARGE, abs=2e6)


def test_the_installed_size_is_that_of_a_library_and_what_it_requires():
    [sizes] = fresh.sizes([OURS]).values()
    assert {"autograd_lite", "numpy", "graphviz"} == sizes.keys()
    assert 1e5 < sizes["autograd_lite"] < 1e7 < sizes["numpy"]


def test_only_names_one_workload_exactly_or_all_that_have_the_words():
    chosen = [w.name for w in WORKLOADS if speed.named(w, ["GELU"])]
    assert chosen == ["GELU"]
    chosen = [w.name for w in WORKLOADS if speed.named(w, ["784"])]
    assert chosen == ["784-256-10 sigmoid", "784-256-10 softmax"]
    assert all(speed.named(w, None) for w in WORKLOADS)
