"""Simplification: what a person would not write down.

Rules are tried as a graph grows, so the arguments of a call are simple already.
"""

import numpy as np

from . import arithmetic_rules, calls, shape_rules
from .expressions import Expression, known_value, operands_of
from .rule_table import Rules, number

_RULES = Rules()
for _table in (arithmetic_rules.RULES, shape_rules.RULES):
    for _func, _rules in _table.items():
        _RULES.setdefault(_func, []).extend(_rules)


def simplified(graph, func, args, kwargs, value):
    """A simpler expression for a call, or None."""
    found = _folded(graph, func, args, kwargs, value)
    if found is not None:
        return found
    if isinstance(func, np.ufunc) and func.signature is None and not kwargs:
        filled = _filled(graph, func, args, value)
        if filled is not None:
            return filled
        behind = _before_new_axes(graph, func, args)
        if behind is not None:
            return behind
        stripped = list(args)
        for i, arg in enumerate(args):  # one after the other: each leaves the shape to the others
            stripped[i] = _unspread(arg, stripped, value)
        if any(a is not b for a, b in zip(stripped, args)):
            return graph.call(func, tuple(stripped), kwargs, value)
    return _RULES.simpler(graph, func, args, kwargs, value)


def _filled(graph, func, args, value):
    """A call on what was broadcast, and on numbers, is broadcast itself: the call comes first."""
    sources, shape = [], np.shape(value)
    for arg in args:
        if type(arg) is Expression and arg.func is np.broadcast_to:
            sources.append(arg.args[0])
        elif number(arg) is not None:
            sources.append(arg)
        else:
            return None
    if shape == () or func.nout > 1:
        return None
    computed = graph.apply(func, *sources)
    if computed.shape == shape or computed.dtype != value.dtype:
        return None
    return graph.apply(np.broadcast_to, computed, shape)


def _folded(graph, func, args, kwargs, value):
    """A number computed from numbers alone is a number."""
    if not isinstance(value, (np.generic, int, float, complex)) or isinstance(value, np.void):
        return None
    if kwargs or not (isinstance(func, np.ufunc) or func in (calls.astype, np.reshape)):
        return None
    found = operands_of(args)
    if found and all(operand.is_number for operand in found):
        return graph.constant(value)
    return None


def _unspread(arg, args, value):
    """What an argument was broadcast from, where broadcasting gives the result's shape again."""
    if type(arg) is not Expression or not (arg.func is np.broadcast_to or _adds_in_front(arg)):
        return arg
    shapes = [np.shape(known_value(a)) for a in args if a is not arg]
    source = arg.args[0]
    fits = type(source) is Expression and (source.ndim or arg.func is np.broadcast_to)
    if fits and np.broadcast_shapes(source.shape, *shapes) == value.shape:
        return source
    return arg


def _adds_in_front(x):
    """Whether axes of size 1 were put in front of a value, where broadcasting puts them too."""
    if x.func not in (np.expand_dims, np.reshape) or type(x.args[0]) is not Expression:
        return False
    shape = x.args[0].shape
    return (1,) * (x.ndim - len(shape)) + shape == x.shape


def _before_new_axes(graph, func, args):
    """A call on a value with a new axis, and on numbers, gets the new axis itself."""
    longer = [arg for arg in args if number(arg) is None]
    if len(longer) != 1 or type(longer[0]) is not Expression or not _adds_in_front(longer[0]):
        return None
    if func.nout > 1 or not longer[0].args[0].ndim:
        return None
    computed = graph.apply(func, *(a.args[0] if a is longer[0] else a for a in args))
    return graph.apply(longer[0].func, computed, *longer[0].args[1:], **longer[0].kwargs)
