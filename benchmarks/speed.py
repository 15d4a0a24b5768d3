"""How long a gradient takes in each library, beside NumPy code that was derived by hand.

    python -m benchmarks.speed [--only NAME] [--forms NAME ...] [--libraries KEY ...]
                               [--measure KIND ...] [--quick] [--json FILE] [--chart FILE]

One gradient is the value and the gradients of all parameters, handed back as NumPy arrays. Each
workload is written in the forms of forms.py, as people write them: parameters as arguments, in a
dict, in a list, a closure, a model with its optimizer. The libraries that are installed take
turns: in each round every one is measured, each in a process of its own. A ratio is the median
over the rounds of a library's time divided by that of NumPy by hand in the same round; below it
are the 10th and the 90th percentile. Where nothing was derived by hand, the table has times. All
libraries have the same number of threads, 1 unless another is asked for: on cores that others use
too, threads wait for each other, and that is not the library's doing. With one thread the time is
the processor's, in which others on the machine do not count. The garbage collector is left as it
is.
"""

import argparse
import json
import os
import pathlib
import sys

from benchmarks import chart, fresh, report, turns

KINDS = ("speed", "memory", "start", "size")


def measure_speed(cases, libraries, chosen):
    """{case: {library's key: Runs}}"""
    rounds, seconds = (5, 0.005) if chosen.quick else (chosen.repeats, 0.02)
    found = {}
    for case in cases:
        print(f"{case.workload.title}; {case.form.title} ...", file=sys.stderr)
        found[case] = turns.take_turns(
            case, libraries, rounds, seconds, chosen.threads, chosen.budget
        )
    return found


def named(workload, names):
    """Whether a workload has one of the names, or a name that has one of them in it."""
    from benchmarks.workloads import WORKLOADS

    exact = {each.name for each in WORKLOADS}
    return not names or any(
        name == workload.name or (name not in exact and name in workload.name) for name in names
    )


def options(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--only", metavar="NAME", action="append", help="the workloads with this name")
    add("--forms", metavar="NAME", nargs="+", help="flat, dict, list, closure, arrays, model")
    add("--libraries", metavar="KEY", nargs="+", help="numpy, ours, torch, torch.compile, jax ...")
    add("--measure", metavar="KIND", nargs="+", choices=KINDS, default=KINDS,
        help="speed, memory, start, size")  # fmt: skip
    add("--repeats", metavar="N", type=int, default=25, help="rounds (25)")
    add("--budget", metavar="SECONDS", type=float, default=60.0,
        help="when it is spent, a workload has no further round (60)")  # fmt: skip
    add("--threads", metavar="N", type=int, default=1, help="of each library (1)")
    add("--quick", action="store_true", help="few and short rounds, and no chain of 1,000,000")
    add("--json", metavar="FILE", help="write everything that was measured")
    add("--chart", metavar="FILE", help="write a bar chart: .svg, .png, .pdf")
    add("--serve", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def measure(cases, libraries, chosen):
    """{kind: what was measured}; prints each table when it is there."""
    measured = {}
    workloads = list(dict.fromkeys(case.workload for case in cases))
    if "speed" in chosen.measure:
        measured["speed"] = measure_speed(cases, libraries, chosen)
        print(*report.speed_table(measured["speed"], libraries), sep="\n")
        print("", *report.remarks(measured["speed"]), sep="\n", flush=True)
    if "memory" in chosen.measure and fresh.can_measure_memory():
        measured["memory"] = fresh.memory(workloads, libraries, chosen.threads)
        print(*report.memory_table(measured["memory"], libraries), "", sep="\n", flush=True)
    if "start" in chosen.measure:
        rounds = 3 if chosen.quick else 9
        measured["start"] = fresh.starts(libraries, rounds, chosen.threads)
        print(*report.start_table(measured["start"], libraries), "", sep="\n", flush=True)
    if "size" in chosen.measure:
        measured["size"] = fresh.sizes(libraries)
        print(*report.size_table(measured["size"], libraries), sep="\n")
    return measured


def main():
    """Print the tables; 1 if this project's result is not that of NumPy by hand."""
    chosen = options()
    if chosen.serve:
        return turns.serve(*chosen.serve)
    from benchmarks.forms import CASES
    from benchmarks.runners import LIBRARIES

    wanted = chosen.libraries or [library.key for library in LIBRARIES]
    libraries = [each for each in LIBRARIES if each.key in wanted and each.installed()]
    cases = [
        case
        for case in CASES
        if named(case.workload, chosen.only)
        and (chosen.forms is None or case.form.name in chosen.forms)
        and not (chosen.quick and (case.nodes or 0) > 100_000)
    ]
    kernels = fresh.kernels(libraries, chosen.threads)
    print(report.machine()["processor"], f"{chosen.threads} of {os.cpu_count()} threads", sep="; ")
    print(*report.kernel_table(kernels, libraries), "", sep="\n", flush=True)
    measured = measure(cases, libraries, chosen)
    if chosen.json:
        data = report.as_data(measured, libraries, chosen.threads) | {"kernels": kernels}
        pathlib.Path(chosen.json).write_text(json.dumps(data, indent=1) + "\n")
    if chosen.chart and "speed" in measured:
        chart.draw(measured["speed"], libraries, chosen.chart)
    speed = measured.get("speed", {}).values()
    return int(any(not runs["ours"].agrees for runs in speed if "ours" in runs))


if __name__ == "__main__":
    sys.exit(main())
