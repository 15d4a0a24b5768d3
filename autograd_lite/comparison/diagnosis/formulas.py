"""A derivation as formulas that can be changed and computed again."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ...derivation.lines import labels_of
from ...derivation.replay import BACKWARD, Replay
from ...symbolic.expressions import Expression, mapped
from ...symbolic.graph import needed
from ...symbolic.text import TextWriter, differential
from ...symbolic.traced import Traced
from .graph import LARGE


class Formulas:
    """Results as a person writes them, one expression after the other.

    Parameters
    ----------
    steps : list of Expression
        All calls, each after those it needs.
    results : dict
        {key: expression}.
    symbols : dict
        {expression: name}.
    lines : set of Expression
        Those of the named ones that have lines of their own, in which a mistake may be.
    edited : set of Expression, optional
        The calls that may be edited; by default all.
    fixed : dict
        {expression: value}: values that are given, whatever the formulas say.
    """

    def __init__(self, steps, results, symbols, lines, edited=None, fixed=()):
        self.results, self.symbols, self.lines = results, symbols, lines
        self.fixed = dict(fixed)
        self.steps = needed(steps, list(results.values()))
        self.edited = set(self.steps) if edited is None else edited
        self.backward = [step for step in self.steps if step in self.edited]
        self.forward = [step for step in self.steps if step not in self.edited]
        self.place = {step: i for i, step in enumerate(self.steps)}
        self.work = 0  # expressions that were computed again
        self._reach: dict = {}
        self._orders: dict = {}
        self.base, _ = self.recomputed({})

    # --- computing again --------------------------------------------------------------------

    @cached_property
    def users(self):
        """The steps that use an expression: {expression: [step, ...]}."""
        users: dict = {}
        for step in self.steps:
            for x in dict.fromkeys(step.operands()):
                users.setdefault(x, []).append(step)
        return users

    def recomputed(self, replaced, kept=()):
        """({expression: value}, {expression: value before}) of all that changes.

        Of gradients that are given, the second is what the formulas say of them. What is kept
        stays as it is, whatever it depends on.
        """
        values, arrived = {**self.fixed, **replaced}, {}
        for step in self._order(tuple(values)):
            if step in replaced or step in kept:
                continue
            value = computed(step, values)
            (arrived if step in self.fixed else values)[step] = value
        return values, arrived

    def _order(self, starts):
        """The steps that depend on any of some expressions, each after those it needs."""
        if starts not in self._orders:
            reached = set().union(*(self.reach(x) for x in starts))
            found = [x for x in reached if x in self.place]
            self._orders[starts] = sorted(found, key=self.place.__getitem__)
        return self._orders[starts]

    def reach(self, x):
        """The steps that depend on an expression, and it."""
        if x not in self._reach:
            found = {x}
            for user in self.users.get(x, ()):
                found |= self.reach(user)
            self._reach[x] = found
        return self._reach[x]

    def changed(self, replaced, kept=None):
        """{node: gradient} with some expressions replaced; those that stay are left out."""
        values, arrived = self.recomputed(replaced, kept or ())
        self.work += sum(_cost(x) for x in values)
        found = {}
        for node, x in self.results.items():
            if x in self.fixed and x not in replaced:
                found[node] = arrived.get(x, x.value)
            elif x in values:
                found[node] = values[x]
        return found

    def again(self, x, values=None):
        """The value of a new expression, where some known ones have other values."""
        values = self.base if values is None else values
        if type(x) is not Expression:
            return x
        if not values or x in self.place or x.kind != "call":
            return values.get(x, x.value)
        return computed(x, {arg: self.again(arg, values) for arg in x.operands()})

    # --- reading ----------------------------------------------------------------------------

    @cached_property
    def writer(self):
        return TextWriter(self.symbols)

    def write(self, x):
        """An expression by its name, or as a formula."""
        return self.writer.write(x)

    def written_out(self, x):
        """An expression as a formula, even where it has a name."""
        is_call = type(x) is Expression and x.kind == "call"
        return self.writer.definition(x) if is_call else self.writer.write(x)

    def line_of(self, x):
        """The first line that an expression is part of, itself if it has a name.

        A gradient for what is edited, and a value for what is computed before it.
        """
        seen = {x}
        level = [x]
        lines = self.lines if x in self.edited else self.symbols
        while level:
            for step in level:
                if step in lines:
                    return step
            level = [u for step in level for u in self.users.get(step, ()) if u not in seen]
            seen.update(level)
        return None


def _cost(x):
    """How long it takes to compute an expression, in visits of small ones."""
    if x.shape is None:
        return 1
    inner = x.args[0].shape[-1] // 20 if x.func is np.matmul else 0
    return 1 + x.size * (1 + inner) // LARGE


def computed(step, values):
    """The value of a call where some of its operands have other values."""

    def known(x):
        if type(x) is not Expression:
            return x
        return values.get(x, x.value)

    args = [known(arg) if type(arg) is Expression else mapped(known, arg) for arg in step.args]
    return step.func(*args, **{key: mapped(known, arg) for key, arg in step.kwargs.items()})


def formulas_of_tape(loss, names, targets, also, fixed, careful):
    """The gradients of a loss.

    Parameters
    ----------
    loss : Tensor
    names : Names
    targets : list of Node
        Of which the gradients are wanted.
    also : dict
        {node: name}: what else is shown by a name, and not looked into.
    fixed : dict
        {node: g}: gradients of inner tensors that are given.
    careful : bool
        Whether a zero cotangent times an undefined derivative is zero.
    """
    labels = labels_of(names, targets)
    replay = Replay(loss, names, labels, set(labels), targets, as_written=False, careful=careful)
    symbols = {x: x.name for x in replay.graph.inputs}
    for d in replay.definitions:
        name = d.symbol if isinstance(d.symbol, str) else differential(d.symbol[1])
        symbols.setdefault(d.expression, name)
    for node, name in also.items():
        x = getattr(replay.values.get(node), "expression", None)
        if x is not None and x.kind == "call":
            symbols.setdefault(x, name)
    cotangents = {node: g.expression for node, g in replay.cotangents.items() if type(g) is Traced}
    return Formulas(
        [step for step in replay.graph.steps if step.kind == "call"],
        {node: replay.cotangents[node].expression for node in targets},
        symbols,
        {d.expression for d in replay.definitions if d.part == BACKWARD},
        {step for step in replay.graph.steps[replay.start :] if step.kind == "call"},
        {cotangents[node]: g for node, g in fixed.items() if node in cotangents},
    )
