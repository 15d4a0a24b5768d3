"""`compare`: a hand-derived gradient beside the true one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import errors
from ..names import Names, caller_variables
from ..tensor import Tensor
from .case import Case
from .keys import Factors, flat, paths
from .report import Comparison
from .rows import Tolerance


def compare(
    loss: Tensor,
    manual: Mapping,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    names: Mapping | None = None,
) -> Comparison:
    """Compare hand-derived derivatives with those of autodiff.

    Parameters
    ----------
    loss : Tensor
        A scalar, computed with tensors.
    manual : mapping
        From what to its hand-derived value, an array-like; dicts and lists may be nested in it,
        and ``{"layer1": {"W": dW}}`` is ``{"layer1.W": dW}``. A key is

        - the name of a tensor of the graph, ``"W1"``, the path of a parameter in a module or of
          a tensor in a dict or list, ``"layer1.W"``, or the tensor itself: dLoss/dW1;
        - a factor of the chain, ``"dh2/dz2"`` or ``("h2", "z2")``. Of an element-wise step it
          is the diagonal, an array of the shape of z2; of a product ``z2 = h1 @ W2`` it is the
          other operand; in every case it may be the whole Jacobian, of shape
          ``h2.shape + z2.shape``. ``"dLoss/d..."`` means the loss under any name.
    rtol, atol : float
        An entry is right when |manual - autodiff| <= atol + rtol * max(|manual|, |autodiff|);
        ``rtol`` is by default 1e-6, and 1e-4 (1e-2) where one of the two is float32 (float16);
        ``atol`` is by default rtol times the largest entry of the true array.
    names : mapping, optional
        Names for tensors, ``{"W1": tensor}``; they go before the tensors' own names, their
        paths in a module, and the variables of the caller.

    Returns
    -------
    Comparison
        Its truth value says whether everything agrees; printed, it shows one row a key.

    Raises
    ------
    ValueError
        For an unknown or ambiguous name, and for a factor that does not exist.
    TypeError
        For a loss that is not a Tensor.
    """
    if not isinstance(loss, Tensor):
        raise TypeError(
            f"compare() takes the loss as a Tensor, not {errors.describe(loss)}: compute it from "
            "tensors with requires_grad=True"
        )
    if not isinstance(manual, Mapping):
        raise TypeError(
            f"compare() takes a dict of what was derived by hand, not {errors.describe(manual)}: "
            'write compare(loss, {"W": dW})'
        )
    if not loss.requires_grad:
        raise ValueError(
            f"compare() of a constant: {errors.describe(loss)} does not depend on any tensor with "
            "requires_grad=True"
        )
    variables = caller_variables(1)
    places = paths(variables)
    known = Names(loss, {**variables, **_unbound(places, variables, manual)}, names)
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
    case = Case(given, true, Tolerance(rtol, atol), loss, known, ends, keys)
    return Comparison.from_case(case)


def _unbound(places, variables, manual):
    """Places in containers that are no variable's name: those go first. Keys go before others."""
    keys = [key for key, _ in flat(manual, places.__contains__) if isinstance(key, str)]
    ordered = {place: places[place] for place in (*keys, *places) if place in places}
    return {place: tensor for place, tensor in ordered.items() if place not in variables}


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
