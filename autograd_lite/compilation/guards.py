"""What is looked at before every call, as a function that is written for it.

A step with an optimiser looks at a hundred references: a line each takes half of the time of a
loop over them.
"""

import numpy as np

from .forms import NamedValues

_ERRORS = (KeyError, IndexError, AttributeError, ValueError)


def reader(fixed, inputs, probes, abstract):
    """A function that gives the values of inputs, or None where the rest is another than it was.

    Parameters
    ----------
    fixed : list of ((holder, key), is_attribute, value)
        What must be the same object.
    inputs : list of ((holder, key), is_attribute)
        What is read.
    probes : list of (f, x, answer)
        What ``f(x)`` must be.
    abstract : list
        What each input must be like; see `abstract_value`.
    """
    scope = NamedValues(ndarray=np.ndarray, errors=_ERRORS)
    known = scope.known
    names = [f"x{i}" for i in range(len(inputs))]
    lines = [
        *(f"if {_source(known, *r)} is not {known(x)}: return None" for *r, x in fixed),
        *(f"{name} = {_source(known, *r)}" for name, r in zip(names, inputs, strict=True)),
        *(f"if {known(f)}({known(x)}) != {known(answer)}: return None" for f, x, answer in probes),
        *(
            f"if {_is_another(name, known, kind)}: return None"
            for name, kind in zip(names, abstract, strict=True)
        ),
    ]
    body = "".join(f"        {line}\n" for line in lines or ["pass"])
    text = f"def read():\n    try:\n{body}    except errors:\n        return None\n"
    return scope.function(f"{text}    return [{', '.join(names)}]\n")


def _source(known, pair, is_attribute):
    """The text that reads a reference."""
    holder, key = pair
    if not is_attribute:
        return f"{known(holder)}[{known(key)}]"
    if key.isidentifier():
        return f"{known(holder)}.{key}"
    return f"getattr({known(holder)}, {key!r})"


def _is_another(name, known, kind):
    """The text of whether a value is of another shape, dtype or type."""
    if not isinstance(kind, tuple):
        return f"type({name}) is not {known(kind)}"
    shape, dtype = kind
    dtype = known(dtype)
    return f"type({name}) is not ndarray or {name}.shape != {shape} or {name}.dtype is not {dtype}"
