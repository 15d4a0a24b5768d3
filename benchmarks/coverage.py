"""How much of NumPy and SciPy each library differentiates, and what of it is right.

    python -m benchmarks.coverage [--rows] [--markdown FILE] [--json FILE] [--only NAME]

Every row of functions.csv is called with the same arrays in every library, and its gradients are
held against numeric ones: right, wrong (another value, a zero or nothing, in silence), or missing
(an error). A function that is neither NumPy's nor SciPy's, and that a library has no name for, is
called as its formula: composed, where that is right. Special points have exact values. Each library
runs in a process of its own.
"""

import argparse
import collections
import csv
import json
import pathlib
import signal
import subprocess
import sys
import warnings

import numpy

from benchmarks.libraries import LIBRARIES, NoSuchFunction, NumPy, results
from benchmarks.samples import OF_ROWS, SPECIAL
from benchmarks.samples.table import Trial

HERE = pathlib.Path(__file__).parent
PRIORITIES = ("peer", "common", "rare", "peer-scipy", "common-scipy", "special")
MUST_BE_RIGHT = ("peer", "common")
GOOD = ("right", "composed")
VERDICTS = (*GOOD, "wrong", "missing")
SECONDS = 120  # for one row


def rows():
    """Pairs (priority, sample), in the order of the list of functions."""
    with open(HERE / "functions.csv", newline="") as file:
        priorities = {row["name"]: row["priority"] for row in csv.DictReader(file)}
    samples = {sample.name: sample for sample in OF_ROWS}
    if samples.keys() != priorities.keys():
        raise ValueError(f"no sample, or no row: {sorted(samples.keys() ^ priorities.keys())}")
    listed = [(priorities[name], samples[name]) for name in priorities]
    return listed + [("special", sample) for sample in SPECIAL]


# --- one library ----------------------------------------------------------------------------------


def verdict(library, truth, sample):
    """(verdict, reason) of one library on one row."""
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        if isinstance(sample, Trial):
            return held(sample.run(library), [sample.expected], 1e-9)
        try:
            return _of_sample(library, truth, sample)
        except NoSuchFunction as error:
            library.reset()
            what, reason = _of_sample(library.with_formulas(), truth, sample)
            return ("composed", str(error)) if what == "right" else (what, reason)
    except Exception as error:
        text = f"{type(error).__name__}: {error}".splitlines()[0]
        return "missing", text[:200]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        library.reset()


def _of_sample(library, truth, sample):
    inputs = sample.draw()
    weighted = sample.expected is None
    out, gradients = library.run(sample.form(library.key), inputs, weighted)
    value, expected = truth(sample)
    got = [numpy.asarray(library.plain(part)) for part in results(out)]
    if not agree(got, results(value), 1e-8):
        return "wrong", f"value {short(got)} for {short(results(value))}"
    allowed = (expected, *(sample.also if library.key != "ours" else ()))
    return held(gradients, allowed, sample.rtol)


def held(gradients, allowed, rtol):
    if any(agree(gradients, expected, rtol) for expected in allowed):
        return "right", ""
    return "wrong", f"gradient {short(gradients)} for {short(allowed[0])}"


def agree(got, expected, rtol):
    """Whether all arrays have the right shapes and values."""
    return len(got) == len(expected) and all(close(*pair, rtol) for pair in zip(got, expected))


def close(got, expected, rtol):
    """Whether an array is right; no gradient at all is right where it is zero."""
    got = numpy.zeros_like(expected) if got is None else got
    atol = 1e-7 if rtol > 1e-8 else 1e-12
    return numpy.shape(got) == numpy.shape(expected) and numpy.allclose(
        got, expected, rtol, atol, equal_nan=True
    )


def short(arrays):
    """Arrays in a few words."""
    with numpy.printoptions(precision=4, suppress=True, threshold=8, edgeitems=2):
        words = [str(None if a is None else numpy.asarray(a)) for a in arrays]
    text = " ".join(" ".join(words).split())
    return text if len(text) <= 80 else f"{text[:77]}..."


def truths():
    """The function from a sample to NumPy's value and the true gradients."""
    numeric = NumPy()

    def truth(sample):
        with numpy.errstate(all="ignore"):
            f, inputs = sample.form("numpy"), sample.draw()
            if sample.expected is None:
                return numeric.run(f, inputs)
            return f(numeric.np, *inputs), sample.expected

    return truth


def work(key, only):
    """What the process of one library prints."""
    warnings.simplefilter("ignore")
    numpy.seterr(all="ignore")
    signal.signal(signal.SIGALRM, _too_long)
    [kind] = [kind for kind in LIBRARIES if kind.key == key]
    library, truth = kind(), truths()
    found = {s.name: verdict(library, truth, s) for _, s in rows() if only in s.name}
    print(json.dumps({"version": library.version(), "verdicts": found}))


