"""Expressions as JavaScript: calls of the arrays in ``playing/assets/arrays.js``.

The one idea: what only moves elements is done here once, on their numbers 0, 1, 2 ..., so the
page needs one function for all of NumPy's that index, transpose, tile or roll.
"""

import json

import numpy as np

from ..engine.dispatch import full_name
from ..engine.primitives import registered
from ..rules import (
    activations,
    einsum,
    elementwise,
    indexing,
    joining,
    losses,
    norms,
    softmax,
)
from . import calls
from .expressions import Expression, mapped, mapped_call
from .javascript_loops import ELEMENTWISE, GELU_BY_TANH, LOOPS


class NotInJavaScript(TypeError):
    """A call that the page has no function for; the message names it."""


class JavaScriptWriter:
    """Writes calls; operands by their names, constants by names of their own.

    Parameters
    ----------
    names : dict
        The names of expressions.

    Attributes
    ----------
    constants : dict
        ``{text: name}`` of what is made once, before the functions.
    loops : dict
        ``{name: text}`` of the functions that work element by element.
    """

    def __init__(self, names):
        self.names = names
        self.constants = {}
        self.loops = {}

    def call(self, x):
        """The call of an expression. Raises `NotInJavaScript`."""
        emit = _CALLS.get(x.func)
        if x.func in (calls.named, np.positive, np.copy):
            return self.operand(x.args[0])
        if emit is None or (x.dtype is not None and x.dtype.kind == "c") or x.shape is None:
            raise NotInJavaScript(_name(x.func))
        try:
            return emit(self, x, *x.args, **x.kwargs)
        except TypeError as error:
            if isinstance(error, NotInJavaScript):
                raise
            raise NotInJavaScript(f"{_name(x.func)} with these settings") from error

    def operand(self, value):
        """An expression by its name, or a constant by the name it is given here."""
        if type(value) is Expression and value in self.names:
            return self.names[value]
        return self.constant(_plain(value))

    def constant(self, value):
        """The name of a number or an array."""
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise NotInJavaScript(f"an array of {array.dtype}")
        return self.outside(f"array({_json(array.shape)}, {_numbers(array)})")

    def outside(self, text):
        """The name of what is made once."""
        return self.constants.setdefault(text, f"c{len(self.constants)}")

    def applied(self, name, *operands, settings=()):
        """A function of operands, and of settings as JSON."""
        given = [*map(self.operand, operands), *map(_json, settings)]
        return f"{name}({', '.join(given)})"


def _name(func):
    return full_name(func) if callable(func) else str(func)


def _plain(value):
    """What an argument is where it is no step of the program; integers say where, and stay."""
    if type(value) is not Expression:
        return value
    is_fixed = value.kind == "input" and value.dtype is not None and value.dtype.kind in "biu"
    if value.kind != "constant" and not is_fixed:
        raise NotInJavaScript("an array that depends on others in the place of a setting")
    return value.value


def _json(value):
    if isinstance(value, np.generic):
        value = value.item()
    return json.dumps(value)


def _numbers(array):
    """The elements as a list; infinities and nan as JavaScript has them."""
    flat = array.astype(np.float64).ravel()
    if flat.size > 8 and np.all(flat == flat[0]):
        return f"Array({flat.size}).fill({_number(flat[0])})"
    return f"[{', '.join(map(_number, flat))}]"


def _number(value):
    if np.isfinite(value):
        return repr(int(value) if value == int(value) and abs(value) < 1e15 else float(value))
    return "NaN" if np.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _places(index):
    """Positions as an array of integers."""
    flat = ",".join(map(str, np.ravel(index).tolist()))
    return f"Int32Array.of({flat})"


# --- calls ----------------------------------------------------------------------------------------


def _elementwise(writer, x, *args):
    """A loop over the formula of this function."""
    return _looped(writer, x.func.__name__, ELEMENTWISE[x.func], args)


def _looped(writer, name, formula, args):
    name = f"each_{name}"
    writer.loops[name] = (LOOPS[len(args) - 1]).replace("NAME", name).replace("FORMULA", formula)
    return writer.applied(name, *args)


