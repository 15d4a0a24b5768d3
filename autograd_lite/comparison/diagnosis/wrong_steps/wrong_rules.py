"""Wrong local rules: what people write in place of the derivative of a step.

In the form of the engine's own rules, ``rule(g, out, *args, **kwargs)``, one line a mistake,
under its key in the table of mistakes. The words are told of one step: {x} is the argument,
{y} the other one, {h} the result.
"""

from __future__ import annotations

import itertools

import numpy as np

from ....engine.dispatch import registry
from ....engine.primitives import registered
from ....rules import activations
from ....rules.convolution import conv, spread, weigh
from ....rules.elementwise import choose
from ....rules.pooling import average_pool, max_pool
from ....rules.softmax import log_softmax, softmax
from ....rules.windows import both_sides, each

MOST = 4096  # positions that are gone through one by one

WRONG_RULES: dict = {}  # {function: [(position or None, key, words, rule, rank), ...]}


def wrong(f, key, words, rule, position=None, rank=2):
    """Add a wrong rule of a function, for the argument at a position or for any."""
    try:
        f = registered(f).f
    except KeyError:  # a function that the engine calls by this name
        f = getattr(f, "__wrapped__", f)
    WRONG_RULES.setdefault(f, []).append((position, key, words, rule, rank))


def taken(f, key, derivative, right, rules):
    """Wrong rules that are wrong formulas of one derivative: pairs (formula, rule)."""
    for formula, rule in rules:
        wrong(f, key, f"{derivative} is taken as {formula}\nit is {right}", rule)


def _negative(rule):
    return lambda g, *args: -rule(g, *args)


def _softmax_pulled(g, s, axis=-1):
    return s * (g - np.sum(g * s, axis=axis, keepdims=True))


def _of_copies(g, repeats, axis, part):
    """One of the copies that np.repeat makes of each entry."""
    if axis is None or not isinstance(repeats, int):
        raise ValueError("no copies along an axis")
    return np.take(g, np.arange(part % repeats, g.shape[axis], repeats), axis)


def _kept(array, axis, keepdims):
    """A result of a reduction with the axes that were reduced, of size 1."""
    return array if keepdims or axis is None else np.expand_dims(array, axis)


def _of_matrices(product, other):
    """The rule of a product of the cotangent and the other operand, where both are matrices."""

    def rule(g, out, *operands):
        if g.ndim != 2 or operands[other].ndim != 2:
            raise ValueError("no matrices")
        return product(g, operands[other])

    return rule


# fmt: off
# --- activations ------------------------------------------------------------------------------
FORMULA = "activation formula"
taken(np.tanh, FORMULA, "tanh'({x})", "1 - {h}^2", [
    ("1 - {h}",                                      lambda g, out, x: g * (1 - out)),
    ("{h} * (1 - {h}), the derivative of sigmoid",   lambda g, out, x: g * out * (1 - out)),
    ("1 + {h}^2",                                    lambda g, out, x: g * (1 + out * out)),
    ("(1 - {h})^2",                                  lambda g, out, x: g * (1 - out) ** 2),
])
taken(activations.sigmoid, FORMULA, "sigmoid'({x})", "{h} * (1 - {h})", [
    ("1 - {h}",                                      lambda g, out, x: g * (1 - out)),
    ("1 - {h}^2, the derivative of tanh",            lambda g, out, x: g * (1 - out * out)),
    ("{h} * (1 + {h})",                              lambda g, out, x: g * out * (1 + out)),
    ("sigmoid({h})",                                 lambda g, out, x: g / (1 + np.exp(-out))),
])
for _relu, _zero in ((activations.relu, None), (np.maximum, 0)):
    for _words, _rule in (
        ("the relu mask is inverted: the gradient goes through where {x} <= 0",
         lambda g, out, *args: g * (args[0] <= 0)),
        ("the relu mask is taken from the gradient: it goes through where it is positive, not "
         "where {x} is",
         lambda g, out, *args: g * (g > 0)),
        ("the relu mask replaces the gradient: what goes on is {x} > 0 itself",
         lambda g, out, *args: (args[0] > 0) * np.ones_like(g)),
        ("the relu mask is {x} < 0 times -1: that of a relu of -{x}",
         lambda g, out, *args: -g * (args[0] < 0)),
    ):
        wrong(_relu, "relu mask", _words, _rule, _zero)

# --- softmax ----------------------------------------------------------------------------------
wrong(softmax, "softmax diagonal",
    "of softmax's Jacobian only the diagonal s * (1 - s) is used, s = {h}",
    lambda g, out, x, axis=-1: g * out * (1 - out))
wrong(softmax, "softmax diagonal",
    "softmax's normaliser is taken as a constant: only the factor s = {h} is used",
    lambda g, out, x, axis=-1: g * out)
