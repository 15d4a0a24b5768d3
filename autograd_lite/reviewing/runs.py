"""One run of a program, on arrays or on tensors: what it returned, what each line gave."""

import contextlib
import io
import sys
import warnings
from dataclasses import dataclass, field

import numpy as np

from ..engine.modes import switched
from ..engine.tensor import Tensor
from .forms import Whole, stored
from .watchers import Lifter, Recorder

LOSSES = ("loss", "cost", "j", "l", "nll", "objective", "error", "energy", "total_loss", "obj")


@dataclass(eq=False)
class Run:
    """What came out.

    Attributes
    ----------
    loss : float or Tensor
    gradients : dict
        The arrays and numbers returned beside the loss, by their path: ``(1, "W1")``.
    events : list
        Pairs (key of a statement, what it gave).
    wholes : set
        The keys of lines that store into an array: what is noted then is all of it.
    passed : list
        Of a run on tensors: pairs ((path, line, name) of a parameter, the node it was given).
    calls : list
        The same, of each call: (how many events were before it, its path and line, the nodes).
    owners : dict
        {event that stored in an attribute: the nodes that the object held}.
    """

    loss: object
    gradients: dict
    events: list = field(default_factory=list)
    passed: list = field(default_factory=list)
    wholes: set = field(default_factory=set)
    calls: list = field(default_factory=list)
    owners: dict = field(default_factory=dict)


@contextlib.contextmanager
def quietly():
    """Without what the program prints and warns of, and what NumPy tells of a failed ufunc.at."""
    told = sys.unraisablehook
    sys.unraisablehook = lambda _: None
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.unraisablehook = told


def recorded(program, inputs, changed=None, other=None):
    """A run on arrays, with what each statement gave."""
    watcher = Recorder()
    with program.watched(watcher, changed), quietly():
        return taken(inputs, watcher, other)


def on_tensors(program, inputs, other=None, changed=None):
    """A run on tensors: (run, {name of a place: its leaf}, exception of a run that failed)."""
    watcher = Lifter()
    leaves = {}

    def lifted(name, value):
        value = value if other is None else other(name, value)
        tensor = watcher.tensor(value)
        leaves[name] = watcher.leaves[-1]
        return leaves[name] if name in inputs.parameters else tensor

    failure = None
    with program.watched(watcher, changed), quietly(), switched(watchers=()):
        try:
            run = taken(inputs, watcher, lifted)
        except Exception as error:
            run, failure = Run(None, {}, **noted(watcher)), error
    return run, leaves, failure


def taken(inputs, watcher=None, other=None):
    """The result of a call on copies, taken apart."""
    with inputs.copied(other) as (f, args, kwargs):
        result = f(*args, **kwargs)
        loss, gradients = parted(result)
        if not gradients or isinstance(f, Whole):
            held = [getattr(f, "__self__", f), *getattr(f, "__dict__", {}).values(), *args]
            owners = {id(o): o for o in (getattr(one, "__self__", one) for one in held)}
            gradients = {**gradients, **stored(owners.values())}
        gradients |= _left(inputs, watcher)
    return Run(loss, gradients, **noted(watcher))


def noted(watcher):
    """What a watcher has noted of a run, by the attributes of `Run`."""
    names = ("events", "passed", "wholes", "calls", "owners")
    return {name: getattr(watcher, name) for name in names if hasattr(watcher, name)}


def _left(inputs, watcher):
    """{path: gradient} of what stands in the ``.grad`` of the parameters."""
    read = getattr(watcher, "attribute", getattr)
    found = {name: read(t, "grad") for name, t in inputs.parameters.items()}
    return {(f"{name}.grad",): g for name, g in found.items() if g is not None}


def parted(result):
    """(loss, {path: gradient}) of what a program returned; (None, ...) where no loss is there."""
    found = dict(_leaves(result, ()))
    loss = next((path for path, x in found.items() if _is_loss(path, x)), None)
    if loss is None:
        loss = next((p for p, x in found.items() if np.ndim(x) == 0 and len(p) <= 1), None)
    value = found.pop(loss, None)
    return value, found


def number(loss):
    """A loss as a float: it may be an array of one entry, or a tensor."""
    loss = getattr(loss, "data", loss) if isinstance(loss, Tensor) else loss
    return float(np.asarray(loss).reshape(-1)[0])


def _is_loss(path, value):
    """Whether a leaf is the loss by its place or its name."""
    named = [str(step).lower() for step in path if isinstance(step, str)]
    if named:
        return len(path) == 1 and named[-1] in LOSSES and np.size(value) == 1
    return path in ((), (0,)) and np.size(value) == 1


def _leaves(value, path):
    """Pairs (path, array or number) of floats in nested containers and objects."""
    if (
        isinstance(value, Tensor)
        or (isinstance(value, np.ndarray) and value.dtype.kind == "f")
        or isinstance(value, (float, np.floating))
    ):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, (list, tuple)):
        names = getattr(value, "_fields", range(len(value)))
        for key, inner in zip(names, value, strict=True):
            yield from _leaves(inner, (*path, key))
    elif hasattr(value, "__dict__") and len(path) < 3 and not callable(value):
        for key, inner in vars(value).items():
            yield from _leaves(inner, (*path, key))
