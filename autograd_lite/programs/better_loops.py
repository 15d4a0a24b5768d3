"""Loops that do less in a step, as a person who derives them by hand writes them.

The step back of a scan runs its step again. Here what both compute is stored by the loop forward
and read by the loop back; the gradient of a matrix that every step uses, a sum of products, is one
product after the loop; and what nobody needs is left out.
"""

import functools
import math
from collections import Counter
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from ..symbolic import calls
from ..symbolic.expressions import Expression, call_content, content_of
from ..symbolic.graph import Graph, needed, operands_of, rewritten
from ..symbolic.loops import SymbolicLoop, loops_among
from .loops import is_stack


@dataclass(eq=False)
class _Plan:
    """What becomes of the call of a loop.

    Attributes
    ----------
    func
        The new loop.
    args
        Its arguments: expressions of the old graph, pairs (call of a loop, position in its new
        results), and functions (graph, new) -> expression, where ``new(x)`` is an old expression
        in the new graph.
    positions
        {old position: new one, or a function (graph, part, new) -> expression}, where ``part(i)``
        is the new result i.
    values
        What the new results are like.
    """

    func: SymbolicLoop
    args: list
    positions: dict
    values: list = field(default_factory=list)


def better_loops(steps, inputs, results, more=()):
    """A graph with better loops, and its results; ``more`` are passes before the last."""
    graph = Graph(_as_it_is)
    graph.steps, graph.inputs = steps, inputs
    if loops_among(steps):
        for improved in (_with_rows_at_once, _with_residuals, _without_sums, *more, _without_dead):
            graph, results = improved(graph.steps, graph.inputs, results)
    return graph, results


def _as_it_is(*call):
    """No simplification."""


def _replaced(steps, inputs, results, plans):
    """A graph with other loops."""
    made = {}  # old call -> new call

    def part(graph, call, position):
        value = made[call].value[position]
        return graph.call(calls.part, (made[call], position), {}, value)

    def special(graph, step, new):
        if step.kind == "guard":
            return None
        if step in plans:
            plan = plans[step]
            args = [_argument(graph, x, part, new) for x in plan.args]
            found = graph.call(plan.func, tuple(args), {}, tuple(plan.values))
            made[step] = found
            return found
        if step.func is calls.part and step.args[0] in plans:
            call, old = step.args
            position = plans[call].positions.get(old)
            if position is None:  # nobody reads it any more
                return graph.constant(None)
            if callable(position):
                return position(graph, lambda i: part(graph, call, i), new)
            return part(graph, call, position)
        return None

    return rewritten(steps, inputs, results, _as_it_is, special)


def _argument(graph, x, part, new):
    if type(x) is tuple:
        return part(graph, *x)
    return x(graph, new) if callable(x) else new(x)


def _like(loop, x):
    """A value as a stack of results of a loop has it: its shape and dtype are all that is known."""
    return np.broadcast_to(np.ones((), x.dtype), (loop.length, *x.shape))


def _whole(steps, results):
    """The calls of loops of which nothing but parts is read."""
    found = set(loops_among(steps))
    for step in steps:
        if step.kind == "guard" or step.func is not calls.part:
            found.difference_update(step.operands())
    return [call for call in steps if call in found.difference(operands_of(results))]


# --- products of rows -----------------------------------------------------------------

_MOST_STACKED = 1 << 26  # elements of the products of all rows


def _with_rows_at_once(steps, inputs, results):
    """A graph whose loops take products of their rows and a matrix as rows: x @ W of all x."""
    steps = needed(steps, operands_of(results))
    plans = {}
    for call in _whole(steps, results):
        products = [step for step in call.func.steps if _is_of_rows(call, step)]
        if products:
            plans[call] = _of_products(call, products)
    return _replaced(steps, inputs, results, plans)


