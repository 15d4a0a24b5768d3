"""Three voters on one derivative: by hand, by autodiff, by finite differences of the function.

Autodiff and differences know the function only as it is coded. So where they agree, the
derivation stands alone; where derivation and autodiff agree, what is coded does something that
neither sees; and where differences cannot be relied on, two voters are left.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ..finite_differences import AGREES, DIFFERS, KINK, STEEP, UNASKED, UNRELIABLE, Slope
from ..rows import RIGHT, SHAPE, UNSURE, WRONG, Row, distance

# What a vote can come to.
ALL_AGREE = "all agree"
DIFFERENCES_SILENT = "differences silent"  # derivation and autodiff agree
DIFFERENCES_ONLY = "differences only"  # there is no autodiff; they agree with the derivation
AUTODIFF_ALONE = "autodiff alone"
DERIVATION_ALONE = "derivation alone"
DIFFERENCES_ALONE = "differences alone"
TWO_DIFFER = "two differ"  # derivation and autodiff differ, and differences cannot tell
ONLY_TWO_DIFFER = "only two differ"  # derivation and differences differ; there is no autodiff
NONE_AGREE = "none agree"
NOTHING_KNOWN = "nothing known"
OF_SHAPES = "shapes"

VERDICTS = {
    ALL_AGREE: RIGHT, DIFFERENCES_SILENT: RIGHT, DIFFERENCES_ONLY: RIGHT, AUTODIFF_ALONE: RIGHT,
    DERIVATION_ALONE: WRONG, DIFFERENCES_ALONE: WRONG, TWO_DIFFER: WRONG, ONLY_TWO_DIFFER: WRONG,
    NONE_AGREE: WRONG, NOTHING_KNOWN: UNSURE, OF_SHAPES: SHAPE,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Ballot:
    """What the voters say of one derivative; autodiff and differences may be missing."""

    label: str
    given: np.ndarray
    auto: np.ndarray | None
    slope: Slope | None  # of a random function there is none
    allowed: np.ndarray  # between the derivation and autodiff
    roughly: np.ndarray  # between either and differences


@dataclass(frozen=True, eq=False)
class Vote:
    """The outcome for one derivative.

    Attributes
    ----------
    label : str
    outcome : str
        One of the above.
    wrong : ndarray of bool
        The entries that the derivation is alone with, or differs in.
    excused : ndarray of bool
        Where it is a subgradient: any slope between the two sides of a kink.
    asked : int
        How many entries differences were taken of.
    silent : dict
        {reason: indices} of the entries where differences cannot be relied on.
    """

    label: str
    outcome: str
    wrong: np.ndarray = field(default_factory=lambda: np.zeros((), dtype=bool))
    excused: np.ndarray = field(default_factory=lambda: np.zeros((), dtype=bool))
    asked: int = 0
    silent: dict = field(default_factory=dict)


def counted(ballot: Ballot) -> Vote:
    """Who agrees with whom, entry by entry, and what that comes to."""
    given, slope = ballot.given, ballot.slope
    none = np.zeros(given.shape, dtype=bool)
    excused, asked, silent = none, 0, {}
    by_hand = by_auto = np.full(given.shape, UNRELIABLE)
    if slope is not None:
        by_hand = slope.judged(given, ballot.roughly)
        by_auto = by_hand if ballot.auto is None else slope.judged(ballot.auto, ballot.roughly)
        excused = slope.between(given, ballot.roughly)
        asked, silent = int((slope.why != UNASKED).sum()), _silent(slope, by_auto)
    if slope is None and ballot.auto is None:
        wrong, outcome = none, NOTHING_KNOWN
    elif ballot.auto is None:
        wrong, outcome = (by_hand == DIFFERS) & ~excused, _of_two(by_hand, excused)
    else:
        apart = distance(given, ballot.auto) > ballot.allowed
        wrong, excused = apart & ~excused, apart & excused
        is_random = slope is None  # another draw would have told another gradient
        outcome = NOTHING_KNOWN if is_random else _of_three(wrong, by_hand, by_auto)
    wrong = none if outcome == AUTODIFF_ALONE else wrong
    return Vote(ballot.label, outcome, wrong, excused, asked, silent)


def _of_three(wrong, by_hand, by_auto):
    if not wrong.any():
        if (by_auto == DIFFERS).any():
            return DIFFERENCES_ALONE
        return ALL_AGREE if (by_auto == AGREES).any() or not wrong.size else DIFFERENCES_SILENT
    hand, auto = by_hand[wrong], by_auto[wrong]
    for_hand = (hand == AGREES) & (auto == DIFFERS)
    if for_hand.all() and not (by_hand == DIFFERS).any():
        return AUTODIFF_ALONE
    if for_hand.any() or ((hand == DIFFERS) & (auto == DIFFERS)).any():
        return NONE_AGREE
    return DERIVATION_ALONE if ((hand == DIFFERS) & (auto == AGREES)).any() else TWO_DIFFER


def _of_two(by_hand, excused):
    if (by_hand == DIFFERS).any():
        return ONLY_TWO_DIFFER
    agrees = (by_hand == AGREES) | excused
    return DIFFERENCES_ONLY if agrees.any() or not by_hand.size else NOTHING_KNOWN


def _silent(slope, outcomes):
    """The entries without a reliable difference, by the reason."""
    found: dict = {}
    quiet = (slope.why == KINK) | (outcomes == UNRELIABLE)
    for index in map(tuple, np.argwhere(quiet & (slope.why != UNASKED))):
        why = str(slope.why[index]) or STEEP
        found.setdefault(why, []).append([int(k) for k in index])
    return found


def row_of(vote: Vote, row: Row, ballot: Ballot) -> Row:
    """A row with what the vote came to, shown at the entry that it turns on."""
    far = None
    if vote.outcome == DIFFERENCES_ALONE and ballot.slope is not None:
        far = distance(ballot.given, ballot.slope.value)
        far[ballot.slope.judged(ballot.given, ballot.roughly) != DIFFERS] = -1
    elif row.worst is not None and vote.wrong.any() and not vote.wrong[row.worst]:
        against = ballot.auto if ballot.slope is None else ballot.slope.value
        true = against if ballot.auto is None else ballot.auto
        far = np.where(vote.wrong, distance(ballot.given, true), -1)
    worst = row.worst
    if far is not None:
        worst = tuple(int(k) for k in np.unravel_index(np.argmax(far), far.shape))
    given, true = (
        None if worst is None or side is None else side[worst].item()
        for side in (ballot.given, ballot.auto)
    )
    return replace(
        row, worst=worst, given=given, true=true, verdict=VERDICTS[vote.outcome],
        numeric=_differences_at(ballot, worst),
    )  # fmt: skip


def _differences_at(ballot, index):
    """The value by differences at an index, or why there is none."""
    if ballot.slope is None or index is None:
        return "none"
    slope = ballot.slope
    said = slope.judged(ballot.given, ballot.roughly)[index] != UNRELIABLE
    return slope.value[index].item() if said else str(slope.why[index]) or STEEP
