"""One run of a function, with what it returned, left behind and drew."""

import gc
import weakref

import numpy as np

from ..engine.modes import switched
from ..symbolic.graph import Graph
from ..symbolic.traced import Trace
from .arguments import leaves
from .errors import CompilationError
from .random_draws import Drawing, Draws, States
from .results import Tree


class Run:
    """One run; arguments, captured state and generators are afterwards as before.

    Attributes
    ----------
    result
    changes : list of (path, place, what was left there)
    drawn : list of (path, state)
        The generators that it drew from, and where that left them.
    """

    def __init__(self, f, arguments, state):
        states = States(state.generators)
        drawings = self.drawings(state.generators)
        try:
            mode = switched(recording=True, body=None, tracing=True)
            with mode, state.substituted(self.substitute, drawings):
                args, kwargs = arguments.substituted(self.substitute, drawings)
                before = leaves([("", args), ("", kwargs)])
                result = f(*args, **kwargs)
                _check_arguments(before, leaves([("", args), ("", kwargs)]))
                self.result = self.take(result, "the result")
                self.changes = [
                    (path, place, self.take(value, path)) for path, place, value in state.changes()
                ]
        finally:
            self.drawn = states.drawn()

    def drawings(self, generators):
        """What stands for generators, by their id."""
        return {}

    def substitute(self, value, name):
        """What stands for an input."""
        return value

    def take(self, tree, where):
        """What is kept of a result; while captured state is still what it was in the run."""
        return tree


class Capture(Run):
    """A run on traced values, and what its program is made of.

    Attributes
    ----------
    graph
    arguments, state, numbers
        The expressions of its inputs: those given, those captured, and the random numbers.
    draws : Draws
        What the random numbers are.
    result, changes
        As in a `Run`, each a `Tree`.
    arrays : list of (weak reference, copy)
        The arrays that are constants.
    """

    def __init__(self, f, arguments, state):
        self.graph = Graph()
        self._trace = Trace(self.graph)
        self.draws = Draws()
        self.substitute = self._trace.input
        try:
            super().__init__(f, arguments, state)
            self._check_leaks()
        finally:
            self._trace.closed = True
        if self.drawn:
            raise CompilationError(
                f"it draws from {self.drawn[0][0]}, and a program would have the same random "
                "numbers at every call: make a generator, rng = np.random.default_rng(), and draw "
                "by its methods where they are used, rng.normal(size=3), or pass what was drawn as "
                "an argument"
            )
        inputs, ends = self.graph.inputs, len(state.names) + len(arguments.values)
        self.state, self.arguments = inputs[: len(state.names)], inputs[len(state.names) : ends]
        self.numbers = inputs[ends:]  # inputs are in the order in which they were made
        # Weak references to the user's arrays among the constants, and copies.
        owners = {id(owner): owner for owner in map(_owner, self.graph.release())}
        self.arrays = [(weakref.ref(owner), owner.copy()) for owner in owners.values()]

    def drawings(self, generators):
        return {
            id(generator): Drawing(generator, path, position, self.draws, self.substitute)
            for position, (path, generator) in enumerate(generators)
        }

    def take(self, tree, where):
        return Tree(self.graph, tree, where)

    def trees(self):
        """Pairs (where, Tree) of all that a program gives."""
        changes = [(f"what is left in {path}", tree) for path, _, tree in self.changes]
        return [("the result", self.result), *changes]

    def outputs(self):
        """All expressions that a program gives."""
        return [x for _, tree in self.trees() for x in tree.expressions]

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
        return [value for reference in self._trace.alive if (value := reference()) is not None]


def _owner(array):
    """The array whose memory an array shows."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _check_arguments(before, after):
    if len(before) != len(after) or not all(map(_is_same_leaf, before, after)):
        raise CompilationError(
            "it changes one of its arguments, which its caller would not see: change a copy, and "
            "return it"
        )


def _is_same_leaf(one, other):
    (path, a), (other_path, b) = one, other
    return path == other_path and (a is b or (type(a) is type(b) is int and a == b))
