"""np.pad: modes that move elements, that add numbers of their own, that add statistics."""

import numpy as np

from ..engine.primitives import composed, primitive
from .creation import asarray
from .moving import moved, moves, refuse_to_round


def pad_with_zeros(x, pad_width):
    return np.pad(x, pad_width)


def pad_with_copies(x, pad_width, mode):
    return np.pad(x, pad_width, mode)


def pad_oddly(x, pad_width, mode):
    return np.pad(x, pad_width, mode, reflect_type="odd")


def _pad_oddly_vjp(g, out, x, pad_width, mode):
    """Along an axis the padded array is a matrix times the array: what padding makes of eye(n)."""
    for axis in reversed(range(x.ndim)):
        matrix = pad_oddly(np.eye(x.shape[axis]), [pad_width[axis], (0, 0)], mode)
        g = np.moveaxis(np.tensordot(matrix, g, (0, axis)), 0, axis)
    return g


def _inside(x, pad_width):
    """Where the elements of x stand among the padding."""
    return tuple(slice(b, b + n) for (b, _), n in zip(pad_width, x.shape, strict=True))


# fmt: off
zeros_around = primitive(pad_with_zeros,
    lambda g, out, x, pad_width: g[_inside(x, pad_width)])
copies_around = moves(pad_with_copies)
odd_copies_around = primitive(pad_oddly, _pad_oddly_vjp)
# fmt: on

STATISTICS = {"maximum": np.max, "minimum": np.min, "mean": np.mean, "median": np.median}
KEYWORDS = {
    "constant": "constant_values",
    "linear_ramp": "end_values",
    "reflect": "reflect_type",
    "symmetric": "reflect_type",
    **dict.fromkeys(STATISTICS, "stat_length"),
}


@composed(np.pad)
def _np_pad(array, pad_width, mode="constant", **keywords):
    if callable(mode):
        raise TypeError("pad is not differentiated with a function as its mode: it writes in place")
    if keywords.keys() - {KEYWORDS.get(mode)}:
        raise ValueError(f"unsupported keyword arguments for mode {mode!r}: {set(keywords)}")
    if array.ndim == 0:
        return array
    widths = _pairs(_in_order(pad_width, array.ndim), array.ndim)
    given = keywords.get(KEYWORDS.get(mode))
    if mode in STATISTICS:
        return _around(array, widths, _pairs(given, array.ndim), _line_of(STATISTICS[mode]))
    if mode == "linear_ramp":
        return _around(array, widths, _pairs(keywords.get("end_values", 0), array.ndim), _ramp)
    if mode == "empty" or (mode == "constant" and given is None):
        return zeros_around(array, pad_width=widths)
    if mode == "constant":
        return moved(
            lambda x, values: np.pad(x, widths, constant_values=values),
            array, given, dtype=array.dtype,
        )  # fmt: skip
    around = odd_copies_around if given == "odd" else copies_around
    return around(array, pad_width=widths, mode=mode)


def _in_order(pad_width, ndim):
    """A dict {axis: width} as a width for each axis."""
    if not isinstance(pad_width, dict):
        return pad_width
    given = {axis % ndim: width for axis, width in pad_width.items()}
    return [np.broadcast_to(given.get(axis, 0), 2).tolist() for axis in range(ndim)]


def _pairs(values, ndim):
    """What is given for all axes, or for each, as a pair (before, after) for each axis."""
    if values is None:
        return [(None, None)] * ndim
    pairs = np.broadcast_to(asarray(values), (ndim, 2))
    return [(a, b) for a, b in (pairs if pairs.requires_grad else pairs.tolist())]


def _around(x, widths, settings, line):
    """Pad axis by axis: ``line(x, axis, width, setting)`` is what stands before x."""
    for axis, ((before, after), (first, last)) in enumerate(zip(widths, settings, strict=True)):
        parts = [line(x, axis, before, first), x]
        parts += [np.flip(line(np.flip(x, axis), axis, after, last), axis)]
        x = np.concatenate(parts, axis)
    return x


def _ramp(x, axis, width, end):
    """From the end value to the first element, which is not repeated."""
    refuse_to_round([end], x.dtype)
    first = np.take(x, 0, axis)
    return np.linspace(end, first, width, endpoint=False, axis=axis, dtype=x.dtype)


def _line_of(statistic):
    """Repeats of a statistic of the first ``length`` elements."""

    def line(x, axis, width, length):
        length = x.shape[axis] if length is None else length
        value = statistic(x[(*(slice(None),) * axis, slice(length))], axis=axis, keepdims=True)
        return np.repeat(value, width, axis)

    return line
