"""What a line of the backward pass may have to give: the gradients of a forward line, by time."""

from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate, groupby

import numpy as np

from ..engine.tape import Leaf
from .flow import nodes_in
from .pairs import assigned, last_word
from .segments import whole
from .truths import USES

LAYERS = 12
ROWS = 300  # of an array that a loop fills


@dataclass(frozen=True, eq=False)
class Group:
    """The gradients of what one line of the forward pass gave each time.

    ``word`` is the name that the line assigns to, in lower case, "" where it has none. ``whole``
    says that they are gradients and no parts of them: the N of a mean may then come later.
    ``nodes`` are what they are the gradients of.
    """

    word: str
    nodes: list
    gradients: list
    whole: bool = True

    def of_times(self, n):
        """Pairs (nodes, gradients) for n times: all of them, one layer of several, all but one.

        With one less the last time is left as it is: the gradient of the input is no one's. In
        a loop over the rows or the columns of an array each time has one of them.
        """
        count = len(self.gradients)
        k, rest = divmod(count, n)
        parts = [slice(first, None, k) for first in range(k)] if not rest and k <= LAYERS else []
        if count == n - 1 > 0:
            parts.append(slice(None))
        if not self.whole and count == n > 1:
            parts.append(slice(-1))
        found = [(self.nodes[part], self.gradients[part]) for part in parts]
        for turned in (np.asarray, np.transpose) if self.whole and count < n else ():
            if sum(map(len, map(turned, map(np.atleast_1d, self.gradients)))) == n:
                pairs = zip(self.nodes, self.gradients, strict=True)
                rows = [(node, row) for node, g in pairs for row in turned(np.atleast_1d(g))]
                found.append(tuple(map(list, zip(*rows, strict=True))))
        return found

    def in_rounds(self, times, where):
        """The same for a line that is carried out at some times, where they are of several calls.

        ``where`` is when each node was made; None is among the gradients where none is known.
        """
        if all(node in where for node in self.nodes):
            for order in orders([where[node] for node in self.nodes], times):
                pairs = [
                    (None, None) if i is None else (self.nodes[i], self.gradients[i]) for i in order
                ]
                yield tuple(map(list, zip(*pairs, strict=True)))


def made_when(truth):
    """{node of the forward pass: at which event of the run it was there}."""
    found, ends = {}, []
    for at, (_, value) in enumerate(truth.run.events):
        nodes = list(nodes_in(value))
        for node in nodes:
            found.setdefault(node, at)
        ends += [(max(node.serial for node in nodes), at)] if nodes else []
    ends = sorted(ends)
    serials = [serial for serial, _ in ends]
    for node in truth.forward - found.keys():
        next_one = bisect(serials, node.serial)
        if next_one < len(ends):
            found[node] = ends[next_one][1]
    return found


def groups(examination):
    """The groups of a program: named lines, inputs, arguments of functions, calls inside lines."""
    truth, statements = examination.truth, examination.statements
    named, inner, origin = examination.origins
    found = []
    for (key, i), nodes in named.items():
        word = assigned(statements.get(key), i).lower()
        found += [Group(word, *some) for some in _filled(nodes, truth.gradients)]
        found += [Group(word, nodes[-1:], [some]) for some in _stacked(nodes, truth)]
        totals = added_up(nodes, truth.gradients)[:1]
        found += [Group(word, nodes[-1:], totals)] if totals else []
        for some in _with_first(nodes, truth, origin):
            found += [Group(word, some, parts, False) for parts in _parts(some, truth, origin)]
    for path, gradient in examination.true.items():
        name = examination.pairs[whole(path)]
        found.append(Group(last_word(name), [truth.leaf_of(name)], [gradient]))
    found += _arguments(truth, origin, statements)
    for name, quotient in examination.quotients.items():
        for sign in (1,) if quotient.of else (1, -1):
            for some in (quotient.direct, quotient.derivatives):
                found.append(Group(name, quotient.nodes, [sign * g for g in some]))
    for nodes in inner.values():
        found += [Group("", *some, False) for some in _filled(nodes, truth.gradients)]
    return found


def uses(examination):
    """What arrived at the arguments of functions from within, where that is not all."""
    *_, origin = examination.origins
    passed = _passed(examination.truth, origin, examination.statements)
    return [np.asarray(g) for *_, through in passed for g in through.values()]


def _stacked(nodes, truth):
    """The gradients of what a line gave in a loop, as the rows of one array."""
    some = [truth.gradients[node] for node in dict.fromkeys(nodes) if node in truth.gradients]
    if 1 < len(some) <= ROWS and len({np.shape(g) for g in some}) == 1:
        yield np.stack(some)


def added_up(nodes, gradients):
    """The gradients of what a line gave several times: the sum, then up to each from both ends."""
    some = [np.asarray(gradients[node]) for node in dict.fromkeys(nodes) if node in gradients]
    if not 1 < len(some) <= ROWS or len({g.shape for g in some}) > 1:
        return []
    found = [list(accumulate(part, np.add)) for part in (some, some[::-1])]
    return [found[0][-1], *(g for part in found for g in part[1:-1])]


def origins(truth):
    """{place: nodes} of named values, of calls inside lines, and {node: its place}."""
    named: dict = {}
    inner: dict = {}
    inside = _Inside(truth)
    for key, value in truth.run.events:
        nodes = list(nodes_in(value))
        for i, node in enumerate(nodes[:4]):
            named.setdefault((key, i), []).append(node)
        for i, node in enumerate(inside.until(nodes)):
            inner.setdefault((key, i), []).append(node)
    origin: dict = {}  # the first that gave it: others hand it on
    for place, nodes in [*named.items(), *inner.items()]:
        for node in nodes:
            origin.setdefault(node, place)
    return named, inner, origin


