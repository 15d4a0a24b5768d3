"""What is known of the value that a wrong line should give."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Goal:
    """The value of a line, and the right one, at one moment or at several at once.

    A number says little by itself: numbers of several moments are put together as an array.

    Attributes
    ----------
    given, right : ndarray
    inside : bool
        Whether they are of the right-hand side, or else of the whole array that is stored into.
    scopes : list of dict
        The names in reach, at each moment.
    close : float
        What two right numbers may differ by, relatively.
    """

    given: np.ndarray
    right: np.ndarray
    inside: bool
    scopes: list
    close: float

    @classmethod
    def of(cls, moments, close):
        """From (value, right value, inside, names) at each moment."""
        given, right, inside, scopes = map(list, zip(*moments, strict=True))
        n = len(moments) if all(np.ndim(r) == 0 for r in right) and len({*inside}) == 1 else 1
        return cls(_array(given[:n]), _array(right[:n]), inside[0], scopes[:n], close)

    def together(self, values):
        """The values of something at the moments, as one array; nan where their shapes differ."""
        mine = values[: len(self.scopes)]
        return _array(mine) if len({np.shape(v) for v in mine}) == 1 else np.asarray(np.nan)

    def solved(self, factor):
        """(slope, value, right value) of a part of the line: `Factor.solved`."""
        rights = self.right if len(self.scopes) > 1 else [self.right]
        found = [factor.solved(s, np.asarray(r)) for s, r in zip(self.scopes, rights, strict=True)]
        return tuple(map(_array, zip(*found, strict=True)))


def _array(values):
    return np.array(values, dtype=float) if len(values) > 1 else np.asarray(values[0])
