"""A function, the point and what was derived of it by hand, brought into one form: lists of arrays.

A tree of numbers and arrays has leaves, and each leaf has a label: "x" or "x['a'][0]".
"""

import contextlib
import inspect
from collections.abc import Mapping

import numpy as np

from ...engine.tensor import Tensor, plain
from ...messages import errors
from ...observed_call import observed
from ...rules.creation import array as array_of
from ...transforms import trees
from .plain_python import for_tensors

AGAIN = 8  # calls that tell whether a function is random: a mask of two elements is often the same


class Problem:
    """What `compare_function` was given: a function that is differentiated by its first argument.

    Attributes
    ----------
    name : str
        Of the function, as a person calls it.
    labels : list of str
        Of the leaves of x.
    leaves : list of ndarray
        In float64.
    result : ndarray
        f(x), and ``wobble`` is how far it is from f(x) when called again.
    gradients, curvatures : list of ndarray
        What was derived by hand for each leaf; curvatures is None where none are given.
    """

    caller = "compare_function"
    inner: Mapping = {}

    def __init__(self, f, jac, x, hess_diag, args):
        self._f, self._args = f, args
        self._followed = f  # the form of f that tensors go through
        self._has_gradient = jac is True
        self.name = function_name(f, "f")
        tree = trees.with_arrays(x)
        self.labels = list(trees.paths_of(tree, _first_parameter(f)))
        leaves, self._build = trees.flatten(tree)
        self.leaves = list(map(self._real, leaves, self.labels))
        if not self.leaves:
            raise ValueError("compare_function: x has no numbers to differentiate by")
        self._tree = self._build(self.leaves)
        self._jac, self._hess_diag = jac, hess_diag
        self._evaluate()
        self.gradients, self.curvatures = self.derived(*self.leaves)

    def _evaluate(self):
        """The value of f, and how far it is from itself."""
        self.result = self.values(*self.leaves)
        self.wobble = max(_far(self.result, self.values(*self.leaves)) for _ in range(AGAIN))

    def arguments(self, leaves, read=lambda name, value: value):
        """(args, kwargs) of f for other leaves; ``read(name, value)`` of what stays as it is."""
        try:
            names = list(inspect.signature(self.by_hand).parameters)[1:]
        except (TypeError, ValueError):  # a function of C, which has no signature
            names = []
        names += [f"argument {i + 2}" for i in range(len(names), len(self._args))]
        others = (read(name, arg) for name, arg in zip(names, self._args, strict=False))
        return (self._built(leaves), *others), {}

    def returned(self, *leaves):
        """What f returns for other leaves, which may be tensors."""
        on_tape = any(isinstance(leaf, Tensor) for leaf in leaves)
        f = self._followed if on_tape else self._f
        args, kwargs = self.arguments(leaves)
        return self._value(f(*args, **kwargs))

    def named(self, *tensors):
        """What f returns for tensors, and what was seen of its variables."""
        args, kwargs = self.arguments(tensors)
        try:
            seen = observed(self._f, args, kwargs)
        except (TypeError, ValueError):
            again = for_tensors(self._f)
            if again is None:
                raise
            self._followed = again
            seen = observed(again, args, kwargs)
        return self._value(seen.result), seen

    def derived_on_tape(self, *tensors):
        """The gradient by hand of tensors, for each leaf, and the variables of its function."""
        f = self._f if self._jac is True else self._jac
        f = for_tensors(f) or f
        seen = observed(f, (self._build(tensors), *self._args), {})
        found = seen.result
        if self._jac is True:
            found = found[1]
        if self._hess_diag is True:
            found = found[0]
        return list(_aligned(self._tree, found, "jac", "", lambda leaf, *_: leaf)), seen.own

    def _built(self, leaves):
        """x of other leaves; arrays are copied, for f may assign to them."""
        return self._build([np.copy(x) if isinstance(x, np.ndarray) else x for x in leaves])

    def _value(self, found):
        if not self._has_gradient:
            return _array(found)
        if not isinstance(found, tuple) or len(found) != 2:
            raise TypeError(
                f"jac=True: {self.name} returns two things, the value and its gradient, not "
                f"{errors.describe(found)}"
            )
        return _array(found[0])

    def values(self, *leaves):
        """What f returns for other leaves, as an array of real numbers."""
        returned = plain(self.returned(*leaves))
        found = np.asarray(returned)
        if found.dtype.kind not in "biuf":
            raise TypeError(
                f"{self.name} returned {errors.describe(returned)}: {self.caller} takes a "
                "function that returns a real number, or an array of these"
            )
        return found if found.dtype.kind == "f" else found.astype(np.float64)

    def derived(self, *leaves):
        """The derivatives by hand at other leaves; values that were given stay what they are."""
        x = self._built(leaves)
        first, second = self._jac, self._hess_diag
        if first is True:
            first = self._f(x, *self._args)[1]
        elif callable(first):
            first = first(x, *self._args)
        if second is True:
            if not isinstance(first, (tuple, list)) or len(first) != 2:
                raise TypeError(
                    "hess_diag=True: jac returns two things, the gradient and the diagonal of the "
                    f"Hessian, not {errors.describe(first)}"
                )
            first, second = first
        elif callable(second):
            second = second(self._built(leaves), *self._args)
        first = list(_aligned(self._tree, first, "jac", ""))
        if second is not None:
            second = list(_aligned(self._tree, second, "hess_diag", ""))
        return first, second

    @property
    def function(self):
        """The function itself."""
        return self._f

    @property
    def by_hand(self):
        """The function of the derivatives by hand."""
        return self._f if self._jac is True else self._jac

    def split(self, found):
        """{("gradient" or "curvature", leaf): value} of what the function by hand returned."""
        if self._jac is True:
            found = found[1]
        first, second = found if self._hess_diag is True else (found, None)
        return {
            (kind, i): x
            for kind, one in (("gradient", first), ("curvature", second))
            if one is not None
            for i, x in enumerate(_aligned(self._tree, one, "jac", "", lambda leaf, *_: leaf))
        }

    def _real(self, leaf, label):
        errors.refuse_foreign(f"{self.caller}()", leaf)
        array = np.asarray(plain(leaf))
        if array.dtype.kind not in "biuf":
            raise TypeError(f"{label} holds {array.dtype}: {self.caller} takes real numbers")
        return array.astype(np.float64)

    def beside(self, rng):
        """The problem at another point: numbers of one sign keep it, others may change theirs."""
        moved = []
        for leaf in self.leaves:
            if (leaf > 0).all() or (leaf < 0).all():
                moved.append(leaf * np.exp(0.5 * rng.standard_normal(leaf.shape)))
            else:
                size = max(float(np.std(leaf)), float(np.abs(leaf).max(initial=0.0)) / 4, 1e-3)
                moved.append(leaf + size * rng.standard_normal(leaf.shape))
        return self.moved(moved)

    def moved(self, leaves):
        """The problem at another point."""
        return Problem(self._f, self._jac, self._build(leaves), self._hess_diag, self._args)

    def exchanged(self):
        """The derivatives by hand with x and one further argument exchanged, where that works."""
        if not callable(self._jac) or len(self.leaves) != 1:
            return
        x = self.leaves[0]
        for i, other in enumerate(self._args):
            if np.shape(other) == x.shape and x.size > 1:
                args = [*self._args[:i], x, *self._args[i + 1 :]]
                with contextlib.suppress(Exception):  # whatever a function does
                    found = self._jac(np.asarray(other, float), *args)
                    yield np.asarray(found[0] if self._hess_diag is True else found)

    @property
    def derives(self):
        """Whether the gradient by hand is a function that can be called elsewhere."""
        return self._jac is True or callable(self._jac)


