"""What a tensor says of what it refuses: each a function that makes the error of one."""

from .errors import STORED, describe, foreign_caller, kind_that_is_shown, where_scipy_is

# --- what only a leaf has ------------------------------------------------------------------------


def data_of_a_result(tensor):
    """t.data = v"""
    return ValueError(
        f"only a leaf's data can be rebound, and {describe(tensor)} is the result of "
        f"{tensor.node.op.name}: use detach() for a leaf with the same value"
    )


def data_on_the_tape(tensor, value):
    """t.data = v, of a v that requires a gradient."""
    return TypeError(
        f"the data of {describe(tensor)} cannot become {describe(value)}, which is on the tape: "
        "compute it from arrays, t.data = t.data - lr * t.grad, or leave the tape, "
        "t.data = v.detach()"
    )


def data_of_another_shape(tensor, value):
    """t.data = v, of another shape."""
    return ValueError(
        f"the data of {describe(tensor)} cannot become an array of shape {value.shape}: a variable "
        "keeps its shape; make a new Tensor instead"
    )


def write_into_a_variable(tensor, what):
    """x[i] = v, x += v"""
    name = tensor.name if tensor.name and tensor.name.isidentifier() else "w"
    return ValueError(
        f"{what} on {describe(tensor)}, a leaf that requires a gradient: recorded, it would be a "
        "leaf no longer, and its .grad would be lost. To update it write "
        f"{name}.data = {name}.data - lr * {name}.grad, or `with ag.no_grad(): {name} -= ...`; to "
        "compute on, write y = x.copy(); y[i] = v"
    )


def write_into_a_value():
    """a = t.data + 0; a[i] = v, of what is there to read only."""
    return ValueError(
        "this shows the value of a tensor, which is never written into: write "
        "t.data = t.data - v, t.data[i] = v, or change a copy, a = t.data.copy()"
    )


def write_into_data_of_a_result(tensor):
    """t.data[i] = v"""
    return ValueError(
        f"the data of {describe(tensor)}, the result of {tensor.node.op.name}, "
        "are read-only: only a leaf's can be written into. Write y = t.copy(); y[i] = v "
        "to stay on the tape, or a = t.data.copy() for an array"
    )


def gradient_of_a_result(tensor):
    """t.grad"""
    return ValueError(
        f"{describe(tensor)} is the result of {tensor.node.op.name}, no leaf, and only leaves keep "
        "a gradient. Call t.retain_grad() before backward(), or use ag.gradients(output, [t]). If "
        "it was a parameter, w = w - lr * w.grad has made another tensor of it: update it by "
        "w.data = w.data - lr * w.grad"
    )


def gradient_for_a_result(tensor):
    """t.grad = g"""
    return ValueError(
        f"only leaves keep a gradient, and {describe(tensor)} is the result of "
        f"{tensor.node.op.name}: use gradients(output, [tensor])"
    )


def gradient_of_another_shape(tensor, value):
    """t.grad = v"""
    return ValueError(
        f"a gradient of shape {value.shape} does not fit {describe(tensor)}; t.grad = None clears "
        "it"
    )


def gradient_of_many(tensor):
    """t.backward() of more than one number"""
    return ValueError(
        f"{describe(tensor)} is not a scalar, so its gradient needs a cotangent: reduce it "
        f"(np.sum, np.mean), or pass an array of shape {tensor.shape}"
    )


def misfit_of_a_seed(tensor, gradient):
    """t.backward(g)"""
    return ValueError(
        f"a cotangent of shape {gradient.shape} does not fit {describe(tensor)}: shapes must be "
        "equal, nothing is broadcast"
    )


def freezing_of_a_result(tensor):
    """t.requires_grad = False"""
    return ValueError(
        f"requires_grad can be set on leaves only, and {describe(tensor)} is the result of "
        f"{tensor.node.op.name}: use detach() for a constant"
    )


def hook_on_a_constant(tensor):
    """t.register_hook(f)"""
    return ValueError(
        f"a hook on a constant: no gradient reaches {describe(tensor)}; create it with "
        "requires_grad=True before it is used"
    )


def backward_on_a_constant(tensor):
    """t.backward()"""
    return ValueError(
        f"backward() on a constant: {describe(tensor)} does not depend on any tensor with "
        "requires_grad=True, or was computed inside no_grad()"
    )


def deletion(tensor):
    """del t[i]"""
    return ValueError(
        f"elements of {describe(tensor)} cannot be deleted, as it keeps its shape: "
        "t = np.delete(t, index) is another tensor"
    )


def view_of_another_dtype(tensor, given):
    """t.view(dtype)"""
    return TypeError(
        f"view({given}) of {describe(tensor)}: another shape is t.reshape({given}), the plain "
        "array is t.numpy(), and the bits of another dtype have no derivative"
    )


# --- what would leave the tape -------------------------------------------------------------------


