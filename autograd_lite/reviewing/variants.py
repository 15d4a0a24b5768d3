"""The other forms of a statement, in the order in which they are tried."""

from . import additions, completions, exchanges, formulas, layers, slips
from .parallels import parallels

_MAKERS = (
    formulas.alike, slips.assignments, layers.of_cross_entropy, slips.slips, exchanges.others,
    additions.numbers, completions.completed, additions.derivatives, layers.of_softmax,
    layers.of_normalization, additions.factors, additions.terms, completions.solved,
    completions.completions, layers.normalized_in_part, additions.penalties,
    formulas.formulas, formulas.ingredients, additions.paths, formulas.twice,
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
