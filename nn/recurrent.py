"""Recurrent networks: cells, which take one step, and the layers that take them along a sequence.

A cell is two affine maps, of the input and of the state, and a formula. A layer maps all inputs at
once, and then goes through the steps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.messages.other_names import keywords

from .init import fan_in_uniform, generator
from .layers import Dropout, Linear, check_sizes
from .module import Module


class _Cell(Module):
    """What cells share; the parameters are explained in `RNNCell`."""

    _gates: int

    @keywords
    def __init__(
        self,
        inputs: int,
        hidden: int,
        bias: bool = True,
        *,
        rng=None,
        init: Callable = fan_in_uniform,
        dtype=np.float64,
    ):
        rng, gates = generator(rng), self._gates * hidden
        self.input = Linear(inputs, gates, bias, rng=rng, init=init, dtype=dtype)
        self.hidden = Linear(hidden, gates, bias, rng=rng, init=init, dtype=dtype)

    def forward(self, x, state=None):
        """(..., inputs) and a state -> the next state; the first state is zeros."""
        return self.step(self.input(x), self.first(x) if state is None else state)

    def first(self, x) -> Any:
        """The zeros in which x, or the steps (..., inputs) of a sequence, begins."""
        shape = (*np.shape(x)[:-1], self.hidden.weight.shape[0])
        return np.zeros(shape, self.hidden.weight.dtype)

    def step(self, z, state) -> Any:
        """The next state, of the mapped input z and of a state."""
        raise TypeError(f"{type(self).__name__} does not define step()")

    def output(self, state) -> Any:
        """What of a state is the result of a step."""
        return state

    def _describe(self):
        return f"{self.input.weight.shape[0]}, {self.hidden.weight.shape[0]}"


class RNNCell(_Cell):
    """h <- tanh(x @ W + b + h @ U + c). Source: Elman 1990, Finding structure in time.

    Parameters
    ----------
    inputs, hidden : int
        The sizes of the last axis of the input and of the state.
    activation : callable
        In place of tanh, such as ``ag.relu``; for `RNNCell` and `RNN` alone.
    bias, rng, init, dtype
        As of `Linear`. Both maps have a bias, as in PyTorch.

    Attributes
    ----------
    input, hidden : Linear
        The maps of the input and of the state; where there are gates, theirs stand side by side.
    """

    _gates = 1

    @keywords
    def __init__(
        self, inputs: int, hidden: int, bias: bool = True, *, activation=np.tanh, **settings
    ):
        super().__init__(inputs, hidden, bias, **settings)
        self.activation = activation

    def step(self, z, h):
        return self.activation(z + self.hidden(h))


class LSTMCell(_Cell):
    """A state (h, c), of which gates decide what is forgotten, written and shown.

    i, f, g, o = the four parts of x @ W + b + h @ U + c; c <- sigmoid(f) * c + sigmoid(i) *
    tanh(g); h <- sigmoid(o) * tanh(c). Source: Hochreiter and Schmidhuber 1997, with the forget
    gate of Gers et al. 2000.
    """

    _gates = 4

    def first(self, x):
        zeros = super().first(x)
        return zeros, zeros

    def step(self, z, state):
        h, c = state
        i, f, g, o = np.split(z + self.hidden(h), 4, axis=-1)
        c = ag.sigmoid(f) * c + ag.sigmoid(i) * np.tanh(g)
        return ag.sigmoid(o) * np.tanh(c), c

    def output(self, state):
        return state[0]


class GRUCell(_Cell):
    """h <- (1 - z) * n + z * h, where gates decide how much is new.

    r, z, n = the three parts of x @ W + b, and r', z', n' those of h @ U + c; r <- sigmoid(r +
    r'); z <- sigmoid(z + z'); n <- tanh(n + r * n'). Source: Cho et al. 2014, with the reset
    after the product, as in PyTorch.
    """

    _gates = 3

    def step(self, z, h):
        size = 2 * self.hidden.weight.shape[0]
        u = self.hidden(h)
        reset, update = np.split(ag.sigmoid(z[..., :size] + u[..., :size]), 2, axis=-1)
        new = np.tanh(z[..., size:] + reset * u[..., size:])
        return new + update * (h - new)


class _Recurrent(Module):
    """What layers share: cells along the last axis but one."""

    _cell: type[_Cell]

    @keywords
    def __init__(
        self,
        inputs: int,
        hidden: int,
        bias: bool = True,
        num_layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        *,
        rng=None,
        **settings,
    ):
        check_sizes(self, num_layers=num_layers)
        if num_layers < 1:
            raise ValueError(f"{type(self).__name__}: num_layers is 1 or more, not {num_layers}")
        rng, self.directions = generator(rng), 2 if bidirectional else 1
        sizes = [inputs, *[self.directions * hidden] * (num_layers - 1)]
        self.cells = [
            self._cell(size, hidden, bias, rng=rng, **settings)
            for size in sizes
            for _ in range(self.directions)
        ]
        self.dropout = Dropout(dropout, rng=rng) if dropout else None

    def forward(self, x, state=None, return_state=False):
        """(..., time, inputs) -> (..., time, hidden), and the last state where it is asked for."""
        if np.ndim(x) < 2 or np.shape(x)[-2] < 1:
            raise ValueError(
                f"{self!r} takes an array (..., time, {self.cells[0].input.weight.shape[0]}), and "
                f"was given one of shape {np.shape(x)}"
            )
        states, last = self._begun(state, self.cells[0].first(x[..., 0, :])), []
        for at in range(0, len(self.cells), self.directions):
            x = self.dropout(x) if at and self.dropout is not None else x
            results = []
            for i, cell in enumerate(self.cells[at : at + self.directions], at):
                result, end = _along(cell, x, states[i], reverse=i > at)
                results.append(result)
                last.append(end)
            x = np.concatenate(results, axis=-1) if len(results) > 1 else results[0]
        return (x, self._joined(last)) if return_state else x

    def _begun(self, state, zeros):
        """The first state of each cell, in the shape of the zeros.

        A state of one example is that of all; more cells have an axis of their own, the first.
        """
        if state is None:
            return [zeros] * len(self.cells)
        if isinstance(zeros, tuple):
            if not isinstance(state, (tuple, list)) or len(state) != len(zeros):
                raise TypeError(
                    f"the state of {self!r} is a pair (h, c), and was given as {type(state)}: "
                    "write layer(x, (h, c))"
                )
            return list(zip(*map(self._begun, state, zeros), strict=True))
        if len(self.cells) > 1 and np.shape(state)[:1] != (len(self.cells),):
            raise ValueError(
                f"{self!r} has {len(self.cells)} cells, and a state an axis of as many before all "
                f"others; it was given one of shape {np.shape(state)}"
            )
        states = [state] if len(self.cells) == 1 else list(state)
        return [
            x if np.shape(x) == zeros.shape else np.broadcast_to(x, zeros.shape) for x in states
        ]

    def _joined(self, states):
        """The last states of all cells as one."""
        if len(states) == 1:
            return states[0]
        if isinstance(states[0], tuple):
            return tuple(np.stack(parts) for parts in zip(*states, strict=True))
        return np.stack(states)

    def _describe(self):
        layers = len(self.cells) // self.directions
        more = "" if layers == 1 else f", num_layers={layers}"
        return self.cells[0]._describe() + more + ", bidirectional=True" * (self.directions - 1)


def _along(cell, x, state, reverse):
    """(the outputs of all steps of a cell, its last state); reverse begins with the last step."""

    def step(state, z):
        state = cell.step(z, state)
        return state, cell.output(state)

    steps = np.moveaxis(cell.input(x), -2, 0)
    state, outputs = ag.scan(step, state, steps, reverse=reverse, record_steps=True)
    return np.moveaxis(outputs, 0, -2), state


class RNN(_Recurrent):
    """`RNNCell` along a sequence: (..., time, inputs) -> (..., time, hidden).

    A call takes the first state as ``state=``, zeros without it, and with ``return_state=True``
    gives (result, last state). With more than one cell, a state has an axis of cells first.

    Parameters
    ----------
    inputs, hidden, bias, rng, init, dtype
        As of the cell; `RNN` takes ``activation`` too.
    num_layers : int
        Layers one after the other, each on the results of the one before.
    bidirectional : bool
        Whether each layer has a cell more, that begins with the last step; its results stand
        behind those of the other: (..., time, 2 * hidden).
    dropout : float
        The share that training drops between layers.

    Attributes
    ----------
    cells : list
        Of each layer the cell, and the one that goes backwards.
    """

    _cell = RNNCell


class LSTM(_Recurrent):
    """`LSTMCell` along a sequence: (..., time, inputs) -> (..., time, hidden).

    Parameters, states and attributes are as of `RNN`; a state is a pair (h, c).
    """

    _cell = LSTMCell


class GRU(_Recurrent):
    """`GRUCell` along a sequence: (..., time, inputs) -> (..., time, hidden).

    Parameters, states and attributes are as of `RNN`.
    """

    _cell = GRUCell
