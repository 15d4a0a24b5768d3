"""The functions of SciPy with their derivatives, under SciPy's names; it needs SciPy.

SciPy's ufuncs differentiate by themselves, as NumPy's do: ``scipy.special.gamma(t)``. Its
other functions make a plain array of what they get, so theirs are here:

>>> import numpy as np
>>> import autograd_lite as ag
>>> from autograd_lite.scipy import stats
>>> ag.grad(lambda mean: stats.norm.logpdf(1.5, mean))(0.5)
array(1.)
"""

from . import integrate as integrate
from . import linalg as linalg
from . import signal as signal
from . import special as special
from . import stats as stats
