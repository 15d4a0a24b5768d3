"""A tape done again on traced arrays: the forward calls, then the walk back through their rules."""

from contextlib import suppress
from dataclasses import dataclass
from itertools import compress

import numpy as np

from ..engine.dead_branches import has_nan
from ..engine.modes import watching
from ..engine.multiple_outputs import part
from ..engine.primitives import Elementwise, Primitive
from ..engine.tape import backward_pass
from ..messages import quoting
from ..rules.activations import sigmoid
from ..symbolic.calls import named
from ..symbolic.expressions import Expression, mapped
from ..symbolic.graph import Graph
from ..symbolic.trace import OneCall, Trace
from ..symbolic.traced import ConcretizationError, Traced, plain
from ..transforms.loops import Loop
from .rolling import FEW
from .stable_logistic import smooth_pairs

FORWARD, BACKWARD, FACTOR = "forward", "backward", "factor"
SMALL = 4  # elements of an array without a name that is written down in a formula


@dataclass(eq=False)
class Definition:
    """A value with a name.

    Attributes
    ----------
    expression : Expression
    part : str
        FORWARD, BACKWARD, or FACTOR for a local derivative.
    symbol : str or (str, str)
        Its name; top and bottom of a derivative.
    """

    expression: Expression
    part: str
    symbol: str | tuple


