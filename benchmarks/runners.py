"""One gradient of a workload, as the users of each library take it.

The one idea: ``prepare(workload, parameters, constants)`` does once what a training loop does
once, and returns the function that a step calls: it gives the value and the gradients of all
parameters, as NumPy arrays. A class a library; what is added to LIBRARIES is measured.
"""

import functools
import importlib.metadata
import importlib.util
import math
import types

import numpy


class Library:
    """What all share."""

    key = title = distribution = module = None
    imports = ()  # what its users import

    def installed(self):
        return importlib.util.find_spec(self.module) is not None

    def version(self):
        return importlib.metadata.version(self.distribution)

    def unfit(self, workload):
        """Why this library cannot run a workload, or None."""
        return workload.unfit.get(self.key)

    def loss(self, workload, np):
        """The loss as a function of the parameters and constants alone."""
        written = workload.idioms.get(self.idiom, workload.loss)
        return lambda *args: written(np, *args)

    idiom = None


class ByHand(Library):
    """NumPy, and derivatives that a person derived."""

    key, title, distribution, module = "numpy", "NumPy by hand", "numpy", "numpy"
    imports = ("numpy",)

    def unfit(self, workload):
        return None if workload.by_hand else "not derived"

    def prepare(self, workload, parameters, constants):
        return lambda: workload.by_hand(*parameters, *constants)


class Ours(Library):
    """A training loop: parameters and data are tensors, made once."""

    key, title = "ours", "autograd_lite"
    distribution = module = idiom = "autograd_lite"
    imports = ("autograd_lite",)
    keep_tape = True  # False is what people choose who are short of memory

    def prepare(self, workload, parameters, constants):
        import autograd_lite as ag

        loss = self.loss(workload, self.names(ag))
        tensors = [ag.Tensor(p, requires_grad=True) for p in parameters]
        data = [ag.Tensor(c) if _is_real(c) else c for c in constants]

        def step():
            value = loss(*tensors, *data)
            value.backward(keep_tape=self.keep_tape)
            gradients = [tensor.grad for tensor in tensors]
            for tensor in tensors:
                tensor.grad = None
            return value.item(), gradients

        return step

    def names(self, ag):
        """NumPy's, which differentiate, and what NumPy lacks."""
        np = types.ModuleType("np")  # a module, as the one that people import
        vars(np).update(vars(numpy))
        for name in ("sigmoid", "relu", "softmax", "conv", "max_pool"):
            setattr(np, name, getattr(ag, name))
        np.gelu = functools.partial(ag.gelu, approximate=True)
        np.mean_cross_entropy = lambda z, labels: numpy.mean(ag.cross_entropy(z, labels))
        return np


class Compiled(Ours):
    """The same loss through ag.compile: a program of NumPy."""

    key, title = "compiled", "ag.compile"
    backend = "numpy"

    def prepare(self, workload, parameters, constants):
        import autograd_lite as ag

        written = workload.idioms.get(self.idiom, workload.loss)
        loss = _as_people_write_it(written, self.names(ag))
        both = ag.value_and_grad(loss, tuple(range(len(parameters))))
        both = ag.compile(both, backend=self.backend)

        def step():
            value, gradients = both(*parameters, *constants)
            return value, list(gradients)

        return step


def _as_people_write_it(written, np):
    """A loss that finds its names in its module, not in a closure, which may change."""
    module = {"written": written, "np": np}
    exec("def loss(*args):\n    return written(np, *args)", module)
    return module["loss"]


class CompiledNumba(Compiled):
    """The same through Numba."""

    key, title = "compiled numba", "ag.compile, numba"
    backend = "numba"

    def installed(self):
        return importlib.util.find_spec("numba") is not None


class Torch(Library):
    """PyTorch, eager."""

    key, title, distribution, module, idiom = "torch", "PyTorch", "torch", "torch", "torch"
    imports = ("torch",)

    def prepare(self, workload, parameters, constants):
        import torch

        loss = self.compiled(torch, self.loss(workload, torch))
        tensors = [torch.tensor(p, requires_grad=True) for p in parameters]
        data = [torch.tensor(c) if isinstance(c, numpy.ndarray) else c for c in constants]

        def step():
            value = loss(*tensors, *data)
            value.backward()
            gradients = [tensor.grad.numpy() for tensor in tensors]
            for tensor in tensors:
                tensor.grad = None
            return value.item(), gradients

        return step

    def compiled(self, torch, loss):
        return loss


class TorchCompile(Torch):
    """The same loss through torch.compile, which needs a C++ compiler."""

    key, title = "torch.compile", "torch.compile"

    def compiled(self, torch, loss):
        return torch.compile(loss)


