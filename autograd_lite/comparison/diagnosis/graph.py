"""A recorded graph, for questions: what leads to what, which sizes and constants are in it."""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property

import numpy as np

from ...drawing.formulas import HOLE, formula
from ...engine.tape import history
from .rounds import Rounds

LOOP = 64  # calls that are alike: of more, those at the ends are looked at first
ENDS = 4
LARGE = 2000  # elements of an array, which take as long as one visit more
VISITS = 16_000  # of nodes, that one kind of search may make: a quarter of a second
_SIGNS = ("matmul", "add", "subtract", "multiply", "divide")
_A_NAME = re.compile(r"(?<![\w=.])[A-Za-z_]\w*\b(?![(=])")  # and not that of a function
KIND = 3  # calls in a row by which one is told from others

_COMPARED = {">": np.greater, "<": np.less, ">=": np.greater_equal, "<=": np.less_equal}
_MADE_OF = (  # what is made of an array, and stands in the place of another
    ("{}", lambda a: a),
    ("np.cumsum({})", np.cumsum),
    ("np.cumsum({}[::-1])[::-1]", lambda a: np.cumsum(a[::-1])[::-1]),
    ("{0} - {0}.mean()", lambda a: a - a.mean()),
    ("np.roll({}, 1)", lambda a: np.roll(a, 1)),
    ("np.roll({}, -1)", lambda a: np.roll(a, -1)),
)