wrong(softmax, "softmax diagonal",
    "softmax's Jacobian lacks the minus: the sum over the outputs is added, not subtracted",
    lambda g, out, x, axis=-1: out * (g + np.sum(g * out, axis=axis, keepdims=True)))
for _axis in (0, -2):
    wrong(softmax, "bias axis",
        f"the sum in softmax's derivative is over axis {_axis}, and softmax over the last one"
        "\nit is s * (g - sum(g * s, axis=-1))",
        lambda g, out, x, axis=-1, other=_axis: _softmax_pulled(g, out, other))
wrong(log_softmax, "softmax diagonal",
    "of log_softmax's Jacobian only the diagonal 1 - s is used",
    lambda g, out, x, axis=-1: g * (1 - np.exp(out)))

# --- products and quotients -------------------------------------------------------------------
PRODUCT = "product rule"
wrong(np.multiply, PRODUCT,
    "the factor {y} of the product rule is missing: d({x} * {y}) = {y} * d{x}",
    lambda g, out, x, y: g)
wrong(np.multiply, PRODUCT,
    "in the product {x} * {y} the factor of d{x} is taken as {x} itself, not as {y}",
    lambda g, out, x, y: g * x, 0)
wrong(np.multiply, PRODUCT,
    "in the product {y} * {x} the factor of d{x} is taken as {x} itself, not as {y}",
    lambda g, out, x, y: g * y, 1)
wrong(np.multiply, PRODUCT,
    "the product {x} * {y} is used as the derivative: d({x} * {y}) = {y} * d{x}",
    lambda g, out, x, y: g * out)
wrong(np.multiply, PRODUCT,
    "divided by the factor {y} in place of multiplied",
    lambda g, out, x, y: g / y, 0)
wrong(np.multiply, PRODUCT,
    "divided by the factor {y} in place of multiplied",
    lambda g, out, x, y: g / x, 1)
wrong(np.divide, PRODUCT,
    "the quotient rule's 1/{y} is missing: d({x} / {y}) = d{x} / {y}",
    lambda g, out, x, y: g, 0)
wrong(np.divide, PRODUCT,
    "in the quotient {x} / {y} it is multiplied by {y} in place of divided",
    lambda g, out, x, y: g * y, 0)
for _wrong, _rule in (
    ("taken as {y}/{x}, the square is missing",          lambda g, out, x, y: g * out),
    ("taken as 1/{x}^2, the factor {y} is missing",      lambda g, out, x, y: g / (y * y)),
    ("taken as {y}, the division is missing",            lambda g, out, x, y: g * x),
):
    _words = "the quotient rule's derivative -{y}/{x}^2 of {y} / {x} is " + _wrong
    wrong(np.divide, PRODUCT, _words, _negative(_rule), 1)

# --- products of matrices ---------------------------------------------------------------------
# Of the cotangent g and the other operand o: dx = g @ o.T and dy = o.T @ g are right.
_T = "transpose", "a transpose is missing or too much in the product of {y} with the error of {h}"
_O = "order", "the order of the product of {y} with the error of {h} is swapped"
_E = ("elementwise for product",
      "{y} and the error of {h} are multiplied element by element, where a matrix product belongs")
PRODUCTS = {0: [(*_O, lambda g, o: o.T @ g)], 1: [(*_O, lambda g, o: g @ o.T)]}
for _at, _rows in PRODUCTS.items():
    _rows += [
        (*_T, lambda g, o: g @ o),
        (*_T, lambda g, o: o @ g),
        (*_T, lambda g, o: g.T @ o),
        (*_T, lambda g, o: o.T @ g.T),
        (*_T, lambda g, o: g.T @ o.T),
        (*_T, lambda g, o: o @ g.T),
        (*_E, lambda g, o: g * o),
        (*_E, lambda g, o: g * o.T),
        (*_E, lambda g, o: g.T * o),
    ]
    for _key, _words, _product in _rows:
        wrong(np.matmul, _key, _words, _of_matrices(_product, 1 - _at), _at)
wrong(np.matmul, "chain factor missing",
    "the factor {y} of the product {h} is missing in the chain",
    lambda g, out, x, y: g, rank=3)

# --- powers, exponentials, logarithms ---------------------------------------------------------
FACTOR = "chain factor missing"
wrong(np.power, FACTOR,
    "the exponent was not lowered: d(x^n) = n * x^(n-1), and x^n stands there",
    lambda g, out, x, y: g * y * out, 0)
wrong(np.power, FACTOR,
    "of d(x^n) = n * x^(n-1) only n is there: the factor {x} is missing",
    lambda g, out, x, y: g * y, 0)
wrong(np.square, FACTOR,
    "of d(x^2) = 2 x only 2 is there: the factor {x} is missing",
    lambda g, out, x: g * 2)