class Jax(Library):
    """jax.jit of the value and the gradient together."""

    key, title, distribution, module, idiom = "jax", "jax.jit", "jax", "jax", "jax"
    imports = ("jax", "jax.numpy")

    def prepare(self, workload, parameters, constants):
        import jax

        jax.config.update("jax_enable_x64", True)
        if "jax" in workload.idioms:
            loss = self.loss(workload, jax)
        else:
            loss = self.loss(workload, self.names(jax))
        count = len(parameters)
        fixed = tuple(i + count for i, c in enumerate(constants) if not _is_array(c))
        both = jax.value_and_grad(loss, tuple(range(count)))
        both = jax.jit(both, static_argnums=fixed)
        arrays = [jax.numpy.asarray(a) if _is_array(a) else a for a in (*parameters, *constants)]

        def step():
            value, gradients = both(*arrays)
            return float(value), [numpy.asarray(g) for g in gradients]

        return step

    def names(self, jax):
        np = types.SimpleNamespace(**vars(jax.numpy))
        for name in ("sigmoid", "relu", "softmax", "gelu"):
            setattr(np, name, getattr(jax.nn, name))
        np.mean_cross_entropy = _chosen(jax.numpy, jax.nn.log_softmax)
        np.conv = lambda x, kernel: jax.lax.conv(x, kernel, (1, 1), "VALID")
        np.max_pool = lambda x, size: jax.lax.reduce_window(
            x, -jax.numpy.inf, jax.lax.max, (1, 1, size, size), (1, 1, size, size), "VALID"
        )
        return np


class HIPS(Library):
    """HIPS autograd, of a function of arrays."""

    key, title, distribution, module = "autograd", "HIPS autograd", "autograd", "autograd"
    imports = ("autograd", "autograd.numpy")

    def prepare(self, workload, parameters, constants):
        import autograd

        loss = self.loss(workload, self.names())
        both = autograd.value_and_grad(loss, tuple(range(len(parameters))))

        def step():
            value, gradients = both(*parameters, *constants)
            return value, list(gradients)

        return step

    def names(self):
        """Its examples' formulas, for what the library has no function for."""
        import autograd.numpy
        from autograd.scipy import special

        np = types.SimpleNamespace(**vars(autograd.numpy))
        np.sigmoid = special.expit
        np.relu = lambda x: np.maximum(x, 0)
        np.gelu = _gelu(np)
        np.softmax = lambda x: np.exp(x - special.logsumexp(x, axis=-1, keepdims=True))
        np.mean_cross_entropy = _chosen(
            np, lambda z: z - special.logsumexp(z, axis=1, keepdims=True)
        )
        np.conv = _turned_convolution
        np.max_pool = lambda x, size: np.max(
            x.reshape(*x.shape[:2], x.shape[2] // size, size, x.shape[3] // size, size), axis=(3, 5)
        )
        return np


class MyGrad(Library):
    """MyGrad, without the guard that locks the arrays in use: twice as fast on small ones."""

    key, title, distribution, module = "mygrad", "MyGrad", "mygrad", "mygrad"
    imports = ("mygrad",)

    def prepare(self, workload, parameters, constants):
        import mygrad

        mygrad.turn_memory_guarding_off()
        loss = self.loss(workload, self.names(mygrad))
        tensors = [mygrad.tensor(p) for p in parameters]

        def step():
            value = loss(*tensors, *constants)
            value.backward()
            gradients = [tensor.grad for tensor in tensors]
            for tensor in tensors:
                tensor.null_grad()
            return value.item(), gradients

        return step

    def names(self, mygrad):
        from mygrad.nnet import activations, layers, losses

        np = types.SimpleNamespace(**vars(mygrad))
        for name in ("sigmoid", "relu", "softmax"):
            setattr(np, name, getattr(activations, name))
        np.gelu = _gelu(mygrad)
        np.mean_cross_entropy = losses.softmax_crossentropy
        np.conv = functools.partial(layers.conv_nd, stride=1)
        np.max_pool = lambda x, size: layers.max_pool(x, (size, size), size)
        return np


def _turned_convolution(x, kernel):
    """HIPS autograd turns the kernel round, as signal processing does."""
    from autograd.scipy.signal import convolve

    kernel, axes = kernel[:, :, ::-1, ::-1], ([2, 3], [2, 3])
    return convolve(x, kernel, axes=axes, dot_axes=([1], [1]), mode="valid")


def _gelu(np):
    """GELU by its formula, where it is no function of the library."""
    scale = math.sqrt(2 / math.pi)
    return lambda x: 0.5 * x * (1 + np.tanh(scale * (x + 0.044715 * x * x * x)))


def _chosen(np, log_softmax):
    """The mean cross-entropy, where it is no function of the library: the labels' logarithms."""

    def mean_cross_entropy(z, labels):
        return -np.mean(log_softmax(z)[np.arange(len(labels)), labels])

    return mean_cross_entropy


def _is_array(value):
    return isinstance(value, numpy.ndarray)


def _is_real(value):
    return _is_array(value) and value.dtype.kind == "f"


LIBRARIES = (
    ByHand(),
    Ours(),
    Compiled(),
    CompiledNumba(),
    Torch(),
    TorchCompile(),
    Jax(),
    HIPS(),
    MyGrad(),
)
