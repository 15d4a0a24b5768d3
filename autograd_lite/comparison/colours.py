"""The picture of a comparison: the graph, in the colours of the verdicts."""

from ..drawing.draw import judged
from ..drawing.model import BECAUSE, RIGHT, WRONG
from . import rows


def coloured(report, **options):
    """The picture; see `Comparison.draw`."""
    case = report.case
    if case is None or case.loss is None:
        raise ValueError(
            "a comparison of arrays alone has no graph to draw: compare(loss, {...}) of the loss "
            "as a Tensor has one"
        )
    marked = _marked(report, case, options.get("gradients", True))
    return judged(case.loss, case.names, marked, **options)


def _marked(report, case, gradients):
    """What becomes of the boxes and arrows, by node and pairs of nodes (top, bottom)."""
    root, marked = case.loss.node, {}
    for entry in case.entries:
        row = report[entry.label]
        if entry.top is root and entry.bottom is not root:
            notes = tuple(_notes(entry, row, report.because, gradients))
            marked[entry.bottom] = {"mark": _mark(row, report.because), "notes": notes}
        elif entry.top is not None:
            marked[entry.top, entry.bottom] = {"mark": _mark(row, report.because)}
    for node in {node: None for finding in report.findings for node in finding.where}:
        marked[node] = {**marked.get(node, {}), "suspect": True}
    return marked


def _mark(row, because):
    if row:
        return RIGHT
    return BECAUSE if row.name in because else WRONG


def _notes(entry, row, because, gradients):
    """The verdict in words, and what was given instead."""
    reason = f", because {because[row.name]} is" if row.name in because else ""
    yield "by hand", f"{row.verdict}{reason}"
    if row.verdict == rows.SHAPE:
        yield "by hand", f"shape {entry.given.shape}"
    elif gradients and not row:
        yield f"{entry.label} by hand", entry.given