class Graph:
    """The graph of a loss, for questions that are asked many times.

    ``walks`` counts the walks that were made on it, and ``visits`` the nodes met on them.
    """

    def __init__(self, root, names, careful=False):
        self.root = root
        self.names = names
        self.nodes = [node for node in history(root) if node.requires_grad]
        self.careful = careful
        self.walks = self.visits = 0
        self.cut = False
        self._index = {node: i for i, node in enumerate(self.nodes)}
        self._towards = {}
        self._labels = {}
        self._instead: dict = {}

    @cached_property
    def above(self):
        """The nodes computed from a node and the node itself, as bits: {node: bits}."""
        bits = {node: 1 << i for node, i in self._index.items()}
        for node in reversed(self.nodes):
            for parent in _parents(node):
                if parent in bits:
                    bits[parent] |= bits[node]
        return bits

    @cached_property
    def below(self):
        """The nodes that a node is computed from and the node itself, as bits: {node: bits}."""
        bits = {node: 1 << i for node, i in self._index.items()}
        for node in self.nodes:
            for parent in _parents(node):
                if parent in bits:
                    bits[node] |= bits[parent]
        return bits

    @cached_property
    def arrays(self):
        """The nodes that are more than a number, as bits."""
        return sum(
            1 << i
            for node, i in self._index.items()
            if isinstance(node.out, tuple) or np.ndim(node.out)
        )

    @cached_property
    def costs(self):
        """What a walk pays for each node, in visits."""
        sizes = {n: 0 if isinstance(n.out, tuple) else np.size(n.out) for n in self.nodes}
        return {node: 1 + size // LARGE for node, size in sizes.items()}

    @cached_property
    def shapes(self):
        """The shape of each node, None of several results: {node: shape}."""
        return {n: None if isinstance(n.out, tuple) else np.shape(n.out) for n in self.nodes}

    @cached_property
    def users(self):
        """The nodes that use a node, {node: [user, ...]}, oldest first."""
        users = {node: [] for node in self.nodes}
        for node in self.nodes:
            for parent in dict.fromkeys(_parents(node)):
                if parent in users:
                    users[parent].append(node)
        return users

    @cached_property
    def kinds(self):
        """What is alike in the rounds of a loop, by the last calls and the shape: {node: int}."""
        numbers: dict = {}
        kinds: dict = {}
        for _ in range(KIND):
            before, kinds = kinds, {}
            for node in self.nodes:
                op = node if node.op is None else node.op
                shape = None if isinstance(node.out, tuple) else np.shape(node.out)
                key = (op, shape, *(before.get(p) for p in _parents(node)))
                kinds[node] = numbers.setdefault(key, len(numbers))
        return kinds

    @cached_property
    def rounds(self):
        """The rounds of its loops."""
        return Rounds(self)

    @cached_property
    def has_loops(self):
        """Whether there are rounds of a loop: three calls of one kind."""
        return max(Counter(self.kinds.values()).values(), default=0) > 2

    def each_kind(self, nodes, look):
        """What ``look(node)`` finds, of all kinds of which it finds something at the ends."""
        alike: dict = {}
        for node in nodes:
            alike.setdefault(self.kinds[node], []).append(node)
        for many in alike.values():
            if len(many) > LOOP and not any(map(look, (*many[:ENDS], *many[-ENDS:]))):
                continue
            yield from filter(None, map(look, many))

    def leads(self, node, other):
        """Whether ``other`` is computed from ``node``, or is it."""
        return bool(self.above[node] >> self._index[other] & 1)

    def count_below(self, node, others):
        """How many of some nodes a node is computed from, or is."""
        return (self.below[node] & sum(1 << self._index[n] for n in others)).bit_count()

    def distance(self, node, other):
        """How many nodes lie on the ways from ``other`` back to ``node``."""
        return (self.above[node] & self.below[other]).bit_count()

    def towards(self, targets):
        """The nodes that are computed from any of the targets, and these."""
        key = frozenset(targets)
        if key not in self._towards:
            bits = 0
            for node in key:
                bits |= self.above[node]
            self._towards[key] = {node for node, i in self._index.items() if bits >> i & 1}
        return self._towards[key]

    def affordable(self, tries, visits=VISITS):
        """The tries, as long as they do not make more than so many visits."""
        end = self.visits + visits
        for one in tries:
            if self.visits > end:
                self.cut = True
                return
            yield one

    def parents_among(self, node, nodes):
        """The parents of a node, None for those that are not among these nodes."""
        return tuple(
            tuple(one if one in nodes else None for one in parent)
            if type(parent) is tuple
            else parent if parent in nodes else None
            for parent in node.parents
        )  # fmt: skip

    def value(self, node):
        """A node's value as this graph saw it."""
        if node.op is None:
            for user in self.users[node]:
                for value, parent in user.inputs():
                    if parent is node:
                        return value
        return node.out

    def label(self, node):
        """What a node is called: by its name, else by its formula, else by its operation."""
        if node not in self._labels:
            named = self.names.given(node) or self._named_in_a_later_round.get(node)
            short = "Loss" if node is self.root else self.names.of(node)
            written = (_Formulas(self.names, 3, holes).of(node) for holes in (False, True))
            self._labels[node] = named or next(filter(None, written), short)
        return self._labels[node]

    def long_label(self, node):
        """What a node is called where it stands in a sentence alone: by a longer formula, too."""
        label = self.label(node)
        is_told = label != self.names.of(node) or self.names.given(node)
        return label if is_told else _Formulas(self.names, 5, True, 60).of(node) or label

    @cached_property
    def _named_in_a_later_round(self):
        """The variable that holds what corresponds to a node in the last round of a loop."""
        found: dict = {}
        for line in self.rounds.lines():
            name = None
            for node in line:
                found[node] = name = self.names.given(node) or name
        return found

    def rename(self, labels):
        """Have nodes called by these labels."""
        self._labels.update(labels)

    def condition(self, mask):
        """A mask as the comparison that made it, "(z > 0)"; None where none is known."""
        for node in self.nodes:
            if self.names.given(node) and np.shape(node.out) == mask.shape:
                for sign, compare in _COMPARED.items():
                    if np.array_equal(compare(node.out, 0), mask):
                        return f"({self.label(node)} {sign} 0)"
        return None

    def instead_of(self, array):
        """Pairs (formula, array): what has a name, or is made of it, and the shape of an array."""
        array = np.asarray(array)
        key = array.shape, array.tobytes()
        if key not in self._instead:
            self._instead[key] = list(self._other_arrays(array))
        return self._instead[key]

    def _other_arrays(self, array):
        forms = _MADE_OF if array.ndim == 1 else _MADE_OF[:1]
        seen = [array]
        for name, other in self.named.items():
            if other.shape != array.shape or np.iscomplexobj(other):
                continue
            for words, made in forms:
                found = made(other * 1.0)
                if np.ptp(found) and not any(np.array_equal(found, one) for one in seen):
                    seen.append(found)
                    yield words.format(name), found

    @cached_property
    def named(self):
        """The arrays of numbers that have names, of as many entries as tell."""
        found = {name: array for name, array in self.constants() if name}
        found |= self.names.arrays()
        return {n: a for n, a in found.items() if a.size > 2 and a.dtype.kind in "biuf"}

    def constants(self):
        """Pairs (name, array) of the arrays that are no variables: data, labels, masks."""
        seen = set()
        for node in self.nodes:
            for value, parent in _inputs(node):
                constant = parent is None or (parent.op is None and not parent.requires_grad)
                if constant and np.ndim(value) and np.asarray(value).dtype.kind in "biuf":
                    key = id(value) if parent is None else id(parent)
                    if key in seen:
                        continue
                    seen.add(key)
                    name = self.names.of_array(value) if parent is None else self.names.of(parent)
                    yield name, np.asarray(value)


class _Formulas:
    """Names for tensors that have none: short formulas of those that have."""

    def __init__(self, names, depth, holes, longest=40):
        self.names, self.depth, self.holes, self.longest = names, depth, holes, longest

    def of(self, node):
        """The formula of a call in brackets; None where it is long.

        Where ``holes`` are allowed, "..." stands in functions and matrix products for what has
        no name, beside what has one.
        """
        if node.op is None or not self.depth:
            return None
        inner = _Formulas(self.names, self.depth - 1, self.holes, self.longest)
        text = formula(node, inner)
        if self.holes and self._tells(text, node):
            text = text.replace(HOLE, "...")
        if HOLE in text or len(text) > self.longest:
            return None
        is_call = text.endswith(")") and text.split("(")[0].isidentifier()
        if is_call and text.count("((") and text.endswith("))"):
            name, _, rest = text.partition("((")
            text = f"{name}({rest[:-1]}" if is_closed(rest[:-2]) else text
        is_one = is_call or (text.endswith("]") and text.split("[")[0].isidentifier())
        return text if is_one else f"({text})"

    def _tells(self, text, node):
        """Whether a call with holes still says which one it is: one with a name, or a number."""
        if self.longest > 40 and node.op.name in _SIGNS:
            return bool(_A_NAME.search(text) or re.match(r"\d", text))
        is_function = len(node.op.rules) == 1 or node.op.name in ("matmul", "add")
        return is_function and bool(_A_NAME.search(text))

    def given(self, node):
        return self.names.given(node) or self.of(node)

    def of_array(self, array):
        return self.names.of_array(array)


def is_closed(text):
    """Whether the parentheses of a text are its own."""
    depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return False
    return depth == 0


def _parents(node):
    for parent in node.parents:
        if type(parent) is tuple:
            yield from (one for one in parent if one is not None)
        elif parent is not None:
            yield parent


def _inputs(node):
    for value, parent in zip(node.args, node.parents, strict=True):
        if type(parent) is tuple:
            yield from zip(value, parent, strict=True)
        elif isinstance(value, np.ndarray):
            yield value, parent
