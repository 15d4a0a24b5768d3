"""The libraries that are compared, each behind the same three names.

``np`` is the namespace its users write, ``derivatives(f, *inputs)`` the gradients of the sum of
what f returns, ``grad`` its gradient of a function of containers.
"""

import copy
import importlib
import importlib.metadata
import pathlib
import types

import numpy


class NoSuchFunction(AttributeError):
    """A library has no function of that name."""


class Namespace:
    """Names looked up in several modules, the first that has one; submodules are merged too."""

    def __init__(self, *places, **names):
        self._places = places
        vars(self).update(names)

    def __getattr__(self, name):
        found = [getattr(place, name) for place in self._places if hasattr(place, name)]
        if not found:
            raise NoSuchFunction(f"no function {name}")
        modules = [each for each in found if isinstance(each, types.ModuleType)]
        return Namespace(*modules) if isinstance(found[0], types.ModuleType) else found[0]


class Library:
    """What the libraries share: what f returns becomes one number, and its gradient is taken."""

    key = title = None

    def version(self):
        return importlib.metadata.version(self.distribution)

    def plain(self, value):
        """The array inside of what the library returned."""
        return value

    def loss(self, out, weighted=True):
        """The sum of all results, each element with a weight of its own."""
        total = 0.0
        for part in results(out):
            total = total + self._part(part, weights(self.plain(part)) if weighted else 1.0)
        return total

    def _part(self, part, weight):
        summed = self.np.sum(part * weight)
        return self.np.real(summed) if numpy.iscomplexobj(self.plain(part)) else summed

    def derivatives(self, f, *inputs):
        return self.run(f, inputs, weighted=False)[1]

    def reset(self):
        """Undo what a failed call may have left behind."""

    numpy_name, scipy_name = "numpy", "scipy"  # what a formula is written with

    def with_formulas(self):
        """The same library, where a name it lacks means the formula written with its functions."""
        other = copy.copy(self)
        other.np = Namespace(self.np, self._formulas())
        return other

    def _formulas(self):
        source = pathlib.Path(__file__).with_name("references.py").read_text()
        source = source.replace("import numpy as np", f"import {self.numpy_name} as np")
        source = source.replace("from numpy import", f"from {self.numpy_name} import")
        source = source.replace("from scipy.", f"from {self.scipy_name}.")
        module = types.ModuleType("formulas")
        exec(compile(source, "references.py", "exec"), vars(module))
        return module


def results(out):
    """The arrays that a function returned, in order."""
    if isinstance(out, (list, tuple)) or (hasattr(out, "__len__") and not hasattr(out, "shape")):
        return [array for part in out for array in results(part)]
    return [out]


def weights(array):
    """A weight for every element; for complex ones the real and the imaginary part have theirs."""
    rng = numpy.random.default_rng(numpy.size(array))
    weight = rng.uniform(0.5, 1.5, numpy.shape(array))
    if numpy.iscomplexobj(array):
        return weight - 1j * rng.uniform(0.5, 1.5, numpy.shape(array))
    return weight


class NumPy(Library):
    """The truth: values, and derivatives by central differences."""

    key = distribution = "numpy"

    def __init__(self):
        scipy = importlib.import_module("scipy")
        for name in ("special", "linalg", "signal", "integrate", "stats"):
            importlib.import_module(f"scipy.{name}")
        references = importlib.import_module("benchmarks.references")
        self.np = Namespace(numpy, references, scipy=scipy)

    def run(self, f, inputs, weighted=True):
        def phi(*values):
            return self.loss(f(self.np, *values), weighted)

        gradients = [differences(phi, inputs, i) for i in range(len(inputs))]
        return f(self.np, *(x.copy() for x in inputs)), gradients


def differences(phi, inputs, position):
    """d phi / d input, central to fourth order; dx - i dy for a complex input."""
    x = inputs[position]
    gradient = numpy.zeros_like(x)
    for index in numpy.ndindex(x.shape):
        directions = (1.0, 1j) if x.dtype.kind == "c" else (1.0,)
        for direction in directions:
            values = []
            for steps in (-2, -1, 1, 2):
                moved = x.copy()
                moved[index] += steps * STEP * direction
                values.append(phi(*inputs[:position], moved, *inputs[position + 1 :]))
            slope = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * STEP)
            gradient[index] += slope * numpy.conj(direction)
    return gradient