wrong(np.exp, FACTOR,
    "exp({x}) is derived as a power: {x} * exp({x} - 1)",
    lambda g, out, x: g * x * np.exp(x - 1))
wrong(np.absolute, "other function",
    "|{x}| is derived as {x}^2: the loss coded is not the loss derived",
    lambda g, out, x: 2 * g * x)
wrong(np.absolute, "other function",
    "|{x}| is derived as {x}^2 / 2: the loss coded is not the loss derived",
    lambda g, out, x: g * x)
wrong(np.square, "other function",
    "{x}^2 is derived as |{x}|: the loss coded is not the loss derived",
    lambda g, out, x: g * np.sign(x))
CUMULATIVE = "cumsum's gradient is a cumulative sum from the end: np.cumsum(g[::-1])[::-1]"
wrong(np.cumsum, FACTOR,
    "{h} is passed back as a cumsum from the beginning\n" + CUMULATIVE,
    lambda g, out, x, axis=None: np.cumsum(g, axis))
wrong(np.cumsum, FACTOR,
    "the derivative of cumsum is left out between {h} and {x}\n" + CUMULATIVE,
    lambda g, out, x, axis=None: g, rank=1)
for _axis in (0, 1):
    wrong(np.cumsum, "bias axis",
        f"the cumsum of {{x}} is passed back along the wrong axis, {_axis}",
        lambda g, out, x, axis=None, other=_axis:
            np.flip(np.cumsum(np.flip(g, other), other), other))
for _part in (0, -1):
    wrong(np.repeat, "one sample",
        f"of the copies that np.repeat makes only the {'last' if _part else 'first'} one counts"
        "\nthe gradient of {x} is the sum over its copies",
        lambda g, out, x, repeats, axis=None, part=_part: _of_copies(g, repeats, axis, part))
for _f, _other, _words in ((np.max, np.min, "smallest"), (np.min, np.max, "largest")):
    wrong(_f, "other function",
        f"the gradient of {{h}} goes to the {_words} entry of {{x}}",
        lambda g, out, x, axis=None, keepdims=False, f=_f, other=_other:
            registered(f).rules[0](g, other(x, axis=axis, keepdims=keepdims), x,
                                   axis=axis, keepdims=keepdims))
for _f in (np.max, np.min):
    wrong(_f, "ties",
        "{h} has ties, and each of the equal entries gets the whole gradient"
        "\nthey share it, or one of them gets it",
        lambda g, out, x, axis=None, keepdims=False:
            _kept(g, axis, keepdims) * (x == _kept(out, axis, keepdims)), rank=0)
for _at in (1, 2):
    wrong(choose, "relu mask",
        "the condition of np.where is left out on the way back to {x}"
        "\nwhat {x} gets is 0 where it is not chosen",
        lambda g, out, c, x, y: g, _at, rank=1)
    wrong(choose, "relu mask",
        "the condition of np.where is inverted on the way back to {x}",
        lambda g, out, c, x, y, at=_at: np.where(c, 0, g) if at == 1 else np.where(c, g, 0), _at)
# fmt: on


# --- windows and look-ups: convolution, pooling, embedding --------------------------------------
# The loops that people write go over the samples, the filters and the positions in this order;
# where they assign in place of adding, the last window stays. A wrong rule of a whole unit says
# more than that of a step beside it.


def _of_unit(f, key, words, rule, position=None):
    wrong(f, key, words, rule, position, rank=1)


def _flipped(kernel):
    """A kernel turned by 180 degrees in its spatial axes."""
    return kernel[(..., *(slice(None, None, -1),) * (kernel.ndim - 2))]


def _windows(x, kernel_size, stride, padding, dilation, places):
    """The slices of the padded x under the kernel, one position after the other."""
    n = len(kernel_size)
    steps, gaps = each(stride, n, "stride"), each(dilation, n, "dilation")
    if np.prod(places) > MOST:
        raise ValueError("too many positions")
    for p in itertools.product(*map(range, places)):
        yield (
            p,
            tuple(
                slice(i * s, i * s + d * (k - 1) + 1, d)
                for i, s, d, k in zip(p, steps, gaps, kernel_size, strict=True)
            ),
        )


def _padded(x, padding):
    return np.pad(x, ((0, 0), (0, 0), *both_sides(padding, x.ndim - 2)))


def _assigned_x(filters):
    """dx[window] = in place of +=, of all filters at once or of one after the other."""

    def rule(g, out, x, kernel, stride=1, padding=0, dilation=1, groups=1):
        if groups != 1:
            raise ValueError("groups")
        dx = _padded(np.zeros_like(x), padding)
        places = g.shape[2:]
        for p, at in _windows(x, kernel.shape[2:], stride, padding, dilation, places):
            error = g[(slice(None), filters, *p)]
            dx[(..., *at)] = np.tensordot(error, kernel[filters], 1)
        inner = (slice(b, b + n) for n, (b, _) in zip(x.shape[2:], both_sides(padding, x.ndim - 2)))
        return dx[(..., *inner)]

    return rule


