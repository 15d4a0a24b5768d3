"""The Tensor: an array with its node on the tape, everywhere a NumPy array can stand.

The one idea: NumPy's own functions, called with a Tensor, find their derivatives in the
registry through NumPy's protocols. So there is no second namespace to learn.
"""
# mypy: disable-error-code="override,misc,assignment"

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Iterator
from functools import partial
from operator import methodcaller
from typing import TYPE_CHECKING, Any

import numpy as np

from ..messages import errors, other_names, refusals
from ..messages.silence import end_silence, silence
from . import dead_branches, freeing, hooks, tape
from .aliasing import augmented, is_view, rebind, reshape, separate, shows
from .arrays import asarray, differentiable
from .dispatch import dispatch, registry, ufunc_methods
from .modes import current, watched
from .multiple_outputs import continuous, like, part_nodes
from .operators import Operators
from .pickling import from_rows, to_rows
from .shown_arrays import ArrayMethods, GradArray, LeafArray
from .tape import Argument, Leaf, history


class Tensor(Operators, ArrayMethods):
    """An array that remembers how it was computed.

    Parameters
    ----------
    data : array_like
        Numbers of any shape: bool, integer, float or complex; copied. An array of another
        library that speaks NumPy's protocols keeps its type.
    requires_grad : bool
        Whether gradients are wanted. Integers then become float64.
    name : str, optional
        How pictures, derivations and reports call it.
    dtype : optional
        The dtype to convert to.

    Raises
    ------
    TypeError
        For strings, objects and other data that are not numbers.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> y = np.sum(x * x)
    >>> y.backward()
    >>> x.grad
    array([2., 4.])
    """

    __slots__ = ("__weakref__", "_array", "_view", "_views", "node")
    __pandas_priority__ = 10_000  # pandas leaves operators to the Tensor, which says what to write

    @other_names.keywords
    def __init__(
        self, data: Any, requires_grad: bool = False, name: str | None = None, dtype: Any = None
    ) -> None:
        self._array = _numbers(data, dtype, requires_grad)
        self.node = Leaf(self._array, bool(requires_grad))
        self.node.name = errors.checked_name(name)

    # --- what it is -------------------------------------------------------------------

    @property
    def data(self) -> Any:
        """The value, a read-only view. Rebinding it, t.data = v, keeps a leaf the same variable.

        So do ``t.data -= v`` and its like.
        """
        data = self._array
        if type(data) is np.ndarray:
            return LeafArray.of(data, self)
        return data.data_of(self) if hasattr(data, "data_of") else data

    @data.setter
    def data(self, value: Any) -> None:
        if type(value) is LeafArray and value.is_value_of(self):
            return  # t.data -= v has bound it already
        if self.node.op is not None:
            raise refusals.data_of_a_result(self)
        if isinstance(value, Tensor) and value.requires_grad:
            raise refusals.data_on_the_tape(self, value)
        value = _numbers(value, self.dtype, False)
        if value.shape != self.shape:
            raise refusals.data_of_another_shape(self, value)
        separate(self)
        self._array = self.node.out = value

    @property
    def grad(self) -> Any:
        """The accumulated gradient of a leaf, an array of its shape and dtype, or None.

        Of a result it is there after `retain_grad`; without that it raises.
        """
        node = self.node
        if node.op is None:
            return node.grad.view(GradArray) if type(node.grad) is np.ndarray else node.grad
        retained = hooks.retained(node)
        if retained is not None:
            return retained.grad
        raise refusals.gradient_of_a_result(self)

    @grad.setter
    def grad(self, value: Any) -> None:
        if self.node.op is not None:
            if value is None and (retained := hooks.retained(self.node)) is not None:
                retained.grad = None
                return
            raise refusals.gradient_for_a_result(self)
        if isinstance(value, (int, float)) and value == 0:  # p.grad = 0 before the next pass
            value = np.zeros(self.shape)
        if value is not None:
            value = asarray(value)
            if value.dtype != self.dtype:
                value = value.astype(self.dtype)
            if value.shape != self.shape:
                raise refusals.gradient_of_another_shape(self, value)
        self.node.grad = value

    @property
    def requires_grad(self) -> bool:
        """Whether gradients reach this tensor. Can be set on a leaf, to freeze it or to free it."""
        return self.node.requires_grad

    @requires_grad.setter
    def requires_grad(self, on: bool) -> None:
        if self.node.op is not None:
            raise refusals.freezing_of_a_result(self)
        if on:
            self._array = self.node.out = differentiable(self._array)
        self.node.requires_grad = bool(on)

    name: str | None = property(
        lambda self: self.node.name,
        lambda self, name: setattr(self.node, "name", errors.checked_name(name)),
        doc="How pictures, derivations and reports call it, or None.",
    )
    shape: tuple[int, ...] = property(
        lambda self: self._array.shape,
        lambda self, shape: reshape(self, twin(self), shape),
        doc="The sizes of the axes, a tuple. Setting it is ``x = np.reshape(x, shape)``.",
    )
    dtype: np.dtype[Any] = property(
        lambda self: self._array.dtype, doc="The dtype of the elements."
    )
    ndim: int = property(lambda self: self._array.ndim, doc="The number of axes.")
    size: int = property(lambda self: self._array.size, doc="The number of elements.")
    is_leaf: bool = property(lambda self: self.node.op is None, doc="Whether it is no result.")
    itemsize: int = property(lambda self: self._array.itemsize, doc="Bytes of one element.")
    nbytes: int = property(lambda self: self._array.nbytes, doc="Bytes of all elements.")

    def __repr__(self) -> str:
        flags = ", requires_grad=True" if self.requires_grad and self.node.op is None else ""
        if self.node.op is not None:
            flags += f", op={self.node.op.name}"
        if self.name is not None:
            flags += f", name={self.name!r}"
        text = np.array2string(np.asarray(self._array), separator=", ", prefix="Tensor(")
        if self.dtype != np.float64:
            flags = f", dtype={self.dtype}{flags}"
        return f"Tensor({text}{flags})"

    def __format__(self, spec: str) -> str:
        try:
            return format(self._array[()] if self.ndim == 0 else self._array, spec)
        except TypeError:
            raise refusals.format_of_many(self, spec) from None

    # --- off the tape, and only when asked ----------------------------------------------

    def zero_grad(self) -> None:
        """Forget the gradient of a leaf: ``t.grad = None``."""
        self.grad = None

    def retain_grad(self) -> None:
        """Keep the gradient of a result too, from the next backward pass on, in ``.grad``."""
        if self.node.op is not None and hooks.retained(self.node) is None:
            self.register_hook(hooks.Retained())

    def detach(self) -> Tensor:
        """The same value as a constant: nothing flows back through it."""
        return constant(self._array)

    def numpy(self) -> np.ndarray[Any, Any]:
        """The value as a plain array, off the tape. It is read-only: copy it to write into it."""
        return np.asarray(self.data)

    def item(self) -> Any:
        """The value of a tensor of one element as a Python number, off the tape."""
        if self.size != 1:
            raise refusals.item_of_many(self)
        self._stay("item")
        return self._array.item()

    def tolist(self) -> Any:
        """The value as nested Python lists, off the tape."""
        self._stay("tolist")
        return self._array.tolist()

    def _stay(self, method):
        """Refuse what an array has too: a rule that says it means no constant."""
        if self.requires_grad and (rule := current().rule) is not None:
            raise errors.left_in_rule(rule, self, method)

    if not TYPE_CHECKING:  # to checkers it is that of a scalar: operators.py

        def __array__(self, dtype=None, copy=None):
            if self.requires_grad:
                raise refusals.conversion_to_an_array(self)
            return np.array(self.data, dtype=dtype, copy=copy)

    def _to_python(self, kind):
        if self.requires_grad:
            raise refusals.conversion_to_a_number(self, kind)
        return kind(self._array)

    def __float__(self) -> float:
        return self._to_python(float)

    def __int__(self) -> int:
        return self._to_python(int)

    def __complex__(self) -> complex:
        return self._to_python(complex)

    def __index__(self) -> int:
        try:
            return operator.index(self._array)
        except TypeError:
            raise refusals.no_integer(self) from None

    def __bool__(self) -> bool:
        try:
            return bool(self._array)
        except ValueError:
            raise refusals.truth_of_many(self) from None

    def __len__(self) -> int:
        return len(self._array)

    def reshape(self, *shape: Any, order: str = "C", copy: bool | None = None) -> Tensor:
        """The elements in another shape: ``t.reshape(2, 3)`` or ``t.reshape((2, 3))``."""
        shape = shape[0] if len(shape) == 1 else shape
        return registry[np.reshape](self, shape, order, copy)

    def flatten(self, order: Any = "C") -> Tensor:
        """All elements in one axis, a copy."""
        elements: Any = np.ravel(self, order=order)
        return elements.copy() if elements is self or is_view(elements) else elements

    def astype(
        self,
        dtype: Any,
        order: str = "K",
        casting: Any = "unsafe",
        subok: bool = True,
        copy: bool = True,
    ) -> Tensor:
        """The same values in another dtype, on the tape; the tensor itself where it may be."""
        if not np.can_cast(self.dtype, dtype, casting):
            raise TypeError(f"cannot cast {errors.describe(self)} to {dtype} with {casting=}")
        if not copy and np.dtype(dtype) == self.dtype:
            return self
        return registry["astype"](self, dtype)

    def copy(self, order: str = "C") -> Tensor:
        """The same values in new memory, on the tape."""
        flags = getattr(self._array, "flags", None)
        if order == "C" or (order in "KA" and getattr(flags, "c_contiguous", True)):
            return registry["alias"](self)
        return registry["alias"](self, order=order)

    def view(self, *others: Any) -> Tensor:
        """All elements, as NumPy's view(): what is written into it is written here."""
        if others:
            given = ", ".join(map(str, others))
            raise refusals.view_of_another_dtype(self, given)
        return self[...]

    def __iter__(self) -> Iterator[Tensor]:
        if self.ndim == 0:
            raise TypeError(f"{errors.describe(self)} has no axis to iterate over")
        return (self[i] for i in range(len(self)))

    def __contains__(self, value: Any) -> bool:
        return plain(value) in self._array

    def __getitem__(self, index: Any) -> Tensor:
        return registry["getitem"](self, index=index)

    def __setitem__(self, index: Any, value: Any) -> None:
        """A new value, and this tensor is bound to it: what was computed from the old one stays."""
        if isinstance(value, Tensor) and shows(value, self, index):
            return  # x[i] += v has changed x through x[i]
        index = plain(index)
        self._rebind(registry["setitem"](self, value, index=index), index=index)

    def __delitem__(self, index: Any) -> None:
        raise refusals.deletion(self)

    def _rebind(self, other, what="x[i] = v", index=...):
        """Become another tensor, or a constant, under the same name; new is what is at index."""
        other = twin(other) if isinstance(other, Tensor) else constant(asarray(other))
        rebind(self, other, what, index)

    _augmented = augmented

    def __copy__(self):
        """A copy on the tape; of a leaf that is no argument of a function, another variable."""
        if self.node.op is not None or isinstance(self.node, Argument):
            return self.copy("K")
        node = copy.copy(self.node)
        node.grad = copy.copy(node.grad)
        return wrap(self._array, node)

    def __deepcopy__(self, memo):
        """A copy with a history of its own; of an argument of a function, one on its tape."""
        if any(isinstance(node, Argument) for node in history(self.node)):
            return self.copy("K")
        make, parts = self.__reduce__()
        return make(*copy.deepcopy(parts, memo))

    def __reduce__(self):
        return _unpickled, (to_rows(self.node), self._array)

    # --- NumPy's protocols ----------------------------------------------------------------

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        try:
            if method == "__call__" and not kwargs:
                answer = registry.get(ufunc)
                return dispatch(ufunc, inputs, kwargs) if answer is None else answer(*inputs)
            return ufunc_methods[method](ufunc, inputs, kwargs)
        except Exception as error:
            errors.alone(error)
            raise

    def __array_function__(self, func, types, args, kwargs):
        try:
            answer = None if "out" in kwargs else registry.get(func)
            return dispatch(func, args, kwargs) if answer is None else answer(*args, **kwargs)
        except Exception as error:
            errors.alone(error)
            raise

    # --- gradients ------------------------------------------------------------------------

    @other_names.keywords
    def backward(self, gradient: Any = None, keep_tape: bool = True) -> None:
        """Add the gradient of this tensor to ``.grad`` of every leaf it was computed from.

        Parameters
        ----------
        gradient : array_like, optional
            The cotangent to start from, of this tensor's shape; 1 for a scalar.
        keep_tape : bool
            Whether the tape can be used again. Without it every call is freed as soon as the
            pass has left it, values and all: for a training loop that is short of memory.

        Raises
        ------
        ValueError
            On a constant, on a tensor of more than one element without ``gradient``,
            for a gradient of another shape (nothing is broadcast), and on a freed tape.
        """
        if not self.node.requires_grad:
            raise refusals.backward_on_a_constant(self)
        gradient = None if gradient is None else plain(gradient)
        seeds = {self.node: seed_of(self, gradient)}
        leaves = backward_pass(seeds, (), keep=keep_tape)
        given = {id(gradient)}
        for leaf, g in leaves.items():
            g = own(g, given)
            leaf.grad = g if leaf.grad is None else asarray(leaf.grad + g)

    def register_hook(self, f: Callable[[Any], Any]) -> hooks.Hook:
        """Observe or replace the gradient of this tensor, a leaf or not, in every backward pass.

        Parameters
        ----------
        f : callable
            ``f(g)`` gets the total gradient, a copy (a Tensor where the backward pass is
            recorded), before it goes on to what this tensor was computed from, to ``.grad``
            or to the caller. What it returns takes its place; None keeps it.

        Returns
        -------
        Hook
            Its ``remove()`` ends it, and so does leaving a ``with`` block over it.

        Raises
        ------
        ValueError
            On a constant. In the backward pass, when what f returns has another shape.

        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> with x.register_hook(lambda g: np.clip(g, -1, 1)):
        ...     np.sum(x * x).backward()
        >>> x.grad
        array([1., 1.])
        """
        if not self.requires_grad:
            raise refusals.hook_on_a_constant(self)
        return hooks.Hook(self.node, f)


