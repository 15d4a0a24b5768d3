"""From the tape to the picture model."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..engine.arrays import broadcast_axes
from ..engine.primitives import Elementwise
from ..engine.tensor import Tensor, backward_pass, plain, seed_of
from ..graph import local_derivative
from ..messages import errors
from .formulas import HOLE, formula, is_array, operand
from .model import CONSTANT, OPERATION, OUTPUT, PARAMETER, Box, Diagram, Edge

NO_HISTORY = "not recorded; no input requires a gradient, or it was made in no_grad()"


def diagram(root, names, annotate=None, marked=None):
    """The tape of a tensor as a picture model; ``names`` holds its nodes and their names.

    ``marked`` holds changed fields by node, and of arrows by pairs of nodes (top, bottom).
    """
    builder = _Builder(root, names)
    for node in names.nodes:
        builder.add(node)
    if not root.requires_grad:
        builder.annotate(root, {"history": NO_HISTORY})
    for key, notes in (annotate or {}).items():
        builder.annotate(key, notes)
    for key, fields in (marked or {}).items():
        builder.mark(key, fields)
    boxes = {box.id: box for box in builder.boxes.values()}
    return Diagram(boxes, tuple(builder.edges), builder.loss)


class _Builder:
    """Boxes by their nodes, those of plain arrays by name or ``id``: the tape keeps them alive."""

    def __init__(self, root, names):
        given = names.given(root.node)
        self.root = root.node
        self.loss = "Loss" if given in (None, "loss") else given
        self.names = names
        self.boxes = {}
        self.edges = []
        self.gradients = _gradients(root, names.nodes)
        self.seen = {
            parent: value
            for node in names.nodes
            for value, parent in node.inputs()
            if parent is not None
        }

    def add(self, node):
        """The box of a node, after those of its plain arrays, and the edges of its call."""
        arguments = list(_arguments(node))
        for _, value, parent in arguments:
            if parent is None and self._constant(value) not in self.boxes:
                self._box(self._constant(value), CONSTANT, self.names.of_array(value), value)
        name = self.names.given(node)
        if node.op is None:
            value = self.seen.get(node, node.out)
            kind = PARAMETER if node.requires_grad else CONSTANT
            self._box(node, kind, name, value, self.gradients.get(node))
            return
        kind = OUTPUT if node is self.root else OPERATION
        if kind == OUTPUT and np.size(node.out) == 1:
            name = name or self.loss
        call = node.op.name, formula(node, self.names)
        self._box(node, kind, name, node.out, self.gradients.get(node), *call)
        for count, (position, value, parent) in enumerate(arguments):
            source = self.boxes[self._constant(value) if parent is None else parent]
            self.edges.append(self._edge(source, node, position, count, parent))

    def _constant(self, value):
        """What a plain array is known by: its name, for each call has a copy of its own."""
        return self.names.of_array(value) or id(value)

    def _box(self, key, kind, name, value, gradient=None, op=None, call=None):
        id = f"n{len(self.boxes)}"
        if isinstance(value, tuple):  # several results, each in a box of its own
            self.boxes[key] = Box(id, kind, name, None, None, None, None, op, call)
            return
        value = np.asarray(value)
        self.boxes[key] = Box(id, kind, name, value.shape, value.dtype, value, gradient, op, call)

    def _edge(self, source, node, position, count, parent):
        target = self.boxes[node].id
        if parent is None or not parent.requires_grad or node.op.rules[position] is None:
            return Edge(source.id, target, count, flows=False)
        derivative = local_derivative(node, position)
        factor = _factor(node, position, source, self.names)
        summed = ()
        if isinstance(node.op, Elementwise):
            summed = broadcast_axes(source.shape, np.shape(node.out))
        return Edge(source.id, target, count, True, derivative, factor, summed)

    def annotate(self, key, notes):
        """Add rows to the box of a tensor, or to the one box of this name."""
        if not isinstance(notes, Mapping):
            raise TypeError(
                f"the rows for {errors.describe(key)} are {errors.describe(notes)}: "
                'annotate takes a dict of rows by tensor or name, {W1: {"W1*": array}}'
            )
        if isinstance(key, Tensor):
            found = [key.node] if key.node in self.boxes else []
        else:
            found = [known for known, box in self.boxes.items() if box.name == key]
        if len(found) != 1:
            raise ValueError(
                f"annotate has rows for {errors.describe(key)}, and {len(found)} boxes are that: "
                f"{self._hint(key)}"
            )
        box = self.boxes[found[0]]
        rows = tuple((label, plain(value)) for label, value in notes.items())
        self.boxes[found[0]] = replace(box, notes=box.notes + rows)

    def mark(self, key, fields):
        """Change fields of the box of a node, or of the arrows from bottom to top."""
        if not isinstance(key, tuple):
            self.boxes[key] = replace(self.boxes[key], **fields)
            return
        top, bottom = (self.boxes[node].id for node in key)
        for i, edge in enumerate(self.edges):
            if (edge.target, edge.source) == (top, bottom):
                self.edges[i] = replace(edge, **fields)

    def _hint(self, key):
        names = [box.name for box in self.boxes.values() if box.name]
        is_unknown = isinstance(key, str) and key not in names
        hint = errors.did_you_mean(key, names) if is_unknown else ""
        return f"{hint}Give a tensor of this tape, or a name of one box among {', '.join(names)}"


def _arguments(node):
    """Triples (position, value, parent) of what gets an arrow: tensors and plain arrays."""
    for position, (value, parent) in enumerate(zip(node.args, node.parents, strict=True)):
        if isinstance(value, list):
            parents = parent or (None,) * len(value)
            yield from ((position, v, p) for v, p in zip(value, parents, strict=True))
        elif parent is not None or is_array(value):
            yield position, value, parent


def _factor(node, position, source, names):
    """The other operand of a product, by its name; one without is seen only beside a named one."""
    if node.op.name not in ("multiply", "matmul") or not is_array(node.args[1 - position]):
        return None
    other = operand(node, 1 - position, names)
    return None if other == HOLE and source.name is None else other


def _gradients(root, nodes):
    """The gradient of every node in one walk; of a root with several elements there is none."""
    if root.size != 1 or not root.requires_grad:
        return {}
    return backward_pass({root.node: seed_of(root, None)}, nodes, hooked=False)
