"""Derivatives of a user's function by autodiff, and why there are none where there are none."""

import contextlib

import numpy as np

from ...engine.tensor import Tensor, plain
from ...engine.transforms import grad, gradients, jacobian, vjp
from ...graph import Names


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
        self._variables = {}
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

    def graph(self, labels):
        """What `Case` wants for the gradients of these leaves, ``{i: label}``."""
        names = Names(self.loss, self._variables, {self._problem.name: self.loss})
        ends = {label: (self.loss.node, self.inputs[i].node) for i, label in labels.items()}
        return {"loss": self.loss, "names": names, "ends": ends}

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
        result, self._variables = self._problem.named(*self.inputs)
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
        diagonal = np.zeros_like(leaves[i])
        rng = np.random.default_rng(0)
        for column in np.ndindex(leaves[i].shape[1:]):
            at = (slice(None), *column) if leaves[i].ndim else ()
            ones, probe = np.zeros_like(leaves[i]), np.zeros_like(leaves[i])
            ones[at], probe[at] = 1, rng.uniform(1, 2, ones[at].shape)
            found, mixed = pull(ones)[0][at], pull(probe)[0][at]
            atol = 1e-12 * np.max(np.abs(found), initial=0.0)
            if not np.allclose(mixed, probe[at] * found, rtol=1e-9, atol=atol):
                return self._one_by_one(pull, diagonal)
            diagonal[at] = found
        return diagonal

    def _one_by_one(self, pull, diagonal):
        for index in np.ndindex(diagonal.shape):
            unit = np.zeros_like(diagonal)
            unit[index] = 1
            diagonal[index] = pull(unit)[0][index]
        return diagonal

    def _attempt(self, kind, derive):
        try:
            return derive()
        except Exception as error:  # whatever a function does with tensors
            first_line = (str(error).splitlines() or [""])[0]
            self.why_not[kind] = f"{type(error).__name__}: {first_line}"
            return None
