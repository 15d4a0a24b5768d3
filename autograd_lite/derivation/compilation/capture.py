"""One run of a function on traced values, and what its program is made of."""

import gc
import threading
import weakref

import numpy as np

from ...tape import enable_grad
from ..tracing.graph import Graph
from ..tracing.traced import Trace
from .arguments import contents
from .outputs import Tree
from .randomness import Generators
from .surroundings import Impure


class _Active(threading.local):
    tracing = False


active = _Active()  # whether this thread traces a function now


class Capture:
    """What a function computed once.

    Attributes
    ----------
    graph
    arguments, state
        The expressions of its inputs: those given, and those taken from its surroundings.
    result : Tree
    changes : list of (path, place, Tree)
        What is stored in the surroundings after every run.
    arrays : list of (weak reference, copy)
        The arrays that are constants.
    """

    def __init__(self, f, arguments, surroundings):
        self.graph = Graph()
        self.trace = Trace(self.graph)
        self.arguments, self.state = [], []
        generators = Generators(surroundings.generators)
        active.tracing = True
        try:
            self._run(f, arguments, surroundings)
            self.arguments, self.state = self._inputs(len(arguments.values))
            self._check_leaks()
        finally:
            active.tracing = False
            self.trace.closed = True
            drawn = generators.drawn()
        if drawn is not None:
            raise Impure(
                f"it draws from {drawn}, and a program would have the same random numbers at every "
                "call: pass what was drawn as an argument, or make the generator inside"
            )
        self.arrays = self._release()

    def _run(self, f, arguments, surroundings):
        with enable_grad(), surroundings.standing_in(self.trace.input):
            args, kwargs = arguments.standing_in(self.trace.input)
            before = contents([args, kwargs])
            result = f(*args, **kwargs)
            _check_arguments(before, contents([args, kwargs]))
            self.result = Tree(self.graph, result, "the result")
            self.changes = [
                (path, place, Tree(self.graph, value, path))
                for path, place, value in surroundings.changes()
            ]

    def _inputs(self, count):
        """The graph's inputs, those of the arguments first: they were made last."""
        inputs = self.graph.inputs
        split = len(inputs) - count
        return inputs[split:], inputs[:split]

    def _check_leaks(self):
        alive = self._alive()
        if alive:
            gc.collect()
            alive = self._alive()
        if alive:
            holders = {type(r).__name__ for r in gc.get_referrers(alive[0]) if r is not alive}
            inside = f" in a {' or a '.join(sorted(holders - {'frame'}))}" if holders else ""
            raise Impure(
                f"it keeps {alive[0]!r}{inside} after it has returned, where a program cannot put "
                "its value again at every call: return it, in dicts, lists and tuples, and keep it "
                "outside of the compiled function"
            )

    def _alive(self):
        return [value for reference in self.trace.alive if (value := reference()) is not None]

    def _release(self):
        """Let go of the user's arrays among the constants; weak references to them, and copies."""
        owners = {id(owner): owner for owner in map(_owner, self.graph.release())}
        return [(weakref.ref(owner), owner.copy()) for owner in owners.values()]


def _owner(array):
    """The array whose memory an array shows."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _check_arguments(before, after):
    same = len(before) == len(after) and all(a is b or _is(a, b) for a, b in zip(before, after))
    if not same:
        raise Impure(
            "it changes one of its arguments, which its caller would not see: change a copy, and "
            "return it"
        )


def _is(a, b):
    return type(a) is type(b) is int and a == b
