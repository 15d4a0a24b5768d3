"""Check derivatives against finite differences, to any order."""

from functools import cache, partial

import numpy as np

from ..engine.tensor import Tensor, plain
from ..messages import errors
from ..numerics.rounding import SAFETY, Floor, gradient_of
from ..transforms import trees
from ..transforms.derivatives import vjp
from .finite_differences import AGREES, DIFFERS, EPS, INFINITE, KINK, central, slope_at, step_of
from .report import Comparison
from .rows import Tolerance, compared, distance


def check_gradients(
    f, /, *args, order: int = 2, rtol: float = 1e-5, seed: int = 0, **kwargs
) -> Comparison:
    """Check the gradients of a function against central differences; raise if they differ.

    A random cotangent is pulled back, so that one check covers the whole Jacobian; no rule is
    run but the function's own. For the next order what came back is a function of the
    arguments, checked in the same way.

    Parameters
    ----------
    f : callable
        Of arrays, or nested dicts, lists and tuples of arrays; returns an array of numbers of
        any shape, or a tree of these.
    *args
        Where to check. Arrays of floats are differentiated, in float64, and complex ones in
        complex128; integers, booleans and other values are passed on as they are. Stay away
        from kinks: there the two sides have different slopes, and differences give their mean.
    order : int
        Up to which order of derivative.
    rtol : float
        What an entry may differ by, relative to the larger value; what rounding may leave of it
        and of differences comes on top.
    seed : int
        Of the random cotangents.
    **kwargs
        Passed on to f as they are. One that is called as a parameter here is bound before:
        ``lambda x: f(x, order="F")``.

    Returns
    -------
    Comparison
        One row an argument and order: they agree.

    Raises
    ------
    AssertionError
        With the table, when any row differs.
    ValueError
        When differences say nothing: f gives other values when it is called again, is not
        finite there or one step aside, has a kink or a jump there, or its differences settle
        at no value; and when there is no argument to differentiate.

    >>> bool(check_gradients(np.tanh, np.linspace(-1, 1, 5)))
    True
    >>> bool(check_gradients(np.var, np.array([[1.0, 2.0], [4.0, 0.5]]), axis=0))
    True
    """
    if order < 1:
        raise ValueError(f"order={order}: the first derivative is of order 1")
    rng = np.random.default_rng(seed)
    leaves, build = trees.flatten(list(args))
    chosen, points = _points(leaves)

    def results(*values):
        filled = list(leaves)
        for i, value in zip(chosen, values, strict=True):
            filled[i] = value if isinstance(value, Tensor) else np.copy(value)  # f may assign
        found = trees.flatten(f(*build(filled), **kwargs))[0]
        return [result for result in found if _is_continuous(result)]

    rows = []
    firsts = _steady(results, points)
    weights = [_random(rng, x) * rng.choice([-1.0, 1.0], np.shape(x)) for x in firsts]
    for n in range(1, order + 1):
        names = [f"{'d' * n} argument {i}" for i in chosen]
        derivative = _pulled(results, weights)
        floors = cache(partial(_floors, results, weights, points))
        rows += _rows(names, _weighted(results, weights), derivative, points, floors, rtol)
        results, weights = derivative, [_random(rng, p) for p in points]
    report = Comparison(rows, given_is="autodiff", true_is="numeric")
    report.raise_if_bad()
    return report


def _points(leaves):
    """The positions of what is differentiated, and where."""
    chosen = [i for i, leaf in enumerate(leaves) if _is_continuous(leaf)]
    errors.refuse_foreign("check_gradients()", [leaves[i] for i in chosen])
    points = [np.array(leaves[i], complex if _is_complex(leaves[i]) else float) for i in chosen]
    if not points:
        errors.refuse_foreign("check_gradients()", leaves)
        raise ValueError("check_gradients: no argument is a float or complex number or an array")
    return chosen, points


def _steady(results, points):
    """What the function returns, or an error if differences of it would say nothing."""
    with np.errstate(all="ignore"):
        first, second = (list(map(plain, results(*points))) for _ in range(2))
    shapes, again = (list(map(np.shape, many)) for many in (first, second))
    if shapes != again:
        raise ValueError(
            "check_gradients: the function is not deterministic: it returned arrays of shapes "
            f"{shapes}, and of {again} when it was called again"
        )
    for x in map(np.asarray, first):
        if not np.isfinite(x).all():
            raise ValueError(
                f"check_gradients: the function is {x[~np.isfinite(x)][0]} there, so that finite "
                "differences say nothing: choose another point"
            )
    far = max((np.abs(a - b).max(initial=0.0) for a, b in zip(first, second)), default=0.0)
    if far:
        raise ValueError(
            "check_gradients: the function is not deterministic: called twice with the same "
            f"arguments it gave values that differ by {far:.2g}. Make its random numbers of a "
            "generator with a fixed seed inside it"
        )
    return first


def _weighted(results, weights):
    """The results on plain arrays as one real number: the sum of their products with weights."""

    def phi(*points):
        pairs = zip(map(plain, results(*points)), weights, strict=True)
        return float(sum(np.sum(result * weight).real for result, weight in pairs))

    return phi


