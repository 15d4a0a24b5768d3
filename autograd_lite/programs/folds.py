"""Reductions as a number that takes in one element after the other."""

from dataclasses import dataclass

import numpy as np

from ..symbolic.expressions import Expression
from .formulas import cast, dtype_of
from .layouts import size_of

# The start, and one more: in the dtype of the sum.
FOLDS = {
    np.sum: (0, "plus({0}, {1})"),
    np.mean: (0, "plus({0}, {1})"),
    np.prod: (1, "times({0}, {1})"),
    np.max: (-np.inf, "maximum({0}, {1})"),
    np.min: (np.inf, "minimum({0}, {1})"),
    np.any: (False, "{0} | {1}"),
    np.all: (True, "{0} & {1}"),
    np.vdot: (0, "plus_product({0}, {1}, {2})"),
}
FOLDS[np.amax], FOLDS[np.amin] = FOLDS[np.max], FOLDS[np.min]


def fold_of(step):
    """(operands, axes) of a sum, or None where its arguments are unusual."""
    x = step.args[0]
    if step.func is np.vdot:
        y = step.args[1]
        alike = type(y) is Expression and x.shape == y.shape and x.dtype == y.dtype
        return (step.args, tuple(range(x.ndim))) if alike and x.dtype.kind == "f" else None
    given = dict(zip(("axis",), step.args[1:2]), **step.kwargs)
    if len(step.args) > 2 or given.keys() - {"axis", "keepdims"} or type(x) is not Expression:
        return None
    if dtype_of(x).kind != "f" and step.func not in (np.any, np.all, np.sum):
        return None
    if step.func in (np.any, np.all) and dtype_of(x).kind != "b":
        return None
    axis = given.get("axis")
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if not all(isinstance(a, (int, np.integer)) for a in axes) or (axes and not x.ndim):
        return None  # of a number, NumPy takes the sum along axis -1 too
    return (x,), tuple(int(a) % x.ndim for a in axes)


def summed_in(step):
    """The dtype of a sum on the way: float32 numbers are added up in float64."""
    adds = step.func in (np.sum, np.mean, np.vdot, np.prod)
    return np.dtype(np.float64) if adds and step.dtype == np.float32 else step.dtype


@dataclass(frozen=True, eq=False)
class Fold:
    """A sum, or another reduction, in a nest of loops.

    Numbers of the dtype ``narrow`` are added up in ``within``; ``block`` is the sum of a few of
    them in their own dtype, so that a vector holds as many of them as it can.
    """

    step: Expression
    texts: list
    access: int  # to the result, along the loops
    within: np.dtype
    narrow: np.dtype
    name: str
    block: str

    @property
    def start(self):
        """The reduction of nothing."""
        return FOLDS[self.step.func][0]

    def more(self, is_wide):
        """The line that takes one more element in."""
        name = self.block if is_wide else self.name
        texts = self.texts if is_wide else [cast(t, self.narrow, self.within) for t in self.texts]
        return f"{name} = {FOLDS[self.step.func][1].format(name, *texts)}"

    def joined(self, one, other):
        """Two parts of the reduction in one."""
        text = FOLDS[self.step.func][1]
        return (text if self.step.func is not np.vdot else "plus({0}, {1})").format(one, other)

    def final(self, name):
        """The result."""
        count = size_of(self.step.args[0].shape) // size_of(self.step.shape)
        text = f"{name} / {float(count)}" if self.step.func is np.mean else name
        return cast(text, self.within, self.step.dtype)
