"""`summary`: the modules of a model with the shapes of their results and their parameters."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from .evaluation import evaluating
from .module import Module


@dataclass(frozen=True)
class Row:
    """One module: its path, what it is, the shape of its result, its parameters without those of
    modules inside."""

    path: str
    layer: str
    shape: Any  # a tuple, a list of them where there are several results, None where not called
    parameters: int


@dataclass(frozen=True)
class Summary:
    """What `summary` returns; printed as a table.

    Attributes
    ----------
    rows : list of Row
        One for each module, in order.
    parameters, frozen, buffers : int
        How many numbers there are to train, and in constants.
    size : int
        Bytes of all of them.
    """

    rows: list[Row]
    parameters: int
    frozen: int
    buffers: int
    size: int

    def __str__(self):
        table = [("path", "layer", "result", "parameters")]
        table += [
            (row.path, row.layer, "" if row.shape is None else str(row.shape),
             f"{row.parameters:,}" if row.parameters else "")
            for row in self.rows
        ]  # fmt: skip
        widths = [max(len(line[i]) for line in table) for i in range(4)]
        rows = ([*map(str.ljust, line[:3], widths), line[3].rjust(widths[3])] for line in table)
        lines = ["  ".join(row).rstrip() for row in rows]
        lines.insert(1, "-" * len(lines[0]))
        total = f"{self.parameters:,} parameters"
        total += f", {self.frozen:,} frozen" if self.frozen else ""
        total += f", {self.buffers:,} in buffers" if self.buffers else ""
        return "\n".join([*lines, lines[1], f"{total}, {self.size:,} bytes"])

    __repr__ = __str__


def summary(model: Module, *args: Any, **kwargs: Any) -> Summary:
    """The modules of a model, the shapes of their results, and how many parameters they have.

    The model is called once, as after training, on what is given; no gradient is recorded, and
    nothing of the model is changed.

    Parameters
    ----------
    model : Module
    *args, **kwargs
        An input, as ``model`` takes it: ``np.zeros((1, 28, 28))`` will do.

    Raises
    ------
    TypeError
        Where ``model`` is no Module, or no input is given.
    """
    if not isinstance(model, Module) or not (args or kwargs):
        raise TypeError("summary takes a model and an input: nn.summary(model, X[:1])")
    named = list(model.named_modules())
    shapes: dict[Module, Any] = {}

    def note(module, _, result):
        shapes.setdefault(module, _shape(result))

    with evaluating(model), ExitStack() as stack:
        for _, module in named:
            stack.enter_context(module.register_forward_hook(note))
        model(*args, **kwargs)
    rows = [Row(path, _kind(m), shapes.get(m), _count(m)) for path, m in named]
    tensors = [tensor for _, tensor in model._named_tensors()]
    trained, buffers = model.parameters(), [tensor for _, tensor in model.named_buffers()]
    sizes = [sum(t.size for t in group) for group in (tensors, trained, buffers)]
    return Summary(rows, sizes[1], sizes[0] - sizes[1] - sizes[2], sizes[2],
                   sum(t.size * np.dtype(t.dtype).itemsize for t in tensors))  # fmt: skip


def _count(module):
    """How many numbers a module has to train, without those of modules inside."""
    return sum(tensor.size for _, tensor in module._own_tensors() if tensor.requires_grad)


def _kind(module):
    """A layer as its repr, a module of others as its name."""
    return f"{module!r}" if "\n" not in repr(module) else type(module).__name__


def _shape(result):
    """The shape of a result; of several, their shapes."""
    if isinstance(result, (tuple, list)):
        return [_shape(part) for part in result]
    return tuple(np.shape(result))