def _is_of_rows(call, step):
    """Whether a call is a product of a row and a matrix that is the same in every step.

    Rows that another loop has stacked do not count: it may have computed the product, too.
    """
    loop = call.func
    if step.func is not np.matmul or step.kwargs:
        return False
    x, y = step.args
    cut = loop.carried + loop.rows
    rows = zip(loop.inputs[loop.carried : cut], call.args[loop.carried :])
    is_row = any(x is row and not is_stack(stack) for row, stack in rows)
    is_shared = type(y) is Expression and (y in loop.inputs[cut:] or y.kind == "constant")
    size = loop.length * math.prod(step.shape)
    return is_row and is_shared and x.ndim in (1, 2) and y.ndim == 2 and size <= _MOST_STACKED


def _of_products(call, products):
    loop, own, rows = call.func, {}, []
    outside = dict(zip(loop.inputs, call.args))
    for step in products:
        own[step] = Expression("input", step.value, name=f"product_{len(own) + 1}")
        x, y = (outside.get(z, z) for z in step.args)
        rows.append(lambda graph, new, x=x, y=y: graph.apply(np.matmul, new(x), new(y)))
    return _with_rows(call, own, rows)


def _with_rows(call, own, rows):
    """The plan of a loop that takes more rows, in place of calls: ``own`` are their inputs."""
    loop = call.func
    cut = loop.carried + loop.rows
    inputs = [*loop.inputs[:cut], *own.values(), *loop.inputs[cut:]]
    graph, results = rewritten(
        loop.steps, inputs, loop.results, _as_it_is,
        lambda graph, step, new: new(own[step]) if step in own else None,
    )  # fmt: skip
    func = loop.like(graph.steps, graph.inputs, results, (loop.carried, loop.rows + len(own)))
    args = [*call.args[:cut], *rows, *call.args[cut:]]
    return _Plan(func, args, {i: i for i in range(len(results))}, list(call.value))


# --- what the loop forward knows already ----------------------------------------------


def _with_residuals(steps, inputs, results):
    """A graph whose loops back read what the loops forward have computed."""
    steps = needed(steps, operands_of(results))
    whole = _whole(steps, results)
    plans, extra = {}, {}
    for position, back in enumerate(whole):
        for forward in whole[:position]:
            if forward.func.length == back.func.length and forward not in plans:
                found = _known(forward, back)
                if found:
                    extra.setdefault(forward, [])
                    plans[back] = _reading(forward, back, found, extra[forward])
    for forward, stored in extra.items():
        plans[forward] = _storing(forward, stored)
    return _replaced(steps, inputs, results, plans)


def _known(forward, back):
    """{call in the step back: the same call in the step forward}, of those worth storing."""
    one, other = forward.func, back.func
    table = _same_inputs(forward, back)
    known = {}
    for step in one.steps:
        known.setdefault(_key(step, {}), step)
    found = {}
    for step in other.steps:
        operands = step.operands()
        if all(x in table or x.kind == "constant" for x in operands):
            try:
                same = known.get(_key(step, table))
            except TypeError:  # an argument that cannot be a key
                same = None
            if same is not None:
                table[step] = found[step] = same
    read = set(other.results)
    for step in other.steps:
        if step not in found:
            read.update(step.operands())
    return {x: same for x, same in found.items() if x in read and x.shape is not None}


def _same_inputs(forward, back):
    """{input of the step back: what has its value in the step forward}."""
    one, other = forward.func, back.func
    stacks = {forward.args[one.carried + i]: one.inputs[one.carried + i] for i in range(one.rows)}
    shared = dict(zip(forward.args[one.carried + one.rows :], one.inputs[one.carried + one.rows :]))
    table = {}
    for i, (x, arg) in enumerate(zip(other.inputs, back.args)):
        is_row = other.carried <= i < other.carried + other.rows
        if is_row and arg.func is calls.part and arg.args[0] is forward:
            if arg.args[1] >= one.carried:
                table[x] = one.results[arg.args[1]]
        elif i >= other.carried:
            same = (stacks if is_row else shared).get(arg)
            if same is not None:
                table[x] = same
    return table


def _key(step, table):
    """What tells a call apart from others, in terms of other expressions."""
    return call_content(step, lambda x: content_of(table[x], id) if x in table else id(x))


