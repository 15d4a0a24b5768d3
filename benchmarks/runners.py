"""One gradient of a workload, as the users of each library take it.

The one idea: ``prepare(workload, parameters, constants)`` does once what a training loop does
once, and returns the function that a step calls: it gives the value and the gradients of all
parameters, as NumPy arrays. A class a library; what is added to LIBRARIES is measured.
"""

import importlib.metadata
import importlib.util
import inspect
import types

import numpy


class Library:
    """What all share."""

    key = title = distribution = module = None

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

    def unfit(self, workload):
        return None if workload.by_hand else "not derived"

    def prepare(self, workload, parameters, constants):
        return lambda: workload.by_hand(*parameters, *constants)


class Ours(Library):
    """A training loop: parameters and data are tensors, made once."""

    key, title = "ours", "autograd_lite"
    distribution = module = idiom = "autograd_lite"

    def prepare(self, workload, parameters, constants):
        import autograd_lite as ag

        names = {name: getattr(ag, name) for name in ag.__all__}
        np = types.SimpleNamespace(**vars(numpy) | names)
        np.mean_cross_entropy = lambda z, labels: numpy.mean(ag.cross_entropy(z, labels))
        loss = self.loss(workload, np)
        tensors = [ag.Tensor(p, requires_grad=True) for p in parameters]
        data = [ag.Tensor(c) if _is_real(c) else c for c in constants]
        accepted = inspect.signature(ag.Tensor.backward).parameters
        options = {"keep_tape": False} if "keep_tape" in accepted else {}

        def step():
            for tensor in tensors:
                tensor.grad = None
            value = loss(*tensors, *data)
            value.backward(**options)
            return value.item(), [tensor.grad for tensor in tensors]

        return step


class Torch(Library):
    """PyTorch, eager."""

    key, title, distribution, module, idiom = "torch", "PyTorch", "torch", "torch", "torch"

    def prepare(self, workload, parameters, constants):
        import torch

        loss = self.compiled(torch, self.loss(workload, torch))
        tensors = [torch.tensor(p, requires_grad=True) for p in parameters]
        data = [torch.tensor(c) if isinstance(c, numpy.ndarray) else c for c in constants]

        def step():
            for tensor in tensors:
                tensor.grad = None
            value = loss(*tensors, *data)
            value.backward()
            return value.item(), [tensor.grad.numpy() for tensor in tensors]

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

    def prepare(self, workload, parameters, constants):
        import jax

        jax.config.update("jax_enable_x64", True)
        if "jax" in workload.idioms:
            loss = self.loss(workload, jax)
        else:
            np = types.SimpleNamespace(**vars(jax.numpy))
            np.sigmoid, np.relu, np.softmax = jax.nn.sigmoid, jax.nn.relu, jax.nn.softmax
            np.mean_cross_entropy = _chosen(jax.numpy, jax.nn.log_softmax)
            loss = self.loss(workload, np)
        count = len(parameters)
        fixed = tuple(i + count for i, c in enumerate(constants) if not _is_array(c))
        both = jax.value_and_grad(loss, tuple(range(count)))
        both = jax.jit(both, static_argnums=fixed)
        arrays = [jax.numpy.asarray(a) if _is_array(a) else a for a in (*parameters, *constants)]

        def step():
            value, gradients = both(*arrays)
            return float(value), [numpy.asarray(g) for g in gradients]

        return step


class HIPS(Library):
    """HIPS autograd, of a function of arrays."""

    key, title, distribution, module = "autograd", "HIPS autograd", "autograd", "autograd"

    def prepare(self, workload, parameters, constants):
        import autograd
        import autograd.numpy
        import autograd.scipy.special as special

        np = types.SimpleNamespace(**vars(autograd.numpy))
        np.sigmoid = special.expit
        np.relu = lambda x: np.maximum(x, 0)
        np.softmax = lambda x: np.exp(x - special.logsumexp(x, axis=-1, keepdims=True))
        np.mean_cross_entropy = _chosen(
            np, lambda z: z - special.logsumexp(z, axis=1, keepdims=True)
        )
        both = autograd.value_and_grad(self.loss(workload, np), tuple(range(len(parameters))))

        def step():
            value, gradients = both(*parameters, *constants)
            return value, list(gradients)

        return step


class MyGrad(Library):
    """MyGrad, without the guard that locks the arrays in use: twice as fast on small ones."""

    key, title, distribution, module = "mygrad", "MyGrad", "mygrad", "mygrad"

    def prepare(self, workload, parameters, constants):
        import mygrad
        from mygrad.nnet import activations, losses

        mygrad.turn_memory_guarding_off()
        np = types.SimpleNamespace(**vars(mygrad))
        np.sigmoid, np.relu, np.softmax = activations.sigmoid, activations.relu, activations.softmax
        np.mean_cross_entropy = losses.softmax_crossentropy
        loss = self.loss(workload, np)
        tensors = [mygrad.tensor(p) for p in parameters]

        def step():
            value = loss(*tensors, *constants)
            value.backward()
            return value.item(), [tensor.grad for tensor in tensors]

        return step


def _chosen(np, log_softmax):
    """The mean cross-entropy, where it is no function of the library: the labels' logarithms."""

    def mean_cross_entropy(z, labels):
        return -np.mean(log_softmax(z)[np.arange(len(labels)), labels])

    return mean_cross_entropy


def _is_array(value):
    return isinstance(value, numpy.ndarray)


def _is_real(value):
    return _is_array(value) and value.dtype.kind == "f"


LIBRARIES = (ByHand(), Ours(), Torch(), TorchCompile(), Jax(), HIPS(), MyGrad())
