"""The picture of a review: the graph of the loss, in the colours of the verdicts."""

import ast
import re
from dataclasses import dataclass, field

import numpy as np

from ..drawing.draw import judged
from ..drawing.model import BECAUSE, RIGHT, WRONG
from ..engine.tensor import wrap
from ..graph import Names
from ..observed_call import Observed
from . import verdicts
from .flow import nodes_in
from .pairs import bare

_MARKS = {verdicts.RIGHT: RIGHT, verdicts.WRONG: WRONG, verdicts.FOLLOWS: BECAUSE}


def _word(name):
    """The last word of a name, in lower case: w1 of params['W1']."""
    return re.findall(r"[A-Za-z_]\w*|$", name)[-2:][0].lower()


@dataclass(eq=False)
class ReviewedGraph:
    """The tape of a reviewed loss with a verdict on the gradient of each tensor.

    Attributes
    ----------
    loss : Node
    names : dict of str by node
        What the program calls them.
    marks : dict of (mark, row) by node
        The verdict, and the line of the backward pass that it is on.
    """

    loss: object
    names: dict
    marks: dict = field(default_factory=dict)

    @classmethod
    def of(cls, examination, lines, wrong):
        """The graph of an examination; a returned gradient has the verdict of its numbers."""
        truth = examination.truth
        names = {leaf.node: place for place, leaf in truth.leaves.items()}
        statements = {
            s.key: s for source in examination.program.sources.values() for s in source.statements
        }
        for name, value in truth.run.events:
            statement = statements.get(name)
            if statement is not None and isinstance(statement.target, (ast.Name, ast.Attribute)):
                for node in nodes_in(value):
                    names.setdefault(node, _word(statement.name))
        found = cls(truth.loss, {n: x for n, x in names.items() if n in truth.forward})
        for line in lines:
            if line.verdict in _MARKS:
                found._mark(bare(line.name), _MARKS[line.verdict], line)
        for path, place in examination.pairs.items():
            node = truth.leaf_of(place)
            mark, row = found.marks.get(node, (RIGHT, ""))
            if (mark == RIGHT) == (path in wrong):
                mark = WRONG if path in wrong else RIGHT
            found.marks[node] = mark, row
        return found

    def _mark(self, name, mark, line):
        for node, known in self.names.items():
            if _word(known) == _word(name):
                self.marks[node] = mark, f"line {line.line}"

    def picture(self, **options):
        """The picture; see `Review.draw`."""
        root = wrap(np.asarray(self.loss.out), self.loss)
        names = Names(root, {}, observed=Observed(None, names=self.names))
        marked = {}
        for node, (mark, row) in self.marks.items():
            rows = (("by hand", f"{mark}; {row}" if row else mark),)
            marked[node] = {"mark": mark, "notes": rows}
        return judged(root, names, marked, **options)