def _reading(forward, back, found, stored):
    """The plan of a loop back that reads stored values in place of calls; they go to ``stored``."""
    count, rows, own = len(forward.func.results), [], {}
    for step, same in found.items():
        if same not in stored:
            stored.append(same)
        own[step] = Expression("input", step.value, name=f"saved_{len(own) + 1}")
        rows.append((forward, count + stored.index(same)))
    return _with_rows(back, own, rows)


def _storing(forward, stored):
    """The plan of a loop that stores more."""
    loop = forward.func
    results = [*loop.results, *stored]
    func = loop.like(loop.steps, loop.inputs, results, (loop.carried, loop.rows))
    values = [*forward.value, *(_like(loop, x) for x in stored)]
    return _Plan(func, list(forward.args), {i: i for i in range(len(loop.results))}, values)


# --- sums over the steps --------------------------------------------------------------


def _without_sums(steps, inputs, results):
    """A graph in which sums of products and of rows are made after their loops."""
    steps = needed(steps, operands_of(results))
    plans = {}
    for call in _whole(steps, results):
        sums = _sums(call)
        if sums:
            plans[call] = _summed_after(call, sums)
    return _replaced(steps, inputs, results, plans)


def _sums(call):
    """{position: (operands, function of their stacks)} of what is carried to be added to."""
    loop, found = call.func, {}
    uses = {}
    for x in [x for step in loop.steps for x in step.operands()] + list(loop.results):
        uses[x] = uses.get(x, 0) + 1
    for i in range(loop.carried):
        total, new = loop.inputs[i], loop.results[i]
        if new.func is not np.add or new.kwargs or uses[new] > 1 or uses[total] > 1:
            continue
        if total in new.args:
            term = new.args[0] if new.args[1] is total else new.args[1]
            known = _stacked(term) if type(term) is Expression and term is not total else None
            if known is not None and term.shape == total.shape and term.dtype == total.dtype:
                found[i] = known
    return found


def _stacked(term):
    """(operands, the sum of all terms from the stacks of the operands), or None."""
    if term.func is np.matmul and _is_product(*term.args):
        x, y = term.args
        return (x.args[0], y), _sum_of_products
    if term.func is np.multiply and term.ndim == 2:
        column, row = term.args
        if _is_column(row) and not _is_column(column):
            column, row = row, column
        if _is_column(column) and type(row) is Expression and row.shape == term.shape[1:]:
            return (column.args[0], row), _sum_of_products
    if term.func is np.sum and term.args[0].ndim == 2 and term.shape == term.args[0].shape[1:]:
        is_plain = set(term.kwargs) <= {"axis"} and term.dtype == term.args[0].dtype
        return ((term.args[0],), _sum_of_rows) if is_plain else None
    return None


def _is_product(x, y):
    """Whether a product is of the form x.T @ y of matrices."""
    matrices = type(x) is type(y) is Expression and x.ndim == y.ndim == 2
    return matrices and x.func is np.transpose and len(x.args) == 1 and not x.kwargs


def _is_column(x):
    is_call = type(x) is Expression and x.func in (np.reshape, np.expand_dims)
    return is_call and x.ndim == 2 and x.shape[1] == 1 and x.args[0].ndim == 1


def _sum_of_products(graph, x, y):
    """x1.T @ y1 + x2.T @ y2 + ... = x.T @ y of all rows, one below the other."""
    x, y = (graph.apply(np.reshape, z, (-1, z.shape[-1])) for z in (x, y))
    return graph.apply(np.matmul, graph.apply(np.transpose, x), y)


def _sum_of_rows(graph, x):
    return graph.apply(np.sum, x, axis=(0, 1))


