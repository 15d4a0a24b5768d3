"""What a review of right gradients could not have seen, at the numbers that it was given."""

import re

import numpy as np

from ..comparison import compare
from ..engine.tensor import Tensor
from ..transforms.derivatives import gradients as differentiated
from . import runs
from .flow import nodes_in
from .inputs import is_floats

SHOWN = 4


def blind_spots(examination):
    """A note on the typical mistakes that would not show at this point, though elsewhere; or none.

    They are made in the backward pass of the tape, as `compare` does.
    """
    given = _blind(examination, None)
    if given is None or not given.blind:
        return
    plain = list(filter(_is_plain, given.blind))
    elsewhere = [_blind(examination, _drawn(seed)) for seed in range(2) if plain]
    never = set.intersection(*[set(other.blind) for other in elsewhere if other] or [set()])
    spots = [text for text in plain if text not in never]
    if spots:
        more = ", ..." if len(spots) > SHOWN else ""
        yield f"at these numbers it would not show: {', '.join(spots[:SHOWN])}{more}"


def _is_plain(text):
    """Whether all places that a text names are names in the program."""
    _, _, places = re.sub(r" \([^()]*\)$", "", text).partition(" at ")
    return all(re.fullmatch(r"[\w.\[\]'\"-]+", place) for place in places.split(", "))


def _drawn(seed):
    """A function ``other(name, value)`` that draws other numbers of the same size."""
    rng = np.random.default_rng(seed)

    def other(name, value):
        new = np.std(value) * rng.normal(size=np.shape(value)) if np.ndim(value) else value
        return new.astype(value.dtype) if is_floats(value) else value

    return other


def _blind(examination, other):
    """The blind spots of the gradients at a point; None where they cannot be told."""
    run, leaves, _ = runs.on_tensors(examination.program, examination.inputs, other)
    if not isinstance(run.loss, Tensor):
        return None
    for key, value in run.events:
        statement = examination.statements.get(key)
        for node in nodes_in(value) if statement is not None and statement.target else ():
            node.name = node.name or statement.name
    paired = {examination.truth.entries.get(p, (p,))[0] for p in examination.pairs.values()}
    names = {place: leaves[place] for place in leaves if place in paired}
    try:
        with np.errstate(all="ignore"):
            gradients = differentiated(run.loss, list(names.values()))
            gradients = dict(zip(names.values(), gradients, strict=True))
            return compare(run.loss, gradients, names=names).case.blind_spots
    except (TypeError, ValueError):
        return None
