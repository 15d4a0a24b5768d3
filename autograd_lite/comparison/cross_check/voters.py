"""The two voters that know a function as it is coded: autodiff and finite differences.

Where each row of the result depends on the same row of x alone, as per-sample losses do on their
predictions, the differences of all rows are taken at once: 2 calls instead of 2 a sample.
"""

import contextlib
from dataclasses import replace
from functools import cached_property

import numpy as np

from ...engine.tensor import Tensor, plain
from ...graph import Names
from ...observed_call import Observed
from ...transforms.derivatives import grad, gradients, jacobian, vjp
from ..factors import Factors, diagonal, units
from ..finite_differences import Slope, checked, first, second
from ..keys import paths
from .plain_python import arrays_around


class Traced:
    """The derivatives by autodiff of a `Problem`, one for each of its leaves.

    Attributes
    ----------
    loss : Tensor
        The root of the graph, where autodiff can follow the function to it; its leaves are
        ``inputs``.
    follows : bool
        Whether there is such a graph, which x is in.
    why_not : dict
        Why autodiff cannot follow the function, by what it was asked: "loss", "gradient",
        "jacobian" or "curvature".
    """

    def __init__(self, problem):
        self._problem = problem
        self._found = {}
        self.why_not = {}
        self.inputs = [
            Tensor(leaf, requires_grad=True, name=label)
            for leaf, label in zip(problem.leaves, problem.labels, strict=True)
        ]
        self._seen = Observed(None)
        self.loss = self._attempt("loss", self._root)
        self.follows = isinstance(self.loss, Tensor) and self.loss.requires_grad
        if "loss" not in self.why_not and not problem.wobble:
            self._check_value(plain(self.loss), np.sum(problem.result))

    def derivatives(self, kind):
        """The "gradient", "jacobian" or "curvature" of each leaf, or None."""
        if kind not in self._found and "loss" not in self.why_not:
            of = {"gradient": self._gradient, "jacobian": self._jacobian}.get(kind, self._diagonal)
            leaves = range(len(self._problem.leaves))
            self._found[kind] = self._attempt(kind, lambda: [of(i) for i in leaves])
        return self._found.get(kind)

    @cached_property
    def names(self):
        """The names of the graph: those of the leaves, and the variables of the function."""
        return self._names_of(self.loss)

    def _names_of(self, root):
        around = arrays_around(self._problem.function)
        variables, seen = {**around, **self._seen.own}, replace(self._seen, arrays=[])
        return Names(root, variables, {self._problem.name: root}, seen)

    def ends(self, i):
        """The nodes that the gradient of a leaf is of, and with respect to."""
        return self.loss.node, self.inputs[i].node

    def projected(self, i, label, weights):
        """The graph of the sum of the results with weights, of which a Jacobian has the gradient.

        As the arguments of a Case; none where f returns one number.
        """
        if np.shape(weights) != np.shape(self._result) or not isinstance(self._result, Tensor):
            return {}
        root = np.sum(self._result * weights)
        ends = {label: (root.node, self.inputs[i].node)}
        return {"loss": root, "names": self._names_of(root), "ends": ends}

    def inner(self, key, shape):
        """(label, value, ends) of a derivative of, or with respect to, a tensor inside."""
        if not self.follows:
            why = self.why_not.get("loss", "it does not change with the arguments")
            raise ValueError(f"{key!r} is known to autodiff alone, which cannot follow: {why}")
        if isinstance(key, str) and not self.names.find(key):
            key = paths(self._seen.own).get(key, key)
        label, value, ends = Factors(self.loss, self.names).find(key, shape)
        if ends[0] is self.loss.node:
            label = f"d{self._problem.name}/d{self.names.of(ends[1])}"
        return label, value, ends

    def curvature_graph(self, i, label):
        """The same for a Hessian's diagonal: the graph of the gradient by hand, where it has one.

        The sum of that gradient has the diagonal as its own gradient, if the Hessian is one.
        """
        problem, found = self._problem, {}
        inputs = [
            Tensor(leaf, requires_grad=True, name=name)
            for leaf, name in zip(problem.leaves, problem.labels, strict=True)
        ]
        with contextlib.suppress(Exception):  # whatever a function does with tensors
            parts, variables = problem.derived_on_tape(*inputs)
            root = np.sum(parts[i])
            true = self.derivatives("curvature")[i]
            if np.allclose(gradients(root, [inputs[i]])[0], true, rtol=1e-9, atol=1e-12):
                names = Names(root, variables, {f"d{problem.name}": root})
                ends = {label: (root.node, inputs[i].node)}
                found = {"loss": root, "names": names, "ends": ends}
        return found

    def _root(self):
        result, self._seen = self._problem.named(*self.inputs)
        self._result = result
        if isinstance(result, Tensor) and result.shape == () and result.node.op is not None:
            return result
        return np.sum(result)

    def _check_value(self, value, expected):
        if not np.allclose(value, expected, rtol=1e-6, atol=1e-9, equal_nan=True):
            self.why_not["loss"] = (
                f"with tensors it computes {float(value):.8g}, with arrays {expected:.8g}"
            )

    def _gradient(self, i):
        if not self.follows:
            return np.zeros_like(self._problem.leaves[i])
        return gradients(self.loss, [self.inputs[i]])[0]

    def _jacobian(self, i):
        return jacobian(self._problem.returned, i)(*self._problem.leaves)

    def _diagonal(self, i):
        """The diagonal of the Hessian.

        Column by column where rows do not depend on each other, else entry by entry.
        """
        leaves = self._problem.leaves

        def slope(leaf):
            filled = [*leaves[:i], leaf, *leaves[i + 1 :]]
            return grad(lambda *x: np.sum(self._problem.returned(*x)), i)(*filled)

        _, pull = vjp(slope, leaves[i])
        result = np.zeros_like(leaves[i])
        for column in np.ndindex(leaves[i].shape[1:]):
            at = (slice(None), *column) if leaves[i].ndim else ()

            def pull_column(g, at=at):
                cotangent = np.zeros_like(leaves[i])
                cotangent[at] = g
                return pull(cotangent)[0][at]

            found = diagonal(pull_column, np.ones_like(leaves[i][at]), 1e-9, 1e-12)
            if found is None:
                entries = [pull(unit)[0][unit == 1] for unit in units(leaves[i])]
                return np.reshape(entries, leaves[i].shape)
            result[at] = found
        return result

    def _attempt(self, kind, derive):
        try:
            return derive()
        except Exception as error:  # whatever a function does with tensors
            first_line = (str(error).splitlines() or [""])[0]
            self.why_not[kind] = f"{type(error).__name__}: {first_line}"
            return None


