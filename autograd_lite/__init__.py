"""autograd_lite: reverse-mode automatic differentiation on NumPy, a glass box.

A Tensor is an array that remembers how it was computed. NumPy's own functions differentiate:

>>> import numpy as np
>>> import autograd_lite as ag
>>> W = ag.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, name="W")
>>> x = np.array([1.0, -1.0])
>>> loss = np.sum(np.tanh(x @ W) ** 2)
>>> loss.backward()
>>> W.grad.round(4)
array([[-0.1362, -0.1362],
       [ 0.1362,  0.1362]])

Functions of plain arrays have gradients of any order:

>>> ag.grad(np.tanh)(0.5).round(4)
np.float64(0.7864)
>>> ag.grad(ag.grad(np.tanh))(0.5).round(4)
np.float64(-0.7269)
"""

from importlib import import_module
from typing import TYPE_CHECKING

from . import collector as collector
from . import memory as memory
from . import rules as rules
from .engine.modes import no_grad
from .engine.primitives import elementwise, no_derivative, primitive
from .engine.tensor import Tensor
from .messages import other_names
from .rules.activations import (
    elu,
    gelu,
    glu,
    hard_swish,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    mish,
    relu,
    selu,
    sigmoid,
    silu,
    softplus,
    softsign,
    swish,
)
from .rules.convolution import conv, conv_transpose
from .rules.creation import (
    arange,
    array,
    asarray,
    empty,
    empty_like,
    eye,
    full,
    full_like,
    identity,
    linspace,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from .rules.dropout import dropout, dropout_mask
from .rules.error_function import erf, erfc
from .rules.losses import cross_entropy, one_hot
from .rules.pooling import average_pool, max_pool
from .rules.softmax import log_softmax, logsumexp, softmax
from .rules.strides import as_strided
from .rules.through_numpy import c_, r_
from .transforms.checkpointing import checkpoint
from .transforms.derivatives import (
    derivative,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)
from .transforms.scan import scan
from .transforms.vectors import flatten

if TYPE_CHECKING:
    import nn as nn

    from .comparison import (
        Comparison,
        check_gradients,
        compare,
        compare_function,
        numeric_gradients,
    )
    from .compilation import CompilationError
    from .compilation import compile as compile
    from .derivation.derivation import Derivation, derive
    from .drawing import Picture, draw
    from .numerics.anomaly import AnomalyError, detect_anomaly
    from .playing import Page, play
    from .reviewing import Review, review

    __version__: str

# What gradients do not need is imported when it is first used: it takes as long as the rest.
_LATER = {
    "AnomalyError": "numerics.anomaly",
    "CompilationError": "compilation",
    "Comparison": "comparison",
    "Derivation": "derivation.derivation",
    "Page": "playing",
    "Picture": "drawing",
    "Review": "reviewing",
    "check_gradients": "comparison",
    "compare": "comparison",
    "compare_function": "comparison",
    "derive": "derivation.derivation",
    "compile": "compilation",
    "detect_anomaly": "numerics.anomaly",
    "draw": "drawing",
    "numeric_gradients": "comparison",
    "play": "playing",
    "review": "reviewing",
}


def _package_nn():
    """The package ``nn`` that is installed beside this one."""
    from pathlib import Path

    package = import_module("nn")
    found, beside = Path(package.__file__ or "").parent, Path(__file__).parent.parent / "nn"
    if found != beside:
        raise ImportError(
            f"ag.nn is the package at {beside}, and another package of that name, {found}, is in "
            "its way: rename it, or run from another folder"
        )
    return package


if not TYPE_CHECKING:  # to checkers every name would be there, misspelt ones too

    def __getattr__(name):
        if name == "__version__":
            from importlib.metadata import version  # here: it takes as long as the engine

            return version("autograd-lite")
        if name == "nn":
            return _package_nn()
        if name not in _LATER:
            raise AttributeError(other_names.of_package(__name__, name, other_names.FUNCTIONS))
        value = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
        globals()[name] = value
        return value


def __dir__():
    return sorted([*__all__, "compile", "nn", "__version__"])


# fmt: off
__all__ = [  # all but compile, which would hide Python's where everything is imported

    # the engine
    "Tensor", "no_grad", "gradients", "elementwise", "primitive", "no_derivative",
    # gradients of functions
    "grad", "value_and_grad", "vjp", "jvp", "jacobian", "hessian", "hvp", "derivative",
    "checkpoint", "scan", "flatten",
    # the glass box
    "draw", "Picture", "play", "Page", "compare", "compare_function", "Comparison",
    "check_gradients", "numeric_gradients", "review", "Review",
    "derive", "Derivation", "detect_anomaly", "AnomalyError",
    "CompilationError",
    # tensors to fill, and of tensors
    "array", "asarray", "zeros", "ones", "empty", "full", "zeros_like", "ones_like", "empty_like",
    "full_like", "arange", "linspace", "eye", "identity", "as_strided", "r_", "c_",
    # what NumPy lacks
    "sigmoid", "log_sigmoid", "relu", "leaky_relu", "elu", "selu", "gelu", "glu", "silu", "swish",
    "mish", "softplus", "softsign", "hard_tanh", "hard_swish", "erf", "erfc",
    "softmax", "log_softmax", "logsumexp", "cross_entropy", "one_hot",
    "conv", "conv_transpose", "max_pool", "average_pool", "dropout", "dropout_mask",
]
# fmt: on
