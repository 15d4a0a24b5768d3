"""The windows that slide over an array: gathered, or, as the transpose, laid down and added up.

Both keep the leading axes; the windows' axes come before those of their positions, so that
NumPy walks along the array's rows.
"""

import itertools

import numpy as np

from ..engine.primitives import primitive


def gather(x, size, stride, padding, dilation, fill=0, after=0):
    """(..., *spatial) -> (..., *size, *positions): element k of the window at each position.

    So many axes stand ``after`` the spatial ones, and stay there.
    """
    n = len(size)
    x = padded(x, padding, fill, after)
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, size, strict=True)]
    first = x.ndim - after - n
    for axis, (have, span) in enumerate(zip(x.shape[first:], spans)):
        if have < span:
            raise ValueError(
                f"a window of length {span} does not fit into the length {have}, padding "
                f"included, of spatial axis {axis}"
            )
    axes = tuple(range(first, first + n))
    view = np.lib.stride_tricks.sliding_window_view(x, spans, axes)
    chosen = (*(slice(None, None, s) for s in stride), *(slice(None),) * after)
    chosen += tuple(slice(None, None, d) for d in dilation)
    return np.moveaxis(view[(..., *chosen)], range(-n, 0), axes)


def lay(g, shape, size, stride, padding, dilation, after=0):
    """(..., *size, *positions) -> (..., *shape): each window added where it was taken from."""
    n = len(size)
    full = [s + sum(p) for s, p in zip(shape, padding, strict=True)]
    first = g.ndim - after - 2 * n
    counts, rest = g.shape[first + n : first + 2 * n], (slice(None),) * after
    result = np.zeros_like(g, shape=(*g.shape[:first], *full, *g.shape[first + 2 * n :]))
    for k in itertools.product(*map(range, size)):
        target = [
            slice(i * d, i * d + s * (count - 1) + 1, s)
            for i, d, s, count in zip(k, dilation, stride, counts, strict=True)
        ]
        result[(..., *target, *rest)] += g[(..., *k, *(slice(None),) * n, *rest)]
    inner = (slice(before, before + s) for s, (before, _) in zip(shape, padding, strict=True))
    return result[(..., *inner, *rest)]


def padded(x, padding, fill, after=0):
    """x with so much added before and after each of its last axes, or of those before them."""
    if not any(map(any, padding)):
        return x
    before = ((0, 0),) * (x.ndim - len(padding) - after)
    return np.pad(x, (*before, *padding, *((0, 0),) * after), constant_values=fill)


def positions(shape, size, stride, padding, dilation):
    """How many positions a window has along each axis."""
    given = zip(shape, size, stride, padding, dilation, strict=True)
    return tuple((n + sum(p) - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in given)


def each(value, n, name, least=1):
    """A setting for each of n spatial axes: the number given for all, or the sequence."""
    values = value if isinstance(value, (tuple, list)) else (value,) * n
    if len(values) != n or not all(_is_whole(v, least) for v in values):
        raise ValueError(
            f"{name} is an integer from {least} on, or one for each of {n} spatial axes, "
            f"not {value!r}"
        )
    return tuple(map(int, values))


def both_sides(padding, n):
    """Padding before and after each of n spatial axes: an int, or ints or pairs for each axis."""
    values = padding if isinstance(padding, (tuple, list)) else (padding,) * n
    pairs = [v if isinstance(v, (tuple, list)) else (v, v) for v in values]
    if len(pairs) != n or not all(len(p) == 2 and all(_is_whole(v, 0) for v in p) for p in pairs):
        raise ValueError(
            f"padding is an integer from 0 on, or for each of {n} spatial axes one or a pair "
            f"(before, after), not {padding!r}"
        )
    return tuple((int(before), int(after)) for before, after in pairs)


def _is_whole(value, least):
    return isinstance(value, (int, np.integer)) and value >= least


def _windows_vjp(g, out, x, size, stride, padding, dilation, fill=0):
    return lay_down(g, x.shape[-len(size) :], size, stride, padding, dilation)


def _lay_down_vjp(g, out, x, shape, size, stride, padding, dilation):
    return windows(g, size, stride, padding, dilation)


windows = primitive(gather, _windows_vjp)
lay_down = primitive(lay, _lay_down_vjp)
