"""What only a fresh process can tell: its memory, its start, and what it had to install.

The one idea of the memory: the peak of resident memory while one gradient is taken, beyond what
the process held before: the library, its compiled code, the parameters and the data.
"""

import compileall
import ctypes
import gc
import importlib.metadata
import importlib.util
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from benchmarks.forms import Case
from benchmarks.runners import Ours
from benchmarks.turns import HERE, Process, environment, prepare


def memory(workloads, libraries, threads):
    """{workload: {library's key: bytes, or why there is no number}}"""
    found = {}
    for workload in workloads:
        found[workload] = {}
        for library in libraries:
            answer = {"error": library.unfit(Case(workload))}
            if not answer["error"]:
                answer = _ask(library, workload, "memory", threads)
            found[workload][library.key] = answer.get("answer", answer.get("error"))
    return found


def _ask(library, workload, command, threads):
    with tempfile.TemporaryDirectory() as folder:
        process = Process(library.key, workload.name, folder, threads)
        try:
            return process.ask(command)
        finally:
            process.stop()


def peak(key, name):
    """Bytes that one gradient needs at its peak. The first one, which compiles, does not count."""
    Ours.keep_tape = False
    step = prepare(key, name)
    step()
    time.sleep(0.2)  # some libraries free what they used in another thread
    gc.collect()  # what would be freed in the second one would hide what that one needs
    ctypes.CDLL(None).malloc_trim(0)  # what the first one freed goes back, and is counted anew
    before = _resident("VmRSS")
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here
    step()
    return _resident("VmHWM") - before


def _resident(name):
    """A line of the process's status, in bytes."""
    [line] = re.findall(rf"{name}:\s+(\d+) kB", pathlib.Path("/proc/self/status").read_text())
    return int(line) * 1024


def can_measure_memory():
    """Linux only: elsewhere a peak cannot be told from that of the import."""
    return sys.platform == "linux" and pathlib.Path("/proc/self/clear_refs").exists()


# --- the start ------------------------------------------------------------------------------------

START = """
import time
begin = time.perf_counter()
import numpy
plain = time.perf_counter()
import {imports}
imported = time.perf_counter()
from benchmarks import forms, runners
[library] = [library for library in runners.LIBRARIES if library.key == {key!r}]
[case] = [case for case in forms.CASES if case.name == "2-3-2"]
inputs = case.workload.inputs()
ready = time.perf_counter()
library.prepare(case, *inputs)()
done = time.perf_counter()
print(plain - begin, imported - plain, done - ready)
"""


def starts(libraries, rounds, threads):
    """{library's key: rounds of (NumPy's import, its own beyond it, its first gradient)}

    What pip installs has its bytecode; of a checkout, it is compiled here.
    """
    found = {library.key: [] for library in libraries}
    for name in ("autograd_lite", "nn"):
        compileall.compile_dir(HERE.parent / name, quiet=2)
    for done in range(rounds + 1):
        for library in libraries:
            code = START.format(imports=", ".join(library.imports), key=library.key)
            printed = _printed(code, threads)
            if done and printed:  # the first round fills the disk's cache
                found[library.key].append(tuple(map(float, printed.split())))
    return found


def _printed(code, threads):
    """What a program prints in a process of its own; nothing if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=HERE.parent,
            env=environment(threads, folder),
            capture_output=True,
            text=True,
        )
    return done.stdout if not done.returncode else ""


# --- what its products run on ---------------------------------------------------------------------

KERNELS = """
import {imports}
print({own})
try:
    import threadpoolctl
    for pool in threadpoolctl.threadpool_info():
        if pool["user_api"] == "blas":
            print(pool["internal_api"], pool["version"], pool.get("architecture", ""))
except ImportError:
    print("threadpoolctl is not installed")
"""


def kernels(libraries, threads):
    """{library's key: the BLAS that its process has, with the kernel chosen for this processor}"""
    found = {}
    for library in libraries:
        code = KERNELS.format(imports=", ".join(library.imports), own=library.kernels)
        lines = dict.fromkeys(filter(None, map(str.strip, _printed(code, threads).splitlines())))
        found[library.key] = ", ".join(lines)
    return found


# --- the size -------------------------------------------------------------------------------------


def sizes(libraries):
    """{library's key: {distribution: bytes}}, of it and of everything that it requires."""
    return {
        library.key: {name: installed_size(name) for name in requirements(library.distribution)}
        for library in libraries
    }


def requirements(name):
    """A distribution and all that it requires and that is installed, without extras."""
    found, waiting = [], [name]
    while waiting:
        name = waiting.pop()
        if name in found or not _is_installed(name):
            continue
        found.append(name)
        for line in importlib.metadata.requires(name) or ():
            if "extra ==" not in line:
                waiting.append(re.match(r"[\w.-]+", line)[0].lower().replace("_", "-"))
    return found


def _is_installed(name):
    return any(True for _ in importlib.metadata.Distribution.discover(name=name))


def installed_size(name):
    """Bytes of a distribution's files, without the bytecode that Python adds."""
    distribution = importlib.metadata.distribution(name)
    paths = [pathlib.Path(distribution.locate_file(file)) for file in distribution.files or ()]
    if "editable" in (distribution.read_text("direct_url.json") or ""):
        tops = (distribution.read_text("top_level.txt") or "").split()
        paths += [path for top in tops for path in _package(top)]
    return sum(p.stat().st_size for p in paths if p.suffix != ".pyc" and p.is_file())


def _package(name):
    """The files of a package in a checkout."""
    [folder] = importlib.util.find_spec(name).submodule_search_locations
    return pathlib.Path(folder).rglob("*.*")
