"""Weights from and to PyTorch's state dicts. PyTorch itself is not needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import autograd_lite as ag

from .attention import MultiheadAttention, TransformerBlock
from .containers import Sequential
from .layers import Linear
from .module import Module, walk
from .normalization import BatchNorm
from .recurrent import _Cell, _Recurrent

# A row: PyTorch's name, ours of what it holds side by side, and whether it holds it transposed.
_TENSORS: dict[type, list[tuple[str, tuple[str, ...], bool]]] = {
    Linear: [("weight", ("weight",), True), ("bias", ("bias",), False)],
    BatchNorm: [
        *((name, (name,), False) for name in ("weight", "bias", "running_mean")),
        ("running_var", ("running_variance",), False),
    ],
    MultiheadAttention: [
        ("in_proj_weight", ("query.weight", "key.weight", "value.weight"), True),
        ("in_proj_bias", ("query.bias", "key.bias", "value.bias"), False),
        ("out_proj.weight", ("out.weight",), True),
        ("out_proj.bias", ("out.bias",), False),
    ],
    _Cell: [
        ("weight_ih", ("input.weight",), True),
        ("weight_hh", ("hidden.weight",), True),
        ("bias_ih", ("input.bias",), False),
        ("bias_hh", ("hidden.bias",), False),
    ],
}
_IGNORED = "num_batches_tracked"


def from_pytorch(model: Module, state: Mapping[str, Any]) -> None:
    """Load what ``torch_model.state_dict()`` holds into a model of the same layers and names.

    `Sequential` here and there number their layers alike; the modules of your own have to have
    the same attributes. Nothing is changed unless everything fits.

    Parameters
    ----------
    model : Module
    state : mapping of str to tensors of PyTorch, or to arrays

    Raises
    ------
    ValueError
        When names are missing or unknown, or a shape differs.
    """
    rows = list(_rows(model, ""))
    known = {theirs for theirs, _, _ in rows}
    problems = [f"missing {name}" for name in known - state.keys()]
    problems += [f"unknown {n}" for n in state if n not in known and not n.endswith(_IGNORED)]
    if problems:
        raise ValueError(f"PyTorch's state does not fit this model: {'; '.join(problems)}")
    values: dict[ag.Tensor, np.ndarray] = {}
    for theirs, tensors, transposed in rows:
        tensor = state[theirs]
        array = np.asarray(tensor.detach().cpu() if hasattr(tensor, "detach") else tensor)
        if len(tensors) > 1 and (not array.ndim or len(array) % len(tensors)):
            raise ValueError(f"{theirs} of shape {array.shape} does not hold {len(tensors)} parts")
        parts = np.split(array, len(tensors)) if len(tensors) > 1 else [array]
        values.update(zip(tensors, (part.T if transposed else part for part in parts)))
    model.load_state_dict({path: values[tensor] for path, tensor in model._named_tensors()})


def to_pytorch(model: Module) -> dict[str, np.ndarray]:
    """The values of a model under PyTorch's names and in its shapes, as new arrays.

    ``{name: torch.from_numpy(a) for name, a in nn.to_pytorch(model).items()}`` is a state dict.
    """
    state = {}
    for theirs, tensors, transposed in _rows(model, ""):
        parts = [t.numpy().T if transposed else t.numpy() for t in tensors]
        state[theirs] = np.array(np.concatenate(parts) if len(parts) > 1 else parts[0], order="C")
    return state


def _rows(module: Module, prefix: str) -> Iterator[tuple[str, list[ag.Tensor], bool]]:
    """(PyTorch's path, our tensors, whether transposed) of a module and of those inside."""
    rows = next((rows for kind, rows in _TENSORS.items() if isinstance(module, kind)), None)
    if isinstance(module, _Recurrent):
        rows = _of_cells(module)
    if rows is not None:
        tensors = dict(module._named_tensors())
        for theirs, ours, transposed in rows:
            if ours[0] in tensors:
                yield prefix + theirs, [tensors[path] for path in ours], transposed
        return
    yield from ((prefix + path, [tensor], False) for path, tensor in module._own_tensors())
    for path, part in walk(vars(module), Module, ()):
        yield from _rows(part, f"{prefix}{_name(module, path)}.")


def _of_cells(module):
    """The rows of a recurrent layer: those of its cells, by layer and direction."""
    return [
        (f"{theirs}_l{i // module.directions}{'_reverse' * (i % module.directions)}",
         (f"cells.{i}.{ours}",), transposed)
        for i in range(len(module.cells))
        for theirs, (ours,), transposed in _TENSORS[_Cell]
    ]  # fmt: skip


def _name(module, path):
    """PyTorch's name of a module inside another."""
    if isinstance(module, Sequential):
        return path.removeprefix("layers.")
    if isinstance(module, TransformerBlock) and path == "attention":
        return "self_attn"
    return path
