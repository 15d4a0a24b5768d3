"""Functions that work element by element."""

import numpy

from .table import above_one, at, holed, phasor, positive, real, unit

H = numpy.array([-1.0, 0.0, 2.0])


def unary(kind, *names):
    return [at(name, lambda np, x, name=name: getattr(np, name)(x), kind(2, 3)) for name in names]


def binary(left, right, *names):
    return [
        at(name, lambda np, x, y, name=name: getattr(np, name)(x, y), left(2, 3), right(3))
        for name in names
    ]


# fmt: off
SAMPLES = [
    # --- arithmetic -------------------------------------------------------------------------------
    *binary(real, real,        "add", "subtract", "multiply", "divide", "true_divide", "hypot"),
    *binary(positive, real,    "power", "pow", "float_power"),
    *binary(real, above_one,   "remainder", "mod", "fmod", "divmod", "floor_divide"),
    *binary(real, real,        "maximum", "minimum", "fmax", "fmin", "copysign"),
    *binary(real, real,        "logaddexp", "logaddexp2", "arctan2", "atan2"),
    *unary(real,               "negative", "positive", "absolute", "abs", "fabs", "sign", "modf"),
    *unary(real,               "reciprocal", "square", "cbrt"),
    *unary(positive,           "sqrt"),
    at("clip",          lambda np, x: np.clip(x, -1.0, 1.0),   real(2, 3)),
    at("heaviside",     lambda np, y: np.heaviside(H, y),      real(3)),
    at("ldexp",         lambda np, x: np.ldexp(x, [1, -2, 3]), real(2, 3)),
    at("nan_to_num",    lambda np, x: np.nan_to_num(x),        holed(2, 3)),
    at("real_if_close", lambda np, x: np.real_if_close(x),     real(2, 3)),
    *unary(real,               "floor", "ceil", "rint", "round", "around", "trunc", "fix"),

    # --- exponentials, logarithms, trigonometry ---------------------------------------------------
    *unary(real,               "exp", "exp2", "expm1"),
    *unary(positive,           "log", "log2", "log10", "log1p"),
    *unary(real,               "sin", "cos", "tan", "arctan", "atan"),
    *unary(unit,               "arcsin", "arccos", "asin", "acos"),
    *unary(real,               "sinh", "cosh", "tanh", "arcsinh", "asinh"),
    *unary(above_one,          "arccosh", "acosh"),
    *unary(unit,               "arctanh", "atanh"),
    *unary(real,               "sinc", "i0", "deg2rad", "radians", "rad2deg", "degrees"),
    *unary(real,               "sec", "csc", "cot", "sech", "csch", "coth"),
    *unary(above_one,          "arcsec", "arccsc", "arccoth"),
    *unary(real,               "arccot", "arccsch"),
    at("unwrap",         lambda np, x: np.unwrap(5 * x),                 real(5)),

    # --- complex numbers --------------------------------------------------------------------------
    *unary(phasor,             "angle", "real", "imag", "conj", "conjugate"),

    # --- of neural networks -----------------------------------------------------------------------
    *unary(real,               "relu", "selu", "sigmoid", "soft_sign", "softplus", "gelu", "mish"),
    *unary(real,               "hardswish", "logsigmoid"),
    at("silu (swish)", lambda np, x: np.silu(x),            real(2, 3)),
    at("leaky_relu",   lambda np, x: np.leaky_relu(x, 0.1), real(2, 3)),
    at("elu",          lambda np, x: np.elu(x, 0.7),        real(2, 3)),
    at("hard_tanh",    lambda np, x: np.hard_tanh(x),       real(2, 3)),
    at("glu",          lambda np, x: np.glu(x),             real(2, 4)),
    at("softmax",      lambda np, x: np.softmax(x),         real(2, 3)),
    at("logsoftmax",   lambda np, x: np.logsoftmax(x),      real(2, 3)),
]
# fmt: on
