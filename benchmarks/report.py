"""What was measured, to read: tables, and all of it as JSON."""

import datetime
import os
import pathlib
import platform
import re
import statistics
import sys

from benchmarks.forms import Case


def quantiles(values):
    """(the median, the 10th and the 90th percentile)"""
    values = sorted(values)
    if len(values) == 1:
        return values * 3
    tenths = statistics.quantiles(values, n=10, method="inclusive")
    return statistics.median(values), tenths[0], tenths[-1]


def ratios(run, reference):
    """How long one library took relative to another in the same round."""
    return [a / b for a, b in zip(run.seconds, reference.seconds)]


def duration(seconds):
    """Three digits and a unit."""
    units = (("s", 1.0), ("ms", 1e-3), ("us", 1e-6))
    unit, size = next((pair for pair in units if seconds >= pair[1]), units[-1])
    return f"{short(seconds / size)} {unit}"


def short(number):
    """Three digits, as a plain number."""
    return f"{number:.0f}" if number >= 99.95 else f"{number:.3g}"


def cell(run, by_hand):
    """What the table says of one library on one workload, in two lines."""
    if run.error:
        return "-", run.error
    mark = "" if run.agrees else " DIFFERS"
    if by_hand is None or by_hand is run or not by_hand.seconds:
        middle, low, high = quantiles(run.seconds)
        return f"{duration(middle)}{mark}", f"{duration(low)} to {duration(high)}"
    middle, low, high = quantiles(ratios(run, by_hand))
    return f"{short(middle)}{mark}", f"{short(low)} to {short(high)}"


def speed_table(found, libraries):
    """Lines: a case each, the times of NumPy by hand, and the ratios of all others to them."""
    rows = [["", *(library.title for library in libraries)]]
    for case, runs in found.items():
        cells = [cell(runs[library.key], runs.get("numpy")) for library in libraries]
        rows.append([case.name, *(first for first, _ in cells)])
        rows.append(["", *(spread if first != "-" else "" for first, spread in cells)])
        if case.nodes:
            rows.append(["  an operation", *(per_node(runs[i.key], case) for i in libraries)])
    return aligned(rows)


def per_node(run, case):
    """The time of one recorded operation."""
    return duration(statistics.median(run.seconds) / case.nodes) if run.seconds else ""


def aligned(rows):
    """Lines of columns, the first to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in rows
    ]


def remarks(found):
    """Lines of what did not run, and of gradients that differ."""
    lines = []
    for case, runs in found.items():
        for key, run in runs.items():
            if run.error:
                lines.append(f"{case.name}, {key}: {run.error}")
            elif not run.agrees:
                lines.append(f"{case.name}, {key}: the result differs by {run.difference:.1e}")
    return lines


def memory_table(found, libraries):
    """Lines: the peak of memory of one gradient in MB, and bytes a recorded operation."""
    rows = [["peak memory of a gradient, MB", *(library.title for library in libraries)]]
    for workload, peaks in found.items():
        known = {key: value for key, value in peaks.items() if not isinstance(value, str)}
        rows.append([workload.name, *(_megabytes(known.get(i.key)) for i in libraries)])
        if workload.nodes and workload.nodes >= 100_000:  # else pages round it
            cells = (known.get(library.key) for library in libraries)
            per_node = ("-" if c is None else f"{c / workload.nodes:.0f}" for c in cells)
            rows.append(["  bytes an operation", *per_node])
    return aligned(rows) + [
        f"{workload.name}, {key}: {why}"
        for workload, peaks in found.items()
        for key, why in peaks.items()
        if isinstance(why, str) and why != _unfit(libraries, key, workload)
    ]


def _unfit(libraries, key, workload):
    """Why a library was not asked: that is no failure."""
    return next(library.unfit(Case(workload)) for library in libraries if library.key == key)


def _megabytes(value):
    return "-" if value is None else f"{value / 1e6:.1f}"


def start_table(starts, libraries):
    """Lines: the medians of the import beyond NumPy's, and of the first gradient of 2-3-2."""
    rows = [["a fresh process", *(library.title for library in libraries)]]
    titles = ("import of NumPy", "import beyond NumPy", "first gradient of 2-3-2")
    for position, title in enumerate(titles):
        rows.append([title, *(_median(starts[i.key], position) for i in libraries)])
    total = {key: [(sum(one),) for one in rounds] for key, rounds in starts.items()}
    rows.append(["from nothing to a gradient", *(_median(total[i.key], 0) for i in libraries)])
    return aligned(rows)


def _median(rounds, position):
    return duration(statistics.median(one[position] for one in rounds)) if rounds else "-"


def kernel_table(kernels, libraries):
    """Lines: each library's version, and what its products run on."""
    return [f"{i.title} {i.version()}: {kernels[i.key] or 'unknown'}" for i in libraries]


def size_table(sizes, libraries):
    """Lines: what each library puts on the disk."""
    rows = [["installed", "its own", "with all it requires", ""]]
    for library in libraries:
        parts = sizes[library.key]
        own, total = parts[library.distribution], sum(parts.values())
        others = ", ".join(name for name in parts if name != library.distribution)
        rows.append([library.title, _whole(own), _whole(total), others])
    width = max(len(row[3]) for row in rows)
    return aligned([[*row[:3], row[3].ljust(width)] for row in rows])


def _whole(value):
    return f"{value / 1e6:.1f} MB"


def machine():
    """What the numbers depend on."""
    name = platform.processor() or platform.machine()
    information = pathlib.Path("/proc/cpuinfo")
    if information.exists():
        found = re.search(r"model name\s*: (.*)", information.read_text())
        name = found[1] if found else name
    return {"processor": name, "cores": os.cpu_count(), "system": platform.platform()}


def as_data(measured, libraries, threads):
    """Everything that was measured, for JSON."""
    speed = {
        case.name: {key: as_numbers(run, runs.get("numpy")) for key, run in runs.items()}
        for case, runs in measured.get("speed", {}).items()
    }
    memory = {workload.name: peaks for workload, peaks in measured.get("memory", {}).items()}
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "python": sys.version.split()[0],
        "versions": {library.key: library.version() for library in libraries},
        "threads": threads,
        "speed": speed,
        "memory": memory,
        "start": measured.get("start", {}),
        "size": measured.get("size", {}),
    }


def as_numbers(run, by_hand):
    """Seconds of one library on one workload, and the ratios to NumPy by hand."""
    if not run.seconds:
        return {"error": run.error}
    names = ("median", "p10", "p90")
    numbers = {"seconds": dict(zip(names, quantiles(run.seconds))), "rounds": len(run.seconds)}
    if by_hand is not None and by_hand.seconds:
        numbers["ratio"] = dict(zip(names, quantiles(ratios(run, by_hand))))
    return numbers | {"error": run.error, "agrees": run.agrees, "difference": run.difference}
