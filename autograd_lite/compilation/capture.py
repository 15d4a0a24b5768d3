"""One run of a function: its results, what it left behind and what it drew."""

import gc
import weakref

import numpy as np

from ..engine.modes import switched
from ..engine.tensor import Tensor, constant
from ..symbolic.expressions import Expression, known_value
from ..symbolic.graph import Graph
from ..symbolic.loops import LoopTrace
from ..symbolic.traced import Traced
from ..transforms import trees
from .arguments import CompilationError, leaves
from .forms import builder
from .loop_trials import LoopTrial
from .random_draws import Drawing, Draws, States

_LEAF = Expression("input", 0.0)


class Tree:
    """What a function returned or left somewhere, nested: expressions, and what is no array.

    Attributes
    ----------
    leaves
        Expressions of the arrays and the numbers that a program computes; others as they are.
    expressions
        The first of these alone.
    nested
        The same in the function's own tuples and lists, where there is nothing else.
    structure
        Nested tuples that tell trees apart.
    """

    def __init__(self, graph, tree, where):
        leaves, self._rebuild = trees.flatten(tree)
        self.leaves = [_leaf(graph, leaf, where) for leaf in leaves]
        self.expressions = [x for x in self.leaves if type(x) is Expression]
        self.structure = _structure(tree)
        self.nested = _nested(self.structure, iter(self.expressions))
        self._is_tensor = [where != _RESULT and isinstance(leaf, Tensor) for leaf in leaves]
        tensors = any(self._is_tensor)
        kinds = [(type(x) is Expression, x) for x in self.leaves]
        self._build = None if tensors else builder(tree, kinds)
        self.is_single = self.structure == "leaf" and not isinstance(tree, Tensor)

    def is_integer(self):
        """Whether it is one Python integer."""
        value = self.leaves[0] if len(self.leaves) == 1 else None
        return type(known_value(value)) is int

    def build(self, values):
        """The same tree of the values that a program computed."""
        if self._build is not None:
            return self._build(values)
        values = iter(values)
        leaves = [next(values) if type(x) is Expression else x for x in self.leaves]
        pairs = zip(leaves, self._is_tensor)
        return self._rebuild([constant(np.asarray(v)) if t else v for v, t in pairs])

    @property
    def is_simple(self):
        """Whether it is of Python's own dicts, lists and tuples, and made at once."""
        return self._build is not None

    def forget(self):
        """Let go of the graph."""
        self.leaves = [_LEAF if type(x) is Expression else x for x in self.leaves]
        self.expressions = self.nested = None


_RESULT = "the result"


def _leaf(graph, leaf, where):
    """A leaf as an expression where it is an array, of its own memory; else as it is."""
    if isinstance(leaf, Tensor):
        if where != _RESULT and leaf.requires_grad:
            raise CompilationError(
                f"it leaves a tensor with its tape in {where}, and a program has no tape: leave "
                "t.detach() there, or t.data"
            )
        leaf = leaf._array
    if type(leaf) is Traced:
        expression = leaf.expression
    elif isinstance(leaf, np.ndarray):
        expression = graph.constant(leaf)
    else:
        return leaf
    if isinstance(expression.value, np.ndarray) and _is_shared(expression):
        return graph.own(expression)
    return expression


def _is_shared(expression):
    """Whether somebody else has the array too: an input, a constant, a view."""
    value = expression.value
    return (
        expression.kind != "call"
        or value.base is not None
        or any(value is operand.value for operand in expression.operands())
    )


def _structure(tree):
    if type(tree) in (tuple, list):
        return (type(tree), *map(_structure, tree))
    if isinstance(tree, dict):
        return ("other", type(tree), *((key, _structure(part)) for key, part in tree.items()))
    if isinstance(tree, (tuple, list)) or tree is None:
        return ("other", type(tree), *map(_structure, tree or ()))
    return "leaf" if isinstance(tree, (Traced, Tensor, np.ndarray)) else ("other", type(tree))


def _nested(structure, expressions):
    """Expressions in tuples and lists of a structure, or None where there is anything else."""
    if structure == "leaf":
        return next(expressions)
    kind, *parts = structure
    parts = None if kind == "other" else [_nested(part, expressions) for part in parts]
    return None if parts is None or None in parts else kind(parts)


class Run:
    """One run; arguments, captured state and generators are afterwards as before.

    ``evaluations`` are those of the loops of all runs that make one program.

    Attributes
    ----------
    result
    changes : list of (path, place, what was left there)
    drawn : list of (path, state)
        The generators that it drew from, and where that left them.
    """

    def __init__(self, f, arguments, state, evaluations):
        self._evaluations = evaluations
        states = States(state.generators)
        drawings = self.drawings(state.generators)
        try:
            mode = switched(recording=True, body=None, tracing=self.loops())
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

    def loops(self):
        """What runs the loops of a scan."""
        return LoopTrial(self._evaluations)

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

    def __init__(self, f, arguments, state, evaluations):
        self.graph = Graph()
        self._trace = LoopTrace(self.graph, evaluations.function_of)
        self.draws = Draws()
        self.substitute = self._trace.input
        try:
            super().__init__(f, arguments, state, evaluations)
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

    def loops(self):
        return self._trace

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
        if self._alive():
            gc.collect()  # while nothing here holds what it may free
        if alive := self._alive():
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
