"""`scan`: a loop that carries values from step to step, as one call."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.tensor import Tensor, plain
from ..messages import errors
from . import trees
from .function_call import check_function
from .loops import Loop

_ARRAYS = (Tensor, np.ndarray, np.generic)
_NUMBERS = (bool, int, float, complex)


def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    *,
    record_steps: bool = False,
) -> tuple[Any, Any]:
    """A loop that carries values from step to step: one node on the tape, one loop in a program.

    It computes ::

        carry, ys = init, []
        for x in xs:
            carry, y = f(carry, x)
            ys.append(y)
        return carry, np.stack(ys)

    Gradients of any order are those of the loop; those of tensors that ``f`` uses from around
    itself, such as weights, too. The tape keeps what is carried into every step, and the backward
    pass runs each step again, the last one first.

    Parameters
    ----------
    f : callable
        ``f(carry, x) -> (carry, y)``, where what is carried keeps its structure, shapes and
        dtypes. It must return the same when it is run again, as for `checkpoint`.
    init : tree
        What the first step is given: arrays, tensors and numbers in nested dicts, lists and
        tuples.
    xs : tree of arrays, optional
        What is looped over, along the first axis of each; every step gets one row of each. None
        gives None to every step.
    length : int, optional
        The number of steps, needed where there are no ``xs``.
    reverse : bool
        Whether the last row comes first; ``ys[i]`` is that of ``xs[i]`` still.
    record_steps : bool
        Whether the calls of every step are on the tape, and no node of the loop: `draw`,
        `derive` and `compare` see them, and no step is run again, for the memory of all of them.
        A program of `compile` has one loop all the same.

    Returns
    -------
    carry : tree
        What the last step returned.
    ys : tree
        What the steps returned second, stacked along a new first axis.

    Raises
    ------
    TypeError
        When what is carried changes its shape or dtype, ``f`` returns no pair, or something other
        than arrays is looped over.
    ValueError
        When structures change, or the lengths of ``xs`` and ``length`` do not agree.

    Notes
    -----
    Arguments and results are those of JAX's ``jax.lax.scan``, but for ``record_steps``.

    >>> total, sums = scan(lambda c, x: (c + x, c + x), 0.0, np.array([1.0, 2.0, 3.0]))
    >>> sums
    array([1., 3., 6.])
    """
    check_function(f)
    step = _Step(f, init, xs)
    loop = Loop(step, _length(step.rows, length), bool(reverse), step.name)
    try:
        return step.built(*(loop.recorded if record_steps else loop)(step.carry, step.rows))
    except Exception as error:
        errors.alone(error)
        raise


class _Step:
    """f of flat lists, that checks what f returns.

    Attributes
    ----------
    carry, rows
        The leaves of ``init`` and ``xs``.
    names
        What f calls them.
    """

    def __init__(self, f, init, xs):
        self.f = f
        self.init = init
        name = getattr(f, "__name__", "")
        self.name = f"scan_{name}" if name.isidentifier() and name != "step" else "scan"
        self.carry, self._build_carry = trees.flatten(init)
        self.rows, self._build_row = trees.flatten(xs)
        self.paths = _paths(init, "carry")
        first, second = _parameters(f)
        self.names = [*_paths(init, first), *_paths(xs, second)]
        for path, leaf in zip(self.paths, self.carry, strict=True):
            _check_leaf(path.replace("carry", "init", 1), leaf)
        for path, leaf in zip(_paths(xs, "xs"), self.rows, strict=True):
            _check_rows(path, leaf)
        self._y = None  # what the first step returned second

    def __call__(self, carry, row):
        """The leaves of what is carried on, and of what is stacked."""
        result = self.f(self._build_carry(carry), self._build_row(row))
        if type(result) not in (tuple, list) or len(result) != 2:
            raise errors.told(
                TypeError,
                f"{self._called()} returned {errors.describe(result)}: the step of a scan returns "
                "two things, (carry, y); y is None where nothing is stacked",
            )
        new, y = result
        return self._carried(carry, new), self._stacked(y)

    def _called(self):
        return getattr(self.f, "__name__", "the step")

    def _carried(self, carry, new):
        try:
            leaves = trees.matching(self.init, new)
        except ValueError as error:
            raise errors.told(
                ValueError,
                f"{self._called()} returned another carry than it was given: {error}. What is "
                "carried keeps its structure from step to step",
            ) from None
        leaves = list(map(_array, leaves))
        for path, before, after in zip(self.paths, carry, leaves, strict=True):
            if before is not after and not (type(before) in _NUMBERS and np.shape(after) == ()):
                self._check_kept(path, _array(before), after)
        return leaves

    def _check_kept(self, path, before, after):
        if not _is_array(after):
            raise errors.told(
                TypeError,
                f"{self._called()} returned {errors.describe(after)} as {path}: what is carried is "
                "an array or a number",
            )
        if before.shape == after.shape and before.dtype == after.dtype:
            return
        one, two = _kind(before), _kind(after)
        init = path.replace("carry", "init", 1)
        if before.shape == after.shape:
            line = (
                f"start with {init}.astype(np.{after.dtype}), or return .astype(np.{before.dtype})"
            )
        else:
            line = f"start with {init} of shape {after.shape}, or return shape {before.shape}"
        raise errors.told(
            TypeError,
            f"{self._called()} was given {path} as {one}, and returned it as {two}: what is "
            f"carried keeps its shape and dtype from step to step; {line}",
        )

    def _stacked(self, y):
        leaves, build = trees.flatten(y)
        if self._y is None:
            self._y, self._build_y = y, build
        elif leaves or self._y is not None:
            try:
                leaves = trees.matching(self._y, y)
            except ValueError as error:
                raise errors.told(
                    ValueError,
                    f"{self._called()} returned another y than in the first step: {error}. What "
                    "is stacked has one structure",
                ) from None
        for leaf in leaves:
            if type(leaf) not in _NUMBERS and not _is_array(leaf):
                raise errors.told(
                    TypeError,
                    f"{self._called()} returned {errors.describe(leaf)} in y: what is stacked are "
                    "arrays and numbers",
                )
        return list(map(_array, leaves))

    def built(self, carry, ys):
        """The trees of the final carry and of what was stacked."""
        return self._build_carry(carry), self._build_y(ys)


def _parameters(f):
    """What a step calls what is carried, and a row."""
    try:
        first, second, *_ = inspect.signature(f).parameters
    except (TypeError, ValueError):
        return "carry", "x"
    return first, second if second.strip("_") else "x"


def _array(leaf):
    """A number as NumPy's."""
    return np.asarray(leaf)[()] if type(leaf) in _NUMBERS else leaf


