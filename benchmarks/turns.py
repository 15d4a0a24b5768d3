"""Libraries that take turns: each in a process of its own, one at a time at work.

The one idea: the machine's mood changes by the second, so that only what ran in the same second
can be compared; and a library's threads, caches and objects stay its own.
"""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import traceback

import numpy

HERE = pathlib.Path(__file__).parent
PAUSE = 0.04  # a thread pool that waits for work by spinning has gone to sleep by then
TOLERANCES = {"float32": 2e-4, "float64": 1e-9}


# --- the process of one library -------------------------------------------------------------------

# With one thread, the processor's time: what others do on the machine is not in it, but for the
# caches that they share. The variable is that of `environment`.
clock = time.process_time if os.environ.get("OMP_NUM_THREADS") == "1" else time.perf_counter


def serve(key, name):
    """Answer the lines on the standard input: prepare once, then measure when told to."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    try:
        step, calls = None, 1
        for line in sys.stdin:
            command, *args = json.loads(line)
            if command == "prepare":
                step = prepare(key, name)
                save(args[0], step())  # the first: later ones of a form that trains differ
                calls = answer = warm(step, *args[1:])
            elif command == "memory":
                from benchmarks.fresh import peak

                answer = peak(key, name)
            else:
                answer = turn(step, calls)
            print(json.dumps({"answer": answer}), file=answers, flush=True)
    except Exception as error:
        traceback.print_exc()
        text = f"{type(error).__name__}: {error}".splitlines()[0]
        print(json.dumps({"error": text[:200]}), file=answers, flush=True)


def prepare(key, name, small=False):
    """The function that takes one gradient, or trains for one epoch."""
    from benchmarks import epochs
    from benchmarks.forms import CASES
    from benchmarks.runners import LIBRARIES

    if (found := epochs.find(key, name)) is not None:
        trainer, training = found
        return trainer.prepare(training, *training.arrays(small))

    [library] = [library for library in LIBRARIES if library.key == key]
    [case] = [case for case in CASES if case.name == name]
    return library.prepare(case, *case.workload.inputs(small))


def warm(step, seconds):
    """Call until compilers and caches have settled: how many calls fill a turn."""
    took = []
    while sum(took) < 1 and (len(took) < 3 or sum(took) < 10 * seconds):
        start = clock()
        step()
        took.append(clock() - start)
    return max(1, round(seconds / min(took)))


def turn(step, calls):
    """Seconds a call, over so many; before them one that does not count, if it costs nothing."""
    if calls > 1:
        step()
    start = clock()
    for _ in range(calls):
        step()
    return (clock() - start) / calls


def save(path, result):
    value, gradients = result
    numpy.savez(path, numpy.asarray(value), *(numpy.asarray(g) for g in gradients))


# --- all of them ----------------------------------------------------------------------------------


@dataclasses.dataclass
class Runs:
    """What one library did in one case."""

    seconds: list = dataclasses.field(default_factory=list)  # of one gradient, a round each
    error: str | None = None
    difference: float | None = None  # from the reference, relative to the largest element
    agrees: bool = True


def take_turns(case, libraries, rounds, seconds, threads, budget, alike=True):
    """{library's key: Runs} of one case, in so many rounds, fewer if they exceed the budget.

    With ``alike`` their results are held against each other.
    """
    runs = {library.key: Runs(error=library.unfit(case)) for library in libraries}
    with tempfile.TemporaryDirectory() as folder:
        running = {
            key: Process(key, case.name, folder, threads)
            for key, run in runs.items()
            if not run.error
        }
        try:
            for key in list(running):
                ask(running, runs, key, "prepare", f"{folder}/{key}.npz", seconds)
            if alike:
                compare(runs, {key: load(f"{folder}/{key}.npz") for key in running})
            end = time.perf_counter() + budget
            for done in range(rounds):
                if done and time.perf_counter() > end:
                    break
                for key in list(running):
                    time.sleep(PAUSE)
                    took = ask(running, runs, key, "turn")
                    if took is not None:
                        runs[key].seconds.append(took)
        finally:
            for process in running.values():
                process.stop()
    return runs


def ask(running, runs, key, *command):
    """The answer of one library; one that fails leaves the round."""
    answer = running[key].ask(*command)
    if "error" in answer:
        runs[key].error = answer["error"]
        running.pop(key).stop()
    return answer.get("answer")


class Process:
    """The process of one library, which waits to be asked."""

    def __init__(self, key, name, folder, threads):
        self.errors = open(pathlib.Path(folder) / f"{key}.log", "w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.speed", "--serve", key, name],
            cwd=HERE.parent,
            env=environment(threads, folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )

    def ask(self, *command):
        try:
            print(json.dumps(command), file=self.process.stdin, flush=True)
            return json.loads(self.process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            return {"error": f"the process ended with {self.process.wait()}"}

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()


TUNING = ("OPENBLAS_", "GOTO_", "BLIS_", "MKL_", "OMP_", "KMP_", "NPY_", "XLA_", "ATEN_", "DNNL_")


def environment(threads, folder):
    """The same number of threads for all, and no compiled code from an earlier run.

    What chooses a kernel (OPENBLAS_CORETYPE, MKL_ENABLE_INSTRUCTIONS ...) is cleared: it would slow
    some of the libraries and not the others.
    """
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(TUNING)}
    pools = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")
    variables = {f"{pool}_NUM_THREADS": str(threads) for pool in pools}
    variables["NPROC"] = str(threads)  # the pool of XLA
    variables["TORCHINDUCTOR_CACHE_DIR"] = str(folder)
    if threads == 1:
        variables["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    return inherited | variables


# --- do they agree? -------------------------------------------------------------------------------


def load(path):
    with numpy.load(path) as arrays:
        return [arrays[name] for name in arrays.files]


def compare(runs, results):
    """Hold every result against the first library's: values and gradients, shapes and dtypes."""
    reference = next(iter(results.values()), None)
    for key, arrays in results.items():
        runs[key].difference = difference(arrays, reference)
        tolerance = TOLERANCES[str(reference[1].dtype)]
        runs[key].agrees = runs[key].difference <= tolerance


def difference(arrays, reference):
    """The largest difference relative to the largest element of its array.

    Infinity for another shape or another dtype; of the value, any dtype will do.
    """
    worst = 0.0
    for position, (got, expected) in enumerate(zip(arrays, reference, strict=True)):
        if got.shape != expected.shape or (position and got.dtype != expected.dtype):
            return float("inf")
        scale = numpy.max(numpy.abs(expected)) or 1.0
        worst = max(worst, float(numpy.nan_to_num(numpy.max(numpy.abs(got - expected)) / scale,
                                                  nan=numpy.inf)))  # fmt: skip
    return worst
