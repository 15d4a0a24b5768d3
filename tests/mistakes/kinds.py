"""The kinds of mistakes that people make when they derive a gradient by hand.

One entry a kind: what it is, the keys that name it in the table of
`autograd_lite.comparison.diagnosis.mistakes`, and what a sentence that names it cannot do without.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of mistake, and what counts as its name."""

    title: str
    keys: str
    words: str

    def is_named_by(self, finding, sentence):
        """Whether a finding has one of its keys, and the sentence says so in words."""
        return finding.mistake in self.keys.split(", ") and self.is_told_by(sentence)

    def is_told_by(self, sentence):
        return re.search(self.words, sentence, re.IGNORECASE) is not None


# fmt: off
KINDS = {
    0:  Kind("no mistake of its own: only zeros", "all zero", r"zero"),
    1:  Kind("factor 2 missing or too much", "factor", r"\b2\b|twice|half|1/2| times "),
    2:  Kind("sign", "sign", r"sign|minus|negative"),
    3:  Kind("1/N missing, twice, or N for NK", "mean missing, mean twice",
             r"1/|mean|batch|divi(ded|sion)|= \d+ times"),
    4:  Kind("bias: not summed over the batch", "bias not summed", r"sum"),
    5:  Kind("bias: mean for sum", "bias mean", r"mean|1/"),
    6:  Kind("bias: summed over all axes", "bias summed over all", r"all|whole|every"),
    7:  Kind("bias: wrong axis", "bias axis", r"axis|columns|rows"),
    8:  Kind("keepdims", "kept axis", r"shape|axis"),
    9:  Kind("transpose", "transpose", r"transpose|\.T\b"),
    10: Kind("order of a matrix product", "order", r"order|swap"),
    11: Kind("element-wise for matrix product", "elementwise for product", r"element"),
    12: Kind("derivative at the activation", "derivative at output",
             r"output|twice|of h|at h|activation"),
    13: Kind("z(1-z) on the pre-activation", "output formula on input",
             r"input|pre-activation|formula of the output"),
    14: Kind("activation's derivative left out", "derivative missing",
             r"derivative|missing|left out"),
    15: Kind("... multiplied in although it cancels", "derivative twice",
             r"derivative|twice|cancel"),
    16: Kind("tanh' of another form", "activation formula", r"tanh|derivative|taken as"),
    17: Kind("relu mask", "relu mask", r"relu|mask|positive"),
    18: Kind("softmax: only the diagonal", "softmax diagonal",
             r"softmax.*diagonal|diagonal.*softmax"),
    19: Kind("softmax Jacobian on top of p - y", "softmax on top", r"softmax"),
    20: Kind("label: -1 forgotten, shifted", "label", r"label"),
    21: Kind("softmax twice in the forward pass", "softmax twice", r"softmax"),
    22: Kind("gradient of the wrong variable", "wrong variable",
             r"variable|with respect to|dLoss/d|gradient of"),
    23: Kind("regulariser's gradient forgotten", "regulariser missing", r"regulari[sz]er|penalty"),
    24: Kind("regulariser's scale", "regulariser scale", r"regulari[sz]er|penalty"),
    25: Kind("regulariser's gradient a scalar", "regulariser scalar", r"regulari[sz]er|penalty"),
    26: Kind("regulariser of another form", "regulariser form", r"regulari[sz]er|penalty"),
    27: Kind("regulariser on biases, or on one layer", "regulariser on bias, regulariser missing",
             r"regulari[sz]er|penalty"),
    28: Kind("= for +=, value used twice", "overwritten", r"use|\+=|overwr"),
    29: Kind("= for +=, loop over the batch", "one sample", r"sample|row"),
    30: Kind("a path missing", "path missing", r"path|constant|missing|through"),
    31: Kind("product or quotient rule", "product rule", r"product|quotient|factor|/|\*"),
    32: Kind("x^T A x, A not symmetric", "quadratic form", r"quadratic|symmetric|use"),
    33: Kind("stale weight", "stale weight", r"updated|stale|step"),
    34: Kind("a chain factor missing", "chain factor missing", r"factor|missing|derivative"),
    35: Kind("a value for its gradient", "value for gradient", r"value"),
    36: Kind("coded is not what was derived", "other function",
             r"coded|derived as|(other|another) (loss|function)"),
    37: Kind("a typo in one entry or index", "typo", r"entr|row|column|\["),
    38: Kind("no gradient error at all", "", r"right|agree"),
}
# fmt: on