def _too_long(signum, frame):
    raise TimeoutError(f"more than {SECONDS} seconds")


# --- all of them ----------------------------------------------------------------------------------


def measure(only=""):
    """{library's title: {row's name: (verdict, reason)}}, of those that are installed."""
    command = [sys.executable, "-m", "benchmarks.coverage", "--only", only, "--library"]
    running = {
        kind.title: subprocess.Popen(
            [*command, kind.key],
            cwd=HERE.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for kind in LIBRARIES
    }
    found = {}
    for title, process in running.items():
        output, errors = process.communicate()
        if process.returncode:
            print(f"{title} did not run: {errors.strip().splitlines()[-1]}", file=sys.stderr)
            continue
        answer = json.loads(output.splitlines()[-1])
        found[f"{title} {answer['version']}"] = answer["verdicts"]
    return found


def count(verdicts, names):
    """How many rows of one library have each verdict."""
    counted = collections.Counter(verdicts[name][0] for name in names)
    return [counted[v] for v in VERDICTS]


def summary(found, priorities):
    """Lines of a table: how many rows of each priority are right, wrong, missing."""
    width = max(26, *map(len, found)) + 2
    lines = [f"{'':14}{'rows':>5}  " + "".join(f"{title:>{width}}" for title in found)]
    lines.append(f"{'':21}" + f"{'right comp. wrong  miss':>{width}}" * len(found))
    for label in (*PRIORITIES, "all"):
        names = [name for name, p in priorities.items() if label in (p, "all")]
        if names:
            cells = ("{:5} {:5} {:5} {:5}".format(*count(v, names)) for v in found.values())
            lines.append(f"{label:14}{len(names):5}  " + "".join(f"{c:>{width}}" for c in cells))
    return lines


def markdown(found, priorities):
    """The same as a page: the counts, and every row."""
    titles = list(found)
    lines = [
        "# Coverage",
        "",
        "right / composed / wrong / missing, against numeric derivatives; made by `make coverage`.",
        "",
        f"| | rows | {' | '.join(titles)} |",
        f"|---|---|{'---|' * len(titles)}",
    ]
    for label in (*PRIORITIES, "all"):
        names = [name for name, p in priorities.items() if label in (p, "all")]
        cells = (" / ".join(map(str, count(v, names))) for v in found.values())
        lines.append(f"| {label} | {len(names)} | {' | '.join(cells)} |")
    lines += [
        "",
        f"| function | priority | {' | '.join(titles)} |",
        f"|---|---|{'---|' * len(titles)}",
    ]
    for name, priority in priorities.items():
        cells = " | ".join(verdicts[name][0] for verdicts in found.values())
        lines.append(f"| `{name}` | {priority} | {cells} |")
    return "\n".join([*lines, ""])


def not_right(verdicts, priorities):
    """Lines of what is not right: row, priority, verdict, reason."""
    return [
        f"{priorities[name]:13} {what:8} {name}: {reason}"
        for name, (what, reason) in verdicts.items()
        if what not in GOOD
    ]


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", action="store_true", help="print every row")
    parser.add_argument("--reasons", metavar="LIBRARY", default="autograd_lite",
                        help="whose rows that are not right are listed")  # fmt: skip
    parser.add_argument("--markdown", metavar="FILE", help="write the table as a page")
    parser.add_argument("--json", metavar="FILE", help="write every verdict and its reason")
    parser.add_argument(
        "--only", metavar="NAME", default="", help="the rows with this in their name"
    )
    parser.add_argument("--library", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    """Print the table; 1 if a row that must be right is not."""
    chosen = options()
    if chosen.library:
        return work(chosen.library, chosen.only)
    priorities = {s.name: priority for priority, s in rows() if chosen.only in s.name}
    found = measure(chosen.only)
    print("\n".join(summary(found, priorities)))
    if chosen.rows:
        for name in priorities:
            print(f"{name[:48]:50}" + "".join(f"{v[name][0]:10}" for v in found.values()))
    for title, verdicts in found.items():
        reasons = not_right(verdicts, priorities)
        if reasons and chosen.reasons.lower() in title.lower():
            print(f"\nNot right in {title}:", *reasons, sep="\n")
    if chosen.markdown:
        pathlib.Path(chosen.markdown).write_text(markdown(found, priorities))
    if chosen.json:
        pathlib.Path(chosen.json).write_text(json.dumps(found, indent=1) + "\n")
    ours = next((v for title, v in found.items() if title.startswith("autograd_lite")), None)
    return int(ours is None or any(
        ours[name][0] not in GOOD for name, p in priorities.items() if p in MUST_BE_RIGHT
    ))  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
