"""One run of a function on traced values, and what its program is made of."""

import gc
import threading
import weakref

import numpy as np

from ..engine.modes import enable_grad
from ..symbolic.graph import Graph
from ..symbolic.traced import Trace
from .arguments import leaves
from .draws import Drawing, Draws
from .errors import CompilationError
from .outputs import Tree
from .randomness import Generators


class _Active(threading.local):
    tracing = False


active = _Active()  # whether this thread traces a function now


class Capture:
    """What a function computed once.

    Attributes
    ----------
    graph
    arguments, state, drawn
        The expressions of its inputs: those given, those taken from its surroundings, and the
        random numbers.
    draws : Draws
        What the random numbers are.
    result : Tree
    changes : list of (path, place, Tree)
        What is stored in the surroundings after every run.
    arrays : list of (weak reference, copy)
        The arrays that are constants.
    """

    def __init__(self, f, arguments, surroundings):
        self.graph = Graph()
        self.trace = Trace(self.graph)
        self.arguments, self.state, self.drawn = [], [], []
        self.draws = Draws()
        generators = Generators(surroundings.generators)
        active.tracing = True
        try:
            self._run(f, arguments, surroundings)
            self._sort_inputs(len(surroundings.names), len(arguments.values))
            self._check_leaks()
        finally:
            active.tracing = False
            self.trace.closed = True
            drawn = generators.drawn()
        if drawn:
            raise CompilationError(
                f"it draws from {drawn[0][0]}, and a program would have the same random numbers at "
                "every call: make a generator, rng = np.random.default_rng(), and draw by its "
                "methods where they are used, rng.normal(size=3), or pass what was drawn as an "
                "argument"
            )
        self.arrays = self._release()

    def _run(self, f, arguments, surroundings):
        drawings = {
            id(generator): Drawing(generator, path, position, self.draws, self.trace.input)
            for position, (path, generator) in enumerate(surroundings.generators)
        }
        with enable_grad(), surroundings.substituted(self.trace.input, drawings):
            args, kwargs = arguments.substituted(self.trace.input, drawings)
            before = leaves([("", args), ("", kwargs)])
            result = f(*args, **kwargs)
            _check_arguments(before, leaves([("", args), ("", kwargs)]))
            self.result = Tree(self.graph, result, "the result")
            self.changes = [
                (path, place, Tree(self.graph, value, path))
                for path, place, value in surroundings.changes()
            ]

    def _sort_inputs(self, state, arguments):
        """The graph's inputs, in the order in which they were made."""
        inputs = self.graph.inputs
        self.state = inputs[:state]
        self.arguments = inputs[state : state + arguments]
        self.drawn = inputs[state + arguments :]

    def _check_leaks(self):
        alive = self._alive()
        if alive:
            gc.collect()
            alive = self._alive()
        if alive:
            holders = {type(r).__name__ for r in gc.get_referrers(alive[0]) if r is not alive}
            inside = f" in a {' or a '.join(sorted(holders - {'frame'}))}" if holders else ""
            raise CompilationError(
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
    same = len(before) == len(after) and all(map(_is_same_leaf, before, after))
    if not same:
        raise CompilationError(
            "it changes one of its arguments, which its caller would not see: change a copy, and "
            "return it"
        )


def _is_same_leaf(one, other):
    (path, a), (other_path, b) = one, other
    return path == other_path and (a is b or (type(a) is type(b) is int and a == b))
