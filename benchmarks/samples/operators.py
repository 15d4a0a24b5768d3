"""Operators, properties, methods and stores of an array."""

import operator

import numpy

from .table import above_one, at, phasor, positive, real

A = numpy.array([[0.5, -1.5, 2.0], [1.0, 0.3, -0.7]])
MASK = numpy.array([[True, False, True], [False, True, True]])


def _stored(index):
    """Store y at an index of a copy of x."""

    def store(np, x, y):
        x = x * 1.0
        x[index] = y
        return x

    return store


def _through_a_view(np, x, y):
    x = x * 1.0
    view = x[1:]
    view[0] = y
    return x


def _shaped(np, x):
    x = x * 1.0
    x.shape = (3, 2)
    return x


def _sorted_in_place(np, x):
    x = x * 1.0
    x.sort()
    return x


def _in_place(change):
    """An in-place operator, on a value of its own."""
    return lambda np, x, y: change(x * 1.0, y)


# fmt: off
SAMPLES = [
    # --- operators --------------------------------------------------------------------------------
    at("__add__",      lambda np, x, y: x + y,         real(2, 3), real(3)),
    at("__radd__",     lambda np, x: (2.5 + x, A + x), real(2, 3)),
    at("__iadd__",     _in_place(operator.iadd),       real(2, 3), real(3)),
    at("__sub__",      lambda np, x, y: x - y,         real(2, 3), real(3)),
    at("__rsub__",     lambda np, x: (2.5 - x, A - x), real(2, 3)),
    at("__isub__",     _in_place(operator.isub),       real(2, 3), real(3)),
    at("__mul__",      lambda np, x, y: x * y,         real(2, 3), real(3)),
    at("__rmul__",     lambda np, x: (2.5 * x, A * x), real(2, 3)),
    at("__imul__",     _in_place(operator.imul),       real(2, 3), real(3)),
    at("__truediv__",  lambda np, x, y: x / y,         real(2, 3), real(3)),
    at("__rtruediv__", lambda np, x: (2.5 / x, A / x), real(2, 3)),
    at("__itruediv__", _in_place(operator.itruediv),   real(2, 3), real(3)),
    at("__pow__",      lambda np, x, y: x ** y,        positive(2, 3), real(3)),
    at("__rpow__",     lambda np, x: 2.5 ** x,         real(2, 3)),
    at("__ipow__",     _in_place(operator.ipow),       positive(2, 3), real(3)),
    at("__mod__",      lambda np, x, y: x % y,         real(2, 3), above_one(3)),
    at("__rmod__",     lambda np, x: 2.3 % x,          above_one(2, 3)),
    at("__divmod__",   lambda np, x, y: divmod(x, y),  real(2, 3), above_one(3)),
    at("__matmul__",   lambda np, x, y: x @ y,         real(2, 3), real(3, 2)),
    at("__rmatmul__",  lambda np, x: A @ x,            real(3, 2)),
    at("__imatmul__",  _in_place(operator.imatmul),    real(2, 2), real(2, 2)),
    at("__neg__",      lambda np, x: -x,               real(2, 3)),
    at("__pos__",      lambda np, x: +x,               real(2, 3)),
    at("__abs__",      lambda np, x: abs(x),           real(2, 3)),
    at("__iter__",     lambda np, x: [row * i for i, row in enumerate(x)], real(3, 2)),
    at("__contains__ / __bool__ / comparisons",
        lambda np, x, y: [x > y, x <= y, x == y, bool(np.all(x > -9))],     real(3), real(3)),

    # --- reading and storing by index -------------------------------------------------------------
    at("__getitem__ (basic)",                lambda np, x: [x[1], x[:, 1:], x[0, 2]], real(2, 3)),
    at("__getitem__ (negative step)",        lambda np, x: x[::-1, -1:0:-1], real(2, 3)),
    at("__getitem__ (newaxis/Ellipsis)",     lambda np, x: x[None, ..., 1],  real(2, 3)),
    at("__getitem__ (int array, repeats)",   lambda np, x: x[[0, 2, 2, 0]],  real(3, 2)),
    at("__getitem__ (bool mask)",            lambda np, x: x[MASK],          real(2, 3)),
    at("__getitem__ (mixed slice+array)",    lambda np, x: x[:, [2, 2, 0]],  real(2, 3)),
    at("__setitem__",                        _stored(1),                     real(2, 3), real(3)),
    at("__setitem__ (slice through a view)", _through_a_view,                real(3), real()),
    at("__setitem__ (int array)",            _stored([0, 2]),                real(3), real(2)),
    at("__setitem__ (bool mask)",            _stored(MASK),                  real(2, 3), real(4)),

    # --- properties -------------------------------------------------------------------------------
    at(".shape = (setter)", _shaped,                               real(2, 3)),
    at(".T",                lambda np, x: x.T,                     real(2, 3)),
    at(".mT",               lambda np, x: x.mT,                    real(2, 2, 3)),
    at(".real",             lambda np, x: x.real,                  phasor(3)),
    at(".flat",             lambda np, x: [v * v for v in x.flat], real(2, 2)),

    # --- methods ----------------------------------------------------------------------------------
    at(".copy",      lambda np, x: x.copy() * x,                            real(3)),
    at(".astype",    lambda np, x: x.astype(float) * 2.0,                   real(3)),
    at(".dot",       lambda np, x, y: x.dot(y),                             real(2, 3), real(3)),
    at(".sum",       lambda np, x: x.sum(axis=1),                           real(2, 3)),
    at(".prod",      lambda np, x: x.prod(axis=1),                          real(2, 3)),
    at(".mean",      lambda np, x: x.mean(axis=0),                          real(2, 3)),
    at(".var",       lambda np, x: x.var(axis=1),                           real(2, 3)),
    at(".std",       lambda np, x: x.std(axis=1),                           real(2, 3)),
    at(".max",       lambda np, x: x.max(axis=1),                           real(2, 3)),
    at(".min",       lambda np, x: x.min(axis=1),                           real(2, 3)),
    at(".ptp",       lambda np, x: np.ptp(x, axis=1),       real(2, 3)),  # NumPy 2 has no x.ptp
    at(".cumsum",    lambda np, x: x.cumsum(axis=1),                        real(2, 3)),
    at(".cumprod",   lambda np, x: x.cumprod(axis=1),                       real(2, 3)),
    at(".clip",      lambda np, x: x.clip(-1.0, 1.0),                       real(2, 3)),
    at(".compress",  lambda np, x: x.compress([True, False, True], axis=1), real(2, 3)),
    at(".take",      lambda np, x: x.take([0, 2, 2], axis=1),               real(2, 3)),
    at(".repeat",    lambda np, x: x.repeat(2, axis=1),                     real(2, 3)),
    at(".reshape",   lambda np, x: x.reshape(3, 2),                         real(2, 3)),
    at(".ravel",     lambda np, x: x.ravel(),                               real(2, 3)),
    at(".flatten",   lambda np, x: x.flatten(),                             real(2, 3)),
    at(".squeeze",   lambda np, x: x.squeeze(),                             real(2, 1, 3)),
    at(".swapaxes",  lambda np, x: x.swapaxes(0, 2),                        real(2, 1, 3)),
    at(".transpose", lambda np, x: x.transpose(2, 0, 1),                    real(2, 1, 3)),
    at(".moveaxis",  lambda np, x: x.moveaxis(0, -1),                       real(2, 1, 3),
        numpy=lambda np, x: np.moveaxis(x, 0, -1)),
    at(".diagonal",  lambda np, x: x.diagonal(),                            real(2, 3)),
    at(".trace",     lambda np, x: x.trace(),                               real(3, 3)),
    at(".sort",      _sorted_in_place,                                      real(5)),
    at(".conj",      lambda np, x: x.conj(),                                phasor(3)),
    at(".item",      lambda np, x: x.item(),                                real(), expected=[0.0]),
]
# fmt: on
