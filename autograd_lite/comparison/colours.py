"""The picture of a comparison: the graph, in the colours of the verdicts."""

from ..drawing.draw import pictured
from ..drawing.model import BECAUSE, NOT_GIVEN, RIGHT, WRONG
from ..drawing.plain_text import Rows
from ..drawing.themes import Look
from . import rows


def coloured(
    report, precision=4, max_elements=12, max_nodes=100, values=True, gradients=True, numbers=False,
    theme="light", direction="down", collapse=None,
):  # fmt: skip
    """The picture; see `Comparison.draw`."""
    case = report.case
    if case is None or case.loss is None:
        raise ValueError(
            "a comparison of arrays alone has no graph to draw: compare(loss, {...}) of the loss "
            "as a Tensor has one"
        )
    style = Rows(precision, max_elements, values, gradients, numbers)
    look = Look(theme, direction)
    marked = _marked(report, case, gradients)
    return pictured(case.loss, case.names, style, look, max_nodes, collapse, marked=marked)


def _marked(report, case, gradients):
    """What becomes of the boxes and arrows, by node and pairs of nodes (top, bottom)."""
    root, nodes = case.loss.node, case.names.nodes
    marked = {
        node: {"mark": NOT_GIVEN} for node in nodes if node.requires_grad and node is not root
    }
    for entry in case.entries:
        row = report[entry.label]
        if entry.top is root and entry.bottom in marked:
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
