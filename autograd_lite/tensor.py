"""The Tensor: an array with its node on the tape, everywhere a NumPy array can stand.

The one idea: NumPy's own functions, called with a Tensor, find their derivatives in the
registry through NumPy's protocols. So there is no second namespace to learn.
"""

from __future__ import annotations

import copy
import operator

import numpy as np

from . import errors, hooks
from .arrays import asarray
from .assignment import is_view, rebind, reshape, separate
from .dispatch import dispatch, registry, ufunc_methods
from .faces import Data, data_of, gradient_of
from .flat import Flat
from .operators import Operators
from .pickling import from_rows, refuse_hooks, to_rows
from .results import Parts, continuous, like, part_nodes
from .tape import Argument, Leaf, pullback


class Tensor(Operators):
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

    def __init__(self, data, requires_grad=False, name: str | None = None, dtype=None):
        self._array = _numbers(data, dtype, requires_grad)
        self.node = Leaf(self._array, bool(requires_grad))
        self.node.name = name

    # --- what it is -------------------------------------------------------------------

    @property
    def data(self):
        """The value, a read-only view; t.data = v and t.data -= v keep a leaf the same variable."""
        return data_of(self, self._array)

    @data.setter
    def data(self, value):
        if type(value) is Data and value.shown is self._array:  # t.data -= v has changed it
            return
        if self.node.op is not None:
            raise ValueError(
                f"only a leaf's data can be rebound, and {errors.describe(self)} is the result "
                f"of {self.node.op.name}: use detach() for a leaf with the same value"
            )
        value = _numbers(value, self.dtype, False)
        if value.shape != self.shape:
            raise ValueError(
                f"the data of {errors.describe(self)} cannot become an array of shape "
                f"{value.shape}: a variable keeps its shape; make a new Tensor instead"
            )
        separate(self)
        self._array = self.node.out = value

    @property
    def grad(self):
        """The accumulated gradient of a leaf, an array of its shape and dtype, or None.

        A result has one after `retain_grad`; of others reading it raises, with the way out.
        """
        if self.node.op is None:
            return gradient_of(self.node.grad)
        retained = hooks.retained(self.node)
        if retained is None:
            raise ValueError(
                f"{errors.describe(self)} is the result of {self.node.op.name}, and only leaves "
                "keep a gradient. To update a parameter w write w.data = w.data - rate * w.grad: "
                "w = w - rate * w.grad makes a result of it. To see the gradient of a result call "
                "t.retain_grad() before backward(), or ag.gradients(output, [t])"
            )
        return gradient_of(retained.grad)

    @grad.setter
    def grad(self, value):
        if self.node.op is not None and value is None and hooks.retained(self.node):
            hooks.retained(self.node).grad = None
            return
        if self.node.op is not None:
            raise ValueError(
                f"only leaves keep a gradient, and {errors.describe(self)} is the result of "
                f"{self.node.op.name}: use gradients(output, [tensor])"
            )
        if value is not None:
            value = asarray(value)
            if value.dtype != self.dtype:
                value = value.astype(self.dtype)
            if value.shape != self.shape:
                raise ValueError(
                    f"a gradient of shape {value.shape} does not fit {errors.describe(self)}"
                )
        self.node.grad = value

    @property
    def requires_grad(self) -> bool:
        """Whether gradients reach this tensor. Can be set on a leaf, to freeze it or to free it."""
        return self.node.requires_grad

    @requires_grad.setter
    def requires_grad(self, on):
        if self.node.op is not None:
            raise ValueError(
                f"requires_grad can be set on leaves only, and {errors.describe(self)} is the "
                f"result of {self.node.op.name}: use detach() for a constant"
            )
        if on:
            self._array = self.node.out = _differentiable(self._array)
        self.node.requires_grad = bool(on)

    name = property(
        lambda self: self.node.name,
        lambda self, name: setattr(self.node, "name", name),
        doc="How pictures, derivations and reports call it, or None.",
    )
    shape = property(
        lambda self: self._array.shape,
        lambda self, shape: self._reshape(shape),
        doc="The sizes of the axes, a tuple. Setting it is ``x = np.reshape(x, shape)``.",
    )
    dtype = property(lambda self: self._array.dtype, doc="The dtype of the elements.")
    ndim = property(lambda self: self._array.ndim, doc="The number of axes.")
    size = property(lambda self: self._array.size, doc="The number of elements.")
    itemsize = property(lambda self: self._array.itemsize, doc="Bytes of one element.")
    nbytes = property(lambda self: self._array.nbytes, doc="Bytes of all elements.")
    T = property(lambda self: np.transpose(self), doc="The axes reversed.")
    mT = property(lambda self: np.matrix_transpose(self), doc="The last two axes swapped.")
    flat = property(
        lambda self: Flat(self),
        lambda self, values: operator.setitem(Flat(self), slice(None), values),
        doc="All elements in one axis, to iterate over, to read and to write.",
    )
    real = property(
        lambda self: np.real(self),
        lambda self, values: operator.setitem(self.real, ..., values),
        doc="The real part.",
    )
    imag = property(
        lambda self: np.imag(self),
        lambda self, values: operator.setitem(self.imag, ..., values),
        doc="The imaginary part, 0 of a real tensor.",
    )

    def __repr__(self):
        flags = ", requires_grad=True" if self.requires_grad and self.node.op is None else ""
        if self.node.op is not None:
            flags += f", op={self.node.op.name}"
        if self.name is not None:
            flags += f", name={self.name!r}"
        text = np.array2string(np.asarray(self._array), separator=", ", prefix="Tensor(")
        if self.dtype != np.float64:
            flags = f", dtype={self.dtype}{flags}"
        return f"Tensor({text}{flags})"

    def __format__(self, spec):
        return format(self._array[()] if self.ndim == 0 else self._array, spec)

    # --- off the tape, and only when asked ----------------------------------------------

    def detach(self) -> Tensor:
        """The same value as a constant: nothing flows back through it."""
        return constant(self._array)

    def numpy(self) -> np.ndarray:
        """The value as a plain array, off the tape. It is read-only: copy it to write into it."""
        return np.asarray(self.data)

    def item(self):
        """The value of a tensor of one element as a Python number, off the tape."""
        return self._array.item()

    def tolist(self):
        """The value as nested Python lists, off the tape."""
        return self._array.tolist()

    def __array__(self, dtype=None, copy=None):
        if self.requires_grad:
            raise TypeError(
                f"{errors.STORED}Here it is {errors.describe(self)}. Stay on the tape with "
                "ag.array([...]), ag.r_[...], np.stack([...]), np.concatenate([...]), "
                "np.where(mask, t, array), or a tensor to fill, x = ag.zeros(...); x[i] = t. "
                f"Leave it on purpose with t.numpy() or t.detach().{errors.where_scipy_is()}"
            )
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def _to_python(self, kind):
        if self.requires_grad:
            raise TypeError(
                f"{kind.__name__}() of {errors.describe(self)}, or storing it into a NumPy array, "
                "would take it off the tape in silence: use np.stack([...]), np.where, or a tensor "
                "to fill, x = ag.zeros(...), to stay on it, and t.item() to leave it on purpose"
            )
        return kind(self._array)

    def __float__(self):
        return self._to_python(float)

    def __int__(self):
        return self._to_python(int)

    def __complex__(self):
        return self._to_python(complex)

    def __index__(self):
        return operator.index(self._array)

    def __bool__(self):
        return bool(self._array)

    def __len__(self):
        return len(self._array)

    def reshape(self, *shape, order="C", copy=None):
        """The elements in another shape: ``t.reshape(2, 3)`` or ``t.reshape((2, 3))``."""
        shape = shape[0] if len(shape) == 1 else shape
        return registry[np.reshape](self, shape, order, copy)

    def view(self, *args, **kwargs):
        """The same elements: what is stored into it is stored into this tensor."""
        if args or kwargs:
            raise errors.refused("view", kwargs)
        return self[...]

    def transpose(self, *axes):
        """The axes in another order, reversed by default."""
        return np.transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def flatten(self, order="C"):
        """All elements in one axis, in new memory."""
        flat = np.ravel(self, order=order)
        return flat.copy() if flat is self or is_view(flat) else flat

    def astype(self, dtype, order="K", casting="unsafe", subok=True, copy=True):
        """The same values in another dtype, on the tape; in new memory unless told not to."""
        if not np.can_cast(self.dtype, dtype, casting):
            raise TypeError(f"cannot cast {errors.describe(self)} to {dtype} with {casting=}")
        if not copy and self.dtype == dtype:
            return self
        return registry["astype"](self, dtype)

    def copy(self, order="C"):
        """The same values in new memory, on the tape."""
        flags = getattr(self._array, "flags", None)
        if order == "C" or (order in "KA" and getattr(flags, "c_contiguous", True)):
            return registry["alias"](self)
        return registry["alias"](self, order=order)

    def conj(self):
        """The complex conjugate; a real tensor itself, as of an array."""
        return np.conj(self) if self.dtype.kind == "c" else self

    conjugate = conj

    def __iter__(self):
        if self.ndim == 0:
            raise TypeError(f"{errors.describe(self)} has no axis to iterate over")
        return (self[i] for i in range(len(self)))

    def __contains__(self, value):
        return plain(value) in self._array

    def __getitem__(self, index):
        return registry["getitem"](self, index=index if is_plain(index) else plain(index))

    def __setitem__(self, index, value):
        """A new value, and this tensor is bound to it: what was computed from the old one stays."""
        if _is_part(value, self, index):  # x[i] += v has stored it
            return
        index = plain(index)
        self._rebind(registry["setitem"](self, value, index=index), index=index)

    def fill(self, value):
        """Every element becomes this number or scalar tensor."""
        self[...] = value

    def compress(self, condition, axis=None):
        """The slices along an axis, or the elements, where a condition holds."""
        return np.compress(condition, self, axis)

    def put(self, indices, values, mode="raise"):
        """Store values at positions in the flattened tensor: np.put."""
        np.put(self, indices, values, mode)

    def _reshape(self, shape):
        whole = twin(self)
        reshape(self, whole, np.reshape(whole, shape))

    def _rebind(self, other, what="x[i] = v", index=...):
        """Become another tensor, or a constant, under the same name; new is what is at index."""
        other = twin(other) if isinstance(other, Tensor) else constant(asarray(other))
        rebind(self, other, what, index)

    def __copy__(self):
        """A result or an argument is copied on the tape; a leaf becomes a new one of that value."""
        if self.node.op is not None or type(self.node) is Argument:
            return self.copy("K")
        node = copy.copy(self.node)
        node.grad = copy.copy(node.grad)
        return wrap(self._array, node)

    def __deepcopy__(self, memo):
        if self.node.op is None and type(self.node) is not Argument:
            refuse_hooks([self.node])
        return self.__copy__()

    def __reduce__(self):
        return _unpickled, (to_rows(self.node), self._array)

    # --- NumPy's protocols ----------------------------------------------------------------

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if method == "__call__" and not kwargs:
            return dispatch(ufunc, inputs, kwargs)
        return ufunc_methods[method](ufunc, inputs, kwargs)

    def __array_function__(self, func, types, args, kwargs):
        return dispatch(func, args, kwargs)

    # --- gradients ------------------------------------------------------------------------

    def backward(self, gradient=None, keep_tape: bool = True) -> None:
        """Add the gradient of this tensor to ``.grad`` of every leaf it was computed from.

        Parameters
        ----------
        gradient : array_like, optional
            The cotangent to start from, of this tensor's shape; 1 for a scalar.
        keep_tape : bool
            Whether the tape can be used again. Without it every call is freed as soon as the
            walk has passed it, values and all: for a training loop that is short of memory.

        Raises
        ------
        ValueError
            On a constant, on a tensor of more than one element without ``gradient``,
            for a gradient of another shape (nothing is broadcast), and on a freed tape.
        """
        if not self.requires_grad:
            raise ValueError(
                f"backward() on a constant: {errors.describe(self)} does not depend on any tensor "
                "with requires_grad=True, or was computed inside no_grad()"
            )
        gradient = plain(gradient)
        starts = {self.node: initial_cotangent(self, gradient)}
        leaves = walk_back(starts, (), keep=keep_tape)
        given = {id(gradient)}
        for leaf, g in leaves.items():
            g = own(g, given)
            leaf.grad = g if leaf.grad is None else asarray(leaf.grad + g)

    def zero_grad(self) -> None:
        """Forget the gradient, as ``t.grad = None`` does."""
        self.grad = None

    def retain_grad(self) -> None:
        """Keep the gradient of this result in ``.grad`` too, in each later ``backward()``.

        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> h = x * x
        >>> h.retain_grad()
        >>> np.sum(3 * h).backward()
        >>> h.grad
        array([3., 3.])
        """
        if not self.requires_grad:
            raise ValueError(
                f"retain_grad() on a constant: no gradient reaches {errors.describe(self)}; "
                "create it with requires_grad=True before it is used"
            )
        if self.node.op is not None and hooks.retained(self.node) is None:
            hooks.Retained(self.node)

    def register_hook(self, f) -> hooks.Hook:
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
            raise ValueError(
                f"a hook on a constant: no gradient reaches {errors.describe(self)}; "
                "create it with requires_grad=True before it is used"
            )
        return hooks.Hook(self.node, f)


