"""Models for other programs, in the ONNX format.

graph     an ONNX graph as it is built: nodes, constants, names
layers    what each layer and function of nn is in ONNX's operators
export    `to_onnx`: the model, checked and written
"""

from .export import to_onnx

__all__ = ["to_onnx"]
