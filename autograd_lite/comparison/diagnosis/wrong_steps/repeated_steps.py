"""The same wrong step everywhere: in a loop, and in a function used in each layer.

Steps are alike if they are the same call at the same argument; of these, those that correspond
in the rounds of a loop are one step of it: the forget gate of every time step.
"""

from __future__ import annotations

from collections import Counter
from functools import cache, partial, reduce
from itertools import combinations

import numpy as np

from ....engine.primitives import Elementwise
from .accumulation import are_apart
from .backward import Arrival, both
from .edge_rules import copies, is_function, pulled, wrong_rules
from .errors_of_losses import errors, with_target
from .mutant import Mutant, Steps, through, tried, unblanked
from .pieces import pieces_exchanged_everywhere, slices_elsewhere
from .recognised_functions import fused_edges, inside
from .stale_weights import weight_of

WAYS = 6  # that a state has into a step: of more, no two are tried
LOOP = 64  # steps of a loop in which all that may be wrong is tried


def repeated(backward, relevant):
    """One wrong rule at all steps of a group; their ``steps`` are found by a whole pass."""
    whole = list(_groups(backward))
    lanes = _lanes([many for many, _ in whole])
    for group, is_step in whole:
        many = [edge for edge in group if relevant(edge.parent)]
        if len(many) < 2:
            continue
        at = _where(many, is_step, backward.graph)
        yield from _scaled(many, at, backward.graph)
        for key, words, rule, rank in (*wrong_rules(many[0]), *_of_copies(many)):
            rules = [rule] * len(many)
            yield _mutant(many, key, at + words, _wrong_at(many, rules), rank + 1)
        if many[0].position is None:
            continue
        for words, rules in _other_values(many, lanes, backward.graph):
            yield _mutant(many, "other operand", at + words, _wrong_at(many, rules), 2)
        for words, rules in other_steps_operands(many, backward.graph):
            yield _mutant(many, "other operand", at + words, _wrong_at(many, rules), 2)
        yield from _past_the_activation(many, at, backward)
    yield from _several_paths([many for many, _ in whole], relevant, backward.graph)
    yield from _one_sample_everywhere(backward, relevant)
    yield from pieces_exchanged_everywhere(backward, relevant)
    yield from slices_elsewhere(backward, relevant)
    yield from _other_steps_targets(backward, relevant)


def _of_copies(many):
    """Only one of the copies that broadcasting makes counts, in each step."""
    return copies(many[0]) if many[0].position is not None and len(many) <= LOOP else ()


def _wrong_at(many, rules):
    """The steps with a wrong rule each, made when they are asked for."""
    return (Steps(edge, rule)(1.0) for edge, rule in zip(many, rules, strict=True))


def _mutant(many, key, words, steps, rank):
    joined = cache(lambda: reduce(both, steps, {}))
    where = tuple(edge.node for edge in many)
    return Mutant(key, words, {}, lambda c: joined(), many[0], "", rank, where)


# --- the groups ---------------------------------------------------------------------------------


def _groups(backward):
    """Pairs (edges, whether they are one step of a loop), newest edge first; two or more."""
    graph, parts = backward.graph, inside(backward.graph)
    fused = list(fused_edges(backward))
    same: dict = {}
    alike: dict = {}
    for edge in [*fused, *(e for e in backward.edges if e.node not in parts)]:
        weight = edge.parent if edge.parent.op is None else weight_of(edge)
        weight = weight if edge.op.f is np.matmul else None
        at = edge.k if edge.position is None else edge.position
        if edge.position is not None and (edge.op.f is not np.matmul or weight is not None):
            same.setdefault((edge.op.f, at, weight), []).append(edge)
        if edge.node not in graph.rounds:
            alike.setdefault((graph.kinds[edge.node], at), []).append(edge)
    groups = [*same.values(), *map(_carried, same.values()), *alike.values()]
    groups += [*graph.rounds.groups(fused), *graph.rounds.groups(backward.edges)]
    seen = set()
    for i, many in enumerate(groups):
        members = tuple(map(id, many))
        if len(many) > 1 and members not in seen:
            seen.add(members)
            yield many, i >= 2 * len(same)


