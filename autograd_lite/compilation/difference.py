"""What differs between two runs of a function: it would be a constant of one of them."""

import numpy as np

from ..engine import errors
from ..symbolic.expressions import Expression, key_of
from ..symbolic.graph import needed
from ..symbolic.python_text import Writer
from .arguments import Identity
from .outputs import outputs


def difference(one, other):
    """What differs between two runs of a function, in words, or None."""
    return _Comparison(one, other).find()


class _Comparison:
    def __init__(self, one, other):
        self.one, self.other = one, other
        inputs = zip(one.graph.inputs, other.graph.inputs)
        self.twins = {id(a): b for a, b in inputs}
        names = {x: x.name or "x" for x in one.graph.inputs}
        self.writer = Writer(names)

    def find(self):
        steps = [needed(c.graph.steps, outputs(c)) for c in (self.one, self.other)]
        for a, b in zip(*steps):
            if a.kind != b.kind:
                return "another branch"
            if a.kind == "guard":
                if self._operands(a.expression, b.expression) or repr(a.expected) != repr(
                    b.expected
                ):
                    return "another branch"
                continue
            if a.func != b.func:
                return f"{_name(a.func)}, and then {_name(b.func)}"
            found = self._operands((a.args, a.kwargs), (b.args, b.kwargs))
            if found:
                return f"{found}, an argument of {_name(a.func)}"
            self.twins[id(a)] = b
        draws = [[draw.parts() for draw in c.draws] for c in (self.one, self.other)]
        if found := self._operands(*draws):
            return f"{found}, in what it draws"
        if len(steps[0]) != len(steps[1]):
            return f"{len(steps[0])} calls of functions, and then {len(steps[1])}"
        return self._outputs()

    def _outputs(self):
        pairs = [("the result", self.one.result, self.other.result)]
        changes = zip(self.one.changes, self.other.changes)
        pairs += [(f"what is left in {a[0]}", a[2], b[2]) for a, b in changes]
        for where, a, b in pairs:
            if a.structure != b.structure:
                return f"another structure of {where}"
            found = self._operands(a.expressions, b.expressions) or self._operands(a.plain, b.plain)
            if found:
                return f"{found}, in {where}"
        here, there = ([path for path, _, _ in c.changes] for c in (self.one, self.other))
        return None if here == there else f"what it changes: {here}, and then {there}"

    def _operands(self, a, b):
        """The first difference between nested arguments, in words."""
        if type(a) is not type(b):
            return f"{errors.describe(a)}, and then {errors.describe(b)}"
        if type(a) is Expression:
            return self._expressions(a, b)
        if type(a) in (tuple, list):
            if len(a) != len(b):
                return f"{len(a)} values, and then {len(b)}"
            return next(filter(None, map(self._operands, a, b)), None)
        if type(a) is dict:
            return self._operands([*a.items()], [*b.items()])
        if type(a) is slice:
            return self._operands((a.start, a.stop, a.step), (b.start, b.stop, b.step))
        return None if _is_same(a, b) else f"{errors.describe(a)}, and then {errors.describe(b)}"

    def _expressions(self, a, b):
        if a.kind == "constant" == b.kind:
            if _is_same(a.value, b.value):
                return None
            if np.ndim(a.value):
                return f"an array of shape {np.shape(a.value)} with other numbers"
            return f"the number {a.value}, and then {b.value}"
        if self.twins.get(id(a)) is b:
            return None
        return "another value"


def _is_same(a, b):
    """Whether two constants are the same, bit by bit."""
    if isinstance(a, np.ndarray):
        same = a.shape == b.shape and a.dtype == b.dtype
        return same and (
            a.tobytes() == b.tobytes() if not a.dtype.hasobject else bool((a == b).all())
        )
    if isinstance(a, (bool, int, float, complex, np.generic)):
        return key_of(a) == key_of(b)
    return a is b or Identity(a) == Identity(b) or bool(a == b)


def _name(func):
    return getattr(func, "__name__", repr(func))
