"""What is called otherwise here than in other libraries: for the messages that say so."""

import functools
import inspect
import re
import sys
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np

from .errors import alone, did_you_mean, told

F = TypeVar("F", bound=Callable[..., Any])

# attributes and methods of PyTorch's, JAX's and TensorFlow's tensors
TENSOR = {
    "unsqueeze": "np.expand_dims(t, axis), or t[:, None]",
    "permute": "t.transpose(axes)",
    "t": "t.T",
    "mm": "a @ b",
    "bmm": "a @ b",
    "matmul": "a @ b",
    "mv": "a @ b",
    "relu": "ag.relu(t)",
    "sigmoid": "ag.sigmoid(t)",
    "softmax": "ag.softmax(t, axis=)",
    "log_softmax": "ag.log_softmax(t, axis=)",
    "gelu": "ag.gelu(t)",
    "erf": "ag.erf(t)",
    "clone": "t.copy()",
    "cpu": "t itself: every Tensor is in NumPy's memory",
    "cuda": "t itself: every Tensor is in NumPy's memory",
    "device": "always the CPU",
    "to": "t.astype(dtype)",
    "float": "t.astype(np.float32)",
    "double": "t.astype(np.float64)",
    "half": "t.astype(np.float16)",
    "long": "t.numpy().astype(np.int64)",
    "int": "t.numpy().astype(np.int32)",
    "requires_grad_": "ag.Tensor(array, requires_grad=True)",
    "grad_fn": "t.node.op",
    "dim": "t.ndim",
    "numel": "t.size",
    "masked_fill": "np.where(mask, value, t)",
    "masked_select": "t[mask]",
    "index_select": "np.take(t, indices, axis)",
    "gather": "np.take_along_axis(t, indices, axis)",
    "scatter_add": "np.add.at(t.copy(), index, value)",
    "expand": "np.broadcast_to(t, shape)",
    "unbind": "list(t)",
    "chunk": "np.array_split(t, n, axis)",
    "split": "np.split(t, places, axis)",
    "norm": "np.linalg.norm(t)",
    "pow": "t ** n",
    "add": "a + b",
    "sub": "a - b",
    "mul": "a * b",
    "div": "a / b",
    "neg": "-a",
    "add_": "t += v",
    "sub_": "t -= v",
    "mul_": "t *= v",
    "div_": "t /= v",
    "zero_": "t[...] = 0",
    "fill_": "t[...] = value",
    "copy_": "t[...] = value",
    "clamp": "np.clip(t, low, high)",
    "amax": "np.max(t, axis)",
    "amin": "np.min(t, axis)",
    "contiguous": "t.copy(), where it matters",
    "type": "t.astype(dtype)",
    "value": "t.data",
    "assign": "t[...] = value",
    "assign_sub": "t -= value",
    "at": "t[index] = value, or np.add.at(t, index, value)",
    "logsumexp": "ag.logsumexp(t, axis=)",
    "matvec": "a @ b",
    "is_cuda": "False: every Tensor is in NumPy's memory",
    "detach_": "t.detach()",
    "bool": "t.numpy().astype(bool)",
    "expand_as": "np.broadcast_to(t, other.shape)",
    "view_as": "t.reshape(other.shape)",
    "scatter_": "t[index] = value",
    "scatter_add_": "np.add.at(t, index, value)",
    "clamp_": "t[...] = np.clip(t, low, high)",
    "pow_": "t **= n",
    "exp_": "t[...] = np.exp(t)",
    "normal_": "t[...] = rng.normal(size=t.shape), with rng = np.random.default_rng(0)",
    "uniform_": "t[...] = rng.random(t.shape), with rng = np.random.default_rng(0)",
    "narrow": "t[start:end]",
    "select": "t[:, i]",
    "cat": "np.concatenate(list, axis)",
    "nelement": "t.size",
    "ndimension": "t.ndim",
    "softplus": "ag.softplus(t)",
    "silu": "ag.silu(t)",
    "erfc": "ag.erfc(t)",
    "null_grad": "t.zero_grad()",
    "primal": "t.numpy()",
    "block_until_ready": "t itself: NumPy computes at once",
}
# methods of PyTorch's tensors that people ask an array for, ``t.data``
ARRAY = {
    "normal_": "w.data = rng.normal(0, 0.02, w.shape)",
    "uniform_": "w.data = rng.uniform(-0.1, 0.1, w.shape)",
    "add_": "w.data = w.data + v",
    "sub_": "w.data = w.data - v",
    "mul_": "w.data = w.data * v",
    "div_": "w.data = w.data / v",
    "copy_": "w.data = v",
    "fill_": "w.data = np.full_like(w.data, v)",
    "clamp_": "w.data = np.clip(w.data, low, high)",
    "clone": "w.data.copy()",
    "detach": "w.data",
    "numpy": "w.data",
    "data": "w.grad",
}
# functions of these, and of HIPS autograd, MyGrad and micrograd
FUNCTIONS = {
    "tensor": "ag.Tensor(array, requires_grad=True)",
    "np": "NumPy itself, whose functions take Tensors: import numpy as np",
    "optim": "nn.SGD and nn.Adam: import nn",
    "Parameter": "ag.Tensor(array, requires_grad=True)",
    "Function": "ag.primitive(f, rule)",
    "is_tensor": "isinstance(t, ag.Tensor)",
    "save": "np.savez(path, **model.state_dict())",
    "load": "model.load_state_dict(np.load(path))",
    "device": "nothing: every Tensor is in NumPy's memory",
    "cuda": "nothing: every Tensor is in NumPy's memory",
    "Value": "ag.Tensor(1.0, requires_grad=True)",
    "Variable": "ag.Tensor(array, requires_grad=True)",
    "from_numpy": "ag.Tensor(array)",
    "as_tensor": "ag.Tensor(array)",
    "numpy": "NumPy itself, whose functions take Tensors: import numpy as np",
    "elementwise_grad": "ag.derivative(f)",
    "egrad": "ag.derivative(f)",
    "deriv": "ag.derivative(f)",
    "jacrev": "ag.jacobian(f)",
    "jacfwd": "ag.jacobian(f)",
    "make_vjp": "ag.vjp(f, *args)",
    "make_jvp": "ag.jvp(f, args, tangents)",
    "make_hvp": "ag.hvp(f, args, vectors)",
    "hessian_vector_product": "ag.hvp(f, args, vectors)",
    "hessian_tensor_product": "ag.hvp(f, args, vectors)",
    "make_ggnvp": "ag.vjp of ag.jvp",
    "holomorphic_grad": "ag.grad(f, holomorphic=True)",
    "value_and_jacobian": "ag.jacobian(f) beside f",
    "grad_and_aux": "ag.grad(f, has_aux=True)",
    "multigrad": "ag.grad(f, argnums=(0, 1))",
    "multigrad_dict": "ag.grad of a function of a dict",
    "linearize": "ag.jvp(f, args, tangents)",
    "vmap": "an axis more: NumPy's functions broadcast",
    "jit": "ag.compile(f)",
    "stop_gradient": "t.detach()",
    "detach": "t.detach()",
    "check_grads": "ag.check_gradients(f, *args)",
    "gradcheck": "ag.check_gradients(f, *args)",
    "check_grad": "ag.check_gradients(f, *args)",
    "custom_vjp": "ag.primitive(f, rule)",
    "custom_jvp": "ag.primitive(f, rule)",
    "defvjp": "ag.primitive(f, *rules)",
    "extend": "ag.primitive(f, *rules)",
    "GradientTape": "the tape of every Tensor: loss.backward()",
    "value_and_gradients": "ag.value_and_grad(f)",
    "no_autodiff": "ag.no_grad()",
    "cat": "np.concatenate(list, axis)",
    "mm": "a @ b",
    "matmul": "a @ b",
    "bmm": "a @ b",
    "unsqueeze": "np.expand_dims(t, axis)",
    "clamp": "np.clip(t, low, high)",
    "randn": "ag.Tensor(rng.normal(size=shape)), with rng = np.random.default_rng(0)",
    "rand": "ag.Tensor(rng.random(shape)), with rng = np.random.default_rng(0)",
    "manual_seed": "rng = np.random.default_rng(seed)",
    "leakyrelu": "ag.leaky_relu(t)",
    "enable_grad": "what is so outside of ag.no_grad()",
    "autograd": "ag.grad, ag.gradients",
    "mse_loss": "np.mean((a - b) ** 2)",
    "scipy": "import autograd_lite.scipy",
}
ARGNUMS = {"argnum": "argnums=", "wrt": "argnums="}
KEYWORDS = {
    "dim": "axis=",
    "dims": "axis=",
    "keepdim": "keepdims=",
    "lr": "learning_rate=",
    **ARGNUMS,
    "retain_graph": "keep_tape= (True is the default)",
    "create_graph": "ag.gradients(loss, tensors, create_graph=True)",
    "inputs": "ag.gradients(loss, tensors)",
    "betas": "beta1= and beta2=",
    "eps": "epsilon=",
    "in_features": "inputs=",
    "step_size": "learning_rate=",
    "out_features": "outputs=",
    "in_dim": "inputs=",
    "out_dim": "outputs=",
    "use_bias": "bias=",
    "kernel_size": "size=",
    "in_channels": "inputs=",
    "out_channels": "outputs=",
    "input_size": "inputs=",
    "hidden_size": "hidden=",
    "num_embeddings": "count=",
    "embedding_dim": "size=",
    "normalized_shape": "shape=",
    "num_features": "channels=",
    "num_groups": "groups=",
    "num_channels": "channels=",
    "embed_dim": "size=",
    "num_heads": "heads=",
    "d_model": "size=",
    "nhead": "heads=",
    "dim_feedforward": "hidden=",
    "p": "rate=",
    "padding_idx": "nothing: nn.cross_entropy(..., ignore_index=), or a mask, leaves padding out",
    "return_sequences": "nothing: layer(x) has all results, layer(x)[:, -1] the last",
    "batch_first": "nothing: the axes are (batch, time, features)",
    "nonlinearity": "activation=ag.relu",
    "inplace": "nothing: no function changes its argument",
    "negative_slope": "slope=",
    "params": "parameters=",
    "device": "nothing: every Tensor is in NumPy's memory",
    "requires_grad": "ag.Tensor(array, requires_grad=True)",
    "seed": "rng=",
}
_TAKE_TENSORS = (np.ufunc, type(np.sum))  # by NumPy's two protocols
_MISSING = re.compile(r"\(\) missing \d+ required positional argument.*")
_UNEXPECTED = re.compile(r"got an unexpected keyword argument '(\w+)'")


