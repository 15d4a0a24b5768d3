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


def serve(key, name):
    """Answer the lines on the standard input: prepare once, then measure when told to."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    try:
        step, calls = None, 1
        for line in sys.stdin:
            command, *args = json.loads(line)
            if command == "prepare":
                step = prepare(key, name)
                result, answer = warm(step, *args[1:])
                calls = answer
                save(args[0], result)
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
    from benchmarks.runners import LIBRARIES
    from benchmarks.workloads import WORKLOADS

    if (found := epochs.find(key, name)) is not None:
        trainer, training = found
        return trainer.prepare(training, *training.arrays(small))

    [library] = [library for library in LIBRARIES if library.key == key]
    [workload] = [workload for workload in WORKLOADS if workload.name == name]
    return library.prepare(workload, *workload.inputs(small))


def warm(step, seconds):
    """Call until compilers and caches have settled: (a result, how many calls fill a turn).

    The first call says nothing of how long a call takes: a compiler is at work.
    """
    result, took = step(), []
    while sum(took) < 1 and (len(took) < 3 or sum(took) < 10 * seconds):
        start = time.perf_counter()
        result = step()
        took.append(time.perf_counter() - start)
    return result, max(1, round(seconds / min(took)))


def turn(step, calls):
    """Seconds a call, over so many; before them one that does not count, if it costs nothing."""
    if calls > 1:
        step()
    start = time.perf_counter()
    for _ in range(calls):
        step()
    return (time.perf_counter() - start) / calls


def save(path, result):
    value, gradients = result
    numpy.savez(path, numpy.asarray(value), *(numpy.asarray(g) for g in gradients))


# --- all of them ----------------------------------------------------------------------------------


@dataclasses.dataclass
class Runs:
    """What one library did on one workload."""

    seconds: list = dataclasses.field(default_factory=list)  # of one gradient, a round each
    error: str | None = None
    difference: float | None = None  # from the reference, relative to the largest element
    agrees: bool = True


def take_turns(workload, libraries, rounds, seconds, threads, budget, alike=True):
    """{library's key: Runs} of one workload, in so many rounds, fewer if they exceed the budget.

    With ``alike`` their results are held against each other.
    """
    runs = {library.key: Runs(error=library.unfit(workload)) for library in libraries}
    with tempfile.TemporaryDirectory() as folder:
        running = {
            key: Process(key, workload.name, folder, threads)
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


def environment(threads, folder):
    """The same number of threads for all, and no compiled code from an earlier run."""
    pools = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")
    variables = {f"{pool}_NUM_THREADS": str(threads) for pool in pools}
    variables["NPROC"] = str(threads)  # the pool of XLA
    variables["TORCHINDUCTOR_CACHE_DIR"] = str(folder)
    if threads == 1:
        variables["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    return os.environ | variables


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
