"""Random generators that a function can reach: whether it has drawn from one.

A draw of few possible values may come out the same twice; the state of its generator does not.
"""

import random
import sys

import numpy as np


def is_generator(value):
    """Whether a value is a generator. NumPy's are imported when they are first used, not here."""
    if isinstance(value, random.Random):
        return True
    if "numpy.random" not in sys.modules:
        return False
    kinds = np.random.Generator, np.random.RandomState, np.random.BitGenerator
    return isinstance(value, kinds)


class Generators:
    """The states of generators, of NumPy's and Python's common ones too.

    Parameters
    ----------
    named : list of (path, generator)
    """

    def __init__(self, named):
        self.named = [*named, ("random", random.random.__self__)]
        if "numpy.random" in sys.modules:
            self.named.append(("np.random", np.random.random.__self__))
        self._before = [state_of(generator) for _, generator in self.named]

    def drawn(self):
        """Pairs (path, state) of those that were drawn from. All are put back to where they were.

        States are texts, which are equal for equal states.
        """
        found = []
        for (path, generator), before in zip(self.named, self._before, strict=True):
            after = repr(_listed(state_of(generator)))
            if after != repr(_listed(before)):
                found.append((path, after))
                put_back(generator, before)
        return found


def state_of(generator):
    """All that the next draw depends on; of the system's generator nothing is known."""
    if isinstance(generator, random.SystemRandom):
        return None
    if isinstance(generator, random.Random):
        return generator.getstate()
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    return getattr(generator, "bit_generator", generator).state


def put_back(generator, state):
    """Have a generator draw again what it drew after it was in this state."""
    if state is None:
        return
    if isinstance(generator, random.Random):
        generator.setstate(state)
    elif isinstance(generator, np.random.RandomState):
        generator.set_state(state)
    else:
        getattr(generator, "bit_generator", generator).state = state


def _listed(state):
    """The arrays of a state as lists, which are written in full."""
    if isinstance(state, dict):
        return {key: _listed(value) for key, value in state.items()}
    return state.tolist() if isinstance(state, np.ndarray) else state