def _arguments(truth, origin, statements):
    """The groups of what functions were called with: by their parameters, call by call."""
    for name, nodes, through in _passed(truth, origin, statements):
        for gradients in (truth.gradients, through):
            yield from (Group(name.lower(), *some) for some in _filled(nodes, gradients))


def _passed(truth, origin, statements):
    """Triples (parameter, nodes, what arrived at them from within) of all functions."""
    inside: dict = {}
    for node, (key, _) in origin.items():
        if key in statements:
            function = statements[key].source.path, statements[key].function.lineno
            inside.setdefault(function, set()).add(node)
    passed: dict = {}
    for parameter, node in truth.run.passed:
        if node in truth.forward:
            passed.setdefault(parameter, []).append(node)
    for (path, line, name), nodes in passed.items():
        yield name, nodes, _through(nodes, truth, inside.get((path, line), set()))


def _through(nodes, truth, inside):
    """{node: what arrived at it from within a function}, where that is not all."""
    found: dict = {}
    for node in nodes:
        ways = [part for consumer, part in truth.parts.get(node, ()) if consumer in inside]
        if ways:
            found[node] = sum(ways[1:], np.asarray(ways[0]))
    less = any(len(truth.parts.get(node, ())) > 1 for node in found)
    return found if less else {}


def _filled(nodes, gradients):
    """Pairs (nodes, gradients) of those that have one; then with zeros for those that have none."""
    some = [node for node in nodes if node in gradients]
    if some:
        yield some, [np.asarray(gradients[node]) for node in some]
    if 0 < len(some) < len(nodes):
        yield nodes, [np.asarray(gradients.get(node, np.zeros_like(node.out))) for node in nodes]


def _with_first(nodes, truth, origin):
    """The nodes; then, of a loop, those that it reads: without the last, and what it begins with.

    It begins with what most of the calls use that use the others.
    """
    yield nodes
    uses = {origin.get(consumer) for consumer, _ in truth.parts.get(nodes[0], ())}
    shape, found = np.shape(nodes[0].out), {}
    for node, parts in truth.parts.items() if len(nodes) > 1 else ():
        if node.serial < nodes[0].serial and np.shape(node.out) == shape:
            mine = {origin.get(consumer) for consumer, _ in parts}
            if mine <= uses:
                found[node] = -len(mine), node.serial
    if found:
        yield [min(found, key=found.get), *nodes[:-1]]


def _parts(nodes, truth, origin):
    """What arrived at the nodes on each way, without it, and up to it."""
    ways: dict = {}
    for node in dict.fromkeys(nodes):  # what is stored into a list or a dict is noted twice
        for consumer, part in truth.parts.get(node, ()):
            mine = ways.setdefault(origin.get(consumer), {})
            mine[node] = mine[node] + part if node in mine else np.asarray(part)
    if not 1 < len(ways) <= USES:
        return
    zeros = {node: np.zeros_like(np.asarray(node.out)) for node in nodes}
    total = [np.asarray(truth.gradients.get(node, zeros[node])) for node in nodes]
    each = [[way.get(node, zeros[node]) for node in nodes] for way in ways.values()]
    yield from each
    if len(each) > 2:
        for way in each:
            yield [g - part for g, part in zip(total, way, strict=True)]
        sums = accumulate(each, lambda one, two: [a + b for a, b in zip(one, two, strict=True)])
        yield from list(sums)[1:-1]


class _Inside:
    """The nodes of the forward pass that no statement gave, in the order of their calls."""

    def __init__(self, truth):
        given = {node for _, value in truth.run.events for node in nodes_in(value)}
        unnamed = (n for n in truth.forward if n not in given and not isinstance(n, Leaf))
        self.left = sorted(unnamed, key=lambda node: -node.serial)

    def until(self, nodes):
        """Those made before the last of these nodes, and not handed out yet."""
        last = max((node.serial for node in nodes), default=-1)
        found = []
        while self.left and self.left[-1].serial < last:
            found.append(self.left.pop())
        return found


def orders(forward, backward):
    """Lists of places in ``forward``, one for each time in ``backward``; None where none fits.

    Parameters
    ----------
    forward, backward : lists of int
        When the one line was carried out, and when the other was.

    A program that goes forward and back for each sample is in rounds: in each of them the
    backward line meets what the forward line gave in this round, the last first, or in its order.
    """
    both = sorted([(at, 0, i) for i, at in enumerate(forward)] + [(at, 1, None) for at in backward])
    parts = [[i for *_, i in some] for _, some in groupby(both, key=lambda entry: entry[1])]
    if len(parts) < 4 or both[0][1]:
        return
    rounds = [(given, len(met)) for given, met in zip(parts[::2], parts[1::2], strict=False)]
    if sum(n for _, n in rounds) != len(backward):
        return
    for step in (-1, 1):
        for chosen in (_all, _all_but_the_first, _all_but_the_last):
            found = [chosen(given, n) for given, n in rounds]
            if None not in found:
                ordered = [(some[::step], n) for some, (_, n) in zip(found, rounds, strict=True)]
                yield [i for some, n in ordered for i in (*some, *[None] * (n - len(some)))]


def _all(given, n):
    return given if n - 1 <= len(given) <= n else None


def _all_but_the_first(given, n):
    return given[1:] if n <= len(given) <= n + 1 else None


def _all_but_the_last(given, n):
    return given[:-1] if n <= len(given) <= n + 1 else None
