"""Is a derivative right? Against autodiff, and against finite differences.

The public functions:

    manual     `compare`: gradients by hand beside those of a recorded graph
    functions  `compare_function`: derivatives by hand of a plain NumPy function
    checks     `check_gradients`: autodiff beside finite differences

What they share:

    finite_differences  `numeric_gradients`, and derivatives that know how exact they are
    keys                from the keys of given gradients to the true derivatives
    rows                how far a given array is from the true one
    subgradients        whether a gradient is right at a kink
    case                all that is compared, and the graph it comes from
    report              the report: a table that prints, and that is true if every row is right
    rendering, colours  the forms in which a report is shown, and its picture

The rooms:

    diagnosis  the search for the mistakes behind wrong gradients
    voting     the vote on derivatives of a plain function
"""

from .checks import check_gradients
from .diagnosis.findings import Finding
from .finite_differences import numeric_gradients
from .functions import compare_function
from .manual import compare
from .report import Comparison
from .rows import Row

__all__ = [
    "Comparison", "Finding", "Row",
    "check_gradients", "compare", "compare_function", "numeric_gradients",
]  # fmt: skip
