"""The tape as a picture."""

from .picture import Picture, draw

__all__ = ["Picture", "draw"]
