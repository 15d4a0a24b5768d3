"""Wrong local rules of windows and look-ups: convolution, pooling, embedding.

In the form of `wrong_rules`. The loops that people write go over the samples, the filters and the
positions in this order; where they assign in place of adding, the last window stays.
"""

from __future__ import annotations

import itertools

import numpy as np

from ....engine.dispatch import registry
from ....engine.primitives import registered
from ....rules.convolution import conv, spread, weigh
from ....rules.pooling import average_pool, max_pool
from ....rules.windows import both_sides, each
from . import wrong_rules

MOST = 4096  # positions that are gone through one by one


def wrong(f, key, words, rule, position=None):
    """A wrong rule of a unit: it says more than that of a step beside it."""
    wrong_rules.wrong(f, key, words, rule, position, rank=1)


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
wrong(conv, _KEY,
    "the kernel {y} is flipped (turned by 180 degrees) in the gradient of {x}: each window of it "
    "gets {y} as it stands",
    lambda g, out, x, kernel, *args, **kwargs:
        spread(g, _flipped(kernel), x.shape[2:], *args, **kwargs), 0)
wrong(conv, _KEY,
    "the patches of {y} are flipped (turned by 180 degrees) in the gradient of {x}",
    lambda g, out, x, kernel, *args, **kwargs:
        _flipped(weigh(x, g, kernel.shape[2:], *args, **kwargs)), 1)
wrong(conv, _KEY,
    "the axes of filters and of channels of {y} are swapped in the gradient of {x}",
    lambda g, out, x, kernel, *args, **kwargs:
        spread(g, np.swapaxes(kernel, 0, 1), x.shape[2:], *args, **kwargs), 0)
wrong(conv, _KEY,
    "the height and the width of the kernel {y} are swapped in the gradient of {x}",
    lambda g, out, x, kernel, *args, **kwargs:
        spread(g, np.swapaxes(kernel, -1, -2), x.shape[2:], *args, **kwargs), 0)
for _filters in (_ALL, _LAST):
    wrong(conv, _ADD,
        "overlapping windows overwrite each other in the gradient of {x}: = in place of += in the "
        "loop over the positions",
        _assigned_x(_filters), 0)
for _samples in (_LAST, _ALL):
    wrong(conv, _ADD,
        "only the last window counts in the gradient of {x}: = in place of += in the loop over "
        "the positions",
        _assigned_kernel(_samples), 1)
wrong(conv, _ADD,
    "only the last sample counts in the gradient of {x}: = in place of += in the loop over the "
    "batch",
    _of_one_sample, 1)
# fmt: on


# --- pooling ------------------------------------------------------------------------------------


def _spread(scale, share=average_pool):
    """The cotangent of each window, to all of its elements."""
    rule = registered(share).rules[0]

    def everywhere(g, out, x, size, **kwargs):
        count = np.prod(each(size, x.ndim - 2, "size")) if scale else 1
        return count * rule(g, out, x, size, **kwargs)

    return everywhere


def _hits(g, out, x, size, **kwargs):
    """1 at the maximum of each window."""
    return registered(max_pool).rules[0](np.ones_like(g), out, x, size, **kwargs)


# fmt: off
wrong(max_pool, _KEY,
    "max pooling is passed back as average pooling: the gradient of {h} is spread evenly over each "
    "window, and belongs to its maximum alone",
    _spread(False))
wrong(max_pool, _KEY,
    "the whole gradient of {h} goes to every element of a window, and belongs to its maximum alone",
    _spread(True))
wrong(max_pool, _KEY,
    "the mask of the maxima stands alone: the incoming gradient of {h} is not multiplied in",
    _hits)
wrong(average_pool, _KEY,
    "the gradient of {h} is not divided by the size of the window: each element gets 1/size of it",
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
    wrong(registered(registry["getitem"]).f, "overwritten",
        "rows of {x} that are looked up repeatedly keep one contribution: = (or += at an array of "
        "indices) overwrites where np.add.at must add up",
        _assigned(_order))
# fmt: on