# With a __getattr__ in their place each reading of an attribute would take 36 ns, not 7.
_others = other_names.of_tensors().items()
other_names.leave_out(Tensor, {name: line for name, line in _others if not hasattr(Tensor, name)})


def constant(data):
    """A tensor that requires no gradient, of data that may be shared."""
    return wrap(data, Leaf(data))


def wrap(data, node):
    """The tensor of a value and its node; nothing is checked or copied."""
    tensor = object.__new__(Tensor)
    tensor._array = data
    tensor.node = node
    return tensor


def twin(tensor):
    """The same value and node; an assignment to it leaves the given tensor as it is."""
    other = object.__new__(Tensor)
    other._array, other.node = tensor._array, tensor.node
    return other


def several(results, node):
    """The results of a recorded call as tensors, in the type of tuple that they came in."""
    nodes = part_nodes(results, node)
    tensors = map(wrap, results, nodes)
    return like(results, [t if continuous(r) else r for r, t in zip(results, tensors)])


def _unpickled(rows, data):
    return wrap(data, from_rows(rows))


def plain(value):
    """The value of a tensor; lists, tuples and slices of tensors too; anything else as it is."""
    if type(value) is np.ndarray or value is None:
        return value
    if isinstance(value, Tensor):
        return value._array
    if type(value) in (list, tuple):
        return type(value)(map(plain, value))
    if type(value) is slice:
        return slice(plain(value.start), plain(value.stop), plain(value.step))
    return value


