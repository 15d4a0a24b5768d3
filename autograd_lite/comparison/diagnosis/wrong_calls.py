"""What is written wrong in one call: a product, a sum, a matrix product, a choice, a reduction.

Each yields (kind, key, new expression, part, says, rank) and sometimes what belongs there: what an
`Edit` is made of. A product is taken as factors with exponents, a sum as terms with signs.
"""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np

from ...symbolic.expressions import Expression
from ...symbolic.rule_table import number
from .algebra import call, constant, joined, product, spread, total, transposed

CHAIN = 4  # matrices of which every order is tried
TERMS = 5  # of a sum of which any are tried together

SIGN, FACTOR, LEFT_OUT, PATH = "sign", "factor", "chain factor missing", "path missing"
RULE, MASK, TRANSPOSE, AXIS = "product rule", "relu mask", "transpose", "bias axis"
ARRAY = "other operand"

INSTEAD = "{new} stands where {old} belongs"


def arrays_for(x):
    """What may stand for an array of two values: (kind, key, expression, says, rank)."""
    a = np.asarray(x.value)
    values = np.unique(a) if a.size > 1 and a.dtype.kind in "bif" else ()
    if len(values) > 2 and a.dtype.kind == "f" and np.isfinite(a).all():
        says = "{part} is taken as its mean in every entry"
        yield "mean", ARRAY, constant(np.full_like(a, a.mean())), says, 2
    if len(values) != 2:
        return
    low, high = values
    for value in (low, high):
        if np.isfinite(value):
            key, says = ARRAY, f"{{part}} is taken as {value:g} in every entry"
            if low == 0 and value == 1:
                key, says = LEFT_OUT, "the factor {part} is left out wherever it stands"
            yield f"all {value}", key, constant(np.full_like(a, value)), says, 1.5
    says = "{part} is taken the other way round"
    rank = 0.9 if a.dtype.kind == "b" else 1.5
    yield "inverted", ARRAY, constant(np.where(a == low, high, low)), says, rank
    if (low, high) == (0, 1) and a.dtype.kind != "b":
        says = "{part} is taken as -1 and 1, where 0 and 1 belong"
        yield "signs", ARRAY, total([(product([(x, 1.0), (2.0, 1.0)]), 1), (1.0, -1)]), says, 1
    if (low, high) == (-1, 1):
        says = "{part} is taken as 0 and 1, where -1 and 1 belong"
        yield "bits", ARRAY, product([(total([(x, 1), (1.0, 1)]), 1.0), (2.0, -1.0)]), says, 1
    if a.ndim == 2:
        yield from _triangles(a, *values)


def _triangles(a, low, high):
    """A causal mask, of ones or of what is added, that begins at another diagonal."""
    m, n = a.shape
    for one, other in ((low, high), (high, low)):
        masks = {k: np.where(np.tri(m, n, k), one, other) for k in range(-m, n)}
        at = next((k for k, mask in masks.items() if np.array_equal(a, mask)), None)
        for k in {0, n - m, at - 1, at + 1} & {*masks} if at is not None else ():
            says = f"the causal mask {{part}} is np.tri(k={k}), where np.tri(k={at}) belongs"
            yield f"diagonal {k}", ARRAY, constant(masks[k]), says, 0.9


# Exponents that stand in the place of another, p, with the ranks of the slips.
_EXPONENTS = (
    (lambda p: -p, 1.5), (lambda p: 2 * p, 1.4), (lambda p: p - 1, 1.4), (lambda p: p + 1, 1.4),
    (lambda p: p / 2, 1.5), (lambda p: p - 0.5, 1.7), (lambda p: p + 0.5, 1.7),
)  # fmt: skip


def of_product(x, factors, terms_of):
    """A factor left out, of another exponent or sign; one that reaches only some of the terms."""
    for i, (part, power) in enumerate(factors):
        if number(part) is not None:
            continue
        rest = [*factors[:i], *factors[i + 1 :]]
        without = f"without {i}", LEFT_OUT if power in (1, 2) else RULE, spread(product(rest), x)
        if power in (1, 2):
            yield *without, part, "the factor {part} is left out", 0.6
        elif power == -1:
            yield *without, part, "the division by {part} is left out", 0.8
        else:
            yield *without, None, INSTEAD, 0.8
        for exponent, rank in _EXPONENTS:
            wrong = exponent(power)
            if wrong not in (0, power):
                new = spread(product([*rest, (part, wrong)]), x)
                yield f"power {i} {wrong - power:g}", RULE, new, part, INSTEAD, rank
        if type(part) is Expression and power == 1:
            yield from _added_after(x, i, terms_of(part), rest)
    yield from _of_coefficient(x, factors)


