"""How a sample is written: a row's name, a call of the function, and the arrays it is called with.

    at("sort (2-D)", lambda np, x: np.sort(x, axis=0), real(3, 4))

The namespace ``np`` is the library's own; every array of floats is differentiated.
"""

import zlib
from dataclasses import dataclass, field

import numpy


@dataclass(frozen=True)
class Sample:
    """A call of one function, the same for every library.

    ``forms`` are the libraries whose users write it in another way: {"mygrad": f}; "numpy" is
    the form whose numeric derivative is the truth. ``expected`` are the gradients at a point
    where numeric ones do not exist, ``also`` other gradients that are right by another convention.
    """

    name: str
    f: callable
    inputs: tuple
    forms: dict = field(default_factory=dict)
    expected: list = None
    also: tuple = ()
    rtol: float = 1e-5

    def form(self, library):
        return self.forms.get(library, self.f)

    def draw(self):
        """The arrays, the same at every call."""
        rng = numpy.random.default_rng(zlib.crc32(self.name.encode()))
        return [x.draw(rng) if isinstance(x, Kind) else numpy.array(x, float) for x in self.inputs]


@dataclass(frozen=True)
class Trial:
    """What a library must do that is no call of one function: ``run(library)`` returns arrays."""

    name: str
    run: callable
    expected: list


def at(name, f, *inputs, expected=None, also=(), rtol=1e-5, **forms):
    """The sample of one row."""
    return Sample(name, f, inputs, forms, expected, also, rtol)


@dataclass(frozen=True)
class Kind:
    """An array to be drawn: its shape, the interval of its magnitudes, and what it holds."""

    shape: tuple
    low: float
    high: float
    signed: bool
    holds: str = "numbers"

    def draw(self, rng):
        values = rng.uniform(self.low, self.high, self.shape)
        values = values * rng.choice([-1.0, 1.0] if self.signed else [1.0], self.shape)
        if self.holds == "complex":
            return values + 1j * rng.uniform(self.low, self.high, self.shape)
        if self.holds == "nans":
            values.flat[1] = numpy.nan
        return numpy.asarray(values)


def _kind(*interval):
    return lambda *shape: Kind(shape, *interval)


# fmt: off
real      = _kind(0.2, 2.0, True)
positive  = _kind(0.3, 2.0, False)
unit      = _kind(0.1, 0.8, True)
fraction  = _kind(0.1, 0.9, False)
above_one = _kind(1.3, 3.0, False)
phasor    = _kind(0.3, 2.0, True, "complex")
holed     = _kind(0.3, 2.0, True, "nans")
# fmt: on


def spd(np, x):
    """A symmetric positive definite matrix made of a square one, so that any step keeps it one."""
    return x @ x.T + numpy.eye(len(x))
