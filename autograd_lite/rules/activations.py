"""The activation functions of neural networks, stable for any finite or infinite input.

But for glu they work element by element: x of any shape, a result of its shape and of its
floating dtype; booleans and integers become float64, where NumPy's functions make that of them.
"""

import math
from functools import partial
from typing import Any

import numpy as np

from ..engine.primitives import elementwise, faster
from ..messages.silence import quiet
from .elementwise import maximum_of_array
from .error_function import erfc, in_blocks


def sigmoid(x) -> Any:
    """The logistic function 1 / (1 + exp(-x)), element by element: x's shape and dtype.

    Real or complex numbers. Exact limits and no overflow warning for any real x: exp(-x) may
    become inf, and 1 / inf is 0.
    """
    e = quiet.call(np.exp, np.negative(x))
    e += 1
    return 1 / e


def log_sigmoid(x) -> Any:
    """log(sigmoid(x)) = -log(1 + exp(-x)), element by element: close to x where x << 0.

    Of x's shape and dtype; real numbers only.
    """
    return -np.logaddexp(0, np.negative(x))


def softplus(x) -> Any:
    """log(1 + exp(x)), element by element: a smooth relu, of x's shape and dtype.

    Real numbers only. Dugas, Bengio, Belisle, Nadeau and Garcia (2000), NIPS 13.
    """
    return np.logaddexp(x, 0)


def softsign(x) -> Any:
    """x / (1 + |x|), element by element; 1 and -1 at the infinities.

    Of x's shape and dtype. Raises TypeError for complex numbers.
    """
    if np.iscomplexobj(x):
        raise TypeError("softsign takes real numbers: write z / (1 + np.abs(z))")
    with np.errstate(invalid="ignore"):
        return np.where(np.isinf(x), np.sign(x), x / (1 + np.abs(x)))


def hard_tanh(x, low=-1, high=1) -> Any:
    """x between low and high, and these beyond: np.clip, with a derivative of 1 at the bounds.

    Of x's shape and dtype; real numbers only. Collobert (2004), Large scale machine learning.
    """
    return np.clip(x, low, high)


def relu(x) -> Any:
    """max(x, 0), element by element: x's shape and dtype, real numbers only.

    Its derivative at 0 is taken as 0. Nair and Hinton (2010), ICML 27.
    """
    return np.maximum(x, 0)


def leaky_relu(x, slope=0.01) -> Any:
    """x where it is positive, else slope * x: x's shape and dtype, real numbers only.

    Its derivative at 0 is taken as the slope. Maas, Hannun and Ng (2013), ICML 30.
    """
    return np.where(np.greater(x, 0), x, slope * x)


def elu(x, alpha=1.0) -> Any:
    """x where it is positive, else alpha * (exp(x) - 1). Its derivative at 0 is alpha.

    Of x's shape and dtype; real numbers only. Clevert, Unterthiner and Hochreiter (2015),
    arXiv:1511.07289.
    """
    return np.where(np.greater(x, 0), x, alpha * np.expm1(np.minimum(x, 0)))


def selu(x) -> Any:
    """1.0507 * elu(x, 1.6733): keeps mean 0 and variance 1 from layer to layer.

    Of x's shape and dtype; real numbers only. Klambauer, Unterthiner, Mayr and Hochreiter (2017),
    arXiv:1706.02515.
    """
    return SELU_SCALE * elu(x, alpha=SELU_ALPHA)


@in_blocks
def silu(x) -> Any:
    """x * sigmoid(x), element by element; also called swish. Of x's shape and dtype, real only.

    Hendrycks and Gimpel (2016), arXiv:1606.08415; Ramachandran, Zoph and Le (2017),
    arXiv:1710.05941.
    """
    return _from_minus_1000(x) * sigmoid(x)


@in_blocks
def gelu(x, approximate=False) -> Any:
    """x times the normal distribution function at x, element by element.

    Of x's shape and dtype; real numbers only. With ``approximate`` that function is
    0.5 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))). Hendrycks and Gimpel (2016),
    arXiv:1606.08415.
    """
    return _from_minus_1000(x) * (_normal_by_tanh(x) if approximate else _normal(x))


@in_blocks
def mish(x) -> Any:
    """x * tanh(softplus(x)), element by element: x's shape and dtype, real numbers only.

    Misra (2019), arXiv:1908.08681.
    """
    return _from_minus_1000(x) * np.tanh(softplus(x))


def hard_swish(x) -> Any:
    """0 up to -3, x from 3 on, and x * (x + 3) / 6 between: x's shape and dtype, real only.

    Howard and others (2019), arXiv:1905.02244.
    """
    return _from_minus_1000(x) * (np.clip(x, -3, 3) + 3) / 6