def _carried(many):
    """Those of some edges that do not lead to the variable that most of them lead to."""
    counts = Counter(edge.parent for edge in many if edge.parent.op is None).most_common(1)
    leaf, count = counts[0] if counts else (None, 0)
    return [edge for edge in many if edge.parent is not leaf] if 2 * count > len(many) else []


def _fed_by(node):
    """The parameters nearest below a node, and those of one call more."""
    found, level, last = [], [node], None
    while (level and last is None) or last > 0:
        found += [n for n in level if n.op is None and n.requires_grad and n not in found]
        last = last - 1 if last is not None else 1 if found else None
        level = [p for n in level for _, p in n.inputs() if p is not None and p.requires_grad]
    return found


def _where(many, is_step, graph):
    names = sorted(map(graph.label, _fed_by(many[0].node))) if is_step else ()
    if not names:
        return f"at all {len(many)} {many[0].op.name} steps: "
    feed = "feed" if names[1:] else "feeds"
    return unblanked(f"at all {len(many)} steps that {' and '.join(names[:3])} {feed}: ")


# --- what is done wrong at all of them ----------------------------------------------------------


def _scaled(many, at, graph):
    """Nothing goes back at these steps, or with the wrong sign; or only at the last of them."""
    if len(many) == 2 and graph.kinds[many[0].node] != graph.kinds[many[1].node]:
        return  # two steps that have little in common are no loop
    carried = all(graph.rounds.is_state(edge.parent, edge.node) for edge in many)
    key, words = "path missing", at + "a path is missing: what {x} does through {h} is left out"
    if carried:
        words = "the error of the next step is not passed back to the state {x}"
        if graph.label(many[0].node) != graph.label(many[0].parent):
            words += "\nwhat it does there, through {h}, is left out"
            long = graph.long_label(many[0].node)
            words += f"\n{{h}} is {unblanked(long)}" if long != graph.label(many[0].node) else ""
        if _adds_up(many, graph):
            key, words = "overwritten", "only the last step counts in {x}: = in place of +="
    yield _mutant(many, key, words, _times(0, many), 1 if carried else 3)
    if len(many) > 2:
        words = (
            "the part of {x} from {h} is overwritten at every step but the last: = in place of +="
        )
        yield _mutant(many, "overwritten", words, _times(0, many[1:]), 3)
    words = at + "the sign is wrong from {h} back to {x}"
    yield _mutant(many, "sign", words, _times(-1, many), 3)


def _several_paths(groups, relevant, graph):
    """Of what a state does in the next step two paths are left out, or all but one."""
    ways: dict = {}
    for many in groups:
        is_one = len({edge.parent for edge in many}) == len(many)  # of each round another value
        if is_one and many[0].parent.op is not None and relevant(many[0].parent):
            ways.setdefault((many[0].parent, len(many)), {}).setdefault(many[0].node, many)
    for (x, _), found in ways.items():
        if 2 < len(found) <= WAYS:
            for lost in (*combinations(found, 2), *combinations(found, len(found) - 1)):
                edges = [edge for node in lost for edge in found[node]]
                through_ = " and ".join(unblanked(graph.long_label(node)) for node in lost)
                words = f"{len(lost)} paths back to {unblanked(graph.label(x))} are missing at all "
                words += f"steps: through {through_}"
                yield _mutant(edges, "path missing", words, _times(0, edges), 3)


def _adds_up(many, graph):
    """Whether numbers are added up in a loop, and go nowhere else."""
    return many[0].op.f is np.add and all(
        np.ndim(edge.out) == 0 and graph.users[edge.parent] == [edge.node] for edge in many
    )


def _times(c, many):
    return (edge.replaced(lambda e: c * e.contribution) for edge in many)