def _pulled(results, weights):
    """The derivative of that sum, as a function that can be differentiated again."""
    return lambda *points: vjp(results, *points)[1](weights)


def _floors(results, weights, points):
    """What rounding may leave of the derivative by each argument, and of differences of it.

    The second is looked for where differences are taken, and no two numbers are equal: at zeros
    and ones nothing is rounded.
    """
    inputs, root = _recorded(results, weights, points)
    if root is None:
        return [np.zeros(point.shape) for point in points]
    steps = [step_of(np.abs(point), EPS, 3) for point in points]
    spread = (step * np.linspace(0.5, 1.5, step.size).reshape(step.shape) for step in steps)
    _, beside = _recorded(results, weights, list(map(np.add, points, spread)))
    noise = 2 / SAFETY * Floor(beside).of(lambda tape: tape.value(beside, beside.out))
    floor = Floor(root)
    found = [floor.of(gradient_of(root, t.node)) for t in inputs]
    return [of_rule + noise / step for of_rule, step in zip(found, steps, strict=True)]


def _recorded(results, weights, points):
    """Tensors at the points, and the node of the weighted sum; None if it depends on nothing."""
    inputs = [Tensor(point, requires_grad=True) for point in points]
    pairs = zip(results(*map(np.positive, inputs)), weights, strict=True)  # f may assign
    root = sum(np.sum(np.real(result * weight)) for result, weight in pairs)
    is_on_tape = isinstance(root, Tensor) and root.requires_grad
    return inputs, root.node if is_on_tape else None


def _rows(names, phi, derivative, points, floors, rtol):
    """One row an argument: the derivative of phi beside finite differences."""
    with np.errstate(all="ignore"):
        value = phi(*points)
        true = central(phi, points)
    for name, expected in zip(names, true, strict=True):
        wrong = np.argwhere(~np.isfinite(expected))
        if not np.isfinite(value) or len(wrong):
            at = f" one step from {name.lstrip('d ')} at {wrong[0].tolist()}" if len(wrong) else ""
            raise ValueError(
                f"check_gradients: the function or its derivative is not finite there{at}, so that "
                "finite differences say nothing: choose another point"
            )
    rows = []
    for i, (name, given, expected) in enumerate(
        zip(names, map(plain, derivative(*points)), true, strict=True)
    ):
        tolerance, floor = Tolerance(rtol), np.zeros(expected.shape)
        if np.shape(given) == expected.shape:
            if not tolerance.agree(given, expected, floor):
                floor = floors()[i]
            allowed = tolerance.allowed(given, expected, floor)
            expected = _examined(phi, points, i, name, given, expected, allowed)
        rows.append(compared(name, given, expected, tolerance, floor))
    return rows


def _examined(phi, points, i, name, given, expected, allowed):
    """The differences with respect to argument i, those in doubt taken again over several steps.

    Raises ValueError if none is wrong for certain, and some can be relied on at no step.
    """
    better, doubts = expected.copy(), []
    for index in map(tuple, np.argwhere(distance(given, expected) > allowed)):
        with np.errstate(all="ignore"):
            value, doubt, differs = _again(phi, points, i, index, given[index], allowed[index])
        if differs:
            return expected
        better[index] = value
        doubts += [(index, doubt)] if doubt else []
    if doubts:
        index, doubt = doubts[0]
        raise ValueError(
            f"check_gradients: at {[int(k) for k in index]} of {name.lstrip('d ')} {doubt}, so "
            "that finite differences say nothing there: choose another point"
        )
    return better


def _again(phi, points, i, index, given, allowed):
    """One derivative over several steps: its value, why it cannot be relied on, if it differs."""
    slopes = [slope_at(phi, points, i, index)]
    parts = [given.real]
    if _is_complex(points[i]):
        slopes.append(slope_at(phi, points, i, index, 1j))
        parts.append(-given.imag)
    outcomes = [str(s.judged(part, allowed)) for s, part in zip(slopes, parts, strict=True)]
    value = slopes[0].value - (1j * slopes[1].value if len(slopes) > 1 else 0)
    doubt = next((_words(s) for s, o in zip(slopes, outcomes, strict=True) if o != AGREES), None)
    return value, doubt, DIFFERS in outcomes


def _words(slope):
    """Why a slope cannot be relied on."""
    if slope.why == KINK:
        return "the function has a kink (the slopes from its two sides differ)"
    if slope.why == INFINITE:
        return "the function is not finite one step aside"
    return "differences settle at no value as their step becomes smaller"


def _random(rng, like):
    """Numbers of magnitude about 1, for every element of an array; complex for a complex one."""
    numbers = rng.uniform(0.5, 1.5, np.shape(like))
    return numbers + 1j * rng.uniform(0.5, 1.5, np.shape(like)) if _is_complex(like) else numbers


def _is_complex(x):
    return np.asarray(plain(x)).dtype.kind == "c"


def _is_continuous(leaf):
    return np.asarray(plain(leaf)).dtype.kind in "fc"