MOST = 500  # how many entries of an array are moved one at a time


class Differences:
    """The derivatives by differences of a `Problem`, each for one of its leaves.

    Of a result with several elements the sum is differentiated, but for the Jacobian.
    """

    def __init__(self, problem):
        self._problem = problem

    def gradient(self, i, expected, allowed, suspects) -> Slope:
        """The gradient; an entry that is as expected is taken with one step."""
        if self._by_rows(i):
            return self._columns(i, first)
        found = []
        for index in self._asked(i, suspects):
            size = abs(self._problem.leaves[i][index])
            g = self._moving(i, index, np.sum)
            found.append((index, checked(g, size, expected[index], allowed[index])))
        return Slope.scattered(self._problem.leaves[i].shape, found)

    def jacobian(self, i, suspects) -> Slope:
        """All derivatives, of shape out + in."""
        leaf, out = self._problem.leaves[i], self._problem.result
        suspects = suspects.reshape(out.shape + leaf.shape).any(axis=tuple(range(out.ndim)))
        found = [
            ((..., *index), first(self._moving(i, index), abs(leaf[index])))
            for index in self._asked(i, suspects)
        ]
        return Slope.scattered(out.shape + leaf.shape, found)

    def curvature(self, i, suspects) -> Slope:
        """The diagonal of the Hessian."""
        if self._by_rows(i):
            return self._columns(i, second)
        leaf, found = self._problem.leaves[i], []
        for index in self._asked(i, suspects):
            found.append((index, second(self._moving(i, index, np.sum), abs(leaf[index]))))
        return Slope.scattered(leaf.shape, found)

    def _moving(self, i, index, read=np.asarray):
        """What is read off the results as one entry moves."""

        def g(t):
            moved = self._problem.leaves[i].copy()
            moved[index] += t
            return read(self._result(i, moved))

        return g

    def _result(self, i, leaf):
        leaves = self._problem.leaves
        return self._problem.values(*leaves[:i], leaf, *leaves[i + 1 :])

    def _asked(self, i, suspects):
        """Which entries to move: all, or else of those in doubt and of the others at random."""
        size = suspects.size
        chosen = np.arange(size)
        if size > MOST:
            rng = np.random.default_rng(0)
            doubtful = rng.permutation(np.flatnonzero(suspects))[: MOST // 2]
            others = rng.permutation(size)[: MOST - doubtful.size]
            chosen = np.union1d(doubtful, others)
        for k in chosen:
            yield tuple(int(n) for n in np.unravel_index(k, suspects.shape))

    def _by_rows(self, i):
        """Whether each row of the result depends on the same row of the leaf alone."""
        leaf, result = self._problem.leaves[i], self._problem.result
        if leaf.size <= 64 or not result.ndim or leaf.shape[:1] != result.shape[:1]:
            return False
        rng = np.random.default_rng(0)
        for _ in range(4):
            chosen = rng.permutation(len(leaf)) < len(leaf) // 2
            moved = leaf.copy()
            moved[chosen] += 1e-3 * np.maximum(1.0, np.abs(leaf[chosen]))
            with np.errstate(all="ignore"):
                still = self._result(i, moved)[~chosen]
            if not np.array_equal(still, result[~chosen], equal_nan=True):
                return False
        return True

    def _columns(self, i, rule):
        """A derivative of each row's result, all rows moved at once, one column after another."""
        leaf, power = self._problem.leaves[i], 2 if rule is second else 1
        size = np.maximum(1.0, np.abs(leaf))
        found = []
        for column in np.ndindex(leaf.shape[1:]):
            at = (slice(None), *column)

            def g(t, at=at):
                moved = leaf.copy()
                moved[at] += t * size[at]
                result = self._result(i, moved)
                return result.reshape(len(result), -1).sum(axis=1)

            found.append((at, rule(g).divided(size[at] ** power)))
        return Slope.scattered(leaf.shape, found)