def _past_the_activation(many, at, backward):
    """The error of an activation's output used for that of its input, in these steps alone."""
    users = [_activation(edge.node, backward.graph) for edge in many]
    if None in users or many[0].parent.op is None:
        return
    arrived: dict = {}

    def kept(node):
        def step(g):
            arrived[node] = g
            return g

        return {Arrival(node): step}

    def rule(user):
        def contribution(edge):
            if user not in arrived or np.size(arrived[user]) != np.size(edge.g):
                return edge.contribution
            g = edge.like(np.reshape(arrived[user], np.shape(edge.g)), edge.contribution)
            return tried(lambda e: e.op.rules[e.position](e.g, e.out, *e.args, **e.kwargs), g)

        return contribution

    steps = [kept(user) for user in users]
    steps += [edge.replaced(rule(user)) for edge, user in zip(many, users, strict=True)]
    label = backward.graph.label(users[0])
    words = (
        f"{{x}} gets the error of {label} before it is multiplied by the derivative of "
        f"{users[0].op.name}"
    )
    yield _mutant(many, "derivative missing", at + words, steps, 2)


def _activation(node, graph):
    """The function of one argument that a node goes into alone, through sums; None without."""
    for _ in range(4):
        users = graph.users[node]
        if len(users) != 1:
            return None
        node = users[0]
        if node.op.name not in ("add", "subtract", "reshape"):
            return node if isinstance(node.op, Elementwise) and len(node.op.rules) == 1 else None
    return None


def _one_sample_everywhere(backward, relevant):
    """Of every variable that is used once a sample, only the uses of one sample count."""
    graph, uses = backward.graph, {}
    for edge in backward.edges:
        if edge.parent.op is None and relevant(edge.parent):
            uses.setdefault(edge.parent, []).append(edge)
    loops = {n: many for n, many in uses.items() if are_apart([e.node for e in many], graph)}
    counts = {len(many) for many in loops.values()}
    for n in counts:
        for at, which in ((0, "last"), (n - 1, "first")):
            steps: dict = {}
            for many in loops.values():
                for i, edge in enumerate(many):
                    if i != at and len(many) == n:
                        steps = both(steps, edge.replaced(lambda e: 0 * e.contribution))
            words = (
                f"only the {which} of the {n} samples counts: = in place of += in the loop over "
                "the batch"
            )
            yield Mutant(
                "one sample", words, {}, lambda c, steps=steps: steps, None, "", 0, tuple(loops)
            )


def _other_steps_targets(backward, relevant):
    """The targets y of another step of a loop, in the error p - y of each."""
    alike: dict = {}
    for z, p, y, kind in errors(backward):
        if relevant(z):
            alike.setdefault((kind, np.shape(y)), []).append((z, p, y))
    for (kind, _), many in alike.items():
        zs, ps, ys = zip(*sorted(many, key=lambda one: one[0].serial), strict=True)
        for by, which in ((1, "previous"), (-1, "next")) if len(many) > 2 else ():
            steps: dict = {}
            for z, p, y, other in zip(zs, ps, ys, np.roll(ys, by, axis=0), strict=True):
                rule = partial(_arriving, with_target(other, kind), p, y, z.out)
                steps |= {Arrival(z): rule}
            words = f"at all {len(many)} steps: the target of the {which} step stands where that "
            words += f"of the step itself belongs, in the error of {backward.graph.label(zs[-1])}"
            yield Mutant("label", unblanked(words), {}, lambda c, s=steps: s, None, "", 1, zs)


def _arriving(rule, p, y, z, g):
    return rule(g, p, y, z)


# --- the operand of another step ----------------------------------------------------------------


def other_steps_operands(many, graph):
    """Pairs (words, one rule an edge): a value is that of the next step, or of the last one."""
    if many[0].op.f not in (np.matmul, np.multiply) or many[0].position is None:
        return
    operands = [edge.node.parents[1 - edge.position] for edge in many]
    yield from _reordered(many, graph)
    if operands[0] is None or len(set(operands)) < len(operands):
        return
    own = [edge.args[1 - edge.position] for edge in many]
    later, earlier = graph.rounds.after(operands[0]), graph.rounds.before
    found = [("next", [later.out, *own[:-1]])] if later is not None else []
    if operands[-1] in earlier:
        found.append(("previous", [*own[1:], earlier[operands[-1]].out]))
    for which, values in found:
        words = f"{graph.label(operands[0])} of the {which} step stands where that of the step "
        yield unblanked(words + "itself belongs"), list(map(through, values))


