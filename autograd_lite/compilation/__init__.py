"""`compile`: a function as straight programs, honest about what they depend on."""

from .compilation import compile

__all__ = ["compile"]
