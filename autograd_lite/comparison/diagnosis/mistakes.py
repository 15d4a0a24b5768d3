"""The table of mistakes: what people get wrong when they derive a gradient by hand.

One entry a mistake: its key, which findings carry, and what to say about it in general. What
recognises a mistake stands beside others of its kind, under the same key: facts about the
numbers in `array_patterns`, wrong local rules in `wrong_steps.wrong_rules`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .sentences import parted


@dataclass(frozen=True)
class Mistake:
    """What a mistake is called, and what to do about it."""

    key: str
    advice: str


# fmt: off
MISTAKES = {mistake.key: mistake for mistake in (
    # before any pattern
    Mistake("not finite",
        "a nan or an infinity was made on the way: look for a division by 0, log(0), or an "
        "overflow of exp"),
    Mistake("all zero",
        "an array of zeros was never filled, or a mask or a constant stopped everything"),
    Mistake("shape",
        "a gradient has the shape of what it belongs to; nothing is broadcast"),
    # a constant factor
    Mistake("factor",
        "the 2 of a square, or the 1/2 before it, is missing or too much"),
    Mistake("constant",
        "a constant of the loss stays in every line of the chain below its place: once, not twice"),
    Mistake("sign",
        "a minus is missing or too much: d(y - h) / dh = -1"),
    Mistake("mean missing",
        "the loss is a mean: its gradient is divided by the same number"),
    Mistake("mean twice",
        "the loss is divided once, so the gradient is: not in the loss and in the layer too"),
    # biases
    Mistake("bias not summed",
        "the bias was added to every row: its gradient is the sum over them"),
    Mistake("bias mean",
        "the gradient of a bias is a sum over the rows: the 1/N is in the loss already"),
    Mistake("bias summed over all",
        "sum over the rows only: axis=0"),
    Mistake("bias axis",
        "sum over the rows, axis=0, not over the columns"),
    Mistake("kept axis",
        "the numbers are right: reshape them, or leave keepdims=True out"),
    # products of matrices
    Mistake("transpose",
        "the shape of the result says which operand is transposed: dW = x.T @ g, dx = g @ W.T"),
    Mistake("order",
        "products of matrices do not commute: dW = x.T @ g, dx = g @ W.T"),
    Mistake("elementwise for product",
        "@ for products of matrices, * for element-wise steps"),
    # activations
    Mistake("derivative at output",
        "sigmoid'(z) is h * (1 - h): sigmoid is not applied to h again"),
    Mistake("output formula on input",
        "h * (1 - h) is of the output h = sigmoid(z): it is not z * (1 - z)"),
    Mistake("derivative missing",
        "the error that goes through an activation is multiplied by its derivative"),
    Mistake("derivative twice",
        "cross-entropy cancels the derivative of the last activation: the error is p - y"),
    Mistake("activation formula",
        "tanh'(z) = 1 - tanh(z)^2, sigmoid'(z) = sigmoid(z) * (1 - sigmoid(z))"),
    Mistake("relu mask",
        "the gradient of relu goes through where its input is positive"),
    # softmax and cross-entropy
    Mistake("softmax diagonal",
        "every output of softmax depends on every input: s * (g - sum(g * s))"),
    Mistake("softmax on top",
        "p - y is the gradient of the logits already: softmax's Jacobian is in it"),
    Mistake("label",
        "the gradient of the logits is p, with 1 subtracted at the label"),
    Mistake("softmax twice",
        "a cross-entropy of logits applies softmax itself: give it the logits"),
    Mistake("wrong variable",
        "look at what is in the denominator: dLoss/dz, not dLoss/dh"),
    # the regulariser
    Mistake("regulariser missing",
        "the penalty is a part of the loss: add its gradient"),
    Mistake("regulariser scale",
        "the gradient of k/2 * sum(W^2) is k * W"),
    Mistake("regulariser scalar",
        "the gradient of a penalty has an entry for each weight: k * W, not a sum"),
    Mistake("regulariser form",
        "the gradient of sum(W^2) is 2 W, of sum(|W|) sign(W), of norm(W) W / norm(W)"),
    Mistake("regulariser on bias",
        "the penalty of this loss does not contain the biases"),
    # sums over uses
    Mistake("overwritten",
        "a value that is used twice has the sum of two gradients: += in place of ="),
    Mistake("one sample",
        "the gradient is a sum over the batch: += in place of = in the loop"),
    Mistake("convolution",
        "each window gets the kernel as it stands, times the gradient at its position"),
    Mistake("piece",
        "each piece of an array has a gradient of its own, and that has a place of its own"),
    Mistake("path missing",
        "what is computed from x is no constant: mean, variance and weights pass a gradient on"),
    # local derivatives
    Mistake("product rule",
        "d(x y) = y dx + x dy, d(x / y) = dx / y - x / y^2 dy"),
    Mistake("quadratic form",
        "the gradient of x^T A x is (A + A^T) x: 2 A x for a symmetric A only"),
    Mistake("stale weight",
        "compute all gradients first, and update the weights then"),
    Mistake("chain factor missing",
        "follow the chain from the loss: each step multiplies by its own derivative"),
    Mistake("value for gradient",
        "follow the names: the value h and its gradient dh are two arrays"),
    Mistake("other operand",
        "of a product x @ y the gradient of y is x.T @ g: x as it came into the product"),
    Mistake("other function",
        "the function that was derived is not the one that was coded: compare their values"),
    Mistake("not used",
        "use the parameter in the forward pass, or leave its gradient out"),
    # single entries
    Mistake("clipped",
        "leave np.clip or np.maximum out of the gradient, or have it in the function too"),
    Mistake("ties",
        "the derivative of a maximum is shared among equal entries, or goes to one of them"),
    Mistake("typo",
        "look at these entries: an index, a sign, or a misprint"),
)}
# fmt: on


@dataclass(frozen=True)
class Finding:
    """One mistake that explains why rows are wrong.

    Attributes
    ----------
    mistake : str
        Its key in the table of mistakes, `mistakes.MISTAKES`.
    text : str
        What was done, in one sentence; then, a line each, what belongs there and where it is.
    explains : tuple of str
        The labels of the rows that this mistake makes wrong; none for a warning about the graph.
    where : tuple of Node
        The nodes of the graph at which it was made, as far as that is known.
    also : tuple of str
        Other sentences that fit the same numbers equally well.
    gives : str
        What was found when the mistake was made on purpose, "" where it was not.
    """

    mistake: str
    text: str
    explains: tuple[str, ...] = ()
    where: tuple = ()
    also: tuple[str, ...] = ()
    gives: str = ""

    @property
    def sentence(self) -> str:
        """What was done: "dW1 is 50 times the gradient: the 1/50 of a mean was not applied"."""
        return parted(self.text)[0]

    @property
    def details(self) -> tuple[str, ...]:
        """What else is known of it: what belongs there, what a number is, where to look."""
        return parted(self.text)[1]

    @property
    def advice(self) -> str:
        """What to do about a mistake of this kind, from the table of mistakes."""
        return MISTAKES[self.mistake].advice

    def __str__(self):
        return self.sentence


@dataclass(eq=False)
class Candidate:
    """A mistake that explains some rows.

    ``text`` is that of a finding. ``steps`` are what it changes in the pass; None where it concerns
    these rows alone.
    """

    key: str
    text: str
    explains: list
    steps: dict | None = None
    where: tuple = ()
    rank: int = 2
    more: list = field(default_factory=list)  # findings that belong to it
    also: tuple = ()
    gives: str = ""  # what the pass with the mistake comes to
