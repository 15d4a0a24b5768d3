"""How values go through a backward pass: which lines feed a gradient, and which come first."""

import ast

import numpy as np

from ..engine.tape import Leaf, Node, history
from .inputs import is_floats
from .recognition import EXACT, INNER, SCALED, UNKNOWN
from .truths import size_of


def nodes_in(value):
    """The nodes in a kept value."""
    if isinstance(value, Node):
        yield value
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from nodes_in(inner)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from nodes_in(inner)


class Flow:
    """The tape of a whole program, forward and backward.

    Attributes
    ----------
    feeds : dict of sets by key of a statement
        The paths of the gradients that its values go into.
    first : list of keys
        Lines whose value is unknown to backpropagation though all that they got was known.
    weak : list of keys
        Lines whose value is known but for the size of an axis, or as that of something unnamed.
    known : list of keys
        Lines whose value is known.
    later : list of keys
        Lines whose value is unknown, and so was something that they got.
    """

    def __init__(self, truth, known, wrong, statements, says_gradient, sound=frozenset()):
        self.statements = statements
        self.sound = sound  # the nodes that go into gradients that are right
        self.forward = truth.forward
        self.computed = {node for node in truth.forward if not isinstance(node, Leaf)}
        self.events = truth.run.events
        self.calls = truth.run.calls
        self.feeds: dict = {}
        self._owners()
        for root in wrong.values():  # what was there already, and is given as a gradient
            givers = [k for k, v in self.events if root in nodes_in(v)]
            is_value = size_of(root) > 1 and truth.values.of_node(root) == EXACT
            if givers and (is_value or root not in self.owner):
                self.owner[root] = givers[-1]
                self.passed.setdefault(root, {})[givers[-1]] = None
                self.right.discard(givers[-1])
        above: dict = {}
        for path, root in wrong.items():
            for node in history(root):
                above[node] = None
                for key in self.passed.get(node, ()):
                    self.feeds.setdefault(key, set()).add(path)
        self.nodes = sorted(above, key=lambda node: node.serial)
        self.status = {}
        self.open: set = set()  # lines of chains after which the value is not a known one
        self._recognised(truth, known, set(wrong.values()))
        self._ordered(says_gradient)

    def _recognised(self, truth, known, roots):
        """Set what is known of the value of each node."""
        for node in self.nodes:
            is_value = size_of(node) > 1 and truth.values.of_node(node) == EXACT
            if node in roots:
                self.status[node] = UNKNOWN
            elif is_value or self.owner.get(node) in self.right:
                self.status[node] = EXACT
            elif node in self.interim:
                if node in self.owner and known.of_node(node) == UNKNOWN:
                    self.open.add(self.owner[node])
                self.status[node] = EXACT
            elif node in self.owner:
                self.status[node] = known.of_node(node)

    def _owners(self):
        """Which statement made a node, and which hand it on; what is stored over later."""
        self.owner: dict = {}
        self.passed: dict = {}
        self.interim = set()
        self.chains: dict = {}
        self.makers = set()  # the lines that made what the loss was computed from
        self.calling = set()  # those that made what they call a function with
        self.right = set()  # those that computed it: they are right
        seen, mixed = set(), set()
        called = self._arguments()
        for at, (key, value) in enumerate(self.events):
            for caller, node in called.get(at, ()):
                if node not in self.owner:
                    self.calling.add(caller)
                    self.owner[node] = caller
                    self.passed.setdefault(node, {})[caller] = None
            nodes = list(nodes_in(value))
            ahead = [node for node in nodes if node in self.computed]
            self.right |= {key} if ahead and not seen.issuperset(ahead) else set()
            mixed |= {key} if 0 < len(ahead) < len(nodes) else set()
            for node in nodes:
                if node in self.forward or (isinstance(node, Leaf) and not self._stores(key)):
                    self.makers |= {key} if node not in seen else set()
                    seen.add(node)
                    continue
                self.passed.setdefault(node, {})[key] = None
                if node not in self.owner:
                    self.owner[node] = key
                    self._stored_over(node, key)
        self.right -= mixed  # return loss, gradient

    def _arguments(self):
        """{how many events were before a call: pairs (line that calls, what only stands there)}."""
        lines: dict = {}
        for key, statement in sorted(self.statements.items()):
            for line in range(statement.expression.lineno, statement.expression.end_lineno + 1):
                lines[statement.source.path, line] = key
        found: dict = {}
        for at, place, nodes in self.calls:
            mine = [node for node in nodes if node not in self.forward and node.op is not None]
            if place in lines:
                found.setdefault(at, []).extend((lines[place], node) for node in mine)
        return found

    def _stores(self, key):
        """Whether a line stores entries: then they are its own, though they may be constants."""
        return isinstance(getattr(self.statements.get(key), "target", None), ast.Subscript)

    def _stored_over(self, node, key):
        """Note that a value is not the last one of an array that is filled or added up.

        The lines that change it together are a chain: each may be what makes the end wrong.
        """
        name = self._root_name(key)
        for _, parent in node.inputs():
            before = self.owner.get(parent)
            if before is None or getattr(parent.out, "shape", None) != node.out.shape:
                continue
            if before == key or (name and self._root_name(before) == name):
                self.interim.add(parent)
                chain = self.chains.get(before, {before: None})
                chain[key] = None
                self.chains[key] = self.chains[before] = chain

    def _root_name(self, key):
        """The name of the array that a line changes, with the function that it is in."""
        statement = self.statements.get(key)
        target = None if statement is None else statement.target
        while isinstance(target, ast.Subscript):
            target = target.value
        return (statement.function, ast.unparse(target)) if target is not None else None

    def passed_alone(self, roots):
        """The lines that hand on some nodes and no others."""
        handed = {key for root in roots for key in self.passed.get(root, ())}
        others = {k for node, keys in self.passed.items() if node not in roots for k in keys}
        return handed - others

    def handed(self):
        """{line: the lines that made what it hands on}."""
        found: dict = {}
        for node, keys in self.passed.items():
            for key in keys:
                if key != self.owner[node]:
                    mine = found.setdefault(key, {})
                    mine |= self.chains.get(self.owner[node], {self.owner[node]: None})
        return found

    def begins(self, key):
        """Whether a line begins the backward pass: it gets values of the forward pass alone."""
        todo = [node for name, v in self.events if name == key for node in nodes_in(v)]
        while todo:
            node = todo.pop()
            if self.owner.get(node, key) != key:
                return False
            todo += [p for _, p in node.inputs() if p is not None and p not in self.forward]
        return True

    @property
    def in_order(self):
        """The statements that feed a wrong gradient, as they are carried out."""
        above = set(self.nodes)
        found: dict = {}
        for key, value in self.events:
            nodes = list(nodes_in(value))
            mine = [node for node in nodes if self.owner.get(node) == key]
            if any(node in above for node in mine) or (nodes and self._hands_on(key)):
                found.setdefault(key)
        return list(found)

    def _hands_on(self, key):
        """Whether a line assigns a value that another line made, in a function that goes back."""
        statement = self.statements.get(key)
        if statement is None or not isinstance(statement.node, ast.Assign) or key in self.makers:
            return False
        if isinstance(statement.node.value, ast.Call):
            return False
        return key in self.feeds or any(
            self.statements[fed].function is statement.function
            for fed in self.feeds
            if fed in self.statements
        )

    def is_zero(self, key):
        """Whether a line gives zeros alone, and begins what is added up."""
        if isinstance(self.statements[key].node if key in self.statements else None, ast.AugAssign):
            return False
        values = [
            node.out for name, value in self.events if name == key for node in nodes_in(value)
        ]
        return bool(values) and not any(np.any(value) for value in values)

    def _goes_into_unknown(self, key):
        """Whether a line's value is used where the result is unknown to backpropagation."""
        mine = {node for node, owner in self.owner.items() if owner == key}
        return any(
            self.status.get(node) == UNKNOWN
            for node in self.nodes
            if any(parent in mine for _, parent in node.inputs())
        )

    def _is_named(self, key, says_gradient):
        """Whether a line returns, or its name says that it is a gradient: no helper's value."""
        statement = self.statements.get(key)
        return statement is None or statement.target is None or says_gradient(key)

    def _ordered(self, says_gradient):
        tainted: dict = {}
        seeded: dict = {}
        first, weak = {}, {}
        for node in self.nodes:
            above = [p for _, p in node.inputs() if p is not None and p not in self.forward]
            owner = self.owner.get(node)
            status = self.status.get(node, EXACT)
            dirty = any(tainted.get(parent) and parent not in self.sound for parent in above)
            seeded[node] = any(seeded.get(parent) for parent in above) or (
                owner is not None and says_gradient(owner)
            )
            strange = status == UNKNOWN and owner is not None and size_of(node) > 1
            tainted[node] = dirty or (
                strange and seeded[node] and self._is_named(owner, says_gradient)
            )
            if owner is None:
                continue
            if status == UNKNOWN and not dirty:
                for key in self.chains.get(owner, (owner,)):
                    if key == owner or key in self.open:
                        first.setdefault(key)
            elif status in (SCALED, INNER):
                weak.setdefault(owner)
        self._order([*first], {key: None for key in weak if key not in first})

    def _order(self, first, weak):
        """The lines that are asked first, the weak ones, and the rest of what feeds them."""
        self.first = first
        mixed = [key for key in weak if self._goes_into_unknown(key)]
        self.weak = [*mixed, *reversed([key for key in weak if key not in mixed])]
        rest = [key for key in reversed(self.feeds) if key not in first and key not in weak]
        owners = set(self.owner.values())
        unknown = {self.owner.get(n) for n, status in self.status.items() if status == UNKNOWN}
        self.known = [key for key in rest if key in owners and key not in unknown]
        self.later = [key for key in rest if key in unknown]


def arrays_in(value):
    """The arrays of floats in a kept value, and single numbers."""
    if is_floats(value) or isinstance(value, (float, np.floating)):
        yield value
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from arrays_in(inner)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from arrays_in(inner)