_ATOMS = frozenset({int, float, complex, bool, str, type(None), type(Ellipsis)})


def is_plain(value):
    """Whether a value is made of numbers, slices and tuples alone: nobody can change it."""
    for part in value if type(value) is tuple else (value,):
        kind = type(part)
        if kind is slice:
            if not {type(part.start), type(part.stop), type(part.step)} <= _ATOMS:
                return False
        elif kind not in _ATOMS and (kind is not tuple or not is_plain(part)):
            return False
    return True


def _numbers(data, dtype, requires_grad):
    """Data as an array of numbers that nobody else writes into."""
    errors.refuse_foreign("a Tensor", data)
    ours = (np.ndarray, np.generic, Tensor, registry["flat"])
    foreign = hasattr(data, "__array_function__") and not isinstance(data, ours)
    array = data.copy() if foreign else np.array(data)
    given = array.dtype if dtype is None else np.dtype(dtype)
    for kind in (array.dtype, given):
        if kind.kind not in "biufc":
            raise refusals.data_of_no_numbers(data, kind)
    if array.dtype != given:
        array = array.astype(given)
    return differentiable(array) if requires_grad else array


# --- gradients --------------------------------------------------------------------------------


def seed_of(output, gradient):
    """The seed of a backward pass: what was given, checked, or 1 for a scalar."""
    if gradient is None:
        if output._array.size != 1:
            raise refusals.gradient_of_many(output)
        return unit_seed(output)
    gradient = gradient if isinstance(gradient, Tensor) else asarray(gradient)
    if gradient.shape != output.shape:
        raise refusals.misfit_of_a_seed(output, gradient)
    return gradient if gradient.dtype == output.dtype else gradient.astype(output.dtype)


