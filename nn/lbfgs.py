"""L-BFGS, through SciPy: an optimizer that computes the loss as often as it needs it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import autograd_lite as ag

from .optimizer import Optimizer


class LBFGS(Optimizer):
    """L-BFGS with SciPy's line search, for losses of all data at once.

    Source: Liu and Nocedal 1989, On the limited memory BFGS method for large scale optimization;
    ``scipy.optimize.minimize(method="L-BFGS-B")``. The steps are not those of PyTorch, whose line
    search is another; the minimum is.

    Parameters
    ----------
    parameters : iterable of Tensor
    iterations : int
        At most so many in a `step`.
    memory : int
        How many steps the approximation of the Hessian remembers.
    tolerance : float
        A step ends where no element of the gradient is larger.

    Attributes
    ----------
    result : scipy.optimize.OptimizeResult
        What SciPy said about the last step.

    Raises
    ------
    ModuleNotFoundError
        In `step`, without SciPy.
    """

    iterations: int = 100
    memory: int = 10
    tolerance: float = 1e-7
    result = None

    def step(self, loss: Callable[[], ag.Tensor] | None = None) -> float:  # type: ignore[override]
        """Lower ``loss()``, a function that computes the loss from the parameters; its value.

        Where the loss raises, the parameters are what they were.
        """
        if not callable(loss):
            raise TypeError("LBFGS.step takes a function: step(lambda: loss_of(model(X), y))")
        from scipy.optimize import minimize

        def value_and_gradient(x):
            self._move(x)
            value = loss()
            return value.item(), _joined(ag.gradients(value, self.parameters))

        sizes = {"maxiter": self.iterations, "maxcor": self.memory}
        options = {**sizes, "gtol": self.tolerance, "ftol": 0.0}
        before = [p.data for p in self.parameters]
        try:
            self.result = minimize(
                value_and_gradient, _joined(before), jac=True, method="L-BFGS-B", options=options
            )
        except BaseException:
            for p, value in zip(self.parameters, before):
                p.data = value
            raise
        self._move(self.result.x)
        self.steps += 1
        return float(self.result.fun)

    def _move(self, x):
        """Give the parameters the numbers of a vector."""
        ends = np.cumsum([p.size for p in self.parameters])[:-1]
        for p, part in zip(self.parameters, np.split(x, ends)):
            p.data = part.reshape(p.shape).astype(p.dtype)


def _joined(arrays):
    return np.concatenate([np.ravel(a) for a in arrays]).astype(np.float64)
