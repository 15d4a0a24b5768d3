"""What a number is called: a size of an axis, a product of sizes, a constant of the loss."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

MASK = "mask"  # where no one call is known


@dataclass(frozen=True)
class Named:
    """A number by a name.

    ``key`` is the mistake that a gradient too large by it is due to; ``text`` says what the
    number is, ``reason`` what was done wrong, and ``what`` what a letter in these stands for.
    """

    key: str
    text: str
    reason: str
    composite: bool = False  # of several parts: said only where nothing simpler fits
    node: object = None  # the call that multiplies or divides by it
    what: str = ""


class Constants:
    """The numbers that may stand before a gradient by mistake, with their names."""

    def __init__(self, graph=None):
        has_square = graph is None or _has_square(graph)
        self._known = list(_plain(has_square))
        self._halves: list = []
        self._others: list = []
        self.batch = None
        if graph is not None:
            divisors = _divisors(graph)
            self.batch = _batch(graph)
            scalars = list(_of_scalars(graph))
            sizes = _sizes(graph)
            self._known += _of_sizes(sizes, self.batch)
            self._known += [*_of_divisors(divisors), *_of_compositions(sizes, divisors)]
            self._others = list(_of_other_divisors(divisors, sizes))
            self._known += [(c, n) for c, n in scalars if c not in (2.0, 0.5)]
            self._halves = [(c, n) for c, n in scalars if c in (2.0, 0.5)]
            if not has_square:  # then a 2 is more likely a number of the graph's own
                self._known = [
                    (c, replace(n, composite=False)) for c, n in self._halves
                ] + self._known
            self._known += [*_of_masks(graph), *_of_values(graph)]
        self._known += _fours()

    def names(self, c, tolerance=1e-6, suspects=()):
        """All names of a number: first a constant of the suspected calls, then the simplest.

        ``suspects`` are calls in which it may stand, those that are most likely first.
        """
        order = {node: i for i, node in enumerate(dict.fromkeys(suspects))}
        c = complex(c)
        if abs(c.imag) > tolerance * abs(c):
            return []
        fitting = [n for value, n in self._known if abs(c.real - value) <= tolerance * abs(value)]
        fitting += [
            n
            for value, n in self._halves
            if n.node in order and abs(c.real - value) <= tolerance * abs(value)
        ]
        if not fitting:
            fitting = [n for value, n in self._others if abs(c.real - value) <= 1e-6 * abs(value)]
        found: dict = {}
        for named in sorted(fitting, key=lambda n: order.get(n.node, len(order))):
            if found and named.composite:
                continue
            found.setdefault(named.text, named)
        return list(found.values())

    def simple(self):
        """Pairs (number, name) of those that are of one part."""
        return [(c, named) for c, named in self._known if not named.composite]

    def exact(self, c, tolerance=1e-6, composite=True):
        """The number with a name that a number is, or None; ``composite``: with any name."""
        near = (
            v
            for v, named in self._known
            if abs(c - v) <= tolerance * abs(v) and (composite or not named.composite)
        )
        return next(near, None)


def _has_square(graph):
    """Whether a graph has a power, or a product of something with itself."""
    for node in graph.nodes:
        name = node.op.name if node.op else ""
        uses = [p for p in node.parents if p is not None] if node.op else []
        products = ("multiply", "matmul", "dot", "vecdot", "einsum", "norm", "var", "std")
        if name in ("square", "power", "norm", "var", "std") or (
            name in products and len(uses) > len(set(map(id, uses)))
        ):
            return True
    return False


def _plain(has_square):
    """The numbers that need no graph."""
    yield -1.0, Named("sign", "-1", "a minus sign is missing or too much")
    half = "the 2 of a square's derivative is missing, or the 1/2 is there twice"
    two = "a factor 2 is too much, or the 1/2 before the square is missing"
    if not has_square:
        half = "a factor 1/2 is too much, and the loss has no square"
        two = "a factor 2 is too much\nor it was added up twice, not set to zero between passes"
    yield 0.5, Named("factor", "1/2", half)
    yield 2.0, Named("factor", "2", two)
    for c, text in ((-2.0, "-2"), (-0.5, "-1/2")):
        yield c, Named("factor", text, "a factor 2 and a minus sign is missing or too much")
    for base, log in ((2, math.log(2)), (10, math.log(10))):
        reason = f"log{base} was derived as the natural logarithm, or the reverse"
        yield log, Named("constant", f"ln {base}", reason)
        yield 1 / log, Named("constant", f"1/ln {base}", reason)


def _fours():
    """Known after the sizes of axes: a 4 is the mean over four more often than two squares."""
    yield 4.0, Named("factor", "4", "a factor 4 is too much", composite=True)
    yield 0.25, Named("factor", "1/4", "a factor 4 is missing", composite=True)


def _of_sizes(sizes, batch):
    """Every size n as n and 1/n."""
    return [
        (c, _named(c, n, symbol, what, batch))
        for n, (symbol, what) in sizes.items()
        for c in (n, 1 / n)
    ]


def _of_compositions(sizes, divisors):
    """Sizes with 2, -1, a square or a square root, where the graph divides by them."""
    for n, (symbol, what) in sizes.items():
        if divisors & {n - 1, math.sqrt(n)} or any(d % n == 0 for d in divisors):
            for c, *names in _composed(n, symbol):
                yield c, Named(*names, composite=True, what=what)


def _divisors(graph):
    """The numbers that a graph divides by: the counts of its means, and constants."""
    found = set()
    for node in graph.nodes:
        if node.op is None or isinstance(node.out, tuple):
            continue
        if node.op.name in ("mean", "var", "std", "average_pool"):
            found.add(np.size(node.args[0]) // max(np.size(node.out), 1))
        for value, parent in zip(node.args, node.parents, strict=True):
            if (
                parent is None
                and np.ndim(value) == 0
                and isinstance(value, (int, float, np.number))
            ):
                number = float(np.real(value))
                if node.op.f is np.multiply and 0 < abs(number) < 1:
                    found.add(round(1 / number, 9))
                elif node.op.f is np.divide:
                    found.add(number)
    return found - {1}


def _of_divisors(divisors):
    """A divisor of the graph left out, applied twice, or another one in its place."""
    counts = sorted(n for n in divisors if n == int(n) and n > 1)
    for right in counts:
        out, twice = (
            f"the division by {right:g} {how}" for how in ("is left out", "is there twice")
        )
        yield right, Named("mean missing", f"{right:g}", out, composite=True)
        yield 1 / right, Named("mean twice", f"1/{right:g}", twice, composite=True)
        for wrong in counts:
            if right != wrong and max(right, wrong) % min(right, wrong):
                reason = f"divided by {wrong:g} in place of {right:g}"
                text = f"{right:g}/{wrong:g}"
                yield right / wrong, Named("mean twice", text, reason, composite=True)


def _of_other_divisors(divisors, sizes):
    """A size, or its root, in the place of a number that the graph divides by."""
    for right in divisors:
        for n, (symbol, what) in sizes.items():
            for wrong, text in ((n, symbol), (math.sqrt(n), f"sqrt({symbol})")):
                is_root = abs(right * right - round(right * right)) < 1e-6 and right != int(right)
                if abs(right) <= 1 or right == wrong or is_root != (wrong is not n):
                    continue
                shown = f"sqrt({right * right:.6g})" if is_root else f"{right:.6g}"
                reason = f"divided by {text} in place of {shown}?"
                times = f"{shown}/{text} = {right / wrong:.6g}"
                yield right / wrong, Named("mean twice", times, reason, composite=True, what=what)


def _composed(n, symbol):
    """A size with a factor 2, a sign, a square or a square root."""
    missing, twice = "mean missing", "mean twice"
    for c, text in ((2 * n, f"2*{symbol}"), (n / 2, f"{symbol}/2")):
        reason = f"the 1/{symbol} was not applied, and a factor 2 is wrong"
        yield c, missing, f"{text} = {c:g}", reason
    for c, text in ((2 / n, f"2/{symbol}"), (1 / (2 * n), f"1/(2*{symbol})")):
        reason = f"1/{symbol} was applied once too often, and a factor 2 is wrong"
        yield c, twice, f"{text} = {c:g}", reason
    yield -n, missing, f"-{symbol} = {-n}", f"a minus sign, and the 1/{symbol} of a mean"
    yield -1 / n, twice, f"-1/{symbol} = {-1 / n:g}", f"a minus sign, and 1/{symbol} twice"
    yield n * n, missing, f"{symbol}^2 = {n * n}", f"1/{symbol} was not applied, twice"
    yield 1 / n**2, twice, f"1/{symbol}^2 = {n**-2:g}", f"1/{symbol} was applied thrice"
    root = math.sqrt(n)
    text = f"sqrt({symbol})"
    yield root, "constant", f"{text} = {root:g}", f"1/{text} was left out"
    yield 1 / root, "constant", f"1/{text} = {1 / root:g}", f"1/{text} twice"
    if n > 2:
        reason = f"divided by {symbol} for {symbol} - 1, or the reverse"
        yield (n - 1) / n, twice, f"({symbol} - 1)/{symbol} = {(n - 1) / n:g}", reason
        yield n / (n - 1), missing, f"{symbol}/({symbol} - 1) = {n / (n - 1):g}", reason


def _named(c, n, symbol, what, batch):
    text = f"{symbol} = {n}" if symbol != str(n) else symbol
    if c == n:
        reason = f"the 1/{symbol} of a mean was not applied"
        return Named("mean missing", text, reason, what=what)
    text = f"1/{symbol} = 1/{n}" if symbol != str(n) else f"1/{n}"
    reason = f"1/{symbol} was applied twice, or a mean taken in place of a sum"
    if batch and n != batch[0] and "*" not in symbol:
        reason = f"divided by {symbol} once too often"
    return Named("mean twice", text, reason, what=what)


def _of_scalars(graph):
    """The numbers that stand in the graph: a rate, a strength, a temperature."""
    seen = set()
    for node in graph.nodes:
        for value, parent in zip(node.args, node.parents, strict=True):
            if parent is not None or np.ndim(value) or isinstance(value, (bool, str, tuple)):
                continue
            if not isinstance(value, (int, float, np.number, np.ndarray)):
                continue
            number = float(np.real(value))
            if number in seen or abs(number) in (0.0, 1.0) or not math.isfinite(number):
                continue
            if number in (2.0, 0.5) and node.op.f not in (np.multiply, np.divide):
                continue
            seen.add(number)
            yield from _of_scalar(number, node)


def _of_scalar(number, node):
    """A constant of the graph and its inverse; what the loss is divided by is a mean's N."""
    if node.op.f is np.divide and not np.ndim(node.out) and number == int(number) > 1:
        missing = f"the division by {number:g} in the loss was not applied: 1/N of a mean"
        yield number, Named("mean missing", f"{number:g}", missing, node=node)
        twice = f"the division by {number:g} in the loss was applied twice: 1/N of a mean"
        yield 1 / number, Named("mean twice", f"1/{number:g}", twice, node=node)
        return
    out, twice = _IN_A_STEP.get(node.op.f, ("the constant {} was left out, or used twice",) * 2)
    out, twice = (words.format(f"{number:g}") for words in (out, twice))
    key = "factor" if number in (2.0, 0.5) else "constant"
    yield number, Named(key, f"{number:g}", out, composite=True, node=node)
    yield 1 / number, Named(key, f"1/{number:g}", twice, composite=True, node=node)