def _is_part(value, tensor, index):
    """Whether a value is what x[index] shows already."""
    view = getattr(value, "_view", None) if isinstance(value, Tensor) else None
    return view is not None and view.whole is tensor and view.kwargs.get("index", value) is index


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
    return wrap(tensor._array, tensor.node)


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
    kind = type(value)
    if kind in _ATOMS:
        return True
    if kind is slice:
        return is_plain((value.start, value.stop, value.step))
    return kind is tuple and all(map(is_plain, value))


def _numbers(data, dtype, requires_grad):
    """Data as an array of numbers that nobody else writes into."""
    ours = (np.ndarray, np.generic, Tensor, Flat)
    foreign = hasattr(data, "__array_function__") and not isinstance(data, ours)
    array = data.copy() if foreign else np.array(data)
    given = array.dtype if dtype is None else np.dtype(dtype)
    for kind in (array.dtype, given):
        if kind.kind not in "biufc":
            raise TypeError(
                f"a Tensor holds numbers, and {errors.describe(data)} gives an array of dtype "
                f"{kind}: convert it to numbers first"
            )
    if array.dtype != given:
        array = array.astype(given)
    return _differentiable(array) if requires_grad else array


def _differentiable(array):
    """Integers have no derivative: they become float64."""
    return array if array.dtype.kind in "fc" else array.astype(np.float64)