STEP = 2e-4


class Ours(Library):
    key, title, distribution = "ours", "autograd_lite", "autograd_lite"

    def __init__(self):
        import scipy

        import autograd_lite as ag
        import autograd_lite.scipy
        import nn

        self.ag = ag
        renamed = {theirs: getattr(ag, ours) for theirs, ours in RENAMED.items()}
        science = Namespace(autograd_lite.scipy, scipy)
        tricks = Namespace(ag, numpy.lib.stride_tricks)
        lib = Namespace(numpy.lib, stride_tricks=tricks)
        self.np = Namespace(ag, numpy, nn, scipy=science, lib=lib, **renamed)
        self.grad = ag.grad

    def plain(self, value):
        return value.numpy() if isinstance(value, self.ag.Tensor) else value

    def run(self, f, inputs, weighted=True):
        tensors = [self.ag.Tensor(x, requires_grad=True) for x in inputs]
        out = f(self.np, *tensors)
        loss = self.loss(out, weighted)
        if not isinstance(loss, self.ag.Tensor):
            return out, [None] * len(inputs)
        return out, self.ag.gradients(loss, tensors)


RENAMED = {
    "avg_pool": "average_pool",
    "conv_nd": "conv",
    "hardswish": "hard_swish",
    "logsigmoid": "log_sigmoid",
    "logsoftmax": "log_softmax",
    "soft_sign": "softsign",
}


class HIPS(Library):
    key, title, distribution = "hips", "HIPS autograd", "autograd"
    numpy_name, scipy_name = "autograd.numpy", "autograd.scipy"

    def __init__(self):
        import autograd
        from autograd.tracer import getval

        for name in ("special", "linalg", "signal", "integrate", "stats"):
            importlib.import_module(f"autograd.scipy.{name}")
        self.autograd, self._value = autograd, getval
        self.np = Namespace(autograd.numpy, scipy=autograd.scipy)
        self.grad = autograd.grad

    def plain(self, value):
        while (inner := self._value(value)) is not value:
            value = inner
        if isinstance(value, numpy.ndarray) and value.dtype == object:
            return numpy.array([self.plain(v) for v in value.flat]).reshape(value.shape)
        return value

    def run(self, f, inputs, weighted=True):
        seen = []

        def loss(*boxes):
            seen[:] = [f(self.np, *boxes)]
            return self.loss(seen[0], weighted)

        gradients = self.autograd.grad(loss, tuple(range(len(inputs))))(*inputs)
        return seen[0], list(gradients)

    def reset(self):
        self.autograd.tracer.trace_stack.top = -1


class MyGrad(Library):
    key, title, distribution = "mygrad", "MyGrad", "mygrad"

    def __init__(self):
        import mygrad
        import scipy
        from mygrad.nnet import activations, layers, losses

        self.mygrad = mygrad
        self.np = Namespace(mygrad, activations, losses, layers, numpy, gru=_gru, scipy=scipy)

    def plain(self, value):
        return value.data if isinstance(value, self.mygrad.Tensor) else value

    def grad(self, f, argnums=0):
        raise NotImplementedError("no gradient of a function, no second derivative")

    def run(self, f, inputs, weighted=True):
        if any(x.dtype.kind == "c" for x in inputs):
            raise NotImplementedError("no complex numbers")
        tensors = [self.mygrad.tensor(x) for x in inputs]
        out = f(self.np, *tensors)
        values = [numpy.array(self.plain(part)) for part in results(out)]
        loss = self.loss(out, weighted)
        if not isinstance(loss, self.mygrad.Tensor):
            return values, [None] * len(inputs)
        loss.backward()
        return values, [t.grad for t in tensors]


def _gru(*args):
    from mygrad.nnet.layers.gru import gru

    return gru(*args)


LIBRARIES = (Ours, HIPS, MyGrad)
