"""Convolution, pooling, and the windows that both are made of; against loops."""

import itertools

import numpy as np

import autograd_lite as ag
from autograd_lite.rules.convolution import spread, weigh
from autograd_lite.rules.pooling import give, take
from autograd_lite.rules.windows import lay_down, windows

from .table import at, real, row


def pairs(padding, n):
    values = padding if isinstance(padding, tuple) else (padding,) * n
    return [v if isinstance(v, tuple) else (v, v) for v in values]


def each(value, n):
    return value if isinstance(value, tuple) else (value,) * n


def cut(x, size, stride, padding, dilation, fill=0.0):
    """The windows of the last axes, one by one: pairs (position, window)."""
    n = len(size)
    x = np.pad(x, [(0, 0)] * (x.ndim - n) + pairs(padding, n), constant_values=fill)
    given = list(zip(x.shape[-n:], size, each(stride, n), each(dilation, n), strict=True))
    counts = [(m - d * (k - 1) - 1) // s + 1 for m, k, s, d in given]
    for place in itertools.product(*map(range, counts)):
        index = [
            slice(p * s, p * s + d * (k - 1) + 1, d)
            for p, (_, k, s, d) in zip(place, given, strict=True)
        ]
        yield place, x[(..., *index)]


def grid(found):
    """Results by position as one array, the positions last."""
    found = dict(found)
    shape = tuple(max(place) + 1 for place in zip(*found, strict=True))
    values = np.stack(list(found.values()), axis=-1)
    return values.reshape(*values.shape[:-1], *shape)


def gather(x, size, stride, padding, dilation, fill=0.0):
    return grid(cut(x, size, stride, padding, dilation, fill))


def lay(g, shape, size, stride, padding, dilation):
    """The transpose of `gather`, element by element."""
    numbers = np.arange(1, np.prod(shape) + 1).reshape(shape)
    taken = gather(numbers, size, stride, padding, dilation)
    flat = np.stack([np.sum(g * (taken == k), axis=tuple(range(-taken.ndim, 0)))
                     for k in numbers.ravel()], axis=-1)  # fmt: skip
    return flat.reshape(*flat.shape[:-1], *shape)


def conv(x, kernel, stride=1, padding=0, dilation=1, groups=1):
    out = []
    filters = np.split(kernel, groups)
    for part, k in zip(np.split(x, groups, axis=1), filters, strict=True):
        found = cut(part, k.shape[2:], stride, padding, dilation)
        out.append(grid((place, np.tensordot(w, k, [range(1, w.ndim)] * 2)) for place, w in found))
    return np.concatenate(out, axis=1)


def conv_x_contribution(g, kernel, shape, **settings):
    """What is linear in x is known by its values at the unit arrays."""
    shape = (len(g), kernel.shape[1] * settings.get("groups", 1), *shape)
    x = np.zeros(shape, np.result_type(g, kernel))
    return by_units(x, lambda unit: np.sum(g * conv(unit, kernel, **settings)))


def conv_kernel_contribution(x, g, size, **settings):
    shape = (g.shape[1], x.shape[1] // settings.get("groups", 1), *size)
    kernel = np.zeros(shape, np.result_type(x, g))
    return by_units(kernel, lambda unit: np.sum(g * conv(x, unit, **settings)))


def by_units(like, f):
    units = np.eye(like.size, dtype=like.dtype).reshape(-1, *like.shape)
    return np.array([f(unit) for unit in units]).reshape(like.shape)


def conv_transpose(x, kernel, stride=1, padding=0, output_padding=0, dilation=1, groups=1):
    n = x.ndim - 2
    extra = each(output_padding, n)
    steps = zip(x.shape[2:], kernel.shape[2:], each(stride, n), pairs(padding, n),
                each(dilation, n), extra, strict=True)  # fmt: skip
    shape = [(m - 1) * s - sum(p) + d * (k - 1) + 1 + e for m, k, s, p, d, e in steps]
    return conv_x_contribution(
        x, kernel, shape, stride=stride, padding=padding, dilation=dilation, groups=groups
    )


def settled(size, stride, padding):
    return size, size if stride is None else stride, padding, 1


def max_pool(x, size, stride=None, padding=0):
    found = cut(x, *settled(each(size, x.ndim - 2), stride, padding), fill=-np.inf)
    return grid((place, w.max(axis=tuple(range(2, x.ndim)))) for place, w in found)


def average_pool(x, size, stride=None, padding=0, count_padding=True):
    fill = 0.0 if count_padding else np.nan
    found = cut(x, *settled(each(size, x.ndim - 2), stride, padding), fill=fill)
    return grid((place, np.nanmean(w, axis=tuple(range(2, x.ndim)))) for place, w in found)


def mean_at_maxima(y, x, pooled, size, stride=None, padding=0):
    settings = settled(each(size, x.ndim - 2), stride, padding)
    axes = tuple(range(2, x.ndim))
    found = []
    for (place, v), (_, w) in zip(cut(y, *settings), cut(x, *settings, fill=-99), strict=True):
        hit = w == w.max(axis=axes, keepdims=True)
        found.append((place, (v * hit).sum(axis=axes) / hit.sum(axis=axes, dtype=v.dtype)))
    return grid(found)


def maxima_share(y, x, pooled, size, stride=None, padding=0):
    return by_units(
        x.astype(y.dtype), lambda u: np.sum(y * mean_at_maxima(u, x, pooled, size, stride, padding))
    )


LINE = ((2,), (1,), ((0, 0),), (1,))
PLANE = ((2, 3), (2, 1), ((1, 0), (0, 1)), (1, 2))

POOLS = [
    at(real(1, 2, 4), 2),
    at(real(2, 1, 5), (3,), stride=1),
    at(real(1, 1, 4, 5), 2, stride=(2, 1), padding=((1, 0), 1)),
    at(real(1, 2, 2, 2, 3), 2, padding=(0, 1, 0)),
]


SIGNALS = [
    at(real(n), real(m), mode=mode)
    for mode in ("full", "same", "valid")
    for n, m in ((5, 3), (5, 2), (2, 4), (3, 4), (3, 3))
]


def ours(f):
    return (f.__wrapped__,)


TIES = np.array([[[1, 1, 0, 3, 2]]]), np.array([[[1, 3]]])  # and their maxima, two by two
PLANES = np.array([[[[1, 1, 0], [2, 0, 2], [2, 2, 1]]]]), np.array([[[[2, 2], [2, 2]]]])
PADDED = PLANES[0], np.array([[[[1, 0], [2, 2]]]])


# fmt: off
ROWS = [
    row(windows, at(real(4), *LINE), at(real(2, 3, 5), *PLANE), at(real(2, 3, 5), *PLANE, fill=1.0),
        covers=ours(windows), reference=gather),
    row(lay_down, at(real(2, 3), (4,), *LINE), at(real(1, 2, 3, 2, 2), (3, 5), *PLANE),
        covers=ours(lay_down), reference=lay),
    row(ag.conv,
        at(real(1, 1, 3), real(1, 1, 2)),
        at(real(2, 2, 4), real(3, 2, 3), padding=1),
        at(real(2, 1, 4, 3), real(2, 1, 2, 2)),
        at(real(1, 2, 5, 4), real(2, 2, 2, 1), stride=(2, 1), padding=(0, (1, 2)), dilation=(2, 1)),
        at(real(1, 4, 5), real(6, 2, 2), stride=2, groups=2),
        at(real(1, 2, 3), real(2, 1, 1), groups=2),
        at(real(1, 1, 2, 3, 2), real(1, 1, 2, 2, 1)),
        at(real(0, 2, 3), real(1, 2, 2)),
        covers=ours(ag.conv), reference=conv),
    row(ag.conv_transpose,
        at(real(1, 1, 3), real(1, 1, 2)),
        at(real(2, 2, 3), real(2, 1, 3), stride=2, padding=1, output_padding=1),
        at(real(1, 2, 2, 3), real(2, 1, 2, 2), stride=(1, 2), dilation=(2, 1), padding=((1, 0), 0)),
        at(real(1, 4, 2), real(4, 1, 2), groups=2),
        covers=(), reference=conv_transpose),
    row(spread,
        at(real(1, 2, 2), real(2, 1, 3), (4,)),
        at(real(1, 2, 2, 3), real(2, 1, 2, 2), (4, 4), stride=2, padding=(0, 1), dilation=1),
        at(real(1, 2, 2), real(2, 1, 2), (4,), dilation=2, groups=2),
        covers=ours(spread), reference=conv_x_contribution),
    row(weigh,
        at(real(1, 1, 4), real(1, 2, 2), (3,)),
        at(real(2, 1, 4, 4), real(2, 2, 2, 3), (2, 2), stride=2, padding=(0, 1)),
        at(real(1, 2, 4), real(1, 2, 2), (2,), dilation=2, groups=2),
        covers=ours(weigh), reference=conv_kernel_contribution),
    row(ag.max_pool, *POOLS, covers=ours(ag.max_pool), reference=max_pool),
    row(give,
        at(real(1, 1, 2), *TIES, 2),
        at(real(1, 1, 2, 2), *PLANES, 2, stride=1),
        at(real(1, 1, 2, 2), *PADDED, 2, padding=((1, 0), (0, 1))),
        covers=ours(give), reference=maxima_share),
    row(take,
        at(real(1, 1, 5), *TIES, 2),
        at(real(1, 1, 3, 3), *PLANES, 2, stride=1),
        at(real(1, 1, 3, 3), *PADDED, 2, padding=((1, 0), (0, 1))),
        covers=ours(take), reference=mean_at_maxima),
    row(ag.average_pool, *POOLS,
        at(real(1, 1, 4, 5), 2, stride=(2, 1), padding=((1, 0), 1), count_padding=False),
        at(real(1, 1, 4), 2, count_padding=False),
        covers=ours(ag.average_pool), reference=average_pool),
    row(np.convolve,
        *SIGNALS,
        at(real(4), real(3)), at(real(), real(2)), at(real(1), real(1))),
    row(np.correlate,
        *SIGNALS,
        at(real(4), real(3)), at(real(1), real(1))),
]
# fmt: on
