"""Is a derivative right? Against autodiff, and against finite differences."""

from .checks import check_gradients
from .findings import Finding
from .functions import compare_function
from .manual import compare
from .numeric import numeric_gradients
from .report import Comparison
from .rows import Row

__all__ = [
    "Comparison", "Finding", "Row",
    "check_gradients", "compare", "compare_function", "numeric_gradients",
]  # fmt: skip
