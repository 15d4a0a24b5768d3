"""The samples: one for every row of functions.csv, and the special points and defects of peers."""

from . import (
    containers,
    elementwise,
    linear_algebra,
    neural,
    operators,
    reductions,
    scientific,
    shapes,
    special_points,
)

FAMILIES = (
    operators, elementwise, reductions, linear_algebra, shapes, scientific, neural,
)  # fmt: skip
OF_ROWS = [*(sample for family in FAMILIES for sample in family.SAMPLES), *containers.TRIALS]
SPECIAL = [*special_points.SAMPLES, *containers.BEHAVIOUR]
