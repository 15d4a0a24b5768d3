"""Which rows are wrong by themselves, and which only because a row nearer to the loss is.

The one idea: put the given gradients of inner tensors in the place of the true ones, and let the
true rules go on from them. A row that comes out as given was computed rightly from wrong numbers.
"""

from __future__ import annotations

import numpy as np

from .closed_forms import Fit


def consequences(case, graph, base, wrong, fixed):
    """{label: label of the row it is wrong because of}; ``base`` goes on from the given rows."""
    fit = Fit(case.tolerance)
    because = {}
    for entry in wrong:
        expected = base.table.get(entry.bottom)
        if expected is None or not fit.explains(entry.given, np.asarray(expected), entry.true):
            continue
        causes = [n for n in fixed if n is not entry.bottom and graph.leads(entry.bottom, n)]
        if causes:
            nearest = min(causes, key=lambda n: graph.distance(entry.bottom, n))
            because[entry.label] = case.gradients[nearest].label
    return because
