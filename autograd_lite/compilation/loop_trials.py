"""The loops of a run that a program is held against: two steps by themselves, all as a program.

A step that does on traced values what it does by itself does so in all steps, as it has one graph;
and a million steps by themselves would take seconds.
"""

import numpy as np

from ..engine.tensor import Tensor, constant, plain
from ..programs.numpy_program import function_of
from ..symbolic.graph import Graph
from ..symbolic.loops import LoopTrace
from ..symbolic.traced import ConcretizationError, Traced

_BY_THEMSELVES = 2


class LoopTrial:
    """Runs loops on plain values.

    Raises
    ------
    ConcretizationError
        Where a step does another thing by itself than on traced values.
    """

    def loop(self, loop, carry, rows, saves):
        """What `Loop` computes."""
        if loop.length <= _BY_THEMSELVES:
            return loop.run_step_by_step(carry, rows, saves)
        graph = Graph()
        trace = LoopTrace(graph, function_of)
        traced = [_traced(trace, x) for x in (*carry, *rows)]
        found = trace.loop(loop, traced[: len(carry)], traced[len(carry) :], saves)
        trace.closed = True
        found = [[_untraced(x) for x in part] for part in found]
        self._compare(loop, carry, rows, found)
        return found

    def _compare(self, loop, carry, rows, found):
        few = loop.shortened(_BY_THEMSELVES)
        part = slice(-_BY_THEMSELVES, None) if loop.reverse else slice(_BY_THEMSELVES)
        short = [_alike(x, plain(x)[part]) for x in rows]
        _, ys, _ = few.run_step_by_step(carry, short, False)
        for y, all_ys in zip(ys, found[1], strict=True):
            one, other = plain(y), plain(all_ys)[part]
            eps = np.finfo(one.dtype).eps if one.dtype.kind in "fc" else 0.0
            size = np.abs(one[np.isfinite(one)]).max(initial=0.0) if eps else 0.0
            close = dict(rtol=np.sqrt(eps), atol=1e3 * eps * size, equal_nan=bool(eps))
            if one.shape != other.shape or not np.allclose(one, other, **close):
                raise ConcretizationError(
                    f"the step of {loop.name} gives other values by itself than on traced values"
                )


def _traced(trace, x):
    x, plain_x = x, plain(x)
    return _alike(x, trace.input(plain_x))


def _untraced(x):
    value = plain(x)
    return _alike(x, value.value if isinstance(value, Traced) else value)


def _alike(x, value):
    return constant(value) if isinstance(x, Tensor) else value
