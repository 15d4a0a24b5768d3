"""Error messages: what was given, where, and the way out."""

import sys

import numpy as np

from . import quoting

OURS = frozenset({"autograd_lite", "nn", "numpy"})  # whose frames a traceback may leave out

BROADCAST = (
    "Shapes are aligned from the last axis, and sizes must be equal or 1: "
    "reshape, transpose or index an operand first (x[:, None] adds an axis)."
)
MATMUL = (
    "The last axis of the first operand must be as long as the last but one of the "
    "second, (..., n, k) @ (..., k, m): transpose one (x.mT) or swap them."
)
JOIN = "All arrays must have the same shape except along the axis they are joined on."
RESHAPE = "The new shape must hold as many elements as the old one; one size may be -1."
OPERANDS = (
    "Its arguments are numbers, arrays of numbers and Tensors, of the dtypes that it takes: "
    "convert the others first."
)
STORED = "A Tensor cannot be stored into a NumPy array: its gradient would be lost in silence. "
OBJECTS = (
    "{} was given an array of Python objects, which has no derivative: "
    "make one tensor of them with np.stack(list(array))."
)
NOT_PLAIN = "{} a {}, which is not differentiated: {} makes an array of it."


RESTATED = (np.linalg.LinAlgError, np.exceptions.AxisError, IndexError, TypeError, ValueError)


# What these say is said by the operands' shapes and the way out.
_MISFITS = ("matmul: Input operand", "operands could not be broadcast", "shape mismatch: objects")


def told(kind, text):
    """An error whose message says it all: `alone` leaves out the rest of its traceback."""
    error = kind(text)
    error.says_all = True
    return error


def smuggled(name):
    """The error for a tensor inside the body of an operation that is none of its arguments."""
    error = told(
        TypeError,
        f"inside {name}, an operation with rules of its own, a tensor that requires a gradient was "
        "computed with: it came in a dict, an object, a function or from around it, so its "
        "gradient would be lost. Pass it as an array argument with a rule, or t.detach()",
    )
    error.is_smuggled = True
    return error


def left_in_rule(rule, tensor, method):
    """The error for a rule that takes numbers off the tape while it is being recorded."""
    return TypeError(
        f"{method}() of {describe(tensor)} in the rule {rule}: this rule is differentiated in its "
        "turn, and the number would be a constant there. Compute with the array itself "
        f"(np.stack([...]) of parts); for a constant on purpose, np.max(x).detach().{method}()"
    )


def no_rule(op, position):
    """The error for a tensor in the place of an argument that has no derivative."""
    names = op.parameters[0]
    called = f" ({names[position]!r})" if position < len(names) else ""
    return TypeError(
        f"{op.name} has no derivative with respect to its argument number {position + 1}{called}, "
        "and a tensor that requires a gradient stands there: pass t.detach() for a constant"
    )


def no_rule_of_keyword(op, key):
    """The error for a tensor at a keyword, which no rule is of."""
    if not op.is_users:
        return told(
            TypeError,
            f"{op.name} is not differentiated with {key}=, where a tensor that requires a "
            "gradient stands: leave it out, or write it with other operations; t.detach() is "
            "a constant",
        )
    names = op.parameters[0]
    place = f"its argument {key!r}"
    if key in names:
        place += f" (number {names.index(key) + 1})"
    return told(
        TypeError,
        f"{op.name} is not differentiated with respect to {place}, and a tensor that "
        "requires a gradient stands there: pass t.detach() for a constant, or declare the "
        "operation with a rule for it",
    )


def misfit(op, contribution, x):
    """The error for a contribution that has not the shape of its argument x."""
    is_list = isinstance(contribution, (list, tuple))
    way_out = ", np.stack([...]); a list for an argument that is one, sequence=True"
    return TypeError(
        f"the rule of {op.name} returned {describe(contribution)} as the contribution to an "
        f"argument of shape {x.shape}: a rule returns an array of its argument's shape"
        f"{way_out if is_list else ''}"
    )


def kind_that_is_shown():
    """The class of `__array__`'s error: np.nditer has a sentence of its own for a TypeError."""
    return ValueError if "nditer" in sys._getframe(3).f_code.co_names else TypeError