def _summed_after(call, sums):
    """The plan of a loop without sums, whose operands are stacked."""
    loop = call.func
    results, values = list(loop.results), list(call.value)
    positions = {}
    rows = loop.inputs[loop.carried : loop.carried + loop.rows]

    def place(x):
        """A function that gives the stack of an operand: the rows are stacked already."""
        if x in rows:
            arg = call.args[loop.carried + rows.index(x)]
            return lambda part, new: new(arg)
        if x not in results[loop.carried :]:
            results.append(x)
            values.append(_like(loop, x))
        i = loop.carried + results[loop.carried :].index(x)
        return lambda part, new: part(i)

    for i, (operands, total) in sums.items():
        places, start = list(map(place, operands)), call.args[i]

        def after(graph, part, new, places=places, total=total, start=start):
            found = total(graph, *(p(part, new) for p in places))
            return graph.apply(np.add, new(start), found)

        positions[i] = after
    graph_results = [loop.inputs[i] if i in sums else x for i, x in enumerate(results)]
    func = loop.like(loop.steps, loop.inputs, graph_results, (loop.carried, loop.rows))
    for i in range(len(loop.results)):
        positions.setdefault(i, i)
    return _Plan(func, list(call.args), positions, values)


# --- what is carried into every step --------------------------------------------------


def with_states_from_results(steps, inputs, results):
    """A graph in which what was carried into the steps is the first value, and what they gave.

    A step computes into a row of what it gave; what it was given, it would have to copy.
    """
    steps = needed(steps, operands_of(results))
    plans = {}
    for call in _whole(steps, results):
        states = _states(call.func)
        if states:
            plans[call] = _of_states(call, states)
    return _replaced(steps, inputs, results, plans)


def _states(loop):
    """{position of a stack: position of the carried array that is stacked before each step}"""
    carried = {x: i for i, x in enumerate(loop.inputs[: loop.carried]) if x.shape}
    return {
        position: carried[x]
        for position, x in enumerate(loop.results)
        if position >= loop.carried and x in carried
        if loop.results[carried[x]].kind == "call"
    }


def _of_states(call, states):
    loop = call.func
    results, values = list(loop.results), list(call.value)
    positions = {i: i for i in range(len(results))}
    for position, i in states.items():
        x = loop.results[i]
        if x not in results[loop.carried :]:
            results.append(x)
            values.append(_like(loop, x))
        place = loop.carried + results[loop.carried :].index(x)

        def shifted(graph, part, new, place=place, start=call.args[i]):
            first = graph.apply(np.expand_dims, new(start), 0)
            if loop.reverse:
                rest = graph.apply(calls.getitem, part(place), slice(1, None))
                return graph.apply(np.concatenate, [rest, first])
            rest = graph.apply(calls.getitem, part(place), slice(None, -1))
            return graph.apply(np.concatenate, [first, rest])

        positions[position] = shifted
    func = loop.like(loop.steps, loop.inputs, results, (loop.carried, loop.rows))
    return _Plan(func, list(call.args), positions, values)


# --- what needs the rows alone --------------------------------------------------------

_SMALL = 1 << 11  # elements of a result whose call takes longer than its work
_MOST_AT_ONCE = 1 << 18  # elements of the results of all steps, which stay near the processor


def with_small_calls_at_once(steps, inputs, results):
    """A graph that computes of all rows what its loops compute of each, where that is little.

    A product is regrouped for it: dc * i * g * (1 - g), where dc is carried, is dc * a row.
    """
    steps = needed(steps, operands_of(results))
    plans = {}
    for call in _whole(steps, results):
        loop = _regrouped(call.func)
        known = _of_rows(loop)
        read = [x for step in loop.steps if step not in known for x in step.operands()]
        own = {
            x: Expression("input", x.value, name=f"row_{i}")
            for i, x in enumerate(dict.fromkeys(x for x in read if x in known), 1)
        }
        if own:
            around = dict(zip(loop.inputs, call.args))
            rows = [partial(_at_once, needed(known, [x]), around) for x in own]
            call_of_rows = Expression("call", call.value, loop, call.args)
            plans[call] = _with_rows(call_of_rows, own, rows)
    return _replaced(steps, inputs, results, plans)


def _of_rows(loop):
    """The calls of ufuncs of a step that need its rows and what every step uses, in order."""
    cut = loop.carried + loop.rows
    rows, shared = {*loop.inputs[loop.carried : cut]}, {*loop.inputs[cut:]}
    found = {}  # in order
    for step in loop.steps:
        if not _is_small_ufunc(step, loop.length) or step in loop.results:
            continue
        others = [x for x in step.operands() if x not in shared and x.kind != "constant"]
        if others and all((x in found or x in rows) and x.shape == step.shape for x in others):
            found[step] = True
    return list(found)


