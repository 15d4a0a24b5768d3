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
from .batches import Batches, batches
from .callbacks import Callback, EarlyStopping
from .evaluation import accuracy, evaluate, predict, split
from .examination import Health, HealthWatch, health
from .history import History
from .keeping import load, save
from .layers import Linear, ReLU, Sequential, Sigmoid, Tanh
from .losses import ridge, squared_error
from .module import Module
from .optimizers import SGD, Adam
from .other_names import NN
from .summary import summary
from .training import Run, fit

if not TYPE_CHECKING:  # to checkers every name would be there, misspelt ones too

    def __getattr__(name):
        if name.startswith("_"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        raise AttributeError(of_package(__name__, name, NN))


__all__ = [
    "SGD",
    "Adam",
    "Batches",
    "Callback",
    "EarlyStopping",
    "Health",
    "HealthWatch",
    "History",
    "Linear",
    "Module",
    "ReLU",
    "Run",
    "Sequential",
    "Sigmoid",
    "Tanh",
    "accuracy",
    "batches",
    "evaluate",
    "fit",
    "health",
    "init",
    "load",
    "predict",
    "ridge",
    "save",
    "split",
    "squared_error",
    "summary",
]