class Missing:
    """In a class in place of a name that others have: it is missing, and ``sentence`` says why."""

    def __init__(self, name, sentence):
        self.name, self.sentence = name, sentence

    def __get__(self, instance, owner):
        raise AttributeError(self.sentence, name=self.name, obj=instance)


def leave_out(owner, lines):
    """Put a `Missing` into a class for each name of others; ``lines`` say what it is here."""
    for name, line in lines.items():
        text = f"{owner.__name__.strip('_')!r} object has no attribute {name!r}: {line}"
        setattr(owner, name, Missing(name, text))
    owner.__dir__ = _present


def _present(self):
    """The names of an object without those that are missing."""
    owners = type(self).__mro__
    return [
        name
        for name in object.__dir__(self)
        if not any(isinstance(vars(o).get(name), Missing) for o in owners)
    ]


def of_tensors():
    """The sentences for others' attributes and methods, and for the functions of NumPy, by name."""
    functions = (name for name, f in vars(np).items() if isinstance(f, _TAKE_TENSORS))
    lines = {name: f"NumPy's function takes a Tensor, np.{name}(t)" for name in functions}
    return lines | {name: f"here it is {line}" for name, line in TENSOR.items()}


def of_package(package, name, names):
    """The sentence for a name that a package has not."""
    text = f"module {package!r} has no attribute {name!r}"
    if name in names:
        return f"{text}: here it is {names[name]}"
    if callable(getattr(np, name, None)):
        return f"{text}: NumPy's function takes Tensors, np.{name}(...)"
    known = [] if name[0] == "_" else dir(sys.modules[package])
    hint = did_you_mean(name, known, 0.75)
    return f"{text}. D{hint[1:].rstrip()}" if hint else text