def _is_small_ufunc(step, length):
    is_ufunc = isinstance(step.func, np.ufunc) and not step.kwargs
    if not is_ufunc or step.func.nout > 1 or step.func.signature is not None:
        return False
    return bool(step.shape) and step.size <= _SMALL and step.size * length <= _MOST_AT_ONCE


def _regrouped(loop):
    """A loop in whose products the factors that need the rows alone are a product."""
    cut = loop.carried + loop.rows
    known = {*loop.inputs[loop.carried : cut], *_of_rows(loop)}
    uses = Counter(x for step in loop.steps for x in step.operands())
    uses.update(loop.results)

    def grouped(graph, step, new):
        if step.func is not np.multiply or not _is_small_ufunc(step, loop.length):
            return None
        factors = _factors(step, known, uses)
        own = [x for x in factors if x in known and (x.shape, x.dtype) == (step.shape, step.dtype)]
        rest = [x for x in factors if x not in own]
        if len(own) < 2 or not rest:
            return None
        return _product(graph, [_product(graph, map(new, rest)), _product(graph, map(new, own))])

    graph, results = rewritten(loop.steps, loop.inputs, loop.results, _as_it_is, grouped)
    return loop.like(graph.steps, graph.inputs, results, (loop.carried, loop.rows))


def _factors(step, known, uses):
    """The factors of a product, and of the products among them that nobody else reads."""
    found, stack = [], [step]
    while stack:
        x = stack.pop()
        is_product = type(x) is Expression and x.func is np.multiply and not x.kwargs
        if is_product and x not in known and (x is step or uses[x] == 1) and x.dtype == step.dtype:
            stack += reversed(x.args)
        else:
            found.append(x)
    return found


def _product(graph, factors):
    return functools.reduce(partial(graph.apply, np.multiply), factors)


def _at_once(steps, around, graph, new):
    """The last of these calls of rows, made of all rows."""
    table = {}
    for step in steps:
        args = [table[x] if x in table else new(around.get(x, x)) for x in step.args]
        table[step] = graph.apply(step.func, *args)
    return table[steps[-1]]


# --- what nobody needs ----------------------------------------------------------------


def _without_dead(steps, inputs, results):
    """A graph whose loops compute and take nothing that is not needed; the last loops first."""
    steps = needed(steps, operands_of(results))
    whole = _whole(steps, results)
    others = [step for step in steps if step not in whole]
    read = {*operands_of(results), *(x for step in others for x in step.operands())}
    parts = [x for x in others if x.kind == "call" and x.func is calls.part]
    plans = {}
    for call in reversed(whole):
        used = {x.args[1] for x in parts if x.args[0] is call and x in read}
        plans[call] = _trimmed(call, used)
        read.update(plans[call].args)
    return _replaced(steps, inputs, results, plans)


def _trimmed(call, used):
    """The plan of a loop of which some results are read."""
    loop = call.func
    kept = set(used)
    while True:
        wanted = {loop.results[i] for i in kept}
        inner = needed(loop.steps, wanted)
        reached = wanted | {x for step in inner for x in step.operands()}
        more = {i for i in range(loop.carried) if loop.inputs[i] in reached} - kept
        if not more:
            break
        kept |= more
    order = sorted(kept)
    ends = loop.carried + loop.rows
    places = [
        i for i, x in enumerate(loop.inputs) if (i in kept if i < loop.carried else x in reached)
    ]
    sizes = sum(i < loop.carried for i in order), sum(loop.carried <= i < ends for i in places)
    func = loop.like(
        inner, [loop.inputs[i] for i in places], [loop.results[i] for i in order], sizes
    )
    positions = {old: new for new, old in enumerate(order)}
    args = [call.args[i] for i in places]
    return _Plan(func, args, positions, [call.value[i] for i in order])
