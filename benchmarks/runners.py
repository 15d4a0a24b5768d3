"""One gradient of a workload, as the users of each library take it.

The one idea: ``prepare(case, parameters, constants)`` does once what a training loop does once, and
returns the function that a step calls: it gives the value and the gradients of all parameters, as
NumPy arrays; where the form trains, the parameters after the step. A class a library; what is
added to LIBRARIES is measured.
"""

import importlib.metadata
import importlib.util
import types

import numpy

from benchmarks import names
from benchmarks.forms import IN_A_DICT, leaves

RATE = 0.01  # of a step of gradient descent


class Library:
    """What all share."""

    key = title = distribution = module = None
    imports = ()  # what its users import
    idiom = None  # the key of its own words for a workload
    kernels = "''"  # an expression of what its products run on, where threadpoolctl finds none

    def installed(self):
        return importlib.util.find_spec(self.module) is not None

    def version(self):
        return importlib.metadata.version(self.distribution)

    def unfit(self, case):
        """Why this library cannot run a case, or None."""
        return case.workload.unfit.get(self.key)

    def loss(self, workload):
        """The loss as a function of the parameters and constants alone."""
        np, written = self.names(), workload.idioms.get(self.idiom, workload.loss)
        return lambda *args: written(np, *args)

    def prepare(self, case, parameters, constants):
        make = self.training if case.form.trains else self.gradient
        return make(case.workload, case.form, parameters, constants)


class ByHand(Library):
    """NumPy, and derivatives that a person derived."""

    key, title, distribution, module = "numpy", "NumPy by hand", "numpy", "numpy"
    imports = ("numpy",)

    def unfit(self, case):
        return None if case.workload.by_hand else "not derived"

    def gradient(self, workload, form, parameters, constants):
        both, arguments, data = form.written(workload.by_hand, parameters, constants)
        return lambda: both(*arguments, *data)

    def training(self, workload, form, parameters, constants):
        def step():
            value, gradients = workload.by_hand(*parameters, *constants)
            for p, g in zip(parameters, gradients):
                p -= RATE * g
            return value, parameters

        return step


class ByHandOnOurHeap(ByHand):
    """The same where freed memory stays with the process, as it does when ours is imported."""

    key, title = "numpy kept", "by hand, heap kept"
    imports = ("numpy", "autograd_lite")

    def prepare(self, case, parameters, constants):
        import autograd_lite  # noqa: F401

        return super().prepare(case, parameters, constants)


class Tensors(Library):
    """A library whose parameters are tensors, and whose models are modules like PyTorch's."""

    def training(self, workload, form, parameters, constants):
        np, nn = self.names(), self.layers()
        model = workload.layers(nn, *parameters)
        optimizer = self.optimizer(model.parameters())

        def train(*data):
            optimizer.zero_grad()
            value = workload.head(np, model(data[0]), *data)
            value.backward()
            optimizer.step()
            return value

        data = list(map(self.constant, constants))
        train, learned = self.compiled(train), list(map(self.learned, model.parameters()))
        return lambda: (train(*data).item(), [get() for get in learned])

    def compiled(self, f):
        return f


class Ours(Tensors):
    """A training loop: parameters and data are tensors, made once."""

    key, title = "ours", "autograd_lite"
    distribution = module = idiom = "autograd_lite"
    imports = ("autograd_lite",)
    names = staticmethod(names.of_ours)
    keep_tape = True  # False is what people choose who are short of memory

    def gradient(self, workload, form, parameters, constants):
        import autograd_lite as ag

        tensors = [ag.Tensor(p, requires_grad=True) for p in parameters]
        data = list(map(self.constant, constants)) if form.converts else constants
        loss, arguments, data = form.written(self.loss(workload), tensors, data)

        def step():
            value = loss(*arguments, *data)
            value.backward(keep_tape=self.keep_tape)
            gradients = [tensor.grad for tensor in tensors]
            for tensor in tensors:
                tensor.grad = None
            return value.item(), gradients

        return step

    def constant(self, value):
        import autograd_lite as ag

        return ag.Tensor(value) if _is_array(value) and value.dtype.kind == "f" else value

    def layers(self):
        import nn

        def linear(W, b=None):
            layer = nn.Linear(*W.shape, bias=b is not None, dtype=W.dtype)
            layer.weight.data = W
            if b is not None:
                layer.bias.data = b
            return layer

        return types.SimpleNamespace(**{**vars(nn), "Linear": linear})

    def optimizer(self, parameters):
        import nn

        return nn.SGD(parameters, RATE)

    def learned(self, parameter):
        return parameter.numpy


