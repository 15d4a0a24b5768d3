"""`compare`: gradients by hand beside the true ones, by the keys that they are given by.

A path such as ``{"layer1": {"W": dW}}`` is the key ``"layer1.W"``: the name of a tensor, its path
in a module, or its place in a dict or list of tensors that a variable holds. A key such as
"dh2/dz2" is a factor of the chain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, overload

import numpy as np

from ..engine.tensor import Tensor
from ..graph import Names, caller_variables, check_on_tape
from ..messages import errors
from .cross_check.arguments import Call
from .cross_check.contest import held
from .cross_check.function_report import FunctionComparison
from .factors import Factors
from .keys import flat, paths, unbound
from .report import Case, Comparison
from .rows import Tolerance


@overload
def compare(
    loss: Tensor,
    gradients: Mapping,
    /,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    names: Mapping | None = None,
) -> Comparison: ...


@overload
def compare(
    f: Callable[..., Any],
    gradients: Any,
    /,
    *args: Any,
    rtol: float | None = None,
    atol: float | None = None,
    **kwargs: Any,
) -> FunctionComparison: ...


def compare(loss, gradients, /, *args, rtol=None, atol=None, names=None, **kwargs):
    """Compare hand-derived derivatives with those of autodiff.

    Parameters
    ----------
    loss : Tensor or callable
        A scalar, computed with tensors; or the function that computes it, called as
        ``f(*args, **kwargs)`` with arrays, and with tensors in their place for autodiff.
    gradients : mapping; of a function also array_like, sequence or callable
        From what to its hand-derived value, an array-like; dicts and lists may be nested in it,
        and ``{"layer1": {"W": dW}}`` is ``{"layer1.W": dW}``. A key is

        - the name of a tensor of the graph, ``"W1"``, the path of a parameter in a module or of
          a tensor in a dict or list, ``"layer1.W"``, or the tensor itself: dLoss/dW1;
        - a factor of the chain, ``"dh2/dz2"`` or ``("h2", "z2")``. Of an element-wise step it
          is the diagonal, an array of the shape of z2; of a product ``z2 = h1 @ W2`` it is the
          other operand; in every case it may be the whole Jacobian, of shape
          ``h2.shape + z2.shape``. ``"dLoss/d..."`` means the loss under any name.

        With a function, names are those of its arguments and of its local variables. A sequence
        has the gradients of the arguments of floats in their order, None for one that is not
        compared, and an array is that of the first. A callable returns any of these for the same
        arguments: then verdict and explanation are tried at two points beside the given one too,
        and gradients that are right at the given point alone are WRONG.
    *args, **kwargs
        The arguments of a function. Floats and arrays of floats, also in dicts and lists, are
        converted to float64; the others are passed on as they are.
    rtol, atol : float
        An entry is right when |manual - autodiff| <= atol + rtol * max(|manual|, |autodiff|);
        ``rtol`` is by default 1e-6, and 1e-4 (1e-2) where one of the two is float32 (float16);
        ``atol`` is by default rtol times the largest entry of the true array.
    names : mapping, optional
        Names for tensors, ``{"W1": tensor}``; they go before the tensors' own names, their
        paths in a module, and the variables of the caller. For a loss that is a Tensor only.

    Returns
    -------
    Comparison
        Its truth value says whether everything agrees; printed, it shows one row a key. Of a
        function it is that of `compare_function`, in which finite differences vote too, and
        UNSURE where the function is random.

    Raises
    ------
    ValueError
        For an unknown or ambiguous name, a factor that does not exist, and a function that
        returns an array.
    TypeError
        For a loss that is no Tensor and no function, values that are not real numbers, and a
        function that cannot be called with the arguments.

    >>> def loss(w, x):
    ...     z = x * w
    ...     return np.sum(z**2)
    >>> def by_hand(w, x):
    ...     return {"z": 2 * x * w, "w": 2 * x * w}  # and dw is dz * x
    >>> [(row.name, row.verdict) for row in compare(loss, by_hand, [1.0, 2.0], [3.0, -1.0])]
    [('dloss/dw', 'WRONG'), ('dloss/dz', 'right')]
    """
    if callable(loss) and not isinstance(loss, Tensor):
        if names is not None:
            raise TypeError("compare(): names= is for a loss that is a Tensor, not for a function")
        return held(Call(loss, gradients, args, kwargs), Tolerance(rtol, atol))
    check_on_tape("compare()", loss)
    if not isinstance(gradients, Mapping):
        raise TypeError(
            "compare() takes a dict of what was derived by hand, not "
            f'{errors.describe(gradients)}: write compare(loss, {{"W": dW}})'
        )
    if args or kwargs:
        raise TypeError("compare() takes more arguments only with a function in place of the loss")
    return Comparison.from_case(
        _case(loss, gradients, caller_variables(1), names, Tolerance(rtol, atol))
    )


def _case(loss, manual, variables, names, tolerance):
    """What is compared, of a loss on the tape."""
    places = paths(variables)
    known = Names(loss, {**variables, **unbound(places, variables, manual)}, names)
    factors = Factors(loss, known)
    given: dict[str, Any] = {}
    ends: dict[str, Any] = {}
    true, keys = {}, {}
    for key, value in flat(manual, lambda key: known.find(key) or key in places):
        array, was = _array(key, value), key
        if isinstance(key, str) and not known.find(key):
            key = places.get(key, key)
        unused = _unused(key, {**variables, **dict(names or {})}, known)
        if unused is not None:
            label, value, pair = factors.of_unused(*unused)
        else:
            label, value, pair = factors.find(key, array.shape)
        if label in given and ends[label] != pair:  # two tensors of one name
            label = f"{label} ({sum(one.startswith(label) for one in given) + 1})"
        if label in given:
            raise ValueError(f"{label} is given twice, the second time as {key!r}")
        given[label], true[label], ends[label] = array, value, pair
        gradient_of = unused[1].node if unused is not None else None
        if pair is not None and pair[0] is loss.node:
            gradient_of = pair[1]
        keys[label] = was, gradient_of
    return Case(given, true, tolerance, loss, known, ends, keys)


def _unused(key, variables, known):
    """(name, tensor) of a parameter that the loss was not computed from; None of anything else."""
    tensor = variables.get(key) if isinstance(key, str) and not known.find(key) else key
    if not isinstance(tensor, Tensor) or tensor.node in known.nodes:
        return None
    if not tensor.requires_grad or tensor.node.op is not None:
        return None
    bound = (name for name, value in variables.items() if value is tensor)
    name = key if isinstance(key, str) else tensor.name or next(bound, "a parameter")
    return name, tensor


def _array(key, value):
    errors.refuse_foreign("compare()", value)
    array = np.asarray(value.numpy() if isinstance(value, Tensor) else value)
    if array.dtype.kind not in "biufc":
        raise TypeError(f"the manual value of {key!r} holds {array.dtype}, not numbers")
    return array