def _is_array(leaf):
    return isinstance(leaf, _ARRAYS) or hasattr(leaf, "__array_function__")


def _kind(x):
    return f"an array of shape {x.shape}, {x.dtype}" if x.shape else f"a number, {x.dtype}"


def _paths(tree, where):
    """Where the leaves of a tree stand, in order."""
    if tree is None:
        return []
    if isinstance(tree, dict):
        return [p for key, part in tree.items() for p in _paths(part, f"{where}[{key!r}]")]
    if isinstance(tree, (list, tuple)):
        return [p for i, part in enumerate(tree) for p in _paths(part, f"{where}[{i}]")]
    return [where]


def _check_leaf(path, leaf):
    if type(leaf) in _NUMBERS:
        return
    errors.refuse_foreign("scan", leaf)
    if not _is_array(leaf) or plain(leaf).dtype.kind not in "biufc":
        raise errors.told(
            TypeError,
            f"{path} is {errors.describe(leaf)}: a scan carries arrays and numbers; what does not "
            "change from step to step, f can take from around itself",
        )


def _check_rows(path, leaf):
    _check_leaf(path, leaf)
    if not np.ndim(plain(leaf)):
        raise errors.told(
            TypeError,
            f"{path} is {errors.describe(leaf)}, which has no axis to loop over: a list in xs is a "
            "tree, so write np.array([...]) for a list of numbers",
        )


def _length(rows, length):
    """The number of steps."""
    lengths = {leaf.shape[0] for leaf in rows}
    if length is not None:
        lengths.add(operator.index(length))
    if not lengths:
        raise errors.told(
            ValueError, "scan was given neither xs nor length=: it needs one to know how many steps"
        )
    if len(lengths) > 1:
        given = f", and length={length}" if length is not None else ""
        shapes = ", ".join(str(leaf.shape) for leaf in rows)
        raise errors.told(
            ValueError,
            f"scan loops over the first axis of xs, of shapes {shapes}{given}: all must be of one "
            "length",
        )
    (found,) = lengths
    if found < 0:
        raise errors.told(ValueError, f"length={found}: the number of steps is not negative")
    return found