def where_scipy_is():
    """A sentence for a Tensor that one of SciPy's functions would have made an array of."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("scipy."):
            return " SciPy's functions that are differentiated are in autograd_lite.scipy."
        frame = frame.f_back
    return ""


def checked_name(name):
    """The name of a tensor, which is a string."""
    if name is not None and not isinstance(name, str):
        raise TypeError(
            f"the name of a tensor is a str, not {name!r}: Tensor(data, requires_grad, name, dtype)"
        )
    return name


def describe(value):
    """One argument in words: its name, shape and dtype, or its value if it is small."""
    if isinstance(value, (list, tuple)):
        inside = ", ".join(describe(v) for v in value[:8])
        return f"[{inside}{', ...' if len(value) > 8 else ''}]"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        name = getattr(value, "name", None)
        kind = type(value).__name__
        name = quoting.text(name) if isinstance(name, str) else None
        return f"{name or kind} of shape {tuple(value.shape)}, {value.dtype}"
    text = quoting.text(repr(value))
    return text if len(text) <= 60 else f"{text[:57]}..."


def nearest(word, known, cutoff=0.6):
    """The known word nearest to another, in any case; None where none is near."""
    import difflib

    lower = {one.lower(): one for one in known}
    near = difflib.get_close_matches(str(word).lower(), lower, 1, cutoff)
    return lower[near[0]] if near else None


def did_you_mean(word, known, cutoff=0.6):
    """The question for the nearest known word, or no words."""
    near = nearest(word, known, cutoff)
    return f"did you mean {near!r}? " if near else ""


def reraise(error, name, args, way_out):
    """Raise an error again, of the same kind, with the operation, its operands, a way out.

    One of the user's own classes stays the object that it is, with a note; so does one of a
    body that a tensor came into, which names its operation.
    """
    if getattr(error, "is_smuggled", False):
        raise error
    if way_out is BROADCAST and isinstance(error, TypeError):
        way_out = OPERANDS  # shapes are not to blame
    given = "; ".join(describe(arg) for arg in args)
    said = str(error).rstrip(".")
    if said.startswith(_MISFITS) or said == "setting an array element with a sequence":
        said = "the shapes do not fit"
    is_numpys = type(error).__module__.partition(".")[0] == "numpy"
    for kind in RESTATED:
        if type(error) is kind or (isinstance(error, kind) and is_numpys):
            cause = None if _is_ours(error) else error
            raise told(kind, f"{name}({given}): {said}. {way_out}".rstrip()) from cause
    error.add_note(f"in {name}({given}). {way_out}".rstrip())
    raise error


def _is_ours(error):
    """Whether an error was raised by this library or by NumPy, not in a function of the user's."""
    tb = error.__traceback__
    while tb.tb_next is not None:
        tb = tb.tb_next
    return tb.tb_frame.f_globals.get("__name__", "").partition(".")[0] in OURS


def no_array(name, result):
    """The error for a result of an operation that is neither an array nor a number."""
    dtype = getattr(result, "dtype", None)
    what = f"a {type(result).__name__}" if dtype is None else f"an array of dtype {dtype}"
    return TypeError(
        f"{name} returned {what}, {describe(result)}: an operation returns an array of numbers, "
        "a NumPy number, or a tuple of these"
    )


def stored_into_an_array(name):
    """The error for ``out=`` of a plain array."""
    return TypeError(
        f"{STORED}Write a = {name}(...) instead of {name}(..., out=a), "
        "and a = a + t instead of a += t; or fill a tensor, a = ag.array(a)."
    )


def uncastable(name, result, target, casting):
    """The error for ``out=`` of a dtype that loses more than NumPy's rule of casting allows."""
    return TypeError(
        f"{name}: a result of dtype {result.dtype} cannot be stored into out="
        f"{describe(target)}, with casting={casting!r}"
    )


def misfit_of_out(name, result, target):
    """The error for ``out=`` of another shape."""
    return ValueError(
        f"{name}: a result of shape {result.shape} does not fit out={describe(target)}"
    )


def no_cotangent(op, gx, x, g):
    """The error for a contribution of integers, or of complex numbers to a real argument."""
    return TypeError(
        f"the rule of {op.name} returned {describe(gx)} as the contribution "
        f"to an argument of {x.dtype}: it is made of the cotangent g, which is of {g.dtype}"
    )


def too_few_or_many(op, contributions, parents):
    """The error for a rule of a sequence that returned a sequence of another length."""
    return TypeError(
        f"the rule of {op.name} returned {len(contributions)} contributions for "
        f"{len(parents)} arrays: a rule returns one contribution an array"
    )


