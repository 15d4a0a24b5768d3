"""Whether a derivative is right: by autodiff, or by finite differences.

The public functions:

    manual  `compare`: gradients by hand beside those of a recorded graph
    checks  `check_gradients`: autodiff beside finite differences

What they share:

    finite_differences  `numeric_gradients`, and derivatives that know how exact they are
    rows                how far a given array is from the true one
    subgradients        whether a gradient is right at a kink
    keys                names of gradients, in nested dicts and lists too
    factors             the derivatives of any tensor of a graph with respect to any other
    report              all that is compared; a table that prints, true if every row is right
    rendering, colours  the forms in which a report is shown, and its picture

The rooms:

    diagnosis    the search for the mistakes behind wrong gradients
    cross_check  `compare_function`: the vote on derivatives of a plain function
"""

from .checks import check_gradients
from .cross_check.contest import compare_function
from .diagnosis.mistakes import Finding
from .finite_differences import numeric_gradients
from .manual import compare
from .report import Comparison
from .rows import Row

__all__ = [
    "Comparison", "Finding", "Row",
    "check_gradients", "compare", "compare_function", "numeric_gradients",
]  # fmt: skip
