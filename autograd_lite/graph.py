"""The tape of one tensor as data: what every reading of it begins with.

A tensor is called by its own name, its path in a module, its variable, or its operation.
"""

import sys
from collections import Counter

import numpy as np

from .engine.primitives import Elementwise
from .engine.tape import history
from .engine.tensor import Tensor
from .messages import errors, quoting


def caller_variables(depth):
    """The variables of the function ``depth`` calls up, then of its callers, then the module's.

    Callers count as far as they stand in the same file: a comprehension is in a function.
    """
    frame = sys._getframe(depth + 1)
    file, scopes, module = frame.f_code.co_filename, [], frame.f_globals
    while frame is not None and frame.f_code.co_filename == file:
        scopes.append(frame.f_locals)
        frame = frame.f_back
    variables: dict = {}
    for scope in (*scopes, module):
        variables.update({n: v for n, v in scope.items() if n not in variables})
    return {  # pytest keeps the parts of an assertion as @py_assert1
        name: value
        for name, value in variables.items()
        if name.isidentifier() and not name.startswith("_")
    }


def check_on_tape(what, loss):
    """Refuse what was not computed from a tensor that requires a gradient."""
    if not isinstance(loss, Tensor):
        raise TypeError(
            f"{what} takes the loss as a Tensor, not {errors.describe(loss)}: compute it from "
            "tensors with requires_grad=True"
        )
    if not loss.requires_grad:
        raise ValueError(
            f"{what} of a constant: {errors.describe(loss)} does not depend on any tensor with "
            "requires_grad=True, or was computed inside no_grad()"
        )


class Names:
    """The names of all tensors and constants that a root was computed from.

    Parameters
    ----------
    root : Tensor
        The end of the graph.
    variables : dict
        Where a tensor without a name of its own may be bound: the caller's variables.
    given : dict, optional
        Names that go before all others: ``{"W1": tensor_or_array}``.
    observed : Observed, optional
        The call that computed the root: what its variables held.
    more : iterable of Tensor
        Other ends of the graph, such as gradients that were computed from it.

    Attributes
    ----------
    nodes : list of Node
        Oldest first.
    paths : dict
        The paths in a module among the variables, of those nodes that have one.
    """

    def __init__(self, root, variables, given=None, observed=None, more=()):
        self.nodes = history(root.node, *(tensor.node for tensor in more))
        self.root = root.node
        seen = observed.names if observed else {}
        given = dict(given or {})
        chosen, bound, paths = _bound(given), _bound(variables), _paths(variables)
        self.paths = {node: paths[node] for node in self.nodes if node in paths}
        self._arrays = [
            {name: value for name, value in scope.items() if isinstance(value, np.ndarray)}
            for scope in (given, variables)
        ]
        self._seen: dict = {}
        for name, array in observed.arrays if observed else ():
            self._seen.setdefault(_digest(array), set()).add(name)
        self._observed = dict(observed.arrays) if observed else {}
        count = Counter()
        self._given, self._names = {}, {}
        for node in self.nodes:
            kind = node.op.name if node.op else "variable" if node.requires_grad else "constant"
            count[kind] += 1
            name = chosen.get(node) or node.name or paths.get(node)
            name = name or seen.get(node) or bound.get(node)
            name = quoting.text(name) if name else None
            if name is None and kind == "alias":
                name = self._given[node.parents[0]]
            self._given[node] = name
            self._names[node] = name or f"{kind}_{count[kind]}"

    def of(self, node):
        """The name of a node of the graph."""
        return self._names[node]

    def given(self, node):
        """The name that a person gave a node, or None."""
        return self._given[node]

    @property
    def loss(self):
        """What the root is called: Loss, where it has no other name."""
        name = self._given[self.root]
        return "Loss" if name in (None, "loss") else name

    def label(self, node):
        """The same, and for the root Loss where it has no name."""
        return self.loss if node is self.root else self._given[node]

    def of_array(self, array):
        """The variable that holds the values of a plain array, of which the tape has a copy.

        None where there is none, and where several different arrays hold these values.
        """
        for arrays in self._arrays:
            found: dict = {}
            for name, known in arrays.items():
                if _same(known, array):
                    found.setdefault(id(known), name)
            if found:
                return next(iter(found.values())) if len(found) == 1 else None
        names = self._seen.get(_digest(array), ()) if self._seen else ()
        return next(iter(names)) if len(names) == 1 else None

    def rows_of(self, many):
        """(name, array, indices) of the array of which many arrays or numbers are the rows.

        None of what are no rows of an array that has a name.
        """
        shape = np.shape(many[0])
        for name, known in self.arrays().items():
            if known.ndim == len(shape) + 1 and known.shape[1:] == shape:
                at = [next((i for i, row in enumerate(known) if _same(row, x)), None) for x in many]
                if None not in at:
                    return name, known, at
        return None

    def arrays(self):
        """The plain arrays by their names: those that were given, bound or seen."""
        given, bound = self._arrays
        return {**self._observed, **bound, **given}

    def array_key(self, array):
        """What tells a plain array from others: its name, with its values where these differ."""
        name = self.of_array(array)
        if name is None:
            return id(array)
        return (name, _digest(array)) if self._seen else name

    def arrays_called(self, name):
        """How many different plain arrays of this name were seen."""
        return sum(name in names for names in self._seen.values())

    def all(self):
        """Every name, oldest first."""
        return list(self._names.values())

    def find(self, name):
        """The nodes of this name."""
        if not isinstance(name, str):
            return []
        name = quoting.text(name)
        return [node for node, known in self._names.items() if known == name]

    def asked(self, one, is_unique=False):
        """The nodes of what ``wrt`` has: of a tensor, or of a name; dLoss/dz2 asks for z2."""
        if not isinstance(one, (Tensor, str)):
            raise TypeError(f"wrt holds Tensors and names, not {errors.describe(one)}")
        found = [one.node] if isinstance(one, Tensor) and one.node in self._names else []
        what, hint = errors.describe(one), ""
        if isinstance(one, str):
            bottom = one.partition("/d")[2].strip("()") or one
            found, what = self.find(one) or self.find(bottom), repr(one)
            hint = "" if found else errors.did_you_mean(bottom, self.all())
        if not found or (is_unique and len(found) > 1):
            count = "no tensor of this tape is" if not found else f"{len(found)} of its tensors are"
            raise ValueError(
                f"wrt has {what}, and {count} that: {hint}Give a tensor that the loss was computed "
                f"from, or a name among {', '.join(self.all()[:20])}"
            )
        return found


