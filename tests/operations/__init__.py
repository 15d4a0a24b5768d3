"""The table of operations: one row an operation, a family of rules a module.

A new operation needs one line in its family's ROWS, a new keyword one more case in its row.
"""

from importlib.util import find_spec

import pytest

from . import (
    assigning,
    choosing,
    complex_numbers,
    convolution,
    cumulative,
    decompositions,
    einsum,
    elementwise,
    fft,
    indexing,
    inverses,
    joining,
    moving,
    neural,
    norms,
    order_statistics,
    padding,
    products,
    reductions,
    shapes,
    spacing,
    statistics,
    through_numpy,
    ufuncs,
)

FAMILIES = (
    elementwise, reductions, shapes, indexing, moving, joining, neural,
    through_numpy, fft, convolution,
    assigning, choosing, padding, spacing,
    complex_numbers, ufuncs,
    products, einsum, norms, inverses, decompositions,
    cumulative, order_statistics, statistics,
)  # fmt: skip
if find_spec("scipy"):
    from . import scipy_functions

    FAMILIES += (scipy_functions,)
ROWS = [row for family in FAMILIES for row in family.ROWS]
CASES = [case for row in ROWS for case in row.cases]


def for_every_case(test):
    """A test of each row, which runs ``test(case)`` for all of its cases."""

    @pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
    def run(row):
        for case in row.cases:
            try:
                test(case)
            except BaseException as error:
                error.add_note(f"at the case {case}")
                raise

    run.__name__, run.__qualname__, run.__doc__ = test.__name__, test.__qualname__, test.__doc__
    return run