def glu(x, axis=-1) -> Any:
    """The gated linear unit: the first half along an axis times the sigmoid of the second.

    Of x's dtype and shape but for that axis, which is half as long; of an odd length it raises
    ValueError. Dauphin, Fan, Auli and Grangier (2016), arXiv:1612.08083.
    """
    half, odd = divmod(np.shape(x)[axis], 2)
    if odd:
        raise ValueError(
            f"glu halves an axis, and axis {axis} of shape {np.shape(x)} is of odd length"
        )
    before = (slice(None),) * (axis % np.ndim(x))
    return x[(*before, slice(half))] * sigmoid(x[(*before, slice(half, None))])


SELU_SCALE = 1.0507009873554804934193349852946
SELU_ALPHA = 1.6732632423543772848170429916717


def _from_minus_1000(x):
    """x, where a factor beside it is 0 before it gets there: -inf * 0 is not the limit."""
    return np.maximum(x, -1000)


def _bounded(x, bound=1000):
    """x, where what it is a factor of is constant before it gets to the bounds."""
    return np.clip(x, -bound, bound)


def _normal(x):
    """The distribution function of the normal distribution."""
    return 0.5 * erfc(x * -math.sqrt(0.5))


def _normal_by_tanh(x):
    """0.5 * (1 + tanh(sqrt(2 / pi) * x * (1 + 0.044715 * x * x))), in one array of its own."""
    x = _bounded(x, 100)  # a cube below the largest float16
    z = x * 0.044715
    z *= x
    z += 1
    z *= x
    z *= math.sqrt(2 / math.pi)
    p = np.tanh(z)
    p += 1
    p *= 0.5
    return p


@in_blocks
def _silu_slope(x):
    s = sigmoid(x)
    return s * (1 + _bounded(x) * (1 - s))


@in_blocks
def _gelu_slope(x, approximate=False):
    z = _bounded(x, 100)
    if not approximate:
        return _normal(x) + z * np.exp(-0.5 * z * z) * (1 / math.sqrt(2 * math.pi))
    return _gelu_slope_by_tanh(z)


def _gelu_slope_by_tanh(x):
    """p + 2 sqrt(2 / pi) * p * (1 - p) * x * (1 + 3 * 0.044715 * x * x), in few arrays."""
    p = _normal_by_tanh(x)
    slope = x * (3 * 0.044715)
    slope *= x
    slope += 1
    slope *= p
    slope *= 1 - p  # 0 for a large x: only now the cube, which half precision does not hold
    slope *= x
    slope *= 2 * math.sqrt(2 / math.pi)
    slope += p
    return slope


@in_blocks
def _mish_slope(x):
    t = np.tanh(softplus(x))
    return t + _bounded(x) * (1 - t * t) * sigmoid(x)


def _hard_swish_slope(x):
    return np.where(x <= -3, 0, np.where(x >= 3, 1, (2 * x + 3) / 6))


def _sigmoid_vjp(g, out, x):
    """g * out * (1 - out); of arrays in the memory of one factor, in three quarters of the time."""
    if type(g) is not np.ndarray or type(out) is not np.ndarray:
        return g * out * (1 - out)
    slope = 1.0 - out
    slope *= out
    slope *= g
    return slope


def _sigmoid_of_array(x):
    """The same: NumPy converts the number 1, and takes 1.0 as it is."""
    e = quiet.call(np.exp, -x)
    e += 1.0
    return 1.0 / e


faster[sigmoid] = _sigmoid_of_array
faster[relu] = partial(maximum_of_array, y=0)

# fmt: off
sigmoid     = elementwise(sigmoid,     _sigmoid_vjp)
log_sigmoid = elementwise(log_sigmoid, lambda g, out, x: g * sigmoid(-x))
softplus    = elementwise(softplus,    lambda g, out, x: g * sigmoid(x))
softsign    = elementwise(softsign,    lambda g, out, x: g * np.square(1 / (1 + np.abs(x))))
relu        = elementwise(relu,        lambda g, out, x: g * (x > 0))
leaky_relu  = elementwise(leaky_relu,
    lambda g, out, x, slope=0.01: np.where(x > 0, g, g * slope))
elu         = elementwise(elu,
    lambda g, out, x, alpha=1.0: np.where(x > 0, g, g * (out + alpha)))
silu        = elementwise(silu,        lambda g, out, x: g * _silu_slope(x))
gelu        = elementwise(gelu,
    lambda g, out, x, approximate=False: g * _gelu_slope(x, approximate))
mish        = elementwise(mish,        lambda g, out, x: g * _mish_slope(x))
hard_swish  = elementwise(hard_swish,  lambda g, out, x: g * _hard_swish_slope(x))
# fmt: on

swish = silu