def _added_after(x, i, terms, rest):
    """(a + b) * c where a * c + b was written."""
    if not 1 < len(terms) <= TERMS or not rest:
        return
    says = "the term {part} is added after the multiplication by {old}, which it lacks"
    for j, (late, sign) in enumerate(terms):
        others = total([*terms[:j], *terms[j + 1 :]])
        new = total([(product([*rest, (others, 1.0)]), 1), (late, sign)])
        yield f"after {i}.{j}", LEFT_OUT, spread(new, x), late, says, 1.6, product(rest)


def _of_coefficient(x, factors):
    """The number in a product with another sign, halved, doubled, left out, or squared."""
    rest = [pair for pair in factors if number(pair[0]) is None]
    c = product([pair for pair in factors if number(pair[0]) is not None])
    c = c if type(c) is float else 1.0
    new = spread(product([(-c, 1.0), *rest]), x)
    yield "number -1", SIGN, new, None, "the sign is wrong: " + INSTEAD, 0.7
    for times in (0.5, 2, 1 / c if c else 1, c):
        if abs(times) != 1:
            new = spread(product([(c * times, 1.0), *rest]), x)
            yield f"number {times:g}", FACTOR, new, None, INSTEAD, 1.3


def of_sum(terms):
    """Terms left out, with the wrong sign, or scaled."""
    if len(terms) > 2 * TERMS:
        return
    like = total(terms)
    for count in range(1, len(terms) if len(terms) <= TERMS else 2):
        be = "term {part} is" if count == 1 else "terms {part} are"
        sayings = (
            (0, "without", PATH, f"the {be} left out", 0.5 + 0.1 * count),
            (-1, "sign", SIGN, "the sign of {part} is wrong: " + INSTEAD, 0.4 + 0.2 * count),
            (2, "twice", FACTOR, "{part} counts twice", 1.2 + 0.1 * count),
            (0.5, "half", FACTOR, "{part} counts half, and must count whole", 1.2 + 0.1 * count),
        )
        for chosen in combinations(range(len(terms)), count):
            part = total([terms[i] for i in chosen])
            for c, kind, key, says, rank in sayings:
                new = [(x, s * (c if i in chosen else 1)) for i, (x, s) in enumerate(terms)]
                new = spread(total([pair for pair in new if pair[1]]), like)
                yield f"{kind} {chosen}", key, new, part, says, rank
    if len(terms) <= TERMS:
        yield from _into_bracket(terms, like)


def merged(terms):
    """Terms with signs, each term once."""
    found: dict = {}
    for x, sign in terms:
        key = x if type(x) is Expression else repr(x)
        found[key] = x, found.get(key, (x, 0))[1] + sign
    return [pair for pair in found.values() if pair[1]]


def _into_bracket(terms, like):
    """(b + t) * a where b * a + t was written: the term t is multiplied by the factor a."""
    for (i, (x, _)), (j, (t, sign)) in permutations(enumerate(terms), 2):
        if type(x) is not Expression or x.kind != "call" or type(t) is not Expression:
            continue
        for k, factor in enumerate(_factors_of_sums(x)):
            for c in (1, -1):
                late = call(np.multiply, t, factor)
                new = spread(total([*terms[:j], (late, c * sign), *terms[j + 1 :]]), like)
                says = "the term {part} stands inside the bracket that is multiplied by {old}"
                yield f"into {i}.{j}.{k}.{c}", FACTOR, new, t, says, 1.6, factor


def _factors_of_sums(x):
    """What the other factor of a product is multiplied by and summed: of A @ B sums of A, B."""
    while x.func in (np.negative, np.sum) or _is_scaled(x):
        x = x.args[-1]
    if x.func is np.multiply:
        yield from (a for a in x.args if type(a) is Expression and a.shape == x.shape)
    if x.func is np.matmul:
        a, b = x.args
        yield call(np.sum, a, axis=-1, keepdims=x.ndim == a.ndim)
        yield call(np.sum, b, axis=-2 if b.ndim > 1 else 0, keepdims=b.ndim > 1)


