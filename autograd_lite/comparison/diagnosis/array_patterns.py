"""What the numbers of one array show beside those that belong there.

Every fact is checked on all entries. A pattern takes the given array M and the expected one P,
and says what was done to P to get M.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from ...engine.arrays import broadcast_axes
from ..rows import distance
from .wrong_steps.backward import Edge
from .wrong_steps.wrong_rules import PRODUCTS

FEW = 6  # places of an order that is told
MANY = 256  # entries of a large array that are looked at first
TINY = 1e-300  # in the place of a tolerance of 0


@dataclass(frozen=True)
class Form:
    """A mistake, the array that it gives, and what number times that is given."""

    key: str
    words: str
    array: np.ndarray
    size: float = 0.0  # of the terms, where the array is a sum
    factor: float = 1.0


class Fit:
    """When a given array is what was expected, given how far off it was before."""

    def __init__(self, tolerance):
        self.tolerance = tolerance

    def agree(self, given, expected, floor=None):
        """Whether two arrays are of one shape and agree in every entry."""
        given, expected = np.asarray(given), np.asarray(expected)
        if given.shape != expected.shape:
            return False
        return self.tolerance.agree(given, expected) or (
            floor is not None and self.tolerance.agree(given, expected, floor)
        )

    def explains(self, given, expected, before):
        """Whether ``expected`` agrees with what is given, and far better than ``before`` does."""
        given, expected = np.asarray(given), np.asarray(expected)
        if given.shape != expected.shape or _is_far(given, expected):
            return False
        if np.shape(before) == given.shape and not _is_nearer(given, expected, before):
            return False
        return self.agree(given, expected) or self._both_vanish(given, expected, before)

    @staticmethod
    def _both_vanish(given, expected, before):
        """Whether two arrays are zero but for rounding, beside what was there before."""
        if given.shape != expected.shape or not np.size(before):
            return False
        tiny = 1e4 * np.finfo(np.result_type(given, np.float32)).eps * np.abs(before).max()
        return bool(np.abs(given).max(initial=0.0) <= tiny >= np.abs(expected).max(initial=0.0))

    def ratio(self, given, expected):
        """c with given = c * expected in every entry, or None; 0 and 1 are no ratios."""
        given, expected = np.asarray(given), np.asarray(expected)
        if given.shape != expected.shape or not expected.size:
            return None
        norm = np.vdot(expected, expected).real
        c = np.vdot(expected, given) / norm if norm else 0.0
        if not np.isfinite(c) or c == 0 or abs(c.imag) > 1e-9 * abs(c):
            return None
        if abs(c - 1) <= 1e-6:
            return None
        c = float(c.real)
        if not self.explains(given, c * expected, expected):
            return None
        return c

    def precision(self, given, expected):
        """How exactly a ratio of two arrays is known."""
        top = np.abs(expected).max(initial=0.0)
        if not top:
            return 1e-6
        allowed = self.tolerance.allowed(np.asarray(given), np.asarray(expected)).max()
        return float(np.clip(2 * allowed / top, 1e-9, 1e-2))


def _is_far(given, expected):
    """Whether some of the entries of a large array are far off: a sure and quick no."""
    if given.size <= 16 * MANY:
        return False
    given, expected = (a.reshape(-1)[:: a.size // MANY] for a in (given, expected))
    return bool((np.abs(given - expected) > 0.1 * np.abs(expected).max()).any())


def _is_nearer(given, expected, before):
    """Whether one array is ten times as near as another; cheap, and asked first."""
    far, near = given - before, given - expected
    return bool(np.vdot(near, near).real <= 0.01 * np.vdot(far, far).real)


def forms(given, expected, fit, uses=(), constants=None) -> Iterator[Form]:
    """The forms of one array; ``uses`` are `Use`s of what the gradient belongs to."""
    if given.size == 0 or expected.size == 0:
        return
    facts = (*_shapes(given, expected, uses), *_sums(given, expected, uses))
    for form in (*facts, *_orders(given, expected)):
        found = _with_factor(given, form, fit, constants, expected)
        if found is not None:
            yield found
    for use in uses:
        for form in _products(given, use):
            found = _with_factor(given, form, fit, constants, expected)
            if found is not None and not fit.agree(form.array, use.edge.contribution):
                yield found


@dataclass(frozen=True)
class Use:
    """One use of a value: the cotangent that arrives there, and the other operand of a product."""

    edge: Edge
    full: np.ndarray  # the contribution before it is summed over what was broadcast
    other: np.ndarray | None
    told: Callable  # fills the names of the edge into words


def _with_factor(given, form, fit, constants, expected):
    """A form, if its array is what is given, or a named multiple of it."""
    array = form.array
    if array.shape != given.shape:
        return None
    tiny = 1e-12 * form.size
    if tiny and np.abs(given).max() <= tiny >= np.abs(array).max():
        return form
    if fit.explains(given, array, expected):
        return form
    if given.size < 2 or constants is None or not np.ptp(np.abs(array)):
        return None  # a constant is a multiple of any other
    c = fit.ratio(given, array)
    if c is None:
        return None
    c = constants.exact(c, fit.precision(given, array))
    return None if c is None else replace(form, factor=c)


def _shapes(given, expected, uses):
    """The same numbers in another shape, or transposed."""
    if given.shape != expected.shape and _squeezed(given) == _squeezed(expected):
        words = f"the numbers are right, and the shape {given.shape} has an axis of size 1 too many"
        if given.ndim < expected.ndim:
            words = f"the numbers are right, and the shape {given.shape} lacks an axis of size 1"
        elif given.ndim == expected.ndim:
            words = f"the numbers are right, and the shape {given.shape} is that of the transpose"
        key = "transpose" if given.ndim == expected.ndim == 2 else "kept axis"
        yield Form(key, f"{words}: it must be {expected.shape}", expected.reshape(given.shape))
    elif expected.ndim == 2 and given.shape == expected.T.shape:
        words = "it is the transpose of the gradient"
        yield Form("transpose", words, expected.T)
    elif given.shape != expected.shape and given.size == expected.size:
        for order in "CF":
            words = (
                f"the numbers are right, and the shape is not: {given.shape} for {expected.shape}"
            )
            yield Form("shape", words, expected.reshape(given.shape, order=order))


def _orders(given, expected):
    """The right numbers in another order."""
    if given.shape != expected.shape or given.size < 4 or not is_reordered(given, expected):
        return
    right = "all numbers are right, in another order"
    for axis in range(expected.ndim):
        along = f" along axis {axis}" if expected.ndim > 1 else ""
        order = _permutation(given, expected, axis)
        if order is not None and (what := _of_permutation(order)):
            words = f"{right}: {what}{along}"
            yield Form("shape", words, np.take(expected, order, axis))
    yield Form("shape", f"{right}: reversed along all axes", np.flip(expected))
    n = expected.size
    for rows in (a for a in range(2, n // 2 + 1) if n % a == 0):
        flat = expected.reshape(rows, n // rows).T.ravel()
        words = (
            f"{right}: flattened by rows (order C) where order F belongs, or the reverse\n"
            f"the table has {n // rows} and {rows}"
        )
        yield Form("shape", words, flat.reshape(expected.shape))
    for axes in itertools.permutations(range(expected.ndim)):
        moved = np.transpose(expected, axes)
        if moved.shape == expected.shape and axes != tuple(range(expected.ndim)):
            yield Form("transpose", f"{right}: the axes are exchanged, {axes}", moved)


def _permutation(given, expected, axis):
    """The order of the slices of one array that makes it another, None where there is none."""
    one, other = (np.moveaxis(a, axis, 0).reshape(a.shape[axis], -1) for a in (given, expected))
    if len(one) > MANY:
        return None
    close = np.array([np.isclose(other, row, rtol=1e-5, atol=0).all(axis=1) for row in one])
    order = close.argmax(axis=1)
    return order if close.any(axis=1).all() and len(set(order)) == len(order) else None


def _of_permutation(order):
    """What was done to a range to make an order of it."""
    n = len(order)
    moved = np.flatnonzero(order != np.arange(n))
    if np.array_equal(order, np.arange(n)[::-1]):
        return "reversed"
    if len(moved) == 2:
        return f"{moved[0]} and {moved[1]} are exchanged"
    for by in (1, -1):
        if np.array_equal(order, np.roll(np.arange(n), by)):
            return "shifted by one place"
    return "in the order " + ", ".join(map(str, order)) if n <= FEW else ""


def is_reordered(given, expected):
    """Whether two real arrays hold the same numbers, not all of them alike."""
    if not (np.isrealobj(given) and np.isrealobj(expected)) or not np.ptp(expected):
        return False
    return np.allclose(np.sort(given, axis=None), np.sort(expected, axis=None), rtol=1e-5)


def _squeezed(array):
    return tuple(n for n in array.shape if n != 1)


def _sums(given, expected, uses):
    """A sum over the wrong axes, over all, or none."""
    flat = given.size == 1 or (given.shape == expected.shape and not np.ptp(given.real))
    if flat and expected.size > 1:
        words = "every entry is the sum of the whole gradient: it was summed over all axes"
        if given.size == 1:
            words = "it is one number, the sum of the whole gradient: it was summed over all axes"
        words += "\nthe sum over the rows (axis 0) is one number a column"
        yield Form("bias summed over all", words, np.full(given.shape, expected.sum()))
    for use in uses:
        g = use.full
        if use.other is not None or not isinstance(g, np.ndarray) or g.ndim < 1:
            continue
        if g.shape == expected.shape:
            continue
        right = broadcast_axes(expected.shape, g.shape)
        axes = range(g.ndim)
        for n in range(len(axes)):
            for chosen in itertools.combinations(axes, n):
                if chosen == right:
                    continue
                for keepdims in (False, True):
                    total = g.sum(axis=chosen, keepdims=keepdims) if chosen else g
                    if total.shape == given.shape:
                        words = _sum_words(chosen, g, right, use)
                        yield Form(*words, total, float(np.abs(g).sum()))


def _sum_words(chosen, g, right, use):
    if not chosen:
        return "bias not summed", (
            f"it was not summed over the batch: sum it over axis {_listed(right)}\n"
            f"it has the shape {g.shape} of the error of {use.told('{h}')}"
        )
    return "bias axis", (
        f"it was summed over the wrong axis: over axis {_listed(chosen)}, where axis "
        f"{_listed(right)} belongs\nof the error of {use.told('{h}')}, of shape {g.shape}"
    )


def _listed(axes):
    return " and ".join(map(str, axes))


def _products(given, use):
    """Other products of the error and the other operand of a matrix product, of any shape."""
    g, o = use.edge.g, use.other
    if o is None:
        return
    for error in (g, g[:, None]) if g.ndim == 1 else (g,):
        for key, words, product in PRODUCTS[use.edge.position]:
            if g.ndim == o.ndim == 2 or key == "elementwise for product":
                with contextlib.suppress(ValueError):
                    yield Form(key, use.told(words), product(error, o))
    if g.ndim == o.ndim == 2 and len(g) == len(o) and use.edge.position == 1:
        mean = "the mean of the rows is taken before the product: mean(x).T @ mean(g)"
        yield Form("order", mean, np.outer(o.mean(axis=0), g.mean(axis=0)))
        if given.shape != (*o.shape, g.shape[1]):
            return
        words = (
            "it was not summed over the batch: it is an outer product for each row\ntheir sum over "
            "axis 0 is the gradient"
        )
        yield Form("bias not summed", words, np.einsum("ni,nk->nik", o, g))


def same_numbers(entry, others, fit):
    """What the first of other arrays is, pairs (what, array), that a row holds; or None."""
    if entry.given.size < 2:
        return None
    fitting = (what for what, a in others if fit.explains(entry.given, a, entry.true))
    return next(fitting, None)


def clipped(given, expected, tolerance):
    """A form for an array that is the expected one, but nowhere below or above some number.

    One number shows that only if it is a round one, or stands in several entries.
    """
    if given.shape != expected.shape or given.size < 3 or not np.isrealobj(given):
        return None
    far = distance(given, expected) > tolerance.allowed(given, expected)
    ends = np.unique(given[far])
    if not 1 <= len(ends) <= 2 or (len(ends) == 1 and not ends[0]):
        return None  # zeros say that something is missing
    sides = [(c, given == c, expected[far & (given == c)]) for c in ends]
    if not all(_is_round(c) or (far & at).sum() > 1 for c, at, _ in sides):
        return None
    low = [c for c, _, true in sides if (true < c).all()]
    high = [c for c, _, true in sides if (true > c).all()]
    if len(low) > 1 or len(high) > 1 or len(low) + len(high) != len(ends):
        return None
    found = np.clip(expected, *(low or [-np.inf]), *(high or [np.inf]))
    if not tolerance.agree(given, found):
        return None
    if far.all():
        words = f"it is {ends[0]:.6g} everywhere, where the true values are {_range(expected)}"
        return Form("clipped", words, found) if len(ends) == 1 and _is_round(ends[0]) else None
    said = [f"at least {c:.6g}" for c in low] + [f"at most {c:.6g}" for c in high]
    kind = "it has a floor" if not high else "it is clipped"
    return Form("clipped", f"{kind}: every entry is {' and '.join(said)}", found)


def _is_round(c):
    """Whether a number has at most two digits, as those have that people choose."""
    return float(f"{c:.2g}") == c


def _range(array):
    low, high = array.min(), array.max()
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"


def typo(given, expected, tolerance):
    """A form for few wrong entries among right ones, with their place; else None."""
    if given.shape != expected.shape or given.size < 3:
        return None
    far = distance(given, expected) / np.maximum(tolerance.allowed(given, expected), TINY)
    wrong = far > 1
    count = int(wrong.sum())
    if not count or count == wrong.size or far[~wrong].max() > 0.1 * far[wrong].min():
        return None  # noise about the tolerance stands out nowhere
    if count > 1 and given[wrong].all() and not expected[~wrong].any():
        return None  # all that is not 0 is wrong
    lines = _one_line(wrong)
    if count > max(1, given.size // 5) and lines is None:
        return None
    if lines is not None and count > 1:
        place = f"all of them in {lines}"
    else:
        listed = [str([int(i) for i in index]) for index in np.argwhere(wrong)[:3]]
        place = "at " + ", ".join(listed) + ", ..." * (count > 3)
    words = f"{count} of {given.size} entries {'is' if count == 1 else 'are'} wrong, {place}"
    if tolerance.agree(given[wrong], -expected[wrong]):
        words += "; only the sign is wrong there"
    elif count > 1 and not given[wrong].any():
        return Form("typo", f"{words}; they are 0: a derivative is left out", given)
    elif count > 1 and tolerance.agree(np.sort(given[wrong]), np.sort(expected[wrong])):
        words += "; these entries are exchanged"
    return Form("typo", f"{words}; all others are right", given)


def _one_line(wrong):
    """The one row or column that holds every wrong entry, in words."""
    if wrong.ndim != 2 or min(wrong.shape) < 3:
        return None
    rows, columns = (np.flatnonzero(wrong.any(axis=axis)) for axis in (1, 0))
    if len(rows) == 1:
        return f"row {rows[0]}"
    return f"column {columns[0]}" if len(columns) == 1 else None
