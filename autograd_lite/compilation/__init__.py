"""`compile`: a function as straight programs, honest about what they depend on."""

from .arguments import CompilationError
from .compilation import compile

__all__ = ["CompilationError", "compile"]
