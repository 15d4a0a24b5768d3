"""The other forms of a statement, in the order in which they are tried."""

from .additions import (
    derivatives,
    factors,
    numbers,
    of_cross_entropy,
    of_softmax,
    paths,
    penalties,
    terms,
)  # fmt: skip
from .completions import completed, completions, solved
from .exchanges import others
from .formulas import alike, formulas, ingredients, twice
from .parallels import parallels
from .slips import assignments, slips

_MAKERS = (
    alike, assignments, of_cross_entropy, slips, others, numbers, completed, derivatives,
    of_softmax, factors, terms, solved, completions, penalties, formulas, ingredients, paths,
    twice,
)  # fmt: skip


def variants(draft):
    """The edits of a draft in the order of their ranks; a text comes once."""
    seen = {draft.statement.text}
    in_both = parallels(draft)
    for make in _MAKERS:
        for one in make(draft):
            for edit in (one, *in_both(one)):
                if edit.text not in seen:
                    seen.add(edit.text)
                    yield edit
