"""The gradients of a loss that tensors do not follow, by differences, at some of its entries."""

import numpy as np

from ..comparison import finite_differences
from . import runs
from .inputs import is_floats
from .pairs import paired

ENTRIES = 24  # of an array
CLOSE = 1e-5


class Differences:
    """What was returned, held against differences of the loss, with no line judged.

    Attributes
    ----------
    compared : dict
        The name of what a gradient is of, by its path in what was returned.
    wrong : list of paths
    """

    def __init__(self, inputs, run, called):
        self.inputs, self.run = inputs, run
        self.true: dict = {}
        agree = self._agree
        self.compared = paired(run.gradients, called, inputs.places, self.of, agree)
        self.wrong = [
            path
            for path, place in self.compared.items()
            if not agree(run.gradients[path], self.of(place))
        ]

    def of(self, place):
        """The derivatives with respect to one place; nan for entries that were not asked for."""
        if place not in self.true:
            self.true[place] = self._derivatives(place)
        return self.true[place]

    def _derivatives(self, place):
        value = np.asarray(self.inputs.places[place], dtype=float)
        found = np.full(value.shape, np.nan)
        at = np.linspace(0, value.size - 1, min(ENTRIES, value.size)).astype(int)
        for i in np.unique(at):
            index = np.unravel_index(i, value.shape)
            slope = finite_differences.first(self._along(place, index), abs(value[index]))
            if slope.why == "":
                found[index] = slope.value
        return found

    def _along(self, place, index):
        """The loss as a function of what is added to one entry of a place."""

        def loss(h):
            def other(name, value):
                if name == place and is_floats(value):
                    value = np.array(value)
                    value[index] += h
                    return value
                return value + h if name == place else value

            return runs.number(runs.taken(self.inputs, None, other).loss)

        return loss

    def _agree(self, given, true):
        given = np.asarray(given)
        if given.shape != true.shape:
            return False
        known = ~np.isnan(true)
        far, size = np.abs(given - true)[known], np.abs(true)[known]
        return bool((far <= CLOSE * (size + size.max(initial=0.0) + 1e-3)).all())
