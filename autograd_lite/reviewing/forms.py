"""The forms in which a program is handed in, as one function that runs the whole."""

import inspect

import numpy as np

from ..messages import errors
from .pairs import says_gradient

_SEED = 0


class Whole:
    """A forward and a backward function as one.

    ``forward(*args)`` gives the loss, or what a layer puts out, alone or before a cache. Of what
    a layer puts out the loss is the sum with random numbers, which are what ``backward`` gets as
    the gradient that comes in.
    """

    def __init__(self, forward, backward):
        self.forward = forward
        self.backward = backward
        self.__name__ = getattr(forward, "__name__", type(forward).__name__)

    def __call__(self, *args, **kwargs):
        out = self.forward(*args, **kwargs)
        cache = ()
        if isinstance(out, tuple) and len(out) > 1:
            out, cache = out[0], out[1:]
        if np.size(out) == 1 and np.ndim(out) == 0:
            return (out, *_some(self._gradients(args, kwargs, cache)))
        g = np.random.default_rng(_SEED).normal(size=np.shape(out))
        loss = np.sum(out * g)
        takes = _number_of_arguments(self.backward)
        given = (g, *cache) if takes is None or takes > 1 else (g,)
        return (loss, *_some(self.backward(*given)))

    def _gradients(self, args, kwargs, cache):
        takes = _number_of_arguments(self.backward)
        if cache and takes == len(cache):
            return self.backward(*cache)
        if takes == 0:
            return self.backward()
        return self.backward(*args, *(cache if takes == len(args) + len(cache) else ()), **kwargs)


def _some(gradients):
    """What a backward function returned, as a tuple; nothing of one that only stores."""
    if gradients is None:
        return ()
    return gradients if isinstance(gradients, tuple) else (gradients,)


def _number_of_arguments(f):
    try:
        found = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return None
    kinds = [p.kind for p in found]
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        return None
    return sum(
        p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        for p in found
    )


def whole(f):
    """A callable for what was handed in: a function, or a pair (forward, backward)."""
    if isinstance(f, (tuple, list)):
        if len(f) != 2 or not all(map(callable, f)):
            raise TypeError(
                "review() takes a function that returns the loss and the gradients, or a pair "
                f"(forward, backward) of functions, and got {errors.describe(f)}"
            )
        return Whole(*f)
    if not callable(f):
        raise TypeError(
            f"review() takes the function that computes the loss and the gradients, and got "
            f"{errors.describe(f)}: hand in the function itself, not its result"
        )
    return f


def names_of(f):
    """The names of a function's positional parameters."""
    if hasattr(f, "names"):
        return f.names
    f = f.forward if isinstance(f, Whole) else f
    try:
        found = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def stored(owners):
    """{path: array} of gradients that a program stored in its objects instead of returning them."""
    found = {}
    for owner in owners:
        for name, value in vars(owner).items() if hasattr(owner, "__dict__") else ():
            named = isinstance(name, str) and says_gradient(name)
            if isinstance(value, dict) and named:
                found |= {(name, key): inner for key, inner in value.items() if _is_number(inner)}
            elif named and _is_number(value):
                found[(name,)] = value
    return found


def _is_number(value):
    return getattr(getattr(value, "dtype", None), "kind", "") == "f" or isinstance(value, float)