class Replay:
    """The calls that made a tensor and the walk back from it, as expressions.

    Parameters
    ----------
    root : Tensor
    names : Names
    labels : dict
        What the nodes are called that are written in a line of their own, oldest first.
    chain : set of Node
        Those of them whose cotangents are written too.
    targets : list of Node
        Of which the gradients are wanted.
    as_written : bool
        Whether an operation of ours is one call and named values stay as they are; else every
        operation is written in NumPy, and everything is simplified.
    factors : bool
        Whether local derivatives between named values are values of their own.
    careful : bool
        Whether a zero cotangent times an undefined derivative is zero; see `tensor.backward_pass`.
    """

    def __init__(
        self, root, names, labels, chain, targets, as_written=True, factors=False, careful=False
    ):
        self.graph = Graph()
        self.trace = Trace(self.graph)
        self.names = names
        self.labels = labels
        self.chain = chain
        self.targets = targets
        self.loss = labels[root.node]
        self.as_written = as_written
        self.factors = factors
        self.definitions = []
        self.values = {}  # node -> traced value
        self.cotangents = {}  # node -> traced cotangent
        is_plain = as_written and not factors
        self._smooth = smooth_pairs(names.nodes, {*targets, *chain}) if is_plain else {}
        self.variables = set()  # the inputs that gradients are wanted of, or could be
        self._made = {names.given(node) for node in labels if node.op is not None}
        self._unnamed = 0
        self._inputs = {}
        self._calls = {}  # node -> traced arguments and keywords
        self.one_call = OneCall(self.trace, as_written)
        with np.errstate(all="ignore"), watching(self.one_call):
            for node in names.nodes:
                self._forward(node)
            if root.node.op is None:
                self.values[root.node] = self._leaf(root.node.out, root.node)
            self.start = len(self.graph.steps)
            self._backward(root.node, targets, careful)

    @classmethod
    def without_nan(cls, *what, **how):
        """The tape done again: carefully, where a gradient would else be nan."""
        replay = cls(*what, **how)
        with np.errstate(all="ignore"):
            is_nan = any(has_nan(replay.cotangents[node].value) for node in replay.targets)
        return cls(*what, careful=True, **how) if is_nan else replay

    # --- forward ----------------------------------------------------------------------------

    def _forward(self, node):
        if node.op is None:
            return
        if not isinstance(node.op, (Primitive, Loop)) and node.op is not part:
            raise TypeError(
                f"{node.op.name} was checkpointed, so the tape does not hold its calls: derive a "
                f"tensor computed with {node.op.name} itself, without ag.checkpoint"
            )
        args = list(map(self._argument, node.args, node.parents))
        kwargs = {key: mapped(self.lifted, value) for key, value in node.kwargs.items()}
        value = self.one_call.apply(node.op, args, kwargs)
        if not isinstance(value, tuple):
            value = self.lifted(value)
            if node in self.labels:
                value = self._defined(value, FORWARD, self.labels[node])
        self._calls[node] = args, kwargs
        self.values[node] = value

    def _argument(self, value, parent):
        if parent is None:
            return mapped(self.lifted, value)
        if type(parent) is tuple:
            return [self._argument(v, p) for v, p in zip(value, parent, strict=True)]
        return self._leaf(value, parent) if parent.op is None else self.values[parent]

    def _leaf(self, value, node):
        """A leaf as a call saw it: it may have been rebound between two calls."""
        key = node, id(value)
        if key not in self._inputs:
            name = self.labels.get(node) or self.names.given(node) or self.names.of_array(value)
            if name is None and not node.requires_grad:
                self._inputs[key] = self.lifted(value)
            else:
                name = name or self.names.of(node)
                self._inputs[key] = self._input(value, name, node.requires_grad)
            self.values.setdefault(node, self._inputs[key])
        return self._inputs[key]

    def lifted(self, value):
        """A plain array as an input of its name, or as a constant; anything else as it is."""
        if not isinstance(value, np.ndarray):
            return value
        if value.dtype.kind in "biu" and self.names.of_array(value) is None:
            return value  # an index or a mask without a name: what rules may look into
        if id(value) not in self._inputs:
            self._inputs[id(value)] = self._known(value)
        return self._inputs[id(value)]

    def _known(self, value):
        """An array by its name, as the transpose of one with a name, or as it is."""
        if value.ndim == 0:
            return self._constant(value[()])
        name = self.names.of_array(value)
        if name is None and value.ndim == 2 and self.names.of_array(value.T):
            return np.transpose(self.lifted(value.T))
        if name is None and value.size and np.all(value == value.flat[0]):
            return np.broadcast_to(self._constant(value.flat[0]), value.shape)
        if name is None and value.size <= SMALL:
            return self._constant(value)
        if name is None:
            self._unnamed += 1
            name = f"array_{self._unnamed}"
            key = name
        else:
            key = self.names.array_key(value)
        if key not in self._inputs:
            self._inputs[key] = self._input(value, name, False)
        return self._inputs[key]

    def _constant(self, value):
        return Traced(self.trace, self.graph.constant(value))

    def _input(self, value, name, is_variable):
        first = name
        if not is_variable and self.names.arrays_called(name) >= FEW:
            first = f"{name}_1"
        elif not is_variable and name in self._made:  # h, before h_1, h_2, h_3 are made of it
            first = f"{name}_0"
        taken = {x.name for x in self.graph.inputs}
        traced = self.trace.input(value, quoting.distinct(name, taken, first))
        if is_variable:
            self.variables.add(traced.expression)
        return traced

    # --- backward ---------------------------------------------------------------------------

    def _backward(self, root, targets, careful):
        start = {root: np.ones_like(self.values[root])}
        self.cotangents[root] = start[root]
        table = backward_pass(start, targets, self._arrive, self._step, careful)
        late = []
        for node in targets:
            if node not in self.cotangents or node is root:
                g = table.get(node)
                value = self.values[node]
                late.append((node, np.zeros_like(value) if g is None else self._traced(g)))
        # Each goes behind what it is: of two behind the same, the first is put there last.
        late.sort(key=lambda pair: pair[1].expression in self.graph.steps)
        known = [pair for pair in late if pair[1].expression in self.graph.steps]
        for node, g in [*late[: len(late) - len(known)], *reversed(known)]:
            symbol = self.loss, self.labels[node]
            self.cotangents[node] = self._defined(g, BACKWARD, symbol, follow=True)

    def _arrive(self, node, g):
        """A cotangent as a traced value, under its name if it has one."""
        if not isinstance(g, tuple):
            g = self._traced(g)
            if node in self.chain and node is not self.names.root:
                g = self._defined(g, BACKWARD, (self.loss, self.labels[node]))
            self.cotangents[node] = g
        return g

    def _step(self, node, g, careful):
        """One step back on traced values."""
        op, out = node.op, self.values[node]
        args, kwargs = self._calls[node]
        if node in self._smooth:
            z = self._smooth[node]
            return [] if z is None or not z.requires_grad else [(z, g * sigmoid(self.values[z]))]
        if isinstance(op, Loop):
            return self._step_of_loop(node, g, args)
        if op.sequence or not isinstance(op, Primitive):
            return op.cotangents(g, out, args, kwargs, node.parents)
        if isinstance(out, tuple):
            g = g.filled(out)
        pairs = []
        for i, (rule, x, parent) in enumerate(zip(op.rules, args, node.parents)):
            if rule is not None and parent is not None and parent.requires_grad:
                contribution = self._pulled(node, i, rule, g, out, args, kwargs)
                pairs.append((parent, _fitted(op, contribution, x, g, careful)))
        return pairs

    def _step_of_loop(self, node, g, args):
        """One step back through a whole loop, as one call."""
        places = [i for i, part in enumerate(g) if part is not None]
        wanted = [parent is not None and parent.requires_grad for parent in node.parents]
        call = node.op.pulled_back(places, wanted)
        contributions = self.trace.traced(call, (*(g[i] for i in places), *args), {})
        return list(zip(compress(node.parents, wanted), contributions, strict=True))

    def _pulled(self, node, position, rule, g, out, args, kwargs):
        """What a rule gives on traced values."""
        if self.as_written and node.op.f is np.logaddexp and np.isfinite(node.out).all():
            one, other = args if position == 0 else args[::-1]
            return g * sigmoid(one - other)  # the rule says so too, and more at infinite numbers
        try:
            contribution = rule(g, out, *args, **kwargs)
        except ConcretizationError:  # it looks at what says where: here that is known
            if not self.as_written:
                raise
            contribution = rule(g, out, *args, **node.kwargs)
        if not self.factors:
            return contribution
        return self.factored(node, position, rule, contribution, g, out, list(args), kwargs)

    def _traced(self, value):
        if type(value) is Traced:
            return value
        value = np.asarray(value)
        return self._constant(value if value.ndim else value[()])

    def factored(self, node, position, rule, contribution, g, out, args, kwargs):
        """A contribution as the product of g and a local derivative with a name."""
        parent = node.parents[position]
        symbol = self.labels.get(node), self.labels.get(parent)
        is_step = node in self.chain and parent in self.chain and node is not self.names.root
        if not is_step or node.parents.count(parent) > 1:
            return contribution
        if node.op.f is np.matmul:
            other = self._defined(args[1 - position], FACTOR, symbol)
            args = [other, args[1]] if position else [args[0], other]
            return rule(g, out, *args, **kwargs)
        factor = self.slope(node, position)
        if type(factor) is not Traced or _is_filled(factor.expression):
            return contribution
        product = g * self._defined(factor, FACTOR, symbol)
        same = np.shape(product) == np.shape(contribution) and np.allclose(
            product.value, contribution.value, rtol=1e-6, atol=0, equal_nan=True
        )
        return product if same else contribution

    def slope(self, node, position):
        """The local derivative of a call that works element by element: its rule of a one."""
        op, (args, kwargs), out = node.op, self._calls[node], self.values[node]
        if not isinstance(op, Elementwise) or isinstance(out, tuple) or node.out.dtype.kind != "f":
            return None
        one = self._constant(node.out.dtype.type(1))
        return op.rules[position](one, out, *args, **kwargs)

    # --- names ------------------------------------------------------------------------------

    def _defined(self, traced, part, symbol, follow=False):
        """A value under a name; one that is known late stands where it is first known."""
        inner = traced.expression if type(traced) is Traced else self._traced(traced).expression
        if not self.as_written:
            self.definitions.append(Definition(inner, part, symbol))
            return traced
        expression = Expression("call", inner.value, named, (inner,))
        is_call = inner.kind == "call" and inner.func is not named
        if is_call and not _is_filled(inner):  # other ones are not this gradient that is one
            with suppress(TypeError):  # an argument that cannot be a key: it is never found again
                self.graph.replace(inner, expression)
        steps = self.graph.steps
        if follow and inner in steps:
            steps.insert(steps.index(inner) + 1, expression)
        else:
            steps.append(expression)
        self.definitions.append(Definition(expression, part, symbol))
        return Traced(self.trace, expression)


def _fitted(op, contribution, x, g, careful):
    """As the operation's own, but without a question of the values that would be an answer.

    A zero cotangent gives a zero contribution: where that made a nan here, the formula says so.
    """
    if careful and bool(np.isnan(plain(contribution)).any()):
        if op.broadcasts and np.shape(contribution) == np.shape(g):
            contribution = np.where((g == 0) & np.isnan(contribution), 0, contribution)
        elif not isinstance(g, tuple):
            contribution = np.where(np.any(g != 0), contribution, 0)
    return op.fitted(contribution, x, g, False)


def _is_filled(expression):
    """Whether a value is one number, everywhere."""
    return (expression.filling or expression).is_number