def conversion_to_an_array(tensor):
    """np.asarray(t)"""
    return kind_that_is_shown()(
        f"{foreign_caller()}{STORED}Here it is {describe(tensor)}. Stay on the tape with "
        "ag.array([...]), ag.r_[...], np.stack([...]), np.concatenate([...]), "
        "np.where(mask, t, array), or a tensor to fill, x = ag.zeros(...); x[i] = t. "
        f"Leave it on purpose with t.numpy() or t.detach().{where_scipy_is()}"
    )


def conversion_to_a_number(tensor, kind):
    """float(t)"""
    return TypeError(
        f"{kind.__name__}() of {describe(tensor)}, or storing it into a NumPy array, would take it "
        "off the tape in silence: to stay on it use NumPy's functions, np.exp(t), not math.exp(t), "
        "np.stack([...]), np.where, or a tensor to fill, x = ag.zeros(...); t.item() leaves it on "
        "purpose"
    )


# --- what is of one number -----------------------------------------------------------------------


def no_integer(tensor):
    """range(t)"""
    return TypeError(
        f"an index or a count is an integer, and {describe(tensor)} is none: int(t.item())"
    )


def truth_of_many(tensor):
    """if t:"""
    return ValueError(
        f"the truth value of {describe(tensor)} of {tensor.size} elements is ambiguous: "
        "np.any(t) and np.all(t) make one of them, np.where(condition, a, b) chooses by element, "
        "np.maximum(t, 0) is max(t, 0), and np.sort(t) is sorted(t)"
    )


def format_of_many(tensor, spec):
    """f"{t:.3f}" """
    return TypeError(
        f"the format {spec!r} is of one number, and {describe(tensor)} has {tensor.size}: "
        "np.array2string(t.numpy(), precision=3) writes an array"
    )


def item_of_many(tensor):
    """t.item()"""
    return ValueError(
        f"item() of {describe(tensor)}: one number is asked for, such as np.sum(t).item() or "
        "t[0].item(); numpy() gives the whole array"
    )


# --- what is written into ------------------------------------------------------------------------


def write_off_the_tape(tensor, what):
    """x[i] = v inside no_grad(), of a result."""
    return ValueError(
        f"{what} on {describe(tensor)} inside no_grad() would take it off the tape "
        "in silence: write y = x.copy(); y[i] = v, or move the line out of no_grad(), in which "
        "only leaves are written into"
    )


def write_into_integers(tensor, what):
    """x[i] = v, of a v that requires a gradient."""
    return TypeError(
        f"{what} on {describe(tensor)} would round a tensor that requires a gradient: "
        "make it of floats, ag.zeros(...) or x.astype(float)"
    )


def write_through_a_view(tensor, whole, what):
    """x[i] = v, of an x made by np.broadcast_to."""
    return ValueError(
        f"{what} on {describe(tensor)}, a view of {describe(whole)} that is "
        "read-only, as in NumPy: several of its elements may be one of the whole. Assign to "
        "the whole, or to a copy, y = v.copy()"
    )


def augmented_in_another_dtype(tensor, result, what):
    """x += v, of a v that x cannot hold."""
    return TypeError(
        f"{what} on {describe(tensor)}: a result of dtype {result.dtype} cannot be "
        f"stored into one of {tensor.dtype}, as in NumPy: write x = x.astype({result.dtype}) "
        "before it"
    )


def augmented_in_another_shape(tensor, result, what):
    """x += v, of a v that is larger than x."""
    return ValueError(
        f"{what} on {describe(tensor)}: a result of shape {result.shape} does not fit "
        "into it, as in NumPy: write x = x + v for an array of a new shape"
    )


def reshaping_of_a_variable(tensor):
    """x.shape = ..."""
    return ValueError(
        f"x.shape = ... on {describe(tensor)}, a leaf that requires a gradient: a "
        "variable keeps its shape. Write y = x.reshape(...)"
    )


# --- what comes in from outside ------------------------------------------------------------------


def data_of_no_numbers(data, dtype):
    """Tensor("a")"""
    return TypeError(
        f"a Tensor holds numbers, and {describe(data)} gives an array of dtype "
        f"{dtype}: convert it to numbers first"
    )


def answer_of_a_hook(name, answer, node, g):
    """A hook that returns a gradient of another shape or dtype."""
    made = "a leaf" if node.op is None else f"the result of {node.op.name}"
    described = f"{made if node.name is None else node.name} of shape {node.out.shape}"
    return ValueError(
        f"the hook {name} returned an array of shape {answer.shape}, "
        f"{answer.dtype}, for the gradient of {described}: return one of shape "
        f"{g.shape}, {g.dtype}, or None to keep the gradient"
    )


def pickling_of_a_hook(hook):
    """pickle.dumps(t)"""
    return TypeError(
        f"{hook} of a tensor would be lost in a pickle or a deep copy: call its remove() "
        "first and register it again on the copy, or copy t.detach()"
    )
