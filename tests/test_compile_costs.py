"""`compile`: threads, memory, and imports that are not paid for."""

import subprocess
import sys
import threading
from types import SimpleNamespace

import numpy as np
from compiled import A

import autograd_lite as ag
from autograd_lite.programs.better_loops import better_loops
from autograd_lite.symbolic.graph import Graph


def test_threads_call_one_compiled_function():
    state = SimpleNamespace(w=A.copy())
    f = ag.compile(lambda x: np.sum(np.tanh(x * state.w)))
    wrong = []

    def work(seed):
        rng = np.random.default_rng(seed)
        for n in rng.integers(1, 8, 60):
            x = rng.normal(size=(n, 3))
            if not np.isclose(f(x), np.sum(np.tanh(x * A))):
                wrong.append(x)

    def guarded(seed):
        try:
            work(seed)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=guarded, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_importing_the_engine_does_not_import_the_derivation():
    code = "import sys, autograd_lite, nn; print([m for m in sys.modules if 'derivation' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_programs_hold_no_values_of_the_call_that_was_traced():
    import gc
    import weakref

    class Big(np.ndarray):
        pass

    f = ag.compile(lambda x: np.sum(np.exp(x) * 2))
    x = np.ones(1000)
    reference = weakref.ref(x)
    f(x)
    del x
    gc.collect()
    assert reference() is None


def test_a_graph_without_a_loop_is_not_written_again_for_better_loops():
    graph = Graph()
    x = graph.input(np.ones(3), "x")
    result = graph.apply(np.multiply, x, graph.apply(np.tanh, x))
    same, results = better_loops(graph.steps, graph.inputs, (result,))
    assert same.steps is graph.steps
    assert results == (result,)