def _array(found):
    """What a function returns; a list of tensors as one tensor."""
    if isinstance(found, (list, tuple)) and any(isinstance(x, Tensor) for x in found):
        return array_of(found)
    return found


def _far(one, other):
    """How far two results are apart."""
    if one.shape != other.shape:
        return np.inf
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    with np.errstate(invalid="ignore"):
        return float(np.max(np.where(same, 0.0, np.abs(one - other)), initial=0.0))


def function_name(f, otherwise):
    name = getattr(f, "__name__", otherwise)
    return name if name.isidentifier() else otherwise  # <lambda>


def _first_parameter(f):
    try:
        return next(iter(inspect.signature(f).parameters), "x")
    except (TypeError, ValueError):  # a function of C, which has no signature
        return "x"


def _aligned(tree, other, name, where, read=None):
    """The arrays of another tree in the order of the leaves of the first."""
    read = read or numbers_of
    if isinstance(tree, Mapping):
        if not isinstance(other, Mapping) or other.keys() != tree.keys():
            raise _structure(name, where, other, f"a dict with {', '.join(map(repr, tree))}")
        for key, value in tree.items():
            yield from _aligned(value, other[key], name, f"{where}[{key!r}]", read)
    elif isinstance(tree, (list, tuple)):
        if not hasattr(other, "__len__") or len(other) != len(tree):
            raise _structure(name, where, other, f"a {type(tree).__name__} of {len(tree)}")
        for i, value in enumerate(tree):
            yield from _aligned(value, other[i], name, f"{where}[{i}]", read)
    elif tree is not None:
        yield read(other, name, where)


def _structure(name, where, other, wanted):
    return ValueError(
        f"{name}{where} is {errors.describe(other)}: it must be nested as x is, {wanted}"
    )


_ALONE = ": it returns the gradient alone, nested as x is; where f returns both, jac is True"


def numbers_of(value, name, where):
    """An array-like as an array: sparse matrices, data frames and lists too."""
    value = value.toarray() if hasattr(value, "toarray") else plain(value)
    try:
        array = np.asarray(value)
    except ValueError:  # lists of different lengths
        array = np.asarray(value, dtype=object)
    if array.dtype.kind not in "biuf":
        way_out = _ALONE if name == "jac" else ""
        raise TypeError(f"{name}{where} is {errors.describe(value)}, not real numbers{way_out}")
    return array
