"""What was measured, to read: tables, JSON and a chart."""

import statistics


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
    """Lines: a workload each, the times of NumPy by hand, and the ratios of all others to them."""
    rows = [["", *(library.title for library in libraries)]]
    for workload, runs in found.items():
        cells = [cell(runs[library.key], runs.get("numpy")) for library in libraries]
        rows.append([workload.name, *(first for first, _ in cells)])
        rows.append(["", *(spread if first != "-" else "" for first, spread in cells)])
        if workload.nodes:
            rows.append(["  an operation", *(per_node(runs[i.key], workload) for i in libraries)])
    return aligned(rows)


def per_node(run, workload):
    """The time of one recorded operation."""
    return duration(statistics.median(run.seconds) / workload.nodes) if run.seconds else ""


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
    for workload, runs in found.items():
        for key, run in runs.items():
            if run.error:
                lines.append(f"{workload.name}, {key}: {run.error}")
            elif not run.agrees:
                lines.append(f"{workload.name}, {key}: the result differs by {run.difference:.1e}")
    return lines
