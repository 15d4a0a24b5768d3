"""One step of a training, as it is or compiled: forward, backward, clipping, the optimiser."""

from __future__ import annotations

import numpy as np

import autograd_lite as ag

from .evaluation import as_array
from .lbfgs import LBFGS

# Making the programs of a step takes as long as it saves in 20 (an LSTM) to 2,500 steps (2-50-2).
_STEPS_THAT_PAY = 1000


class Step:
    """One step of a training: what it measured on a batch, ``{"loss": 0.5}``."""

    def __init__(self, run, metrics, clip, compile):
        self.run, self.metrics, self.must = run, metrics, bool(compile)
        pays = run.epochs * len(run.batches) >= _STEPS_THAT_PAY if compile is None else compile
        pays = pays and not isinstance(run.optimizer, LBFGS)  # whose step is SciPy's loop
        model, loss, optimizer = run.model, run.loss, run.optimizer
        parameters = model.parameters()
        predicts = bool(metrics)

        def computed(batch):
            prediction = model(*batch[:-1])
            return _one_number(loss(prediction, batch[-1])), prediction

        def step(*batch):
            optimizer.zero_grad()
            value, prediction = computed(batch)
            value.backward()
            if clip is not None:
                clip(parameters)
            optimizer.step()
            return (value, prediction) if predicts else (value,)

        def search(*batch):
            optimizer.step(lambda: computed(batch)[0])
            return computed(batch)

        self.eager = search if isinstance(optimizer, LBFGS) else step
        backend = compile if isinstance(compile, str) else "numpy"
        self.compiled = ag.compile(self.eager, backend=backend) if pays else None

    def __call__(self, batch):
        results = [as_array(result) for result in self._results(batch)]
        measured = {"loss": float(results[0])}
        for name, metric in self.metrics.items():
            measured[name] = float(metric(results[1], batch[-1]))
        return measured

    def _results(self, batch):
        if self.compiled is None:
            return self.eager(*batch)
        try:
            results = self.compiled(*batch)
            self.run.history.compiled = True
            return results
        except ag.CompilationError as error:
            if self.must:
                raise
            self.run.history.not_compiled = str(error)
            self.compiled = None
            return self.eager(*batch)


def _one_number(loss):
    """The loss itself; a TypeError for one that is an array."""
    if np.shape(loss) != ():
        raise TypeError(
            f"fit: the loss is one number, and this one has the shape {np.shape(loss)}: "
            "take its mean, lambda z, y: np.mean(loss(z, y))"
        )
    return loss
