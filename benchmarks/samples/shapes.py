"""Functions that rearrange, join and split arrays, choose their elements, and make arrays."""

import numpy

from .table import at, positive, real

A = numpy.array([[0.5, -1.5, 2.0], [1.0, 0.3, -0.7]])
MASK = numpy.array([[True, False, True], [False, True, True]])
ORDER = numpy.array([[2, 0], [1, 1]])
BINS = numpy.array([0, 1, 1])
KNOTS = numpy.array([-3.0, -1.0, 0.0, 2.5])


def _filled_diagonal(np, x, y):
    x = x * 1.0
    np.fill_diagonal(x, y)
    return x


def _put_along_axis(np, x, y):
    x = x * 1.0
    np.put_along_axis(x, ORDER[:, :1], y, axis=1)
    return x


def _added_at(np, x, y):
    x = x * 1.0
    np.add.at(x, BINS, y)
    return x


def _into(**keywords):
    """A product written into zeros."""

    def product(np, x, y):
        out = np.zeros(x.shape, float)
        np.multiply(x, y, out=out, **keywords)
        return out

    return product


# fmt: off
SAMPLES = [
    # --- shapes -----------------------------------------------------------------------------------
    at("reshape",          lambda np, x: np.reshape(x, (3, 2)),         real(2, 3)),
    at("ravel",            lambda np, x: np.ravel(x),                   real(2, 3)),
    at("transpose",        lambda np, x: np.transpose(x, (2, 0, 1)),    real(2, 3, 1)),
    at("permute_dims",     lambda np, x: np.permute_dims(x, (2, 0, 1)), real(2, 3, 1)),
    at("matrix_transpose", lambda np, x: np.matrix_transpose(x),        real(2, 2, 3)),
    at("swapaxes",         lambda np, x: np.swapaxes(x, 0, 2),          real(2, 3, 1)),
    at("moveaxis",         lambda np, x: np.moveaxis(x, 0, -1),         real(2, 3, 1)),
    at("rollaxis",         lambda np, x: np.rollaxis(x, 2),             real(2, 3, 1)),
    at("expand_dims",      lambda np, x: np.expand_dims(x, 1),          real(2, 3)),
    at("squeeze",          lambda np, x: np.squeeze(x, 1),              real(2, 1, 3)),
    at("atleast_1d",       lambda np, x: np.atleast_1d(x),              real()),
    at("atleast_2d",       lambda np, x: np.atleast_2d(x),              real(3)),
    at("atleast_3d",       lambda np, x: np.atleast_3d(x),              real(2, 3)),
    at("broadcast_to",     lambda np, x: np.broadcast_to(x, (2, 4, 3)), real(4, 1)),
    at("broadcast_arrays", lambda np, x, y: np.broadcast_arrays(x, y),  real(2, 1), real(3)),

    # --- moves ------------------------------------------------------------------------------------
    at("roll",                 lambda np, x: np.roll(x, 2, axis=1),                   real(2, 3)),
    at("rot90",                lambda np, x: np.rot90(x),                             real(2, 3)),
    at("flip",                 lambda np, x: np.flip(x, axis=1),                      real(2, 3)),
    at("flipud",               lambda np, x: np.flipud(x),                            real(2, 3)),
    at("fliplr",               lambda np, x: np.fliplr(x),                            real(2, 3)),
    at("repeat",               lambda np, x: np.repeat(x, 2, axis=1),                 real(2, 3)),
    at("repeat (array of counts)", lambda np, x: np.repeat(x, [1, 0, 3], axis=1), real(2, 3)),
    at("tile",                 lambda np, x: np.tile(x, (2, 1)),                      real(2, 3)),
    at("pad (constant)",       lambda np, x: np.pad(x, ((1, 0), (2, 1)), "constant"), real(2, 3)),
    at("pad (edge/replicate)", lambda np, x: np.pad(x, 1, mode="edge"),               real(2, 3)),
    at("pad (reflect)",        lambda np, x: np.pad(x, 1, mode="reflect"),            real(2, 3)),
    at("pad (wrap/circular)",  lambda np, x: np.pad(x, 1, mode="wrap"),               real(2, 3)),
    at("resize",               lambda np, x: np.resize(x, (2, 4)),                    real(2, 3)),
    at("trim_zeros",           lambda np, x: np.trim_zeros(x * [0, 1, 1, 0]),         real(4)),
    at("lib.stride_tricks.sliding_window_view",
        lambda np, x: np.lib.stride_tricks.sliding_window_view(x, 3),        real(5)),
    at("lib.stride_tricks.as_strided",
        lambda np, x: np.lib.stride_tricks.as_strided(x, (3, 2), (8, 8)),    real(5)),
    at("tril",                 lambda np, x: np.tril(x),                              real(3, 3)),
    at("triu",                 lambda np, x: np.triu(x, k=1),                         real(3, 3)),
    at("diag (1-D to 2-D)",    lambda np, x: np.diag(x),                              real(3)),
    at("diag (2-D to 1-D)",    lambda np, x: np.diag(x),                              real(3, 3)),
    at("diag (non-square)",    lambda np, x: np.diag(x),                              real(3, 4)),
    at("diagflat",             lambda np, x: np.diagflat(x),                          real(2, 2)),
    at("diagonal",             lambda np, x: np.diagonal(x),                          real(3, 3)),
    at("diagonal (offset)",    lambda np, x: np.diagonal(x, offset=1),                real(3, 3)),
    at("make_diagonal",        lambda np, x: np.make_diagonal(x, axis1=-1, axis2=-2), real(2, 3)),
    at("vander",               lambda np, x: np.vander(x, 4),                         real(3)),

    # --- joining and splitting --------------------------------------------------------------------
    at("concatenate",  lambda np, x, y: np.concatenate([x, y], axis=1), real(2, 3), real(2, 1)),
    at("concat",       lambda np, x, y: np.concat([x, y], axis=1),      real(2, 3), real(2, 1)),
    at("stack",        lambda np, x, y: np.stack([x, y], axis=1),       real(2, 3), real(2, 3)),
    at("vstack",       lambda np, x, y: np.vstack([x, y]),              real(2, 3), real(3)),
    at("row_stack",    lambda np, x, y: np.row_stack([x, y]),           real(2, 3), real(3)),
    at("hstack",       lambda np, x, y: np.hstack([x, y]),              real(2, 3), real(2, 1)),
    at("dstack",       lambda np, x, y: np.dstack([x, y]),              real(2, 3), real(2, 3)),
    at("column_stack", lambda np, x, y: np.column_stack([x, y]),        real(2), real(2, 3)),
    at("block",        lambda np, x, y: np.block([[x, y], [y, x]]),     real(2, 3), real(2, 1)),
    at("append",       lambda np, x, y: np.append(x, y),                real(2, 3), real(2)),
    at("insert",       lambda np, x, y: np.insert(x, 1, y),             real(3), real()),
    at("delete",       lambda np, x: np.delete(x, 1, axis=1),           real(2, 3)),
    at("r_",           lambda np, x, y: np.r_[x, 0.5, y],               real(3), real(2)),
    at("c_",           lambda np, x, y: np.c_[x, y],                    real(3), real(3)),
    at("meshgrid",     lambda np, x, y: np.meshgrid(x, y),              real(3), real(2)),
    at("split",        lambda np, x: np.split(x, [1, 3]),               real(4, 2)),
    at("array_split",  lambda np, x: np.array_split(x, 3),              real(4, 2)),
    at("hsplit",       lambda np, x: np.hsplit(x, 2),                   real(2, 4)),
    at("vsplit",       lambda np, x: np.vsplit(x, 2),                   real(4, 2)),
    at("dsplit",       lambda np, x: np.dsplit(x, 2),                   real(1, 2, 4)),
    at("unstack",      lambda np, x: np.unstack(x, axis=1),             real(2, 3)),

    # --- making arrays ----------------------------------------------------------------------------
    at("array (from list of tensors)",
        lambda np, x, y: np.array([[x, 2.0], [y, x * y]]),                   real(), real()),
    at("array (from array)", lambda np, x: np.array(x) * x,          real(3)),
    at("asarray",            lambda np, x: np.asarray(x) * x,        real(3)),
    at("full",               lambda np, x: np.full((2, 3), x),       real()),
    at("full_like",          lambda np, x: np.full_like(A, x),       real()),
    at("linspace",           lambda np, x, y: np.linspace(x, y, 5),  real(), real()),
    at("logspace",           lambda np, x, y: np.logspace(x, y, 4),  real(), real()),
    at("geomspace",          lambda np, x, y: np.geomspace(x, y, 4), positive(), positive()),

    # --- selecting --------------------------------------------------------------------------------
    at("select", lambda np, x, y: np.select([A > 1, A > 0], [x, x * y], 0.0), real(2, 3), real(3)),
    at("piecewise", lambda np, x: np.piecewise(x, [x < 0, x >= 0],
                                               [lambda v: v * v, lambda v: 3 * v]), real(5)),
    at("where",           lambda np, x, y: np.where(A > 0, x, y),             real(2, 3), real(3)),
    at("choose",          lambda np, x, y: np.choose(BINS, [x, y]),           real(3), real(3)),
    at("compress",        lambda np, x: np.compress([True, False, True], x, axis=1), real(2, 3)),
    at("extract",         lambda np, x: np.extract(MASK, x),                  real(2, 3)),
    at("take",            lambda np, x: np.take(x, [0, 2, 2], axis=1),        real(2, 3)),
    at("take_along_axis", lambda np, x: np.take_along_axis(x, ORDER, axis=1), real(2, 3)),
    at("put_along_axis",  _put_along_axis, real(2, 3), real(2, 1)),
    at("fill_diagonal",   _filled_diagonal,                                   real(3, 3), real()),
    at("sort",            lambda np, x: np.sort(x),                           real(5)),
    at("sort (2-D)",      lambda np, x: np.sort(x, axis=0),                   real(3, 4)),
    at("partition",       lambda np, x: np.partition(x, 2)[2],                real(5)),
    at("msort",           lambda np, x: np.sort(x, axis=0),  real(3, 4)),  # NumPy 2 has no msort
    at("unique (values)", lambda np, x: np.unique(x),                         real(5)),

    # --- the methods and keywords of ufuncs -------------------------------------------------------
    at("ufunc.at (add.at)",         _added_at,                              real(3), real(3)),
    at("ufunc.reduce (add.reduce)", lambda np, x: np.add.reduce(x, axis=1), real(2, 3)),
    at("ufunc.accumulate (add.accumulate)", lambda np, x: np.add.accumulate(x),     real(2, 3)),
    at("ufunc.outer (multiply.outer)", lambda np, x, y: np.multiply.outer(x, y), real(2), real(3)),
    at("ufunc out=",                _into(),                                real(2, 3), real(2, 3)),
    at("ufunc where=",              _into(where=MASK),                      real(2, 3), real(2, 3)),

    # --- functions of functions, and of samples ---------------------------------------------------
    at("interp",  lambda np, x, y: np.interp(x, KNOTS, y), real(5), real(4)),
    at("polyval", lambda np, p, x: np.polyval(p, x),       real(3), real(4)),
    at("apply_along_axis",
        lambda np, x: np.apply_along_axis(lambda v: np.sum(v * v), 0, x),    real(2, 3)),
]
# fmt: on