# What is said of a number that a call multiplies or divides by: too large by it, too small.
_IN_A_STEP = {
    np.divide: ("the division by the constant {} was left out", "divided by the constant {} twice"),
    np.multiply: (
        "the constant factor {} is there twice",
        "the constant factor {} was left out",
    ),
}


def _of_masks(graph):
    """The one number that a constant array holds beside 0: the 1/(1 - p) of dropout's mask."""
    for name, array in graph.constants():
        numbers = np.unique(array)
        if len(numbers) != 2 or numbers[0] != 0 or numbers[1] in (1, 2):
            continue
        c, mask = float(numbers[1]), name or "a mask"
        kind = f"the scale {c:g} = 1/{1 / c:g} of {mask}, such as dropout's 1/(1 - p),"
        yield 1 / c, Named("constant", f"1/{c:g}", f"{kind} was left out", node=MASK)
        yield c, Named("constant", f"{c:g}", f"{kind} was applied twice", node=MASK)


def _of_values(graph):
    """The numbers that the graph computes: a norm, a temperature, the loss itself."""
    for node in graph.nodes:
        if isinstance(node.out, tuple) or np.ndim(node.out) or np.iscomplexobj(node.out):
            continue
        value = float(node.out)
        if not math.isfinite(value) or any(abs(value - n) < 1e-9 for n in (0, 1, -1, 2, 0.5)):
            continue
        name = graph.label(node)
        what = f"{name} is {value:g}"
        left_out = f"the division by {name} was left out"
        yield value, Named("constant", name, left_out, composite=True, what=what)
        twice = f"the factor {name} was left out, or {name} divides once too often"
        yield 1 / value, Named("constant", f"1/{name}", twice, composite=True, what=what)
        negative = f"the factor -{name} was left out"
        yield -1 / value, Named("constant", f"-1/{name}", negative, composite=True, what=what)