class Functions(Library):
    """A library that differentiates functions of arrays."""

    def gradient(self, workload, form, parameters, constants):
        loss, arguments, data = form.written(self.loss(workload), parameters, constants)
        both = self.value_and_grad(loss, form.argnums(parameters))

        def step():
            value, gradients = both(*arguments, *data)
            return value, leaves(gradients)

        return step

    def training(self, workload, form, parameters, constants):
        loss, [parameters], data = IN_A_DICT.written(self.loss(workload), parameters, constants)
        both = self.value_and_grad(loss, 0)

        def step():
            nonlocal parameters
            value, gradients = both(parameters, *data)
            parameters = {name: p - RATE * gradients[name] for name, p in parameters.items()}
            return value, leaves(parameters)

        return step


class OursOfFunctions(Functions):
    """ag.value_and_grad of a function of arrays."""

    key, title = "functions", "value_and_grad"
    distribution = module = idiom = "autograd_lite"
    imports = Ours.imports
    names = staticmethod(names.of_ours)

    def value_and_grad(self, loss, argnums):
        import autograd_lite as ag

        return ag.value_and_grad(loss, argnums)


class Compiled(OursOfFunctions):
    """The same through ag.compile: a program of NumPy."""

    key, title = "compiled", "ag.compile"
    backend = "numpy"

    def value_and_grad(self, loss, argnums):
        return self._compiled(super().value_and_grad(loss, argnums))

    def training(self, workload, form, parameters, constants):
        ours = Ours()
        ours.compiled = self._compiled
        return ours.training(workload, form, parameters, constants)

    def _compiled(self, f):
        import autograd_lite as ag

        return ag.compile(f, backend=self.backend)


class CompiledNumba(Compiled):
    """The same through Numba."""

    key, title = "compiled numba", "ag.compile, numba"
    backend = "numba"

    def installed(self):
        return importlib.util.find_spec("numba") is not None


class Torch(Tensors):
    """PyTorch, eager."""

    key, title, distribution, module, idiom = "torch", "PyTorch", "torch", "torch", "torch"
    imports = ("torch",)
    kernels = (
        "'MKL' * torch.backends.mkl.is_available() + ' ' + torch.backends.cpu.get_cpu_capability()"
    )
    names = staticmethod(names.of_torch)

    def loss(self, workload):
        import torch

        written = workload.idioms.get("torch", workload.loss)
        return lambda *args: written(torch, *args)

    def gradient(self, workload, form, parameters, constants):
        import torch

        tensors = [torch.tensor(p, requires_grad=True) for p in parameters]
        data = list(map(self.constant, constants)) if form.converts else constants
        loss, arguments, data = form.written(self.loss(workload), tensors, data)
        loss = self.compiled(loss if form.converts else self._of_arrays(loss))

        def step():
            value = loss(*arguments, *data)
            value.backward()
            gradients = [tensor.grad.numpy() for tensor in tensors]
            for tensor in tensors:
                tensor.grad = None
            return value.item(), gradients

        return step

    def _of_arrays(self, loss):
        return lambda *args: loss(*map(self.constant, args))

    def constant(self, value):
        import torch

        return torch.as_tensor(value) if _is_array(value) else value

    def layers(self):
        import torch

        def linear(W, b=None):
            weight = torch.tensor(W.T)
            layer = torch.nn.Linear(*W.shape, bias=b is not None, dtype=weight.dtype)
            layer.weight.data = weight
            if b is not None:
                layer.bias.data = torch.tensor(b)
            return layer

        return types.SimpleNamespace(**{**vars(torch.nn), "Linear": linear})

    def optimizer(self, parameters):
        import torch

        return torch.optim.SGD(parameters, RATE)

    def learned(self, parameter):
        return lambda: parameter.detach().numpy().T


