"""How long a gradient takes in each library, beside NumPy code that was derived by hand.

    python -m benchmarks.speed [--only NAME] [--libraries KEY ...] [--quick]

One gradient is the value and the gradients of all parameters, handed back as NumPy arrays. The
libraries that are installed take turns: in each round every one is measured, each in a process
of its own. A ratio is the median over the rounds of a library's time divided by that of NumPy by
hand in the same round; below it are the 10th and the 90th percentile. All run with the same
number of threads.
"""

import argparse
import sys

from benchmarks import report, turns


def measure_speed(workloads, libraries, chosen):
    """{workload: {library's key: Runs}}"""
    rounds, seconds = (5, 0.005) if chosen.quick else (chosen.repeats, 0.02)
    found = {}
    for workload in workloads:
        print(f"{workload.title} ...", file=sys.stderr)
        found[workload] = turns.take_turns(
            workload, libraries, rounds, seconds, chosen.threads, chosen.budget
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
    parser.add_argument("--only", metavar="NAME", action="append", help="workloads with this name")
    parser.add_argument("--libraries", metavar="KEY", nargs="+", help="numpy, ours, torch ...")
    parser.add_argument("--repeats", metavar="N", type=int, default=25, help="rounds (25)")
    parser.add_argument("--budget", metavar="SECONDS", type=float, default=60.0,
                        help="for the rounds of one workload; 3 at least (60)")  # fmt: skip
    parser.add_argument("--threads", metavar="N", type=int, default=1, help="of each library (1)")
    parser.add_argument("--quick", action="store_true", help="few and short rounds")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main():
    """Print the table; 1 if a gradient of this project is wrong."""
    chosen = options()
    if chosen.serve:
        return turns.serve(*chosen.serve)
    from benchmarks.runners import LIBRARIES
    from benchmarks.workloads import WORKLOADS

    wanted = chosen.libraries or [library.key for library in LIBRARIES]
    libraries = [each for each in LIBRARIES if each.key in wanted and each.installed()]
    workloads = [w for w in WORKLOADS if named(w, chosen.only)]
    found = measure_speed(workloads, libraries, chosen)
    print(*report.speed_table(found, libraries), sep="\n")
    print("", *report.remarks(found), sep="\n")
    return int(any("ours" in runs and not runs["ours"].agrees for runs in found.values()))


if __name__ == "__main__":
    sys.exit(main())