def keywords(f: F, known=KEYWORDS) -> F:
    """The same function, or class with this ``__init__``, which knows the others' keywords."""

    @functools.wraps(f)
    def call(*args, **kwargs):
        try:
            return f(*args, **kwargs)
        except TypeError as error:
            text = str(error)
            name = _unknown_keyword(f, text, kwargs, known)
            if name is None and not (f.__name__ == "__init__" and _MISSING.search(text)):
                alone(error)
                raise
        if f.__name__ == "__init__":  # as the class is called, not the one that it is made of
            text = re.sub(r"^[\w.]+\(\)", f"{type(args[0]).__name__}()", text)
        if name is not None:
            text = _MISSING.sub(f"() got an unexpected keyword argument {name!r}", text)
            if ": here it is " not in text:  # of an __init__ that this one calls
                text = f"{text}: here it is {known[name]}"
        raise TypeError(text)

    return cast(F, call)


def _unknown_keyword(f, text, kwargs, known):
    """The keyword of others that a TypeError is about; None where it is about something else.

    Where all further keywords are taken, it is the argument by its own name that is missing.
    """
    if _MISSING.search(text):
        own = inspect.signature(f).parameters
        return next((name for name in kwargs if name in known and name not in own), None)
    found = _UNEXPECTED.search(text)
    return found[1] if found and found[1] in kwargs and found[1] in known else None


def refused(name, unknown):
    """The error for keywords that an operation is not differentiated with."""
    others = [f"{k}= is {KEYWORDS[k]} here" for k in sorted(unknown) if k in KEYWORDS]
    if others:
        return told(TypeError, f"{name} has NumPy's keywords: {', '.join(others)}")
    what = ", ".join(f"{keyword}=" for keyword in sorted(unknown)) or "that many arguments"
    return told(
        TypeError,
        f"{name} is not differentiated with {what}: leave it out, or write it with other "
        "operations",
    )
