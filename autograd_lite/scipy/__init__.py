"""The functions of SciPy with their derivatives, under SciPy's names. It needs SciPy.

SciPy's ufuncs differentiate by themselves, as NumPy's do: ``scipy.special.gamma(t)``. Its
other functions make a plain array of what they get, so theirs are here:

>>> import numpy as np
>>> import autograd_lite as ag
>>> from autograd_lite.scipy import stats
>>> ag.grad(lambda mean: stats.norm.logpdf(1.5, mean))(0.5)
array(1.)
"""

import importlib
import importlib.util

if importlib.util.find_spec("scipy") is None:
    raise ModuleNotFoundError("autograd_lite.scipy needs SciPy: pip install scipy", name="scipy")

ROOMS = ("integrate", "linalg", "signal", "special", "stats")


def __getattr__(name):
    """A room is imported when it is asked for: scipy.signal alone takes longer than the engine."""
    if name in ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"autograd_lite.scipy has {', '.join(ROOMS)}, but no {name}")