def unit_seed(output):
    """The seed of one number: 1."""
    one = output._array
    return type(one)(1) if isinstance(one, np.generic) else np.ones_like(one)[()]


def backward_pass(seeds, targets, create_graph=False, hooked=True, keep=True):
    """`tape.backward_pass` on arrays or, with create_graph, on tensors.

    A zero cotangent times an infinite or undefined derivative is nan in floating point and
    zero in mathematics: nothing comes through the branch of a ``where`` that was not taken.
    That case is rare, so the pass first runs without a thought of it; only if a nan arrives
    is it run again, carefully. (A nan in a cotangent cannot turn into a number on the way.
    In a hook it can, and a hook is called once: with hooks the first pass is careful.)
    A pass that only looks, for a picture or a comparison, is not ``hooked``.
    """
    step = None
    if create_graph:
        step, seeds = recorded_step, {node: _as_tensor(g) for node, g in seeds.items()}
    token = silence()
    try:
        if not keep or current().watchers or (hooked and hooks.alive.data):
            return _other_pass(seeds, targets, step, hooked, keep)
        found = tape.backward_pass(seeds, targets, None, step, ends=(ends := {}))
        is_sick = dead_branches.needs_care(found, ends)
        return _careful_pass(seeds, targets, step) if is_sick else found
    finally:
        end_silence(token)