def declared_already(name):
    """The error for rules of a function that has some."""
    return ValueError(
        f"{name} is declared already, and another declaration would change it for all code "
        f"in this process: declare a function of your own, such as lambda *args: {name}(*args)"
    )


_KNOWN = frozenset(
    {np.ndarray, np.float64, np.float32, np.bool, int, float, complex, bool, str, list, tuple, dict}
)
_FLAT = _KNOWN - {list, tuple}  # what needs no look inside
# Arrays of other libraries that do not speak NumPy's protocols as it does: what makes an array of
# one, by the library.
_WAYS_OUT = {
    "torch": "x.detach().cpu().numpy()",
    "tensorflow": "x.numpy()",
    "jax": "np.asarray(x)",
    "jaxlib": "np.asarray(x)",
    "dask": "x.compute()",
    "sparse": "x.todense()",
    "pandas": "x.to_numpy()",
    "polars": "x.to_numpy()",
    "pyarrow": "x.to_numpy()",
    "xarray": "x.to_numpy()",
    "mxnet": "x.asnumpy()",
    "mygrad": "x.data",
    "autograd": "x._value",
}


def refuse_if_not_plain(name, value):
    """Refuse what is no plain array of numbers: arrays of objects, and foreign ones."""
    refuse_foreign(name, value)
    if isinstance(value, np.ndarray) and value.dtype.hasobject:
        raise TypeError(OBJECTS.format(name))


def refuse_foreign(name, value, verb="was given"):
    """Refuse an array that would lose what sets it apart, also inside lists and tuples.

    Arrays of other libraries that speak NumPy's protocols pass.
    """
    if isinstance(value, (list, tuple)):
        if not _FLAT.issuperset(map(type, value)):
            for one in value:
                refuse_foreign(name, one, verb)
    elif type(value) not in _KNOWN and (way_out := _way_out(value)) is not None:
        raise told(TypeError, NOT_PLAIN.format(f"{name} {verb}", _kind(value), way_out))


def foreign_caller():
    """A sentence for a Tensor of which an operation of a foreign array would have made an array."""
    frame = sys._getframe(1)
    while frame is not None:
        owner = frame.f_locals.get("self")
        is_array = hasattr(type(owner), "shape")  # asked of the type: it may be half made
        if is_array and type(owner) not in _KNOWN and (way_out := _way_out(owner)) is not None:
            return NOT_PLAIN.format("A Tensor met", _kind(owner), way_out) + " "
        frame = frame.f_back
    return ""


def _kind(value):
    """The type of a foreign array, with its library."""
    kind = type(value)
    library = kind.__module__.partition(".")[0]
    return f"{library} {kind.__name__}" if library != "__main__" else kind.__name__


def _way_out(value):
    """What makes a plain array of a foreign one; None of what needs none."""
    kind = type(value)
    masked = sys.modules.get("numpy.ma")  # who has such an array has imported it: 10 ms
    if masked is not None and isinstance(value, (masked.MaskedArray, type(masked.masked))):
        return "np.where(mask, 0, m.data), or m.filled(0),"
    if isinstance(value, np.matrix):
        return "np.asarray(m)"
    if isinstance(value, np.ndarray):
        is_special = kind.__array_ufunc__ is not np.ndarray.__array_ufunc__  # units, for one
        return "np.asarray(x)" if is_special else None
    if isinstance(value, (np.generic, type)) or not (
        hasattr(kind, "shape") or hasattr(value, "shape")
    ):
        return None
    if hasattr(kind, "toarray"):  # the sparse arrays of SciPy and of those who follow it
        return "m.toarray()"
    way_out = _WAYS_OUT.get(kind.__module__.partition(".")[0])
    is_mute = hasattr(kind, "__array__") and not hasattr(kind, "__array_function__")
    return "np.asarray(x)" if way_out is None and is_mute else way_out


# --- what a traceback shows of an error whose message says it all: the user's own line ------------


def alone(error):
    """Leave out what a traceback has below this frame, of an error whose message says it all.

    For ``except Exception as error: alone(error); raise``. Frames of the user's are kept.
    """
    if not getattr(error, "says_all", False):
        return
    tb = error.__traceback__
    while tb is not None:
        if tb.tb_frame.f_globals.get("__name__", "").partition(".")[0] not in OURS:
            return
        tb = tb.tb_next
    error.__traceback__ = None
