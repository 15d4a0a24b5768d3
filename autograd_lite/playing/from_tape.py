"""From the tape to the page's model: names, formulas, and the program that computes all of it."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

from ..comparison.diagnosis.graph import Graph, is_closed
from ..derivation.lines import targets_of
from ..drawing.formulas import formula as call_of
from ..engine.arrays import broadcast_axes
from ..engine.primitives import Elementwise
from ..numerics.rounding import Floor, gradients_of
from ..programs.javascript_program import JavaScriptProgram
from ..symbolic.aliasing import expression_of
from ..symbolic.expressions import Expression
from ..symbolic.javascript import NotInJavaScript
from ..symbolic.text import TextWriter
from ..symbolic.traced import ConcretizationError, Traced
from .contributions import Contributions, recorded, rule_of
from .model import CALL, CONSTANT, GRADIENT, RESULT, TEXT, VALUE, VARIABLE, Arrow, Box, Flow

OPEN, CLOSE = "\ue000", "\ue001"  # around a reference: quoting leaves neither in a name
SHORT = 20  # letters of a formula that is a label
LARGEST = 200_000  # elements of all inputs together that a page computes with


class Reading:
    """The tape of a loss as boxes, arrows and flows.

    Attributes
    ----------
    boxes, arrows, flows : lists of Box, Arrow, Flow
    results : list
        Expressions where the tape could be done again, else arrays.
    replay : Contributions or None
    program : JavaScriptProgram or None
    why_recorded : str
        Why there is no program, "" where there is one.
    """

    def __init__(self, loss, names):
        self.names = names
        self.root = loss.node
        self.graph = Graph(loss.node, names)
        self.targets = targets_of(names, None)
        self.boxes, self.arrows, self.flows = [], [], []
        self.results: list = []
        self.why_recorded, self.program = "", None
        self.labels = self._unique_labels()
        self.box_of = {}  # {node or expression: box}
        self.nodes = {}  # {id of a box: node}
        self.replay = self._replayed(loss)
        if self.replay:
            self.contributions = self.replay.contributions
        else:
            self.contributions, self.gradients = recorded(loss, self.targets)
        self._add_boxes()
        self._add_flows()
        if self.replay:
            self._write_formulas()
            self._write_program()

    # --- what is read -----------------------------------------------------------------------

    def _unique_labels(self):
        """What each node is called: its name, its formula if it is short, else t1, t2 ..."""
        names = self.names
        labels, taken, count = {}, Counter(map(names.given, names.nodes)), 0
        for node in names.nodes:
            label = names.label(node)
            if label is None:
                is_known = node in self.graph.nodes
                label = _bare(self.graph.label(node)) if is_known else names.of(node)
                is_long = len(label) > SHORT or "..." in label or label == names.of(node)
                if node.op is not None and is_long:
                    while not count or f"t{count}" in taken:
                        count += 1
                    label = f"t{count}"
                taken[label] += 1
            while label in labels.values():
                taken[label] += 1
                label = f"{label}_{taken[label]}"
            labels[node] = label
        self.graph.rename({n: t if _is_whole(t) else f"({t})" for n, t in labels.items()})
        return labels

    def _replayed(self, loss):
        """The tape done again; None where that is not possible, or gives other numbers."""
        try:
            replay = Contributions.without_nan(loss, self.names, self.labels, self.targets)
        except (TypeError, ConcretizationError) as error:
            self.why_recorded = str(error)
            return None
        _, gradients = recorded(loss, self.targets)
        pairs = {
            n: (replay.cotangents[n].value, gradients[n]) for n in self.targets if n in gradients
        }
        others = [node for node, pair in pairs.items() if not _close(*pair)]
        floors = Floor(loss.node).of_all(gradients_of(loss.node, others)) if others else []
        for node, floor in zip(others, floors, strict=True):
            if not np.all(np.abs(np.subtract(*pairs[node])) <= floor):
                self.why_recorded = "the tape done again gives other numbers"
                return None
        return replay

    # --- boxes ------------------------------------------------------------------------------

    def _add_boxes(self):
        for node in self.names.nodes:
            if self.replay is not None and node.op is not None:
                self._add_arrays(node)
            self._box(node)
        for node in self.names.nodes:
            if node.op is not None:
                self._arrows_to(node)

    def _add_arrays(self, node):
        """A box for each plain array with a name that enters with a call."""
        known = {v.expression for v in self.replay.values.values() if type(v) is Traced}
        for _, x in self.replay.sources(node):
            if x not in known and x not in self.box_of:
                box = Box(len(self.boxes), x.name, True, CONSTANT, list(x.shape))
                self.boxes.append(box)
                self.box_of[x] = box
                box.value = self._result(x)

    def _box(self, node):
        kind = VARIABLE if node.requires_grad else CONSTANT
        if node.op is not None:
            kind = RESULT if node is self.root else CALL
        is_one = not isinstance(node.out, tuple)
        label = self.labels[node]
        named = self.names.given(node) is not None or node is self.root or label.isidentifier()
        shape = list(np.shape(node.out)) if is_one else None
        op = node.op.name if node.op else None
        box = Box(len(self.boxes), self.labels[node], named, kind, shape, op)
        self.boxes.append(box)
        self.box_of[node] = box
        self.nodes[box.id] = node
        if node.op is not None:
            box.formula = [(TEXT, call_of(node, self.names))]
        if is_one:
            box.value = self._result(self._value_of(node))
            g = self._gradient_of(node)
            box.gradient = None if g is None else self._result(g)
            if self.replay and type(self.replay.values.get(node)) is Traced:
                self.box_of.setdefault(self.replay.values[node].expression, box)

    def _value_of(self, node):
        if self.replay and node in self.replay.values:
            return self.replay.values[node].expression
        return self.graph.value(node) if node in self.graph.nodes else node.out

    def _gradient_of(self, node):
        if self.replay:
            found = self.replay.cotangents.get(node)
            return found.expression if type(found) is Traced else None
        found = self.gradients.get(node)
        return None if isinstance(found, tuple) else found

    def calls_with_arrays(self, is_mask):
        """The labels of calls with a plain array that is no input of the page, or with a mask."""
        known = self.names.of_array
        found = []
        for node in self.names.nodes if self.replay else ():
            given = (*node.args, *node.kwargs.values()) if node.op is not None else ()
            parents = (*node.parents, *(None for _ in node.kwargs)) if given else ()
            for value, parent in zip(given, parents, strict=False):
                is_plain = parent is None and isinstance(value, np.ndarray) and value.ndim > 0
                if is_plain and (value.dtype.kind == "b") == is_mask and not known(value):
                    found.append(self.labels[node])
        return found

    def _result(self, what):
        self.results.append(what)
        return len(self.results) - 1

    def _arrows_to(self, node):
        target = self.box_of[node]
        if self.replay is not None:
            sources = [self.box_of[x] for _, x in self.replay.sources(node) if x in self.box_of]
        else:
            sources = [self.box_of[p] for _, p in node.inputs() if p is not None]
        several = [p for p in node.parents if p is not None and type(p) is not tuple]
        sources += [self.box_of[p] for p in several if isinstance(p.out, tuple)]
        for source in sources:
            self.arrows.append(Arrow(source.id, target.id))

    # --- flows ------------------------------------------------------------------------------

    def _add_flows(self):
        for contribution in self.contributions:
            node, parent = contribution.node, contribution.parent
            g, slope = contribution.cotangent, contribution.local
            summed = ()
            if isinstance(node.op, Elementwise):
                summed = broadcast_axes(np.shape(parent.out), np.shape(node.out))
            rule = rule_of(node.op.name, bool(summed))
            flow = Flow(self.box_of[node].id, self.box_of[parent].id, rule, summed=list(summed))
            flow.value = None if g is None else self._result(expression_of(g))
            flow.slope = None if slope is None else self._result(expression_of(slope))
            self.flows.append(flow)

    # --- formulas and the program -----------------------------------------------------------

    def _write_formulas(self):
        symbols = {x: x.name for x in self.replay.graph.inputs}
        for key, box in self.box_of.items():
            if type(key) is Expression:
                symbols[key] = f"{OPEN}v{box.id}{CLOSE}"
        for node, g in self.replay.cotangents.items():
            if type(g) is Traced and node is not self.root:  # the slash: it binds as a fraction
                symbols[g.expression] = f"{OPEN}/{self.box_of[node].id}{CLOSE}"
        self.writer = TextWriter(symbols)
        for box in self.boxes:
            node = self.nodes.get(box.id)
            if box.op and type(self.replay.values.get(node)) is Traced:
                x = self.replay.values[node].expression
                box.formula = pieces(self.writer.definition(x))
        for flow, contribution in zip(self.flows, self.contributions, strict=True):
            if contribution.cotangent is not None:
                flow.formula = pieces(self.writer.write(contribution.cotangent.expression))
            if contribution.local is not None:
                flow.local = pieces(self.writer.write(_number_of(contribution.local.expression)))

    def _write_program(self):
        inputs = self.replay.graph.inputs
        if sum(x.size for x in inputs) > LARGEST:
            self.why_recorded = f"its inputs have more than {LARGEST:,} numbers"
            return
        if self.replay.has_rebound():
            self.why_recorded = "a tensor was rebound while the loss was computed"
            return
        program = JavaScriptProgram(self.replay.graph.steps, inputs)
        try:
            program.add("run", self.results)
        except NotInJavaScript as missing:
            self.why_recorded = f"the page has no function for {missing}"
            return
        self.program = program
        for i, x in enumerate(inputs):
            if x in self.box_of:
                box = self.box_of[x]
                box.input = i
                box.editable = x.dtype.kind == "f"


def _number_of(x):
    """The number that an array is everywhere; else the array."""
    if x.filling:
        return x.filling
    if x.kind == "constant" and x.size and np.all(x.value == x.value.flat[0]):
        return x.value.flat[0]
    return x


def _bare(label):
    """A formula without the parentheses around it."""
    inner = label[1:-1]
    return inner if label == f"({inner})" and is_closed(inner) else label


def _is_whole(label):
    """Whether a label needs no parentheses in a formula: a name, or a call."""
    return re.fullmatch(r"[^\W\d][\w.]*(\([^()]*\))?", label) is not None


def _close(one, other):
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape or one.dtype.kind not in "biufc":
        return False
    tolerance = 1e3 * np.finfo(other.dtype if other.dtype.kind in "fc" else float).eps
    floor = np.abs(other[np.isfinite(other)]).max(initial=0.0)
    return np.allclose(one, other, rtol=tolerance, atol=tolerance * floor, equal_nan=True)


_REFERENCE = re.compile(f"{OPEN}([v/])([0-9]+){CLOSE}")


def pieces(text):
    """A formula with marked references as a list of pieces."""
    found, end = [], 0
    for match in _REFERENCE.finditer(text):
        if match.start() > end:
            found.append((TEXT, text[end : match.start()]))
        found.append((VALUE if match[1] == "v" else GRADIENT, int(match[2])))
        end = match.end()
    return [*found, (TEXT, text[end:])] if end < len(text) else found
