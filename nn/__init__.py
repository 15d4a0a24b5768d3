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
from .clipping import clip_gradient_norm, clip_gradient_values
from .containers import Residual, Sequential
from .convolution import AveragePool, Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, MaxPool
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
from .normalization import BatchNorm, LayerNorm
from .optimizer import Optimizer
from .optimizers import SGD, Adagrad, Adam, AdamW, RMSProp
from .other_names import NN
from .pytorch import from_pytorch, to_pytorch
from .recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from .schedules import CosineDecay, Plateau, Schedule, StepDecay, WarmUp
from .summary import summary

if not TYPE_CHECKING:  # to checkers every name would be there, misspelt ones too

    def __getattr__(name):
        if name.startswith("_"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        raise AttributeError(of_package(__name__, name, NN))


__all__ = [
    "Adagrad",
    "Adam",
    "AdamW",
    "AveragePool",
    "BatchNorm",
    "BinaryCrossEntropy",
    "Conv1d",
    "Conv2d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "CosineDecay",
    "CrossEntropy",
    "Dropout",
    "ELU",
    "Embedding",
    "Flatten",
    "GELU",
    "GRU",
    "GRUCell",
    "Hinge",
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
    "attention",
    "binary_cross_entropy",
    "clip_gradient_norm",
    "clip_gradient_values",
    "cross_entropy",
    "from_pytorch",
    "hinge",
    "huber",
    "init",
    "kl_divergence",
    "lasso",
    "mean_absolute_error",
    "mean_squared_error",
    "negative_log_likelihood",
    "ridge",
    "squared_error",
    "summary",
    "to_pytorch",
]
