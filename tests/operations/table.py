"""How a row of the table is written, and how its arrays are drawn.

    row(np.sum,                             an operation, and the cases it is checked at:
        at(real(2, 3)),                     arrays by kind and shape,
        at(real(2, 3), axis=0))             and keywords

    unary(np.log, positive)                 a row of the usual shapes
    binary(np.power, positive, real)        a row of the shapes that broadcast

The kinds keep away from kinks and from the edge of a domain; those are test_special_points.py's.
"""

import zlib
from dataclasses import dataclass, field

import numpy as np

from autograd_lite.transforms import trees


@dataclass(frozen=True)
class Array:
    """An array to be drawn: its shape, and the interval of its magnitudes."""

    shape: tuple
    low: float
    high: float
    signed: bool
    complex: bool = False

    def draw(self, rng):
        values = np.asarray(rng.uniform(self.low, self.high, self.shape))
        if self.complex:
            values = np.asarray(values * np.exp(1j * rng.uniform(-3, 3, self.shape)))
        signs = rng.choice([-1.0, 1.0] if self.signed else [1.0], self.shape)
        return np.multiply(values, signs, out=values)


def kind(low, high, signed=False, complex=False):
    """A kind of array: called with a shape, it says what is to be drawn."""
    return lambda *shape: Array(shape, low, high, signed, complex)


# fmt: off
real      = kind(0.2, 2.0, signed=True)
positive  = kind(0.3, 2.0)
unit      = kind(0.1, 0.8, signed=True)
above_one = kind(1.3, 3.0)
complex_  = kind(0.2, 2.0, complex=True)
# fmt: on


@dataclass(frozen=True, eq=False)
class Case:
    """Arguments to check an operation at."""

    inputs: tuple
    kwargs: dict
    row: "Row" = field(default=None, repr=False)

    def args(self):
        """The arguments, drawn; the same at every call."""
        rng = np.random.default_rng(zlib.crc32(str(self).encode()))
        return [_drawn(value, rng) for value in self.inputs]

    def f(self, *args):
        """The operation with this case's keywords."""
        return self.row.f(*args, **self.kwargs)

    def reference(self, *args):
        """What it must return for plain arrays: by default what NumPy does."""
        return (self.row.reference or self.row.f)(*args, **self.kwargs)

    def dtype(self, *args):
        """What the dtype of the result must be."""
        if self.row.keeps:
            return np.result_type(*trees.flatten(args)[0])
        return self.reference(*args).dtype

    def __str__(self):
        words = [*map(_word, self.inputs), *(f"{k}={_word(v)}" for k, v in self.kwargs.items())]
        return f"{self.row.name}({', '.join(words)})"


@dataclass(frozen=True, eq=False)
class Row:
    """An operation, where it is checked, and how closely."""

    f: callable
    cases: list
    covers: tuple
    name: str
    reference: callable
    order: int
    rtol: float
    keeps: bool


def row(f, *cases, covers=None, name=None, reference=None, order=2, rtol=1e-5, keeps=False):
    """A row of the table.

    ``covers`` are the keys of the registry and of the primitives that the row is for, where
    they are not f itself; ``reference`` is f for plain arrays where NumPy has no f.
    ``keeps`` says that float32 stays float32 where the reference makes float64 of it; of
    float16 SciPy makes either.
    """
    covers = (f,) if covers is None else covers
    made = Row(f, [], covers, name or f.__name__, reference, order, rtol, keeps)
    made.cases.extend(Case(case.inputs, case.kwargs, made) for case in cases)
    return made


def at(*inputs, **kwargs):
    """One case."""
    return Case(inputs, kwargs)


def since(version, *cases):
    """The cases that came with a version of NumPy: none where it is older."""
    return cases if np.lib.NumpyVersion(np.__version__) >= version else ()


def unary(f, kind, **options):
    """The row of an element-wise function of one array."""
    return row(f, *(at(kind(*shape)) for shape in UNARY), **options)


def binary(f, left, right, **options):
    """The row of a function that broadcasts two arrays against each other."""
    return row(f, *(at(left(*x), right(*y)) for x, y in BINARY), **options)


# fmt: off
UNARY = [(), (3,), (2, 1), (0,)]
BINARY = [
    ((), ()),       ((3,), (3,)),   ((3, 1), (4,)),    ((2, 3), ()),
    ((), (2,)),     ((1,), (3,)),   ((2, 1, 2), (2, 1)), ((0, 2), (1,)),
]
# fmt: on


def _drawn(value, rng):
    if isinstance(value, Array):
        return value.draw(rng)
    if type(value) in (list, tuple):
        return type(value)(_drawn(v, rng) for v in value)
    return value


def _word(value):
    if isinstance(value, Array):
        return "x".join(map(str, value.shape)) or "()"
    if isinstance(value, np.ndarray):
        return f"array{value.tolist()}"
    if type(value) in (list, tuple):
        return f"[{' '.join(map(_word, value))}]"
    return getattr(value, "__name__", str(value))
