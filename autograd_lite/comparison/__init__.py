"""Is a derivative right? Against autodiff, and against finite differences.

The public functions, one file each:

    manual     `compare`: gradients by hand beside those of a recorded graph
    functions  `compare_function`: derivatives by hand of a plain NumPy function
    checks     `check_gradients`: autodiff beside finite differences
    numeric    `numeric_gradients`: finite differences alone

What they share:

    keys       given gradients, dicts in dicts, as pairs of a key and an array
    factors    from a key such as "dh2/dz2" to the true factor of the chain
    slopes     the derivative of a function of one number by differences
    rows       how far a given array is from the true one
    case       all that is compared, and the graph it comes from
    report     the report: a table that prints, and that is true if every row is right

The rooms:

    diagnosis  the search for the mistakes behind wrong gradients
    voting     the vote on derivatives of a plain function
    rendering  the forms in which a comparison is shown
"""

from .checks import check_gradients
from .diagnosis.findings import Finding
from .functions import compare_function
from .manual import compare
from .numeric import numeric_gradients
from .report import Comparison
from .rows import Row

__all__ = [
    "Comparison", "Finding", "Row",
    "check_gradients", "compare", "compare_function", "numeric_gradients",
]  # fmt: skip
