"""What is called otherwise here than in other libraries: for the messages that say so."""

import functools
import re

import numpy as np

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
    "long": "t.astype(np.int64)",
    "int": "t.astype(np.int32)",
    "requires_grad_": "ag.Tensor(array, requires_grad=True)",
    "grad_fn": "t.node.op",
    "is_leaf": "t.node.op is None",
    "dim": "t.ndim",
    "numel": "t.size",
    "masked_fill": "np.where(mask, value, t)",
    "masked_select": "t[mask]",
    "index_select": "np.take(t, indices, axis)",
    "gather": "np.take_along_axis(t, indices, axis)",
    "scatter_add": "t.copy(), and np.add.at",
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
    "at": "t[index] = value, or np.add.at",
    "logsumexp": "ag.logsumexp(t, axis=)",
}
# functions of these, and of HIPS autograd, MyGrad and micrograd
FUNCTIONS = {
    "tensor": "ag.Tensor(array, requires_grad=True)",
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
KEYWORDS = {
    "dim": "axis=",
    "dims": "axis=",
    "keepdim": "keepdims=",
    "lr": "learning_rate=",
    "argnum": "argnums=",
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
    "weight_decay": "a part of the loss: nn.ridge(weights, strength, n)",
    "negative_slope": "slope=",
    "params": "parameters=",
    "device": "nothing: every Tensor is in NumPy's memory",
    "requires_grad": "ag.Tensor(array, requires_grad=True)",
    "seed": "rng=",
}
_UNEXPECTED = re.compile(r"got an unexpected keyword argument '(\w+)'")


def of_tensor(name):
    """The sentence for an attribute that a Tensor has not."""
    text = f"'Tensor' object has no attribute {name!r}"
    if name in TENSOR:
        return f"{text}: here it is {TENSOR[name]}"
    if callable(getattr(np, name, None)) and not isinstance(getattr(np, name), type):
        return f"{text}: NumPy's function takes a Tensor, np.{name}(t)"
    return text


def of_package(package, name, names):
    """The sentence for a name that a package has not."""
    text = f"module {package!r} has no attribute {name!r}"
    if name in names:
        return f"{text}: here it is {names[name]}"
    if callable(getattr(np, name, None)):
        return f"{text}: NumPy's function takes Tensors, np.{name}(...)"
    return text


def keywords(f):
    """The same function, or class with this ``__init__``, which knows the others' keywords."""

    @functools.wraps(f)
    def call(*args, **kwargs):
        try:
            return f(*args, **kwargs)
        except TypeError as error:
            found = _UNEXPECTED.search(str(error))
            if found is None or found[1] not in kwargs or found[1] not in KEYWORDS:
                raise
            text = f"{error}: here it is {KEYWORDS[found[1]]}"
        raise TypeError(text)

    return call
