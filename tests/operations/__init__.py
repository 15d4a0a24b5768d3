"""The table of operations: one row an operation, a family of rules a module.

A new operation needs one line in its family's ROWS, a new keyword one more case in its row.
"""

from . import elementwise, indexing, joining, linear_algebra, neural, reductions, shapes

FAMILIES = (elementwise, reductions, shapes, indexing, joining, linear_algebra, neural)
ROWS = [row for family in FAMILIES for row in family.ROWS]
CASES = [case for row in ROWS for case in row.cases]
