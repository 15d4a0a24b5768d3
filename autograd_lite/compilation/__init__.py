"""`compile`: a function as straight programs, honest about what they depend on."""

from .compilation import compile
from .errors import CompilationError

__all__ = ["CompilationError", "compile"]