def _invert(writer, x, a):
    """Of booleans: JavaScript's ~ is of integers of 32 bits."""
    if x.dtype != bool:
        raise NotInJavaScript("np.invert of integers")
    return _looped(writer, "invert", "+(x === 0)", [a])


def _plain_call(writer, x, *args):
    return writer.applied(x.func.__name__, *args)


def _with_setting(default):
    """What works element by element with one setting, of this default."""

    def emit(writer, x, a, setting=default, **kwargs):
        (setting,) = kwargs.values() if kwargs else (setting,)
        return _elementwise(writer, x, a, _plain(setting))

    return emit


def _gelu(writer, x, a, approximate=False):
    if not approximate:
        return _elementwise(writer, x, a)
    return _looped(writer, "gelu_by_tanh", GELU_BY_TANH, [a])


def _reduction(writer, x, a, axis=None, keepdims=False, ddof=0, dtype=None):
    if dtype is not None and np.dtype(dtype).kind != "f":
        raise NotInJavaScript(f"a sum of {np.dtype(dtype)}")
    if axis is not None:
        axis = [int(i) % a.ndim for i in (axis if type(axis) in (tuple, list) else [axis])]
    settings = [axis, bool(keepdims), *([ddof] if x.func in (np.var, np.std) else ())]
    name = {"var": "variance", "amax": "max", "amin": "min"}.get(x.func.__name__, x.func.__name__)
    return writer.applied(name, a, settings=settings)


def _along(writer, x, a, axis=-1):
    axes = axis if type(axis) in (tuple, list) else [axis]
    return writer.applied(x.func.__name__, a, settings=[[int(i) % a.ndim for i in axes]])


def _norm(writer, x, a, ord=None, axis=None, keepdims=False):
    if ord not in (None, 2, "fro", "f") or (ord == 2 and axis is None and a.ndim == 2):
        raise NotInJavaScript(f"the norm of order {ord}")
    return _reduction(writer, x, a, axis, keepdims)


def _einsum(writer, x, *args, subscripts=None, optimize=False):
    """Labels as letters or as lists of numbers, with the result's after the arrow or at the end."""
    operands = [arg for arg in args if type(arg) is Expression]
    texts = [arg for arg in (*args, subscripts) if isinstance(arg, str)]
    lists = ["".join(chr(97 + i) for i in arg) for arg in args if type(arg) is list]
    if len(lists) == len(operands) + 1:
        texts = [f"{','.join(lists[:-1])}->{lists[-1]}"]
    if len(texts) != 1 or "->" not in texts[0] or "." in texts[0]:
        raise NotInJavaScript("np.einsum without a result after ->")
    given = ", ".join(map(writer.operand, operands))
    return f"einsum({_json(texts[0].replace(' ', ''))}, [{given}], {_json(list(x.shape))})"


def _cross_entropy(writer, x, logits, labels, axis=-1):
    """Labels as numbers of classes are made one-hot here: they are constants."""
    axis = int(axis) % logits.ndim
    if np.shape(getattr(labels, "value", labels)) != logits.shape:
        labels = losses.one_hot(_plain(labels), logits.shape[axis], axis)
    return writer.applied("cross_entropy", logits, labels, settings=[axis])


def _moved(writer, x, a, *args, **kwargs):
    """What moves elements: from which position each comes."""
    args, kwargs = mapped_call(_plain, args, kwargs)
    shape = a.shape if type(a) is Expression else np.shape(a)
    numbers = np.arange(int(np.prod(shape))).reshape(shape)
    return _gathered(writer, x, a, x.func(numbers, *args, **kwargs))


def _gathered(writer, x, a, index):
    index = np.ravel(index)
    shape = list(x.shape)
    if np.array_equal(index, np.arange(np.size(getattr(a, "value", a)))):
        return writer.applied("reshape", a, settings=[shape])
    if index.size and not index.any():
        return writer.applied("filled", a, settings=[shape])
    places = writer.outside(_places(index))
    return f"gather({writer.operand(a)}, {places}, {_json(shape)})"


