"""Derivatives of tensors and of functions: compositions of a call and backward passes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..engine.calls import requires_grad
from ..engine.modes import enable_grad
from ..engine.tensor import Tensor, backward_pass, plain, seed_of
from ..messages import errors, other_names
from . import trees
from .function_call import (
    Transformed,
    check_function,
    collect,
    differentiating,
    gradients_from,
    in_one_pass,
    one_pass,
    run_call,
    seeds_of,
    variable,
)

Argnums = int | Sequence[int]


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
    g = seed_of(output, seed)
    nodes = [t.node for t in inputs]
    if output.requires_grad:
        table = backward_pass({output.node: g}, nodes, create_graph)
    return collect(table, nodes, create_graph, given={id(seed)})


@other_names.keywords
def value_and_grad(
    f: Callable, argnums: Argnums = 0, *, has_aux: bool = False, holomorphic: bool = False
) -> Callable:
    """A function that returns ``(f(*args), gradient)`` in one pass.

    Parameters
    ----------
    f : callable
        Returns a scalar; its differentiated arguments are arrays, numbers, or nested
        dicts, lists and tuples of these. Inside ``f`` they are Tensors. Integers become
        float64: bind those that must stay integers (``lambda x: f(x, n)``).
    argnums : int, or tuple or list of int
        Which arguments to differentiate; for several the gradient is a tuple.
    has_aux : bool
        ``f`` returns ``(scalar, aux)``, and the result is ``((value, aux), gradient)``; aux
        is a tree of anything.
    holomorphic : bool
        ``f`` is a holomorphic function of complex arguments; the gradient is f'(z). Of a
        real function of complex arguments z = x + iy the gradient is df/dx - i df/dy.

    Returns
    -------
    callable
        Its gradients have the structure of the arguments, and their shapes and dtypes.
        They are plain arrays; inside another function that is being differentiated, or
        when ``f`` uses tensors that require gradients, they are Tensors on its tape.

    >>> value_and_grad(lambda x: x @ x)(np.array([1.0, 2.0]))
    (np.float64(5.0), array([2., 4.]))
    """

    run = in_one_pass(f, argnums, has_aux, holomorphic)
    options = {"argnums": argnums, "has_aux": has_aux, "holomorphic": holomorphic}
    return Transformed(run, value_and_grad, f, **options)


@other_names.keywords
def grad(
    f: Callable, argnums: Argnums = 0, *, has_aux: bool = False, holomorphic: bool = False
) -> Callable:
    """The gradient of a function that returns a scalar; see `value_and_grad`.

    With ``has_aux`` the result is ``(gradient, aux)``.

    >>> grad(grad(np.sin))(0.5) + np.sin(0.5)
    np.float64(0.0)
    """
    run = in_one_pass(f, argnums, has_aux, holomorphic, with_value=False)
    options = {"argnums": argnums, "has_aux": has_aux, "holomorphic": holomorphic}
    return Transformed(run, grad, f, **options)


_of_argnums = functools.partial(other_names.keywords, known=other_names.ARGNUMS)


@_of_argnums
def vjp(
    f: Callable, *args, argnums: Argnums | None = None, has_aux: bool = False, **kwargs
) -> tuple:
    """The result of a function, and the function that pulls a cotangent back through it.

    Parameters
    ----------
    f : callable
        Its arguments and its result are trees of arrays of any shapes.
    *args, **kwargs
        Where: the arguments of f.
    argnums : int, or tuple or list of int, optional
        Which of args to differentiate: all of them, if it is not given.
    has_aux : bool
        ``f`` returns ``(out, aux)``, and the result is ``(out, pull, aux)``.

    Returns
    -------
    out, pull
        ``pull(cotangent)`` takes a tree of out's structure and shapes; it returns a tuple,
        cotangent times Jacobian for each argument, of its shapes; for one argnum that one. It
        can be called often.

    >>> out, pull = vjp(lambda x, y: x * y, np.array([1.0, 2.0]), 3.0)
    >>> out, pull(np.array([1.0, 10.0]))
    (array([3., 6.]), (array([ 3., 30.]), array(21.)))
    """
    check_function(f)
    if not args:
        raise TypeError("vjp() got no arguments to differentiate: write vjp(f, x)")
    argnums = range(len(args)) if argnums is None else argnums
    call = run_call(f, argnums, args, kwargs, has_aux)
    outputs, _ = call.outputs()
    call.check_some_float(outputs)
    nested = call.nested(outputs)

    def pull(cotangent):
        seeds = seeds_of(outputs, trees.matching(call.result, cotangent))
        found, _ = gradients_from(seeds, call.inputs)
        return call.like_arguments(found)

    out = call.plain_unless(nested, call.result)
    return (out, pull, call.plain_unless(nested, call.aux)) if has_aux else (out, pull)


@_of_argnums
def jvp(
    f: Callable,
    args: tuple,
    tangents: tuple,
    *,
    argnums: Argnums | None = None,
    has_aux: bool = False,
    **kwargs,
) -> tuple:
    """The result of a function, and how it changes along a direction: Jacobian times tangents.

    The backward pass is linear in its cotangent, so that the derivative with respect to the
    cotangent, a pass back itself, is the derivative forward. Source: J. Townsend, "A new
    trick for calculating Jacobian vector products", 2017.

    Parameters
    ----------
    f : callable
        Its arguments and its result are trees of arrays of any shapes.
    args : tuple
        Where.
    tangents : tuple
        The direction: of the structure and the shapes of args.
    argnums : int, or tuple or list of int, optional
        Which of args the tangents are of: all of them, if it is not given. For one argnum there
        is one tangent, without a tuple.
    has_aux : bool
        ``f`` returns ``(out, aux)``, and the result is ``(out, tangent_out, aux)``.
    **kwargs
        Further arguments of f.

    Returns
    -------
    out, tangent_out
        Both of the structure and shapes of what f returns.

    >>> jvp(lambda x: x ** 2, (np.array([1.0, 2.0]),), (np.array([1.0, 10.0]),))
    (array([1., 4.]), array([ 2., 40.]))
    """
    check_function(f)
    args = _as_tuple(args, "args")
    argnums = range(len(args)) if argnums is None else argnums
    call = run_call(f, argnums, args, kwargs, has_aux)
    tangents = call.directions(tangents, "tangents")
    outputs, build = call.outputs()
    call.check_some_float(outputs)
    # Ones, not zeros: a zero cotangent would hide where the derivative does not exist.
    probes = [variable(np.ones_like(t._array)) for t in outputs]
    nodes = [t.node for t in probes]
    with enable_grad(), differentiating(nodes):
        pulled, _ = one_pass(seeds_of(outputs, probes), call.inputs, True)
    seeds = seeds_of(pulled, tangents, "tangent")
    nested = call.nested(outputs) or (
        call.mode.recording and any(map(requires_grad, seeds.values()))
    )
    found, _ = one_pass(seeds, nodes, nested)
    out, tangent_out = call.plain_unless(nested, call.result), build(found)
    aux = (call.plain_unless(nested, call.aux),) if has_aux else ()
    return out, tangent_out, *aux


@other_names.keywords
def jacobian(
    f: Callable, argnums: Argnums = 0, *, has_aux: bool = False, holomorphic: bool = False
) -> Callable:
    """The function that returns all first derivatives of f, one backward pass for each output.

    Returns
    -------
    callable
        For an argument of shape ``in`` and a result of shape ``out``, an array of shape
        ``out + in``. For trees, the structure of the result, and in place of each of its
        arrays the structure of the argument (a tuple of these for a tuple of argnums).
        With ``has_aux`` f returns ``(out, aux)``, and the result is ``(jacobian, aux)``.

    Raises
    ------
    TypeError
        When f returns complex numbers and is not said to be ``holomorphic``, or returns booleans
        or integers.

    >>> jacobian(lambda x: np.stack([x[0] * x[1], x[0] ** 2]))(np.array([2.0, 3.0]))
    array([[3., 2.],
           [4., 0.]])
    """

    def all_derivatives(*args, **kwargs):
        call = run_call(f, argnums, args, kwargs, has_aux)
        outputs, build = call.outputs()
        call.check_kind(outputs, holomorphic)
        nested = call.nested(outputs)
        found = build([call.like_arguments(_blocks(output, call, nested)) for output in outputs])
        return (found, call.plain_unless(nested, call.aux)) if has_aux else found

    options = {"argnums": argnums, "has_aux": has_aux, "holomorphic": holomorphic}
    return Transformed(all_derivatives, jacobian, f, **options)


@other_names.keywords
def derivative(f: Callable, argnums: int = 0) -> Callable:
    """The function f'(x) of a function that works element by element, for all elements at once.

    Parameters
    ----------
    f : callable
        Element i of its result depends on element i of the argument alone, such as a ufunc: that
        is not checked, but that there are as many. Each derivative is of one element.
    argnums : int
        Which argument to differentiate.

    Returns
    -------
    callable
        Its results have the shape and the dtype of the argument.

    >>> derivative(derivative(np.sin))(np.array([0.0, 1.0])).round(4)
    array([-0.    , -0.8415])
    """

    def slope(*args, **kwargs):
        call = run_call(f, argnums, args, kwargs)
        output = call.as_tensor(call.result, "an array")
        call.check_kind([output], False)
        shapes = [node.out.shape for node in call.inputs]
        if shapes != [output.shape]:
            raise ValueError(
                f"{call.name} returned {errors.describe(output)} for arguments of shapes {shapes}: "
                "derivative() is of a function that works element by element; jacobian() is of any"
            )
        seeds = {output.node: np.ones_like(output._array)} if output.requires_grad else {}
        found, _ = gradients_from(seeds, call.inputs)
        return call.like_arguments(found)

    return Transformed(slope, derivative, f, argnums=argnums)


@other_names.keywords
def hessian(
    f: Callable, argnums: Argnums = 0, *, has_aux: bool = False, holomorphic: bool = False
) -> Callable:
    """The function that returns all second derivatives of f, which returns a scalar.

    For an argument of shape ``in`` they are of shape ``in + in``, and symmetric; for trees and
    several arguments they are nested as the Jacobian of the gradient is. With ``has_aux`` f
    returns ``(scalar, aux)``, and the result is ``(hessian, aux)``. Raises TypeError and
    ValueError as `value_and_grad` does: for what is not one number, and for complex ones.

    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([2.0, 3.0]))
    array([[6., 4.],
           [4., 0.]])
    """
    options: dict[str, Any] = {
        "argnums": argnums,
        "has_aux": has_aux,
        "holomorphic": holomorphic,
    }
    return Transformed(jacobian(grad(f, **options), **options), hessian, f, **options)


@_of_argnums
def hvp(
    f: Callable,
    args: tuple,
    vectors: tuple,
    *,
    argnums: Argnums | None = None,
    has_aux: bool = False,
    **kwargs,
) -> tuple:
    """The Hessian of a scalar function times vectors, without the Hessian.

    Parameters
    ----------
    f : callable
        Returns a scalar.
    args : tuple
        Where; trees of arrays.
    vectors : tuple
        Of the structure and the shapes of args.
    argnums : int, or tuple or list of int, optional
        Which of args to differentiate, and the vectors are of: all of them, if it is not given.
        For one argnum there is one vector, without a tuple.
    has_aux : bool
        ``f`` returns ``(scalar, aux)``, and the result is ``(products, aux)``.
    **kwargs
        Further arguments of f.

    Returns
    -------
    tuple
        One product an argument, of its structure and shapes; for one argnum that one.

    >>> hvp(lambda x: np.sum(x ** 3), (np.array([1.0, 2.0]),), (np.array([1.0, 1.0]),))
    (array([ 6., 12.]),)
    """
    args = _as_tuple(args, "args")
    argnums = range(len(args)) if argnums is None else argnums
    if not isinstance(argnums, (int, np.integer)):
        vectors = _as_tuple(vectors, "vectors")
    gradient = grad(f, argnums, has_aux=has_aux)
    _, pull, *aux = vjp(
        lambda *args: gradient(*args, **kwargs), *args, argnums=argnums, has_aux=has_aux
    )
    return (pull(vectors), *aux) if has_aux else pull(vectors)


def _blocks(output, call, nested):
    """The derivatives of one output with respect to each input."""
    shapes = [output.shape + node.out.shape for node in call.inputs]
    if output.size == 0 or not output.requires_grad:
        return [np.zeros(s, x.out.dtype) for s, x in zip(shapes, call.inputs, strict=True)]
    rows = []
    for index in np.ndindex(output.shape):
        unit = np.zeros_like(output._array)
        unit[index] = 1
        rows.append(one_pass({output.node: unit}, call.inputs, nested)[0])
    columns = zip(*rows, strict=True)
    return [np.stack(column).reshape(s) for column, s in zip(columns, shapes, strict=True)]


def _as_tuple(value, name):
    if not isinstance(value, (tuple, list)):
        raise TypeError(
            f"{name} is a tuple with one entry an argument, not {errors.describe(value)}: "
            "write (x,) for one"
        )
    return tuple(value)