# --- gradients --------------------------------------------------------------------------------


def initial_cotangent(output, gradient):
    """The cotangent a walk starts from: what was given, checked, or 1 for a scalar."""
    if gradient is None:
        if output.size != 1:
            raise ValueError(
                f"{errors.describe(output)} is not a scalar, so its gradient needs a cotangent: "
                f"reduce it (np.sum, np.mean), or pass an array of shape {output.shape}"
            )
        one = output._array
        return type(one)(1) if isinstance(one, np.generic) else np.ones_like(one)[()]
    if not isinstance(gradient, Tensor):
        gradient = asarray(gradient)
    if gradient.shape != output.shape:
        raise ValueError(
            f"a cotangent of shape {gradient.shape} does not fit {errors.describe(output)}: "
            "shapes must be equal, nothing is broadcast"
        )
    return gradient if gradient.dtype == output.dtype else gradient.astype(output.dtype)


def cotangents(output, targets, gradient, create_graph=False, hooked=True):
    """The table of cotangents of a walk from one tensor; see `walk_back`."""
    return walk_back({output.node: gradient}, targets, create_graph, hooked)


def walk_back(starts, targets, create_graph=False, hooked=True, keep=True):
    """`tape.pullback` on arrays or, with create_graph, on tensors.

    A zero cotangent times an infinite or undefined derivative is nan in floating point and
    zero in mathematics: nothing comes through the branch of a ``where`` that was not taken.
    That case is rare, so the walk first runs without a thought of it; only if a nan arrives
    is it run again, carefully. (A nan in a cotangent cannot turn into a number on the way.
    In a hook it can, and a hook is called once: with hooks the first walk is careful. So is
    one that does not ``keep`` the tape.)
    A walk that only looks, for a picture or a comparison, is not ``hooked``.
    """
    visit = _lifted if create_graph else None
    if create_graph:
        starts = {node: _as_tensor(g) for node, g in starts.items()}
    with np.errstate(all="ignore"):
        if hooked and hooks.alive:
            convert = _as_tensor if visit else _as_array
            return hooks.walk(pullback, starts, targets, visit, convert, keep)
        if not keep:
            return pullback(starts, targets, visit, careful=True, keep=False)
        table = pullback(starts, targets, visit)
        if any(map(has_nan, table.values())):
            table = pullback(starts, targets, visit, careful=True)
    return table


def _as_tensor(g):
    return g if isinstance(g, Tensor) else constant(asarray(g))


def _as_array(g):
    return asarray(plain(g))


def _lifted(node, g):
    """A recorded call on tensors, so that what a rule does with them is recorded."""
    return node.op, g, _lift(node.out, node), list(map(_lift, node.args, node.parents))


def _lift(value, parent):
    """A recorded value as a tensor again."""
    if parent is None:
        return value
    if type(parent) is tuple:
        return [_lift(v, p) for v, p in zip(value, parent, strict=True)]
    if isinstance(value, tuple):
        return several(value, parent)
    return wrap(value, parent)


def has_nan(g):
    """Whether a cotangent, of one result or of several, has a nan in it."""
    if isinstance(g, Parts):
        return any(has_nan(part) for part in g if part is not None)
    g = plain(g)
    norm = np.vdot(g, g)  # nan if any element is
    return norm != norm and bool(np.isnan(g).any())


def own(g, given):
    """A gradient as an array of its own, so that the user may write into it.

    Inside the engine gradients share memory. ``given`` holds the ids of the arrays handed
    out already: those are copied, and so are views.
    """
    g = asarray(g)
    if g.base is not None or id(g) in given:
        g = g.copy()
    given.add(id(g))
    return g
