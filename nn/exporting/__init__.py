"""Models for other programs, in the ONNX format.

layers    what each layer and function of nn is in ONNX's operators
export    `to_onnx`: the graph as it is built, checked and written
"""

from .export import to_onnx

__all__ = ["to_onnx"]