def _other_pass(seeds, targets, step, hooked, keep):
    """A pass with hooks, one that somebody watches, or one that frees the tape."""
    carefully = partial(_careful_pass, seeds, targets, step, None if keep else methodcaller("free"))
    if hooked and hooks.alive.data:
        convert = _as_tensor if step is not None else lambda g: asarray(plain(g))
        return hooks.backward_pass(carefully, targets, convert)
    if keep or current().watchers:
        return carefully()
    return freeing.backward_pass(seeds, targets, carefully)


def _careful_pass(seeds, targets, step, leave=None, arrive=None):
    """One with no nan out of dead branches; who watches sees every step, and plain cotangents."""
    if current().watchers:
        run = watched("backward_pass", tape.backward_pass)
        return run(seeds, targets, arrive, step, careful=True, leave=leave)
    return dead_branches.backward_pass(seeds, targets, arrive, step and _lifted, leave)


def _as_tensor(g):
    return g if isinstance(g, Tensor) else constant(asarray(g))


def recorded_step(node, g, careful):
    """One step back on tensors, so that what a rule does with them is recorded."""
    out, args = _lifted(node)
    return node.op.cotangents(g, out, args, node.kwargs, node.parents, careful)


def _lifted(node):
    """The result and the arguments of a recorded call as tensors."""
    out, args = node.values()
    return _lift(out, node), list(map(_lift, args, node.parents))


def _lift(value, parent):
    """A recorded value as a tensor again."""
    if parent is None:
        return value
    if type(parent) is tuple:
        return [_lift(v, p) for v, p in zip(value, parent, strict=True)]
    if isinstance(value, tuple):
        return several(value, parent)
    return wrap(value, parent)


def own(g, given):
    """A gradient as an array of its own, so that the user may write into it.

    Inside the engine gradients share memory. ``given`` holds the ids of the arrays handed
    out already: those are copied, and so are views.
    """
    g = g if type(g) is np.ndarray else asarray(g)
    if g.base is not None or id(g) in given:
        g = g.copy()
    given.add(id(g))
    return g
