"""Calling an operation: on plain values, and onto the tape if a gradient is wanted."""

import numpy as np

from ..messages import errors
from .aliasing import mark_view
from .arrays import asarray
from .modes import current, switched, watched
from .multiple_outputs import continuous, like
from .shown_arrays import LEAF_ARRAYS
from .tape import NO_KEYWORDS, Call, CallOfOne, CallOfTwo, Leaf, forget_operands
from .tensor import Tensor, constant, is_plain, several, wrap

_OBJECT = np.dtype(object)
_SCALARS = frozenset({int, float, np.float64, np.float32, bool, complex})
# what needs no second look among the arguments: numbers, and what says how to compute
_PLAIN = frozenset({*_SCALARS, str, type(None), tuple, list, slice})
_CONSTANTS = _SCALARS | {np.ndarray}
_OWN = frozenset({np.ndarray, np.float64, np.float32})
_new = object.__new__
_LARGE = 1 << 13  # bytes; to keep a smaller array takes less time than to forget it


def record(op, args, kwargs):
    """Call ``op``; remember the call if one of its inputs requires a gradient.

    Without a Tensor among the arguments it is a plain call with a plain result.
    """
    return watched("record", _record_any)(op, args, kwargs)


def record_one(op, args, kwargs):
    """`record` of a function of one array: the short way, if that is a tensor."""
    mode = current()
    if mode.watchers or len(args) != 1 or type(tensor := args[0]) is not Tensor:
        return record(op, args, kwargs)
    if kwargs and not op.knows(kwargs):
        return record(op, args, kwargs)
    x, p = tensor._array, tensor.node
    try:
        out = op.f(x, **kwargs) if kwargs else op.call(x)
    except (TypeError, ValueError, IndexError) as error:
        errors.reraise(error, op.name, args, op.way_out)
    tracked = p.requires_grad and mode.recording
    node = CallOfOne(op, kwargs or NO_KEYWORDS, out, x, p) if tracked else None
    if type(out) not in _OWN or out.base is not None or out is x or (not node and mode.body):
        return _any_result(op, args, kwargs, out, node)
    tensor = _new(Tensor)
    tensor._array = out
    tensor.node = node or Leaf(out)
    return tensor


def record_two(op, args, kwargs):
    """`record` of a function of two arrays: the short way, if one is a tensor and no list."""
    mode = current()
    if mode.watchers or len(args) != 2 or kwargs:
        return record(op, args, kwargs)
    (x, y), p, q = args, None, None
    if type(x) is Tensor:
        x, p = x._array, x.node
    elif type(x) not in _CONSTANTS:
        return record(op, args, kwargs)
    if type(y) is Tensor:
        y, q = y._array, y.node
    elif p is None or type(y) not in _CONSTANTS:
        return record(op, args, kwargs)
    tracked = mode.recording and ((p and p.requires_grad) or (q and q.requires_grad))
    if p is None:
        x = _operand(op, x, tracked) if type(x) is np.ndarray else x
    elif q is None and type(y) is np.ndarray:
        y = _operand(op, y, tracked)
    try:
        out = op.call(x, y)
    except (TypeError, ValueError, IndexError) as error:
        errors.reraise(error, op.name, args, op.way_out)
    node = CallOfTwo(op, out, x, y, p, q) if tracked else None
    if type(out) not in _OWN or out.base is not None or out is x or (not node and mode.body):
        return _any_result(op, args, kwargs, out, node)
    tensor = _new(Tensor)
    tensor._array = out
    tensor.node = node or Leaf(out)
    return tensor


def record_sum(op, args, kwargs):
    """`record_two` of a function whose rules read of its arguments only their shapes and dtypes."""
    result = record_two(op, args, kwargs)
    if type(result) is Tensor and result._array.nbytes > _LARGE:
        forget_operands(result.node)
    return result


def _any_result(op, args, kwargs, out, node):
    """What a call returns that may be a view, several results, or out of place."""
    if type(out) not in _OWN:
        out = _numeric(op, out)
        node = node and Call(op, node.args, node.kwargs, out, node.parents)
    if node is None and (body := current().body) and requires_grad(args):
        raise errors.smuggled(body.name)
    return _result(out, node, op, args, kwargs)


def _operand(op, array, tracked):
    """A plain array beside a tensor, as the tape keeps it."""
    if array.dtype.hasobject:
        raise TypeError(errors.OBJECTS.format(op.name))
    return kept(array, None) if tracked else array