def _batch(graph):
    """(N, what it is): the rows of the data; the axis that most arrays begin with."""
    first = Counter()
    for _, array in graph.constants():
        first[array.shape[0]] += 1 + (array.ndim > 1)
        if array.ndim > 1:
            break
    for node in graph.nodes:
        is_array = node.op is not None and not isinstance(node.out, tuple)
        if is_array and np.ndim(node.out) > 1:
            first[np.shape(node.out)[0]] += 1
    n = first.most_common(1)[0][0] if first else 0
    if n < 2:
        return None
    for name, array in graph.constants():
        if array.shape[0] == n:
            return n, f"N is the number of rows of {name}" if name else "N is the batch size"
    return n, "N is the batch size"


def _sizes(graph):
    """Sizes by value: (symbol, what it is the size of)."""
    batch = _batch(graph)
    sizes = {}
    if batch:
        sizes[batch[0]] = ("N", batch[1])
    arrays = [(name, array.shape) for name, array in graph.constants() if name]
    whole = [node for node in graph.nodes if not isinstance(node.out, tuple)]
    named = [node for node in whole if node.op is None or graph.names.given(node)]
    arrays += [(graph.label(node), np.shape(node.out)) for node in named]
    unnamed = [("an array of the graph", np.shape(node.out)) for node in whole]
    for name, shape in [*arrays, *unnamed]:
        for axis, n in enumerate(shape):
            if n > 1:
                sizes.setdefault(n, (str(n), f"{n} is the size of axis {axis} of {name}"))
    for name, shape in [*arrays, *unnamed]:
        total = math.prod(shape)
        if len(shape) > 1 and min(shape) > 1:
            symbols = [sizes[n][0] for n in shape]
            sizes.setdefault(total, ("*".join(symbols), f"the number of elements of {name}"))
    return sizes