def _assigned_kernel(samples):
    """dW = in place of += in the loop over positions, and over samples where one is left."""

    def rule(g, out, x, kernel, stride=1, padding=0, dilation=1, groups=1):
        if groups != 1:
            raise ValueError("groups")
        *_, (p, at) = _windows(x, kernel.shape[2:], stride, padding, dilation, g.shape[2:])
        patch = _padded(x, padding)[(samples, slice(None), *at)]
        return np.tensordot(g[(samples, slice(None), *p)], patch, (0, 0))

    return rule


def _of_one_sample(g, out, x, kernel, *args, **kwargs):
    return weigh(x[-1:], g[-1:], kernel.shape[2:], *args, **kwargs)


# fmt: off
_KEY, _ADD = "convolution", "one sample"
_ALL, _LAST = slice(None), slice(-1, None)
_of_unit(conv, _KEY,
    "the kernel {y} is flipped (turned by 180 degrees) in the gradient of {x}\n"
    "each window of it gets {y} as it stands",
    lambda g, out, x, kernel, *args, **kwargs:
        spread(g, _flipped(kernel), x.shape[2:], *args, **kwargs), 0)
_of_unit(conv, _KEY,
    "the patches of {y} are flipped (turned by 180 degrees) in the gradient of {x}",
    lambda g, out, x, kernel, *args, **kwargs:
        _flipped(weigh(x, g, kernel.shape[2:], *args, **kwargs)), 1)
_of_unit(conv, _KEY,
    "the axes of filters and of channels of {y} are swapped in the gradient of {x}",
    lambda g, out, x, kernel, *args, **kwargs:
        spread(g, np.swapaxes(kernel, 0, 1), x.shape[2:], *args, **kwargs), 0)
_of_unit(conv, _KEY,
    "the height and the width of the kernel {y} are swapped in the gradient of {x}",
    lambda g, out, x, kernel, *args, **kwargs:
        spread(g, np.swapaxes(kernel, -1, -2), x.shape[2:], *args, **kwargs), 0)
for _filters in (_ALL, _LAST):
    _of_unit(conv, _ADD,
        "overlapping windows overwrite each other in the gradient of {x}: "
        "= in place of += in the loop",
        _assigned_x(_filters), 0)
for _samples in (_LAST, _ALL):
    _of_unit(conv, _ADD,
        "only the last window counts in the gradient of {x}: "
        "= in place of += in the loop over the positions",
        _assigned_kernel(_samples), 1)
_of_unit(conv, _ADD,
    "only the last sample counts in the gradient of {x}: = in place of += in the loop over the "
    "batch",
    _of_one_sample, 1)
# fmt: on


# --- pooling ------------------------------------------------------------------------------------


def _spread(scale, pool=average_pool):
    """The cotangent of each window, to all of its elements."""
    rule = registered(pool).rules[0]

    def everywhere(g, out, x, size, **kwargs):
        count = np.prod(each(size, x.ndim - 2, "size")) if scale else 1
        return count * rule(g, out, x, size, **kwargs)

    return everywhere


def _hits(g, out, x, size, **kwargs):
    """1 at the maximum of each window."""
    return registered(max_pool).rules[0](np.ones_like(g), out, x, size, **kwargs)


# fmt: off
_of_unit(max_pool, _KEY,
    "max pooling is passed back as average pooling: the gradient of {h} is spread over each "
    "window\nit belongs to the maximum of the window alone",
    _spread(False))
_of_unit(max_pool, _KEY,
    "the whole gradient of {h} goes to every element of a window\nit belongs to the maximum alone",
    _spread(True))
_of_unit(max_pool, _KEY,
    "the mask of the maxima stands alone: the incoming gradient of {h} is not multiplied in",
    _hits)
_of_unit(average_pool, _KEY,
    "the gradient of {h} is not divided by the size of the window\neach element gets 1/size of it",
    _spread(True))
# fmt: on


# --- look-ups -----------------------------------------------------------------------------------


def _assigned(order):
    """dx[index] = g, where an element that is indexed twice must get both."""

    def rule(g, out, x, index):
        result = np.zeros_like(x)
        if not isinstance(index, np.ndarray) or index.dtype.kind not in "iu":
            raise ValueError("no array of indices")
        result[index.ravel()[::order]] = g.reshape(-1, *x.shape[1:])[::order]
        return result

    return rule


# fmt: off
for _order in (1, -1):
    _of_unit(registered(registry["getitem"]).f, "overwritten",
        "rows of {x} that are looked up repeatedly keep one contribution: = or += overwrites where "
        "np.add.at must add up",
        _assigned(_order))
# fmt: on
