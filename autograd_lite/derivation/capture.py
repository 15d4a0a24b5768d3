"""One run of a function on traced values, and what its program is made of.

A run is believed only if a second one gives the same: what differs came from elsewhere.
"""

import gc
import threading
import weakref

import numpy as np

from .. import errors, trees
from ..tape import enable_grad
from ..tensor import Tensor, constant
from .arguments import contents
from .expressions import Expression, key_of
from .graph import Graph, needed
from .randomness import Generators
from .source import Writer
from .surroundings import Impure, Same
from .traced import Trace, Traced


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


class Tree:
    """What a function returned or left somewhere, nested: expressions, and what is no array.

    Attributes
    ----------
    expressions
        Of the arrays and the numbers that a program computes.
    nested
        The same in the function's own tuples and lists, where there is nothing else.
    plain
        The other leaves.
    """

    def __init__(self, graph, tree, where):
        leaves, self._rebuild = trees.flatten(tree)
        self._leaves = [_leaf(graph, leaf, where) for leaf in leaves]
        self.is_tensor = [isinstance(leaf, Tensor) for leaf in leaves]
        self.expressions = [x for x in self._leaves if type(x) is Expression]
        self.plain = [x for x in self._leaves if type(x) is not Expression]
        self.structure = _structure(tree)
        self.nested = None if "other" in _kinds(self.structure) else self._native(tree)
        self._place = where != "the result"
        self.is_single = self.structure == "leaf" and not isinstance(tree, Tensor)

    def _native(self, tree):
        expressions = iter(self.expressions)

        def put(part):
            return type(part)(map(put, part)) if type(part) in (tuple, list) else next(expressions)

        return put(tree)

    def is_integer(self):
        """Whether it is one Python integer."""
        value = self._leaves[0] if len(self._leaves) == 1 else None
        return type(value.value if type(value) is Expression else value) is int

    def build(self, values):
        """The same tree of the values that a program computed."""
        values = iter(values)
        leaves = [next(values) if type(x) is Expression else x for x in self._leaves]
        if self._place:
            leaves = [
                constant(np.asarray(v)) if is_tensor else v
                for v, is_tensor in zip(leaves, self.is_tensor)
            ]
        return self._rebuild(leaves)

    def forget(self):
        """Let go of the graph."""
        self._leaves = [_LEAF if type(x) is Expression else x for x in self._leaves]
        self.expressions = self.nested = None


_LEAF = Expression("input", 0.0)


def _leaf(graph, leaf, where):
    """A leaf as an expression where it is an array, of its own memory; else as it is."""
    if isinstance(leaf, Tensor):
        if where != "the result" and leaf.requires_grad:
            raise Impure(
                f"it leaves a tensor with its tape in {where}, and a program has no tape: leave "
                "t.detach() there, or t.data"
            )
        leaf = leaf._data
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
    """Nested tuples that tell trees apart."""
    if type(tree) in (tuple, list):
        return (type(tree), *map(_structure, tree))
    if isinstance(tree, dict):
        return ("other", type(tree), *((key, _structure(part)) for key, part in tree.items()))
    if isinstance(tree, (tuple, list)) or tree is None:
        return ("other", type(tree), *map(_structure, tree or ()))
    return "leaf" if isinstance(tree, (Traced, Tensor, np.ndarray)) else ("other", type(tree))


def _kinds(structure):
    """All that stands in nested tuples."""
    if isinstance(structure, tuple):
        return {kind for part in structure for kind in _kinds(part)}
    return {structure}


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


# --- the second run -------------------------------------------------------------------------------


def difference(one, other):
    """What differs between two runs of a function, in words, or None."""
    return _Comparison(one, other).find()


class _Comparison:
    def __init__(self, one, other):
        self.one, self.other = one, other
        inputs = zip(one.graph.inputs, other.graph.inputs)
        self.twins = {id(a): b for a, b in inputs}
        names = {x: x.name or "x" for x in one.graph.inputs}
        self.writer = Writer(names)

    def find(self):
        steps = [needed(c.graph.steps, outputs(c)) for c in (self.one, self.other)]
        for a, b in zip(*steps):
            if a.kind != b.kind:
                return "another branch"
            if a.kind == "guard":
                if self._operands(a.expression, b.expression) or a.expected != b.expected:
                    return "another branch"
                continue
            if a.func != b.func:
                return f"{_name(a.func)}, and then {_name(b.func)}"
            found = self._operands((a.args, a.kwargs), (b.args, b.kwargs))
            if found:
                return f"{found}, an argument of {_name(a.func)}"
            self.twins[id(a)] = b
        if len(steps[0]) != len(steps[1]):
            return f"{len(steps[0])} calls of functions, and then {len(steps[1])}"
        return self._outputs()

    def _outputs(self):
        pairs = [("the result", self.one.result, self.other.result)]
        changes = zip(self.one.changes, self.other.changes)
        pairs += [(f"what is left in {a[0]}", a[2], b[2]) for a, b in changes]
        for where, a, b in pairs:
            if a.structure != b.structure:
                return f"another structure of {where}"
            found = self._operands(a.expressions, b.expressions) or self._operands(a.plain, b.plain)
            if found:
                return f"{found}, in {where}"
        here, there = ([path for path, _, _ in c.changes] for c in (self.one, self.other))
        return None if here == there else f"what it changes: {here}, and then {there}"

    def _operands(self, a, b):
        """The first difference between nested arguments, in words."""
        if type(a) is not type(b):
            return f"{errors.describe(a)}, and then {errors.describe(b)}"
        if type(a) is Expression:
            return self._expressions(a, b)
        if type(a) in (tuple, list):
            if len(a) != len(b):
                return f"{len(a)} values, and then {len(b)}"
            return next(filter(None, map(self._operands, a, b)), None)
        if type(a) is dict:
            return self._operands([*a.items()], [*b.items()])
        if type(a) is slice:
            return self._operands((a.start, a.stop, a.step), (b.start, b.stop, b.step))
        return None if _is_same(a, b) else f"{errors.describe(a)}, and then {errors.describe(b)}"

    def _expressions(self, a, b):
        if a.kind == "constant" == b.kind:
            if _is_same(a.value, b.value):
                return None
            if np.ndim(a.value):
                return f"an array of shape {np.shape(a.value)} with other numbers"
            return f"the number {a.value}, and then {b.value}"
        if self.twins.get(id(a)) is b:
            return None
        return "another value"


def _is_same(a, b):
    """Whether two constants are the same, bit by bit."""
    if isinstance(a, np.ndarray):
        same = a.shape == b.shape and a.dtype == b.dtype
        return same and (
            a.tobytes() == b.tobytes() if not a.dtype.hasobject else bool((a == b).all())
        )
    if isinstance(a, (bool, int, float, complex, np.generic)):
        return key_of(a) == key_of(b)
    return a is b or Same(a) == Same(b) or bool(a == b)


def _name(func):
    return getattr(func, "__name__", repr(func))


def outputs(capture):
    """All expressions that a program gives."""
    trees_ = [capture.result, *(tree for _, _, tree in capture.changes)]
    return [x for tree in trees_ for x in tree.expressions]