def _reordered(many, graph):
    """The operands of the step before, in a loop of constants; or of all in reversed order."""
    own = [edge.args[1 - edge.position] for edge in many]
    if len(own) < 3 or any(np.shape(one) != np.shape(own[0]) for one in own):
        return
    if not any(np.any(one != own[0]) for one in own):
        return
    node = many[0].node.parents[1 - many[0].position]
    rows = graph.names.rows_of(own) if node is None else None
    name = graph.label(node) if node is not None else f"{rows[0]}[t]" if rows else None
    name = name or "the constant operand"
    if node is None:
        previous, following = [*own[1:], own[0]], [own[-1], *own[:-1]]
        if rows is not None:
            _, array, at = rows
            previous, following = ([array[(i + by) % len(array)] for i in at] for by in (-1, 1))
        for which, values in (("previous", previous), ("next", following)):
            words = f"{name} of the {which} step stands where that of the step itself belongs"
            yield unblanked(words), list(map(through, values))
    words = f"the operands are in reversed order: that of the last stands where {name} belongs"
    yield unblanked(words), list(map(through, own[::-1]))


def _lanes(groups):
    """The values that the steps of loops multiply, one list a factor: [(nodes, values), ...]."""
    found: dict = {}
    for many in groups:
        edge = many[0]
        if edge.position is None or edge.op.f not in (np.matmul, np.multiply):
            continue
        for at in (0, 1):
            nodes = tuple(one.node.parents[at] for one in many)
            if any(node is not None and node.op is not None for node in nodes):
                found.setdefault(nodes, [one.args[at] for one in many])
    return list(found.items())


def _other_values(many, lanes, graph):
    """Pairs (words, one rule an edge): another factor of the same step is taken."""
    if len(many) > LOOP:
        return  # of so many passes only those that are likelier are made
    if is_function(many[0].op):
        yield from _other_outputs(many, lanes, graph)
    if many[0].op.f not in (np.matmul, np.multiply) or many[0].position is None:
        return
    operands = tuple(edge.node.parents[1 - edge.position] for edge in many)
    own = [edge.args[1 - edge.position] for edge in many]
    name = _called(operands, own, many[0].node, graph)
    inputs = [n.parents[0] if n is not None and is_function(n.op) else None for n in operands]
    if None not in inputs:
        lanes = [(tuple(inputs), [n.out for n in inputs]), *lanes]
    if weight_of(many[0]) is not None:
        weights = [n for n in graph.nodes if n.op is None and n is not operands[0]]
        lanes = [((n,) * len(many), [graph.value(n)] * len(many)) for n in weights]
    for nodes, values in lanes:
        nodes, values = nodes[: len(own)], values[: len(own)]  # the oldest may have none of its own
        if nodes == operands or len(values) < len(own) or np.shape(own[0]) != np.shape(values[0]):
            continue
        other = _called(nodes, values, many[0].node, graph)
        words = f"{other} stands where {name} belongs"
        if other.removeprefix("the state ") == name.removeprefix("the state "):
            is_older = nodes[0] is None or nodes[0].serial < operands[0].serial
            words = f"{name} of the {'previous' if is_older else 'next'} step stands where that of "
            words += "the step itself belongs"
        yield unblanked(words), list(map(through, values))


def _other_outputs(many, lanes, graph):
    """The derivative of a function by another value of the same step, or by its own of another."""
    outs, function = tuple(edge.node for edge in many), many[0].op.name
    for nodes, values in lanes:
        if nodes == outs or len(nodes) != len(outs) or np.shape(values[0]) != np.shape(many[0].out):
            continue
        other, name = _called(nodes, values, many[0].node, graph), graph.label(outs[0])
        words = f"the derivative of {function} is made with {other}, where {name} belongs"
        if nodes[0] is graph.rounds.before.get(outs[0]):
            words = f"the derivative of {function} is made with {name} of the previous step"
        yield unblanked(words), list(map(_with_output, values))


def _called(nodes, values, user, graph):
    """What the newest of some values is called; a state is older than the step that it enters."""
    node = nodes[0]
    if node is None:
        return graph.names.of_array(np.asarray(values[0])) or "the constant factor"
    is_state = graph.rounds.is_state(node, user)
    return f"the state {graph.label(node)}" if is_state else graph.long_label(node)


def _with_output(value):
    return lambda e: pulled(e, out=value)
