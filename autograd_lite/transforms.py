"""Gradients of tensors and of functions: compositions of recording and the walk back."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable

import numpy as np

from . import errors, trees
from .dispatch import registry
from .tape import enable_grad, is_recording
from .tensor import Tensor, constant, cotangents, initial_cotangent, own, plain


def gradients(
    output: Tensor, inputs: Tensor | Iterable[Tensor], seed=None, create_graph: bool = False
) -> list:
    """The gradients of one tensor with respect to others, leaves or not.

    Parameters
    ----------
    output : Tensor
        A scalar, or any shape if ``seed`` is given.
    inputs : Tensor or sequence of Tensors
        Each must require a gradient.
    seed : array_like, optional
        The cotangent of ``output``, of its shape.
    create_graph : bool
        Record the backward pass too, so that it can be differentiated.

    Returns
    -------
    list
        One gradient an input, of its shape and dtype: plain arrays, or Tensors with
        ``create_graph``. Zeros where the output does not depend on the input. ``.grad``
        is left alone.

    >>> x = Tensor(3.0, requires_grad=True)
    >>> [slope] = gradients(x ** 3, [x], create_graph=True)
    >>> gradients(slope, [x])
    [array(18.)]
    """
    inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    for tensor in (output, *inputs):
        if not isinstance(tensor, Tensor):
            raise TypeError(f"gradients() takes Tensors, not {errors.describe(tensor)}")
    for tensor in inputs:
        if not tensor.requires_grad:
            raise ValueError(
                f"{errors.describe(tensor)} is a constant, so no gradient reaches it: "
                "create it with requires_grad=True before it is used"
            )
    table = {}
    seed = seed if create_graph else plain(seed)
    start = initial_cotangent(output, seed)
    if output.requires_grad:
        table = cotangents(output, [t.node for t in inputs], start, create_graph)
    return _collect(table, inputs, create_graph, given={id(seed)})


def _collect(table, inputs, create_graph, given=()):
    """The cotangents of inputs out of a table, zeros for those it does not hold."""
    found = [table.get(t.node) for t in inputs]
    found = [np.zeros_like(t._data) if g is None else g for t, g in zip(inputs, found, strict=True)]
    if create_graph:
        return [g if isinstance(g, Tensor) else constant(g) for g in found]
    given = set(given)
    return [own(g, given) for g in found]


def value_and_grad(f: Callable, argnums: int | tuple[int, ...] = 0) -> Callable:
    """A function that returns ``(f(*args), gradient)`` in one pass.

    Parameters
    ----------
    f : callable
        Returns a scalar; its differentiated arguments are arrays, numbers, or nested
        dicts, lists and tuples of these. Inside ``f`` they are Tensors.
    argnums : int or tuple of int
        Which arguments to differentiate; for a tuple the gradient is a tuple.

    Returns
    -------
    callable
        Its gradients have the structure of the arguments, and their shapes and dtypes.
        They are plain arrays; inside another function that is being differentiated, or
        when ``f`` uses tensors that require gradients, they are Tensors on its tape.

    >>> value_and_grad(lambda x: x @ x)(np.array([1.0, 2.0]))
    (np.float64(5.0), array([2., 4.]))
    """
    several = isinstance(argnums, tuple)
    positions = argnums if several else (argnums,)

    @functools.wraps(f)
    def value_and_gradient(*args, **kwargs):
        chosen = [args[i] for i in _checked(positions, args, f)]
        leaves, build = trees.flatten(chosen)
        recorded = is_recording()
        inputs = [_variable(leaf) for leaf in leaves]
        args = list(args)
        for i, arg in zip(positions, build(inputs), strict=True):
            args[i] = arg
        with enable_grad():
            output = f(*args, **kwargs)
            if not isinstance(output, Tensor):
                output = constant(np.asarray(_scalar_result(output, f)))
            nested = any(t.node.op is not None for t in inputs)
            found, nested = _gradients_of(output, inputs, nested, recorded)
        result = build(found)
        return (output if nested else plain(output)), (tuple(result) if several else result[0])

    return value_and_gradient


def grad(f: Callable, argnums: int | tuple[int, ...] = 0) -> Callable:
    """The gradient of a function that returns a scalar; see `value_and_grad`.

    >>> grad(grad(np.sin))(0.5) + np.sin(0.5)
    np.float64(0.0)
    """
    both = value_and_grad(f, argnums)

    @functools.wraps(f)
    def gradient(*args, **kwargs):
        return both(*args, **kwargs)[1]

    return gradient


def _gradients_of(output, inputs, nested, recorded):
    """The gradients, as tensors if they depend on any other tensor that requires one."""
    start = initial_cotangent(output, None)
    nodes = [t.node for t in inputs]
    table = cotangents(output, nodes, start, nested) if output.requires_grad else {}
    if recorded and not nested and not table.keys() <= set(nodes):
        nested = True  # the walk met a tensor that is not ours
        table = cotangents(output, nodes, start, nested)
    return _collect(table, inputs, nested), nested


def _variable(value):
    """What a differentiated argument is inside the function: a tensor of its own."""
    if isinstance(value, Tensor) and value.requires_grad and is_recording():
        return registry["alias"](value)
    return Tensor(plain(value), requires_grad=True)


def _checked(positions, args, f):
    for i in positions:
        if not isinstance(i, (int, np.integer)):
            raise TypeError(f"argnums is an int or a tuple of ints, not {i!r}")
        if not -len(args) <= i < len(args):
            raise ValueError(
                f"argnums={i}, but {getattr(f, '__name__', 'the function')} was called with "
                f"{len(args)} positional arguments: pass what is differentiated by position"
            )
    return positions


def _scalar_result(output, f):
    if not isinstance(output, (int, float, complex, np.ndarray, np.generic)):
        raise TypeError(
            f"{getattr(f, '__name__', 'the function')} returned {errors.describe(output)}: "
            "a gradient is taken of a function that returns one number"
        )
    return output
