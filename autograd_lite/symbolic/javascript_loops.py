"""What works element by element in JavaScript: a formula of numbers, and the loop around it.

The one idea: each function gets a loop of its own with its formula in it. JavaScript's compilers
put a formula into a loop, and no function that is passed to one: a training step of the article's
network on 300 points takes half of the time.
"""

import numpy as np

from ..engine.primitives import registered
from ..rules import activations, error_function

# What works element by element, as a formula of the numbers x and y.
# fmt: off
ELEMENTWISE = {
    np.add:           "x + y",
    np.subtract:      "x - y",
    np.multiply:      "x * y",
    np.divide:        "x / y",
    np.power:         "y === 2 ? x * x : x === 1 ? 1 : x ** y",
    np.maximum:       "x !== x || y !== y ? NaN : x > y ? x : y",
    np.minimum:       "x !== x || y !== y ? NaN : x < y ? x : y",
    np.less:          "+(x < y)",
    np.less_equal:    "+(x <= y)",
    np.greater:       "+(x > y)",
    np.greater_equal: "+(x >= y)",
    np.equal:         "+(x === y)",
    np.not_equal:     "+(x !== y)",
    np.logical_and:   "+(x !== 0 && y !== 0)",
    np.logical_or:    "+(x !== 0 || y !== 0)",
    np.logical_not:   "+(x === 0)",
    np.bitwise_and:   "x & y",
    np.bitwise_or:    "x | y",
    np.bitwise_xor:   "x ^ y",
    np.logaddexp:     "logOfSum(x, y)",
    np.arctan2:       "Math.atan2(x, y)",
    np.hypot:         "Math.hypot(x, y)",
    np.negative:      "-x",
    np.absolute:      "Math.abs(x)",
    np.square:        "x * x",
    np.reciprocal:    "1 / x",
    np.exp:           "Math.exp(x)",
    np.expm1:         "Math.expm1(x)",
    np.log:           "Math.log(x)",
    np.log1p:         "Math.log1p(x)",
    np.log2:          "Math.log2(x)",
    np.log10:         "Math.log10(x)",
    np.sqrt:          "Math.sqrt(x)",
    np.cbrt:          "Math.cbrt(x)",
    np.sin:           "Math.sin(x)",
    np.cos:           "Math.cos(x)",
    np.tan:           "Math.tan(x)",
    np.sinh:          "Math.sinh(x)",
    np.cosh:          "Math.cosh(x)",
    np.tanh:          "Math.tanh(x)",
    np.arcsin:        "Math.asin(x)",
    np.arccos:        "Math.acos(x)",
    np.arctan:        "Math.atan(x)",
    np.sign:          "Math.sign(x)",
    np.floor:         "Math.floor(x)",
    np.ceil:          "Math.ceil(x)",
    np.trunc:         "Math.trunc(x)",
    np.isnan:         "+(x !== x)",
    np.isinf:         "+(Math.abs(x) === Infinity)",
    np.isfinite:      "+isFinite(x)",
    activations.sigmoid:     "logistic(x)",
    activations.log_sigmoid: "-logOfSum(0, -x)",
    activations.softplus:    "logOfSum(x, 0)",
    activations.softsign:    "Math.abs(x) === Infinity ? Math.sign(x) : x / (1 + Math.abs(x))",
    activations.relu:        "x > 0 ? x : x !== x ? NaN : 0",
    activations.leaky_relu:  "x > 0 ? x : y * x",
    activations.elu:         "x > 0 ? x : y * Math.expm1(x)",
    activations.silu:        "Math.max(x, -1000) * logistic(x)",
    activations.mish:        "Math.max(x, -1000) * Math.tanh(logOfSum(x, 0))",
    activations.hard_swish:  "Math.max(x, -1000) * (Math.min(Math.max(x, -3), 3) + 3) / 6",
    activations.gelu:        "Math.max(x, -1000) * 0.5 * complementary(-x * Math.SQRT1_2)",
    error_function.erf:      "errorFunction(x)",
    error_function.erfc:     "complementary(x)",
}
# fmt: on
GELU_BY_TANH = (
    "Math.max(x, -1000) * 0.5 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * "
    "Math.min(Math.max(x, -100), 100) * (1 + 0.044715 * x * x)))"
)
ELEMENTWISE = {
    f if isinstance(f, np.ufunc) else registered(f).f: formula for f, formula in ELEMENTWISE.items()
}

LOOPS = (
    """function NAME(u) {
  const out = empty(u.shape), from = u.data, to = out.data;
  for (let i = 0; i < to.length; i++) { const x = from[i]; to[i] = FORMULA; }
  return out;
}""",
    """function NAME(u, v) {
  const a = u.data, b = v.data;
  if (sameShape(u.shape, v.shape)) {
    const out = empty(u.shape), to = out.data;
    for (let i = 0; i < to.length; i++) { const x = a[i], y = b[i]; to[i] = FORMULA; }
    return out;
  }
  const out = empty(broadcastShape(u.shape, v.shape)), to = out.data;
  const p = positions(u.shape, out.shape), q = positions(v.shape, out.shape);
  for (let i = 0; i < to.length; i++) { const x = a[p[i]], y = b[q[i]]; to[i] = FORMULA; }
  return out;
}""",
)