def _bound(variables):
    """The first name of each tensor."""
    names: dict = {}
    for name, value in variables.items():
        if isinstance(value, Tensor):
            names.setdefault(value.node, name)
    return names


def _paths(variables):
    """The longest path of each parameter in a module among the variables."""
    paths: dict = {}
    for value in variables.values():
        if isinstance(value, type) or not callable(getattr(value, "named_parameters", None)):
            continue
        try:
            found = dict(value.named_parameters())
        except (TypeError, ValueError):  # another library's module, or a stand-in for one
            continue
        for path, parameter in found.items():
            if isinstance(parameter, Tensor) and len(path) > len(paths.get(parameter.node, "")):
                paths[parameter.node] = path
    return paths


def _digest(array):
    return array.shape, array.dtype.str, hash(array.tobytes())


def _same(one, other):
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    return np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")


def local_derivative(node, position):
    """The factor of the chain rule between a call and its argument at ``position``.

    For an element-wise call it is the derivative of each element, an array of the result's
    shape; for a product ``x @ y`` the other operand; for a result that is one number the
    gradient. None where no single array is multiplied by (reshape, concatenate, indexing ...).
    """
    op, args = node.op, node.args
    if op.f is np.matmul:
        return args[1 - position]
    rule = op.rules[position]
    several = isinstance(node.out, tuple) or isinstance(args[position], tuple)
    if rule is None or op.sequence or several:
        return None
    if not (isinstance(op, Elementwise) or np.ndim(node.out) == 0):
        return None
    with np.errstate(all="ignore"):
        return rule(np.ones_like(node.out), node.out, *args, **node.kwargs)
