"""A small neural network package on autograd_lite's public names.

>>> import numpy as np
>>> model = Sequential(Linear(2, 3, rng=0), Sigmoid(), Linear(3, 2, rng=1), Sigmoid())
>>> model
Sequential(
  layers.0: Linear(2, 3)
  layers.1: Sigmoid()
  layers.2: Linear(3, 2)
  layers.3: Sigmoid()
)
>>> model(np.array([[1.0, 0.0]])).shape
(1, 2)
"""

from typing import TYPE_CHECKING

from autograd_lite.messages.other_names import of_package

from . import init
from .layers import Linear, ReLU, Sequential, Sigmoid, Tanh
from .losses import ridge, squared_error
from .module import Module
from .optimizers import SGD, Adam
from .other_names import NN
from .summary import summary

if not TYPE_CHECKING:  # to checkers every name would be there, misspelt ones too

    def __getattr__(name):
        if name.startswith("_"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        raise AttributeError(of_package(__name__, name, NN))


__all__ = [
    "SGD",
    "Adam",
    "Linear",
    "Module",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Tanh",
    "init",
    "ridge",
    "squared_error",
    "summary",
]
