"""The tape as a picture."""

from .draw import draw
from .picture import Picture

__all__ = ["Picture", "draw"]