def _is_scaled(x):
    """Whether an expression is a number times another."""
    is_product = x.func is np.multiply and type(x.args[1]) is Expression
    return is_product and number(x.args[0]) is not None


def of_matrices(a, b):
    """The matrices of a product transposed, in another order, or left out."""
    if type(a) is not Expression or type(b) is not Expression or a.ndim != 2 or b.ndim != 2:
        return
    at, bt = transposed(a), transposed(b)
    says = "a transpose is missing or too much: " + INSTEAD
    for kind, one, two in (("left", at, b), ("right", a, bt), ("both", at, bt)):
        yield kind, TRANSPOSE, call(np.matmul, one, two), None, says, 1
    says = "the order of the product is wrong: " + INSTEAD
    for kind, (one, two) in enumerate(((b, a), (bt, a), (b, at), (bt, at))):
        yield f"order {kind}", "order", call(np.matmul, one, two), None, says, 1.2
    c, many = _chain(a, b)
    if 2 < len(many) <= CHAIN:
        for order in permutations(range(len(many))):
            if list(order) != sorted(order):
                new = product([(c, 1.0), (joined(np.matmul, [many[i] for i in order]), 1.0)])
                yield f"chain {order}", "order", new, None, says, 1.3
    says = "multiplied element by element: " + INSTEAD
    yield "by element", "elementwise for product", call(np.multiply, a, b), None, says, 1.2
    yield "without 0", LEFT_OUT, b, a, "the factor {part} is left out", 1
    yield "without 1", LEFT_OUT, a, b, "the factor {part} is left out", 1


def _chain(*many):
    """(number, matrices): a product of products, with the numbers in it taken out."""
    c, found = 1.0, []
    for x in many:
        while type(x) is Expression and x.func is np.multiply and number(x.args[0]) is not None:
            c, x = c * float(number(x.args[0])), x.args[1]
        if type(x) is Expression and x.func is np.matmul:
            inner, more = _chain(*x.args)
            c, found = c * inner, [*found, *more]
        else:
            found.append(x)
    return c, found


def of_choice(x, condition, a, b):
    exchanged, left_out = "the two branches are exchanged: ", "the condition {part} is left out: "
    yield "branches", MASK, call(np.where, condition, b, a), None, exchanged + INSTEAD, 1
    minus_a, minus_b = (product([(x, 1.0), (-1.0, 1.0)]) for x in (a, b))
    but_for_signs = call(np.where, condition, minus_b, minus_a)
    exchanged = "the two branches are exchanged, but for their signs: " + INSTEAD
    yield "branches, signs", MASK, but_for_signs, None, exchanged, 1.2
    zeros = (call(np.where, condition, a, 0.0), False), (call(np.where, condition, 0.0, b), True)
    for i, (new, when) in enumerate(zeros):
        says = f"it is taken as 0 where {{part}} is {when}: " + INSTEAD
        yield f"zero {i}", MASK, new, condition, says, 1.3
    for one, rank in ((a, 1), (b, 1.5)):
        yield f"branch {rank}", MASK, spread(one, x), condition, left_out + INSTEAD, rank


def of_order(x):
    """A cumulative sum from the other end."""
    inner, says = x.args[0], "the cumsum runs the wrong way: " + INSTEAD
    if inner.func is np.cumsum and _is_reversed(x):
        a, settings = inner.args[0], inner.kwargs
        if a.func is x.func and _is_reversed(a):
            yield "forward", "order", call(np.cumsum, a.args[0], **settings), None, says, 1


def _is_reversed(x):
    """Whether an expression is another one from its end."""
    index = (*x.args, *x.kwargs.values())[1:]
    return bool(index) and index[0] in (slice(None, None, -1), (slice(None, None, -1),))


def of_reduction(x):
    """A mean for a sum, or the sum over another axis."""
    a, settings = x.args[0], x.kwargs
    other = np.mean if x.func is np.sum else np.sum
    names = {np.mean: "a mean", np.sum: "a sum"}
    says = f"{names[other]} stands where {names[x.func]} belongs: " + INSTEAD
    yield "reduction", "bias mean", call(other, *x.args, **settings), None, says, 1
    if len(x.args) > 1 or type(a) is not Expression:
        return
    for axis in (None, *range(a.ndim)):
        new = call(x.func, a, **{**settings, "axis": axis})
        yield f"axis {axis}", AXIS, new, None, "it is summed over the wrong axis: " + INSTEAD, 1
