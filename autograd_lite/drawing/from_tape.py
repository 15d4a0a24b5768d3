"""From the tape to the picture model: a box for each unit, an edge for each use of a value."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..engine.tape import Node
from ..engine.tensor import Tensor, backward_pass, plain, seed_of
from ..messages import errors
from .arrows import edge_of
from .formulas import formula, holes_of
from .frames import Frames
from .model import (
    CONSTANT,
    GRADIENT,
    MODULE,
    NONE_ARRIVES,
    NOT_COMPUTED,
    OPERATION,
    OUTPUT,
    PARAMETER,
    Box,
    Diagram,
    Edge,
)
from .units import Unit
from .uses import Uses, contributions

NO_HISTORY = "not recorded; no input requires a gradient, or it was made in no_grad()"


def diagram(root, names, units, annotate=None, marked=None):
    """The units of a tape as a picture model; ``names`` holds its nodes and their names.

    ``marked`` holds changed fields by node, and of arrows by pairs of nodes (top, bottom).
    """
    builder = _Builder(root, names, units)
    if not root.requires_grad:
        builder.annotate(root, {"history": NO_HISTORY})
    for key, notes in (annotate or {}).items():
        builder.annotate(key, notes)
    for key, fields in (marked or {}).items():
        builder.mark(key, fields)
    boxes = {box.id: box for box in builder.boxes.values()}
    return Diagram(boxes, tuple(builder.edges), builder.loss, builder.frames.groups)


class _Builder:
    """Boxes by unit, node of a leaf, or name or ``id`` of a plain array."""

    def __init__(self, root, names, units):
        self.root = root
        self.loss = names.loss
        self.names = names
        self.uses = Uses(units, names)
        self.frames = Frames(units, self.uses.of_unit, names.paths, self.uses.shared())
        self.gradients = _gradients(root, names.nodes)
        self.sums = contributions(n for n in names.nodes if n.serial <= root.node.serial)
        self.boxes: dict = {}
        for unit in units:
            for use in self.uses.of_unit[unit]:
                if use.key not in self.boxes and not isinstance(use.key, Unit):
                    self._leaf(use.key, use.value)
            self._unit(unit)
        if not units:
            self._leaf(root.node, root.node.out)
        self.edges = [
            self._edge(unit, use, count)
            for unit in units
            for count, use in enumerate(self.uses.of_unit[unit])
        ]

    def _leaf(self, key, value):
        """The box of a leaf of the tape, of a plain array, or of a call that is left out."""
        group = self.frames.of_leaf(key)
        if not isinstance(key, Node):
            self._box(key, CONSTANT, self.names.of_array(value), value, group=group)
            return
        name = self.names.given(key)
        if key.op is None:
            kind = PARAMETER if key.requires_grad else CONSTANT
            self._box(key, kind, name, value, key, group=group)
            return
        call = formula(key, self.names, holes_of(key, self.names))
        more = {"op": key.op.name, "formula": call, "cut": True}
        self._box(key, OPERATION, name, key.out, key, group=group, **more)

    def _unit(self, unit):
        """The box of a call, or of a collapsed scope by its last one."""
        node = unit.last
        name, kind = self.names.given(node), OPERATION
        more = {"group": self.frames.of(unit.around), "calls": len(unit.calls)}
        if self._is_backward(node):
            kind = GRADIENT
        if node is self.root.node:
            kind = OUTPUT
            if np.size(node.out) == 1:
                name = name or self.loss
        if unit.scope is not None:
            kind, more["formula"] = MODULE, name
            name, more["notes"] = unit.scope.label, tuple(self._parameters(unit))
        else:
            more["formula"] = formula(node, self.names, holes_of(node, self.names))
            more["op"] = node.op.name
        self._box(unit, kind, name, node.out, node, **more)

    def _box(self, key, kind, name, value, node=None, **more):
        id = f"n{len(self.boxes)}"
        if isinstance(value, tuple):  # several results, each in a box of its own
            self.boxes[key] = Box(id, kind, name, None, None, None, **more)
            return
        value, gradient, missing = np.asarray(value), self.gradients.get(node), None
        later = self._is_backward(node)
        if gradient is None and node is not None and node.requires_grad and not later:
            missing = NONE_ARRIVES if self.root.size == 1 else NOT_COMPUTED
        facts = value.shape, value.dtype, value, gradient
        uses = 0 if gradient is None else self.sums[node]
        self.boxes[key] = Box(id, kind, name, *facts, uses=uses, missing=missing, **more)

    def _is_backward(self, node):
        """Whether a call is one of the backward pass."""
        return node is not None and node.serial > self.root.node.serial

    def _parameters(self, unit):
        """A row that says how many numbers a collapsed module learns."""
        used = {p for node in unit.calls for _, p in node.inputs() if p in self.names.paths}
        arrays = [p for p in used if p.op is None and p.requires_grad]
        if arrays:
            count = sum(np.size(p.out) for p in arrays)
            yield "parameters", f"{count:,} in {len(arrays)} array{'s' * (len(arrays) > 1)}"

    def _edge(self, unit, use, count):
        source, target = self.boxes[use.key], self.boxes[unit]
        if self._is_backward(use.call):
            return Edge(source.id, target.id, count, True, step=use.step)
        if unit.scope is not None or use.call not in unit.calls:
            return Edge(source.id, target.id, count, use.flows, step=use.step)
        return edge_of(use, source, target, count, self.names)

    # --- what is said beside the tape -------------------------------------------------------

    def annotate(self, key, notes):
        """Add rows to the box of a tensor, or to the one box of this name."""
        if not isinstance(notes, Mapping):
            raise TypeError(
                f"the rows for {errors.describe(key)} are {errors.describe(notes)}: "
                'annotate takes a dict of rows by tensor or name, {W1: {"W1*": array}}'
            )
        if isinstance(key, Tensor):
            found = [one for one in [self._of_node(key.node)] if one in self.boxes]
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
        ends = [self._of_node(node) for node in (key if isinstance(key, tuple) else (key,))]
        if any(end not in self.boxes for end in ends):
            return
        if not isinstance(key, tuple):
            self.boxes[ends[0]] = replace(self.boxes[ends[0]], **fields)
            return
        top, bottom = (self.boxes[end].id for end in ends)
        for i, edge in enumerate(self.edges):
            if (edge.target, edge.source) == (top, bottom):
                self.edges[i] = replace(edge, **fields)

    def _of_node(self, node):
        """What the box of a node is known by, where it is the result of one."""
        unit = self.uses.of_call.get(node)
        return node if unit is None else unit if node is unit.last else None

    def _hint(self, key):
        names = [box.name for box in self.boxes.values() if box.name]
        is_unknown = isinstance(key, str) and key not in names
        hint = errors.did_you_mean(key, names) if is_unknown else ""
        return f"{hint}Give a tensor of this tape, or a name of one box among {', '.join(names)}"


def _gradients(root, nodes):
    """The gradient of every node in one walk; of a root with several elements there is none."""
    if root.size != 1 or not root.requires_grad:
        return {}
    return backward_pass({root.node: seed_of(root, None)}, nodes, hooked=False)
