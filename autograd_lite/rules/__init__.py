"""Every operation with its derivative, by family. Importing a family declares it."""

from . import (
    elementwise,
    indexing,
    joining,
    linear_algebra,
    moving,
    neural,
    reductions,
    shapes,
    through_numpy,
    undifferentiated,
)
