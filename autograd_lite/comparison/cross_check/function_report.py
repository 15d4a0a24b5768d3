"""The report on derivatives of a function: the vote on each of them, in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ..diagnosis.sentences import parted
from ..report import Comparison, worst
from . import votes as vote_on
from .votes import Vote

_VAGUE = (  # a repaired line says more
    "typo", "factor", "clipped", "path missing", "overwritten", "quadratic form",
    "value for gradient", "other operand", "one sample",
)  # fmt: skip

UNNAMED = "(the constant array"  # the code has a name or a formula for it
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")


def _holds(sentence, report):
    """Whether another report says the same, but for the numbers."""
    said = {s for finding in report.findings for s in (finding.sentence, *finding.also)}
    return _NUMBER.sub("#", sentence) in {_NUMBER.sub("#", one) for one in said}


def _shown(array):
    """The values of an array in one line."""
    text = np.array2string(array, precision=6, separator=", ", threshold=12, edgeitems=2)
    return " ".join(text.split())


_ORDER = [  # what is said first
    vote_on.DERIVATION_ALONE, vote_on.ONLY_TWO_DIFFER, vote_on.NONE_AGREE, vote_on.TWO_DIFFER,
    vote_on.OF_SHAPES, vote_on.DIFFERENCES_ALONE, vote_on.NOTHING_KNOWN, vote_on.AUTODIFF_ALONE,
    vote_on.DIFFERENCES_ONLY, vote_on.DIFFERENCES_SILENT, vote_on.ALL_AGREE,
]  # fmt: skip

_WHO = {
    vote_on.DERIVATION_ALONE: "the derivation is wrong",
    vote_on.ONLY_TWO_DIFFER: "the derivation is wrong, or {f} is not what was derived",
    vote_on.TWO_DIFFER: "the derivation is not what autodiff gives",
    vote_on.NONE_AGREE: "the derivation, autodiff and finite differences of {f} all differ",
}

_HOW = {  # who says so
    vote_on.DERIVATION_ALONE: "autodiff and finite differences of {f} agree with each other",
    vote_on.ONLY_TWO_DIFFER: "finite differences of {f} say so, and there is no autodiff of it",
    vote_on.TWO_DIFFER: "finite differences of {f} cannot tell there",
    vote_on.DIFFERENCES_ALONE: "look for a detached tensor, a rule of your own, or an assignment "
    "that hides part of {f}",
}

_REASONS = {
    "kink": "{f} has a kink there: the slopes from its two sides differ",
    "jump": "{f} jumps there",
    "no plateau": "they settle at no value as their step becomes smaller",
    "not finite": "{f} is not finite one step aside",
}


@dataclass(frozen=True, repr=False)
class FunctionComparison(Comparison):
    """A comparison in which finite differences have a vote too.

    Attributes
    ----------
    votes : tuple of Vote
        One a row: who agrees with whom.
    function : str
        What the function is called.
    elsewhere : str
        "" or the sentence that the derivation fits another function than the one coded.
    clues : tuple of str
        What else is known: why a voter is missing, or what the derivation shows by itself.
    point : dict of arrays
        Where all was right at the given point, the point beside it that this is the report of;
        else empty.
    repair : str
        The line of the derivation that is wrong, and what belongs there; "" where none is known.
    """

    votes: tuple[Vote, ...] = ()
    function: str = "f"
    elsewhere: str = ""
    clues: tuple[str, ...] = ()
    point: Mapping = field(default_factory=dict, compare=False)
    repair: str = ""

    def confirmed(self, others: list[FunctionComparison]) -> FunctionComparison:
        """The report with those explanations alone that hold at other points too."""
        kept = []
        for finding in self.findings:
            sentences = [finding.sentence, *finding.also]
            held = [s for s in sentences if all(_holds(s, other) for other in others)]
            if held:
                sure = held[0] == finding.sentence
                gives, text = (finding.gives, finding.text) if sure else ("", held[0])
                kept.append(replace(finding, text=text, also=tuple(held[1:]), gives=gives))
        return replace(self, findings=tuple(kept))

    @property
    def summary(self) -> str:
        """One sentence: how the vote on the worst row went, and what the mistake is called."""
        if not self.votes:
            return "nothing was given"
        first = self._first
        alike = [vote.label for vote in self.votes if vote.outcome == first.outcome]
        if self:
            several = len(alike) > 1
            which = f"all {len(alike)}" if len(alike) == len(self.votes) else ", ".join(alike)
            return f"right: {self._right(first, which if several else alike[0], several)}"
        if self.point:
            return f"right at the given point, and wrong beside it: {self._wrong(first)}"
        if self.elsewhere and not self._is_repaired_instead:
            return self.elsewhere
        return self._wrong(first)

    @property
    def evidence(self) -> list[str]:
        """The other votes, further findings, and where differences cannot be relied on."""
        if not self.votes:
            return []
        first, lines = self._first, []
        for vote in self.votes:
            if vote.outcome not in (first.outcome, vote_on.ALL_AGREE):
                right = self[vote.label]
                lines.append(self._right(vote, vote.label, False) if right else self._wrong(vote))
        if self.elsewhere:
            lines.append(self.elsewhere if self._is_repaired_instead else self._wrong(first))
        if not self and first.outcome in _HOW:  # who says that the derivation is wrong
            lines.append(_HOW[first.outcome].format(f=self.function))
        lines += [f"there {name} is {_shown(x)}" for name, x in self.point.items()]
        if self.repair:
            lines.append(f"{self.repair}: with that alone all is right, here and beside")
        lines += self.clues
        for vote in self.votes:
            lines += self._silence(vote)
        lines += super().evidence
        said = self.summary
        return [line for line in dict.fromkeys(lines) if line.removeprefix("and: ") not in said]

    @property
    def _is_repaired_instead(self):
        """Whether one line of each derivative makes of another function's derivation this one's."""
        first, *more = self.repair.split("; ")  # of two, what is missing has a name
        is_one = bool(first) and (not more or (len(more) == 1 and " is missing: " in first))
        return is_one and "fit each other" in self.elsewhere

    @property
    def _first(self):
        return min(self.votes, key=lambda vote: _ORDER.index(vote.outcome))

    def _right(self, vote, which, several):
        agree = "agree" if several else "agrees"
        if vote.outcome == vote_on.ALL_AGREE:
            return f"{which} {agree} with autodiff and with finite differences"
        if vote.outcome == vote_on.DIFFERENCES_ONLY:
            return f"{which} {agree} with finite differences, and there is no autodiff of it"
        if vote.outcome == vote_on.AUTODIFF_ALONE:
            return (
                f"{which} {agree} with finite differences of {self.function}; autodiff alone "
                "differs, so a rule is wrong or part of the function is hidden from it"
            )
        return f"{which} {agree} with autodiff; finite differences say nothing here"

    def _wrong(self, vote):
        f, label, outcome = self.function, vote.label, vote.outcome
        row = self[label]
        if outcome == vote_on.NOTHING_KNOWN and any(" is random" in clue for clue in self.clues):
            return (
                f"{f} is random, so nothing can be told of {label}: make its random numbers of a "
                "generator with a fixed seed inside it"
            )
        if outcome == vote_on.NOTHING_KNOWN:
            return f"nothing can be told of {label}: finite differences of {f} are unreliable"
        if outcome == vote_on.DIFFERENCES_ALONE:
            return (
                f"{f} is coded differently from what was derived: manual and autodiff agree on "
                f"{label}, and finite differences do not"
            )
        found = next((x for x in self.findings if label in x.explains), None)
        named = None if found is None else found.sentence
        if outcome == vote_on.OF_SHAPES:
            return named or worst(row, self.given_is, self.true_is)
        who = _WHO[outcome].format(f=f)
        if self.repair and (
            found is None
            or found.mistake in _VAGUE
            or "derivation" in found.gives
            or UNNAMED in found.sentence
        ):
            named = self.repair.partition("; ")[0]
        if found is not None and named == found.sentence:
            named = parted(f"{who}: {found.text}")[0].removeprefix(f"{who}: ")
        return f"{who}: {named}" if named else f"{who}, in no known pattern: {self._values(row)}"

    def _values(self, row):
        at = f" at {list(row.worst)}" if row.worst else ""
        sides = [(row.given, self.given_is), (row.true, self.true_is), (row.numeric, "numeric")]
        said = [f"{x:.8g} by {who}" for x, who in sides if isinstance(x, (int, float))]
        return f"{row.name}{at} is {', '.join(said)}"

    def _silence(self, vote):
        """Where differences say nothing, and what a derivation does at a kink."""
        for why, found in vote.silent.items():
            where = ", ".join(map(str, found[:3])) + (", ..." if len(found) > 3 else "")
            of = f"{len(found)} of {vote.asked} entries" if found[0] else "the one entry"
            at = f" ({where})" if found[0] else ""
            slope = f"the slope of {self.function}"
            f = slope if vote.label.startswith("d2") else self.function
            reason = _REASONS[why].format(f=f)
            yield f"{vote.label}: finite differences are unreliable at {of}{at}: {reason}"
        if vote.excused.any():
            yield (
                f"{vote.label}: {int(vote.excused.sum())} of them by manual is not autodiff's and "
                "right too: at a kink every slope between those of the two sides is a subgradient"
            )