def _scattered(writer, x, g, index, shape):
    """Zeros with g added at an index."""
    places = _indexed(shape, index)
    return f"scatter({writer.operand(g)}, {writer.outside(_places(places))}, {_json(list(shape))})"


def _stored(writer, x, a, index, value):
    """A copy of a with a value stored at an index, or added there."""
    places = _indexed(a.shape, index)
    value = writer.operand(value)
    name = "add_at" if x.func is calls.add_at else "store"
    where = f"{writer.outside(_places(places))}, {_json(list(places.shape))}"
    return f"{name}({writer.operand(a)}, {where}, {value})"


def _indexed(shape, index):
    """The positions that an index means in an array of a shape."""
    return np.arange(int(np.prod(shape))).reshape(shape)[mapped(_plain, index)]


def _joined(writer, x, arrays, axis=0, dtype=None, casting=None):
    name = x.func.__name__
    return f"{name}([{', '.join(map(writer.operand, arrays))}], {int(axis) % len(x.shape)})"


def _filled(value):
    def emit(writer, x, *args, **kwargs):
        return writer.applied("filled", value, settings=[list(x.shape)])

    return emit


def _full_like(writer, x, a, value, **kwargs):
    return writer.applied("filled", value, settings=[list(x.shape)])


def _cast(writer, x, a, dtype):
    kind = np.dtype(dtype).kind
    name = {"f": "copy", "b": "to_bool", "i": "trunc", "u": "trunc"}.get(kind)
    if name is None:
        raise NotInJavaScript(f"numbers of {np.dtype(dtype)}")
    return writer.applied(name, a)


def _clip(writer, x, a, low=None, high=None, **kwargs):
    bounds = [kwargs.get("min", kwargs.get("a_min", low)), kwargs.get("max", high)]
    low, high = (-np.inf if bounds[0] is None else bounds[0]), bounds[1]
    return writer.applied("clip", a, low, np.inf if high is None else high)


_CALLS = {
    **dict.fromkeys(ELEMENTWISE, _elementwise),
    np.invert: _invert,
    np.matmul: _plain_call, np.dot: _plain_call, np.outer: _plain_call, np.vdot: _plain_call,
    np.where: _plain_call, np.clip: _clip, calls.astype: _cast,
    calls.getitem: _moved, calls.setitem: _stored, calls.add_at: _stored,
    registered(indexing.add_at).f: _scattered,
    registered(indexing.store).f: lambda w, x, a, value, index: _stored(w, x, a, index, value),
    registered(joining.join).f: _joined, registered(joining.pile).f: _joined,
    registered(norms.norm).f: _norm, np.linalg.norm: _norm,
    registered(elementwise.along).f: _plain_call,
    np.einsum: _einsum, registered(einsum.pair).f: _einsum,
    np.concatenate: _joined, np.stack: _joined,
    np.ones_like: _filled(1.0), np.zeros_like: _filled(0.0), np.full_like: _full_like,
    registered(softmax.softmax).f: _along, registered(softmax.log_softmax).f: _along,
    registered(softmax.logsumexp).f: _reduction,
    registered(losses.cross_entropy).f: _cross_entropy,
    registered(activations.leaky_relu).f: _with_setting(0.01),
    registered(activations.elu).f: _with_setting(1.0),
    registered(activations.gelu).f: _gelu,
    **dict.fromkeys((
        np.sum, np.mean, np.prod, np.max, np.min, np.amax, np.amin, np.any, np.all, np.var, np.std,
    ), _reduction),
    **dict.fromkeys((
        np.reshape, np.ravel, np.transpose, np.swapaxes, np.moveaxis, np.matrix_transpose,
        np.squeeze, np.expand_dims, np.broadcast_to, np.flip, np.fliplr, np.flipud, np.roll,
        np.rot90, np.tile, np.repeat, np.diagonal, np.take, np.atleast_1d, np.atleast_2d,
    ), _moved),
}  # fmt: skip