def _record_any(op, args, kwargs):
    """The same for arguments of any kind."""
    values, parents = [], []
    seen = tracked = False
    unknown = op.is_users  # whether more than numbers and plain arrays comes in, or may come out
    if _are_plain(args, kwargs):
        return _call(op, args, kwargs, args)
    if kwargs or len(args) > op.arity:
        args, kwargs = op.bind(args, kwargs)
    for arg, rule in zip(args, op.rules, strict=False):
        parent = None
        if isinstance(arg, Tensor):
            if arg.requires_grad and getattr(rule, "__name__", "") == "no_derivative":
                raise errors.no_rule(op, len(values))
            parent, arg = arg.node, arg._array
            seen = True
            tracked = tracked or parent.requires_grad
        elif rule is not None and type(arg) in (list, tuple):
            arg, parent = _many(op, arg)
            unknown = True
            if parent is not None:
                seen = True
                many = parent if type(parent) is tuple else (parent,)
                tracked = tracked or any(p is not None and p.requires_grad for p in many)
        elif type(arg) is np.ndarray:
            if arg.dtype.hasobject:
                raise TypeError(errors.OBJECTS.format(op.name))
        elif type(arg) not in _PLAIN:
            unknown = True
            arg = arg.view(np.ndarray) if isinstance(arg, LEAF_ARRAYS) else arg
        values.append(arg)
        parents.append(parent)
    given = values
    if unknown and seen:
        for value in values:
            errors.refuse_if_not_plain(op.name, value)
        given = map(read_only, values) if op.is_users else values
    out = _call(op, given, kwargs, args)
    if not seen or (tracked and "dtype" in kwargs and np.dtype(kwargs["dtype"]).kind in "biu"):
        return out
    if unknown or kwargs or type(out) is complex:
        out = _numeric(op, out)
    node, mode = None, current()
    if tracked and not mode.recording and mode.body is not None:
        raise errors.smuggled(mode.body.name)
    if tracked and mode.recording:
        values = tuple(map(kept, values, parents))
        kwargs = {key: kept(value, None) for key, value in kwargs.items()}
        node = Call(op, values, kwargs, out, tuple(parents))
    return _result(out, node, op, args, kwargs)


def _are_plain(args, kwargs):
    """Whether all arguments are arrays of numbers, or say how to compute."""
    for arg in args:
        if type(arg) not in _OWN or arg.dtype.hasobject:
            return False
    return all(map(is_plain, kwargs.values()))


def _call(op, values, kwargs, args):
    try:
        if not op.is_users:
            return op.f(*values, **kwargs) if kwargs else op.call(*values)
        with switched(recording=False, body=op):  # no tensor but those of its arguments
            out = op.f(*values, **kwargs)
    except (TypeError, ValueError, IndexError) as error:
        errors.reraise(error, op.name, args, op.way_out)
    if requires_grad(out):
        raise errors.smuggled(op.name)
    errors.refuse_foreign(op.name, out, "returned")
    return out


def _result(out, node, op, args, kwargs):
    """What a call returns: tensors on its node, or constants; views remember of what."""
    if isinstance(out, tuple):
        if node is not None:
            return several(out, node)
        return like(out, [constant(r) if continuous(r) else r for r in out])
    result = constant(out) if node is None else wrap(out, node)
    mark_view(result, op, args, kwargs)
    return result


def kept(value, parent):
    """What the tape keeps: a copy of the user's own arrays, which may be written into later."""
    if isinstance(value, np.ndarray):
        is_held = not value.flags.writeable and {id(value), id(value.base)} & current().held
        return value if parent is not None or is_held else np.array(value)
    if type(value) in (list, tuple) and not is_plain(value):
        return type(value)(map(kept, value, parent or (None,) * len(value)))
    return value


def read_only(value):
    """An argument as a function of the user's gets it: what the tape keeps it cannot change."""
    if isinstance(value, np.ndarray):
        value = value.view()
        value.flags.writeable = False
    return list(map(read_only, value)) if type(value) is list else value


def _numeric(op, out):
    """A result as arrays of numbers: Python's numbers are converted, objects are refused."""
    if not getattr(out, "dtype", _OBJECT).hasobject:
        return out
    if isinstance(out, tuple):
        return like(out, [_numeric(op, r) for r in out])
    if isinstance(out, (int, float, complex)):
        return np.asarray(out)[()]
    raise errors.no_array(op.name, out)


def requires_grad(value):
    """Whether a value is a Tensor on the tape, or nested lists and tuples with one inside."""
    if type(value) in (list, tuple):
        return any(map(requires_grad, value))
    return isinstance(value, Tensor) and value.node.requires_grad


def _many(op, items):
    """A list of arrays: one by one where ``op`` takes a sequence, else as one array."""
    if op.sequence:
        items = list(map(as_array, items))
        parents = tuple(a.node if isinstance(a, Tensor) else None for a in items)
        values = [a._array if isinstance(a, Tensor) else a for a in items]
        return values, (parents if any(parents) else None)
    if holds_tensor(items):
        tensor = stacked(items)
        return tensor._array, tensor.node
    return asarray(items), None


def as_array(item):
    """A Tensor or an array of what is none; a Python number stays one, and changes no dtype."""
    if holds_tensor(item):
        return stacked(item)
    if type(item) in (bool, int, float, complex):
        return item
    errors.refuse_if_not_plain("a function of a sequence of arrays", item)
    item = asarray(item)
    if item.dtype.hasobject:
        raise TypeError(errors.OBJECTS.format("a function of a sequence of arrays"))
    return item


def holds_tensor(value):
    """Whether a value is a Tensor, or nested lists and tuples with one inside."""
    if type(value) in (list, tuple):
        return any(map(holds_tensor, value))
    return isinstance(value, Tensor)


def stacked(items):
    """Nested lists with tensors inside as one tensor: what np.array makes of arrays."""
    if type(items) not in (list, tuple):
        return items
    return np.stack(list(map(stacked, items)))
