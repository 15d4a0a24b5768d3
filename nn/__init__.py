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

from importlib import import_module
from typing import TYPE_CHECKING

from autograd_lite.messages.other_names import of_package

from . import init, plots
from .activations import (
    ELU,
    GELU,
    SELU,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from .attention import MultiheadAttention, TransformerBlock, attention
from .batches import Batches, batches
from .callbacks import Callback, EarlyStopping
from .containers import Residual, Sequential
from .convolution import AveragePool, Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, MaxPool
from .evaluation import accuracy, evaluate, predict, split
from .examination import Health, HealthWatch, health
from .exporting import to_onnx
from .history import History
from .keeping import load, save
from .layers import Dropout, Embedding, Flatten, Linear
from .lbfgs import LBFGS
from .loss_modules import (
    BinaryCrossEntropy,
    CrossEntropy,
    Hinge,
    Huber,
    KLDivergence,
    MeanAbsoluteError,
    MeanSquaredError,
    NegativeLogLikelihood,
    SquaredError,
)
from .losses import (
    binary_cross_entropy,
    cross_entropy,
    hinge,
    huber,
    kl_divergence,
    lasso,
    mean_absolute_error,
    mean_squared_error,
    negative_log_likelihood,
    ridge,
    squared_error,
)
from .module import Module
from .normalization import BatchNorm, GroupNorm, LayerNorm
from .optimizer import Optimizer, clip_gradient_norm, clip_gradient_values
from .optimizers import SGD, Adadelta, Adagrad, Adam, AdamW, RMSProp
from .optional import needed
from .other_names import NN
from .pytorch import from_pytorch, to_pytorch
from .recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from .schedules import CosineDecay, Plateau, Schedule, StepDecay, WarmUp
from .summary import summary
from .training import Run, fit

if TYPE_CHECKING:
    from .estimators import Classifier as Classifier
    from .estimators import Regressor as Regressor

if not TYPE_CHECKING:  # to checkers every name would be there, misspelt ones too

    def __getattr__(name):
        if name in ("Classifier", "Regressor"):  # scikit-learn's classes are their bases
            needed("sklearn", f"nn.{name}")
            return getattr(import_module(".estimators", __name__), name)
        if name.startswith("_"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        raise AttributeError(of_package(__name__, name, NN))


__all__ = [
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "AveragePool",
    "BatchNorm",
    "Batches",
    "BinaryCrossEntropy",
    "Callback",
    "Conv1d",
    "Conv2d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "CosineDecay",
    "CrossEntropy",
    "Dropout",
    "ELU",
    "EarlyStopping",
    "Embedding",
    "Flatten",
    "GELU",
    "GRU",
    "GRUCell",
    "GroupNorm",
    "Health",
    "HealthWatch",
    "Hinge",
    "History",
    "Huber",
    "KLDivergence",
    "LBFGS",
    "LSTM",
    "LSTMCell",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "MaxPool",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Mish",
    "Module",
    "MultiheadAttention",
    "NegativeLogLikelihood",
    "Optimizer",
    "Plateau",
    "RMSProp",
    "RNN",
    "RNNCell",
    "ReLU",
    "Residual",
    "Run",
    "SELU",
    "SGD",
    "Schedule",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "SquaredError",
    "StepDecay",
    "Tanh",
    "TransformerBlock",
    "WarmUp",
    "accuracy",
    "attention",
    "batches",
    "binary_cross_entropy",
    "clip_gradient_norm",
    "clip_gradient_values",
    "cross_entropy",
    "evaluate",
    "fit",
    "from_pytorch",
    "health",
    "hinge",
    "huber",
    "init",
    "kl_divergence",
    "lasso",
    "load",
    "mean_absolute_error",
    "mean_squared_error",
    "negative_log_likelihood",
    "plots",
    "predict",
    "ridge",
    "save",
    "split",
    "squared_error",
    "summary",
    "to_onnx",
    "to_pytorch",
]
