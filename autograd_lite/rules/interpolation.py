"""Straight lines between points."""

import numpy as np

from ..engine.arrays import read
from ..engine.primitives import composed, primitive
from ..engine.tensor import plain
from .creation import asarray
from .indexing import add_at


def interp(x, xp, fp, left=None, right=None):
    return np.interp(x, xp, fp, left, right)


def _segment(x, xp):
    """The number of the points below and above x; at a point, the segment to its right."""
    above = np.searchsorted(plain(xp), plain(x), side="right")
    below = np.clip(above - 1, 0, max(len(xp) - 2, 0))
    return below, np.minimum(below + 1, len(xp) - 1)


def _slope(x, xp, fp):
    """The slope of the line at x, 0 beside the points."""
    below, above = _segment(x, xp)
    run = read(xp, above) - read(xp, below)
    inside = (x >= xp[0]) & (x <= xp[-1]) & (run != 0)
    return np.where(inside, (read(fp, above) - read(fp, below)) / np.where(run == 0, 1, run), 0)


def _between(g, x, xp, left, right):
    """A cotangent of the values at x, dealt out to the points below and above."""
    below, above = _segment(x, xp)
    run = read(xp, above) - read(xp, below)
    t = (np.clip(x, xp[0], xp[-1]) - read(xp, below)) / np.where(run == 0, 1, run)
    g = np.where(((x < xp[0]) & (left is not None)) | ((x > xp[-1]) & (right is not None)), 0, g)
    low, high = (np.ravel(part) for part in (g * (1 - t), g * t))
    shape = (len(xp),)
    return add_at(low, index=below.ravel(), shape=shape) + add_at(
        high, index=above.ravel(), shape=shape
    )


# fmt: off
polyline = primitive(interp,
    lambda g, out, x, xp, fp, left=None, right=None: g * _slope(x, xp, fp),
    lambda g, out, x, xp, fp, left=None, right=None:
        -_between(g * _slope(x, xp, fp), x, xp, None, None),
    lambda g, out, x, xp, fp, left=None, right=None: _between(g, x, xp, left, right))
# fmt: on


@composed(np.interp)
def _np_interp(x, xp, fp, left=None, right=None, period=None):
    """A period turns x and the points around, and continues them to both sides."""
    if period is None:
        return polyline(x, xp, fp, left=left, right=right)
    if period == 0:
        raise ValueError("the period of interp must not be zero")
    period = abs(period)
    x, xp, fp = asarray(x) % period, asarray(xp) % period, asarray(fp)
    order = np.argsort(xp)
    xp, fp = xp[order], fp[order]
    xp = np.concatenate((xp[-1:] - period, xp, xp[0:1] + period))
    return polyline(x, xp, np.concatenate((fp[-1:], fp, fp[0:1])))
