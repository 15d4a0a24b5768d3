"""The rule of a step back in words, by operation."""

_SAME = "The derivative of a sum with respect to a term is 1: the gradient goes on as it is."
_OTHER = "The derivative of a product with respect to one factor is the other factor."
_MATMUL = (
    "Each element of the product is a sum of products, so the gradient is a product of matrices "
    "too: with the other operand, transposed."
)
_MOVED = "The elements only moved: each gradient goes back to where its element came from."
_LARGEST = "Only the elements that were chosen passed on: the others get 0."

RULES = {
    "add": _SAME,
    "subtract": "The derivative is 1 for what stands before the minus, and -1 for what is after.",
    "negative": "The derivative of -x is -1.",
    "multiply": _OTHER,
    "divide": "d(x / y) = dx / y - x / y² dy.",
    "power": "The derivative of x ** n is n * x ** (n - 1).",
    "square": "The derivative of x² is 2 * x.",
    "matmul": _MATMUL,
    "sum": "Each summand receives the gradient of the sum.",
    "mean": "Each element receives its share of the gradient: divided by how many there are.",
    "sigmoid": "The derivative of the logistic function is h * (1 - h), with h its output.",
    "tanh": "The derivative of tanh is 1 - h², with h its output.",
    "relu": "The gradient passes where the input is positive; elsewhere it is 0.",
    "exp": "The derivative of exp is exp itself.",
    "log": "The derivative of log(x) is 1 / x.",
    "sqrt": "The derivative of the square root is 1 / (2 * sqrt(x)).",
    "softplus": "The derivative of softplus is the logistic function.",
    "softmax": "Each output depends on each input: s * (g - sum(g * s)), with s the output.",
    "log_softmax": "g - softmax(x) * sum(g): each output depends on each input.",
    "logsumexp": "The derivative of logsumexp is softmax.",
    "cross_entropy": "The gradient of the logits is softmax(logits) minus the labels.",
    "getitem": "What was read receives the gradient; what was not read gets 0.",
    **dict.fromkeys(("reshape", "transpose", "swapaxes", "moveaxis", "squeeze"), _MOVED),
    **dict.fromkeys(("expand_dims", "ravel", "matrix_transpose", "flip", "roll"), _MOVED),
    **dict.fromkeys(("concatenate", "stack"), "Each part receives its part of the gradient."),
    **dict.fromkeys(("max", "min", "maximum", "minimum", "where", "clip"), _LARGEST),
    **dict.fromkeys(("broadcast_to",), "What was repeated receives the sum over its copies."),
}


def rule_of(op, repeated):
    """The rule of an operation, and that an argument was repeated."""
    words = RULES.get(op, f"By the rule of {op}.")
    if repeated:
        words += " It was repeated to fit, so the gradients of all its copies are added up."
    return words