class TorchCompile(Torch):
    """The same loss through torch.compile, which needs a C++ compiler."""

    key, title = "torch.compile", "torch.compile"

    def compiled(self, f):
        import torch

        return torch.compile(f)


class Jax(Functions):
    """jax.jit of the value and the gradient together."""

    key, title, distribution, module, idiom = "jax", "jax.jit", "jax", "jax", "jax"
    imports = ("jax", "jax.numpy")
    kernels = "'Eigen, of XLA'"
    names = staticmethod(names.of_jax)

    def loss(self, workload):
        import jax

        jax.config.update("jax_enable_x64", True)
        own = workload.idioms.get("jax")
        return super().loss(workload) if own is None else lambda *args: own(jax, *args)

    def gradient(self, workload, form, parameters, constants):
        import jax

        loss, arguments, data = form.written(self.loss(workload), parameters, constants)
        fixed = [i for i, c in enumerate(data, len(arguments)) if not _is_array(c)]
        both = jax.value_and_grad(loss, form.argnums(parameters))
        both = jax.jit(both, static_argnums=fixed)
        arguments = jax.tree.map(jax.numpy.asarray, arguments)
        if form.converts:
            data = [jax.numpy.asarray(c) if _is_array(c) else c for c in data]

        def step():
            value, gradients = both(*arguments, *data)
            return float(value), [numpy.asarray(g) for g in leaves(gradients)]

        return step

    def training(self, workload, form, parameters, constants):
        import jax

        loss, [parameters], data = IN_A_DICT.written(self.loss(workload), parameters, constants)

        @jax.jit
        def train(parameters, *data):
            value, gradients = jax.value_and_grad(loss)(parameters, *data)
            return value, jax.tree.map(lambda p, g: p - RATE * g, parameters, gradients)

        parameters, data = jax.tree.map(jax.numpy.asarray, (parameters, data))

        def step():
            nonlocal parameters
            value, parameters = train(parameters, *data)
            return float(value), list(map(numpy.asarray, leaves(parameters)))

        return step


class HIPS(Functions):
    """HIPS autograd, of a function of arrays."""

    key, title, distribution, module = "autograd", "HIPS autograd", "autograd", "autograd"
    imports = ("autograd", "autograd.numpy")
    names = staticmethod(names.of_autograd)

    def value_and_grad(self, loss, argnums):
        import autograd

        return autograd.value_and_grad(loss, argnums)


class MyGrad(Library):
    """MyGrad, without the guard that locks the arrays in use: twice as fast on small ones."""

    key, title, distribution, module = "mygrad", "MyGrad", "mygrad", "mygrad"
    imports = ("mygrad",)
    names = staticmethod(names.of_mygrad)

    def gradient(self, workload, form, parameters, constants, after=lambda tensor: tensor.grad):
        import mygrad

        mygrad.turn_memory_guarding_off()
        tensors = [mygrad.tensor(p) for p in parameters]
        loss, arguments, data = form.written(self.loss(workload), tensors, constants)

        def step():
            value = loss(*arguments, *data)
            value.backward()
            found = list(map(after, tensors))
            for tensor in tensors:
                tensor.null_grad()
            return value.item(), found

        return step

    def training(self, workload, form, parameters, constants):
        def moved(tensor):
            tensor.data -= RATE * tensor.grad
            return tensor.data

        return self.gradient(workload, form, parameters, constants, moved)


def _is_array(value):
    return isinstance(value, numpy.ndarray)


LIBRARIES = (
    ByHand(),
    Ours(),
    OursOfFunctions(),
    Compiled(),
    CompiledNumba(),
    Torch(),
    TorchCompile(),
    Jax(),
    HIPS(),
    MyGrad(),
    ByHandOnOurHeap(),
)
