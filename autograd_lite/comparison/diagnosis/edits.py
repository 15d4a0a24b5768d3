"""What is written wrong in a formula: one edit of an expression.

An edit knows nothing of the functions: a factor or a term is left out, a sign or an exponent is
another, a transpose is missing, a sum is over the wrong axis, one value stands for another. A
product is taken as factors with exponents, a sum as terms with signs, however they are bracketed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, permutations

import numpy as np

from ...symbolic.expressions import Expression
from ...symbolic.graph import evaluated
from ...symbolic.simplification import number

DEPTH = 3  # of the operands without a name that are edited in their place
CHAIN = 4  # matrices of which every order is tried
MANY = 24  # named values of one shape: of more, none is tried in the place of another
TERMS = 5  # of a sum of which any are tried together

SIGN, FACTOR, LEFT_OUT, PATH = "sign", "factor", "chain factor missing", "path missing"
RULE, MASK, TRANSPOSE, AXIS = "product rule", "relu mask", "transpose", "bias axis"
ARRAY = "other operand"


@dataclass(frozen=True)
class Edit:
    """One edit of an expression.

    Attributes
    ----------
    kind : str
        What makes the edits of several expressions the same.
    key : str
        The mistake, by its key in the table.
    old, new : Expression
        What belongs there, and what stands there: the least that differs.
    whole : Expression
        What stands in the place of the expression that was edited.
    part : Expression or None
        What the sentence is about.
    says : str
        The sentence, with {part}, {old} and {new}.
    rank : float
        Of several that fit the least is said first.
    places : tuple
        Of what is edited in several places at once, by what these are found.
    """

    kind: str
    key: str
    old: Expression
    new: Expression
    whole: Expression
    part: object
    says: str
    rank: float
    places: tuple = ()


INSTEAD = "{new} stands where {old} belongs"
_COMPARED = {
    np.greater: np.less, np.greater_equal: np.less_equal, np.less: np.greater,
    np.less_equal: np.greater_equal, np.equal: np.not_equal, np.not_equal: np.equal,
}  # fmt: skip


def call(func, *args, **kwargs):
    """A call as an expression; None where it cannot be computed."""
    if any(arg is None for arg in args):
        return None
    try:
        with np.errstate(all="ignore"):
            value = evaluated(func, args, kwargs)
    except (ValueError, TypeError, IndexError, np.linalg.LinAlgError):
        return None
    return Expression("call", value, func, args, kwargs)


class Editor:
    """The edits of the expressions of a derivation.

    Parameters
    ----------
    formulas : Formulas
    whole : bool
        Whether all of a line is edited with it, and not its calls one by one.
    """

    def __init__(self, formulas, whole=False):
        self.formulas, self._whole = formulas, whole
        self._inner = set(formulas.backward)
        self._pool: dict = {}
        for x in formulas.symbols:
            if x.shape and x.dtype is not None and x.dtype.kind == "f":
                self._pool.setdefault(x.shape, []).append(x)

    def edits(self, x, depth=DEPTH) -> Iterator[Edit]:
        """The edits of an expression and of those of its operands that stand in no other line."""
        for kind, key, new, part, says, rank, *old in self._of_call(x):
            if part is None and "{part}" in says:
                continue  # it is no formula
            if type(new) is Expression and new.shape == x.shape:
                yield Edit(kind, key, old[0] if old else x, new, new, part, says, rank)
        yield from self._of_constants(x)
        if depth == DEPTH and x in self.formulas.lines:
            yield from self._with_factor(x)
        for i, arg in enumerate(x.args if depth else ()):
            for j, part in enumerate(arg) if type(arg) in (tuple, list) else ((None, arg),):
                if not self._is_edited_here(part):
                    continue
                for edit in self.edits(part, depth - 1):
                    new = edit.whole if j is None else (*arg[:j], edit.whole, *arg[j + 1 :])
                    whole = call(x.func, *x.args[:i], new, *x.args[i + 1 :], **x.kwargs)
                    if whole is not None and whole.shape == x.shape:
                        kind = edit.kind if edit.places else f"{i}.{edit.kind}"
                        yield replace(edit, kind=kind, whole=whole)

    def _is_edited_here(self, x):
        """Whether an operand is edited as a part of what uses it: it has no line of its own."""
        if type(x) is not Expression or x.kind != "call" or x in self.formulas.symbols:
            return False
        return self._whole or x not in self._inner

    def _of_call(self, x):
        func, args = x.func, x.args
        if func in _PRODUCTS and not self._is_part(x, _PRODUCTS):
            yield from _of_product(x, self._factors(x), self._terms)
        elif func in _SUMS and not self._is_part(x, _SUMS):
            yield from _of_sum(_merged(self._terms(x)))
        elif func is np.matmul:
            yield from _of_matrices(*args)
        elif func is np.linalg.solve:
            says = "the inverse of {part} is left out: " + INSTEAD
            yield "no inverse", "other operand", call(np.matmul, *args), args[0], says, 1
        elif func is np.linalg.inv:
            says = "the inverse is left out: " + INSTEAD
            yield "no inverse", "other operand", args[0], None, says, 1
        elif func in _COMPARED:
            new = call(_COMPARED[func], *args)
            yield "inverted", MASK, new, None, "the comparison is inverted: " + INSTEAD, 1
        elif func is np.where and len(args) == 3:
            yield from _of_choice(x, *args)
        elif func in (np.sum, np.mean):
            yield from _of_reduction(x)
        elif func in (np.transpose, np.swapaxes) and args[0].ndim == 2:
            yield "transpose", TRANSPOSE, args[0], None, "the transpose is missing: " + INSTEAD, 1
        elif isinstance(func, np.ufunc) and func.nin == 1 and type(args[0]) is Expression:
            yield from self._masked(x)
            says = f"{func.__name__} is left out: {INSTEAD}"
            yield "function", "activation formula", args[0], None, says, 1
        if isinstance(func, np.ufunc):
            yield from self._substituted(x)

    def _of_constants(self, x):
        """Another array in the place of a constant one, here or wherever that stands."""
        for i, arg in enumerate(x.args):
            if type(arg) is not Expression or arg.kind == "call" or not arg.shape:
                continue
            for kind, key, other, says, rank in arrays_for(arg):
                new = call(x.func, *x.args[:i], other, *x.args[i + 1 :], **x.kwargs)
                if new is not None and new.shape == x.shape:
                    places = (id(arg), x in self._inner), (id(arg),)
                    yield Edit(kind, key, x, new, new, arg, says, rank, places)

    def _substituted(self, x):
        """Another value of the same shape in the place of an operand."""
        lines = self.formulas.lines
        for i, arg in enumerate(x.args):
            pool = self._pool.get(arg.shape, ()) if type(arg) is Expression else ()
            for other in pool if len(pool) <= MANY else ():
                if other is arg or not self._is_before(other, x):
                    continue
                new = call(x.func, *x.args[:i], other, *x.args[i + 1 :], **x.kwargs)
                rank = 2.5 + ((other in lines) != (arg in lines))
                yield f"operand {i}", "value for gradient", new, arg, INSTEAD, rank

    def everywhere(self, h) -> Iterator[Edit]:
        """Another value in the place of a named one, wherever the gradients have it."""
        says = "{part} is left out wherever it stands"
        ones = _constant(np.ones(h.shape))
        yield Edit("ones", LEFT_OUT, h, ones, ones, h, says, 1.8)
        if h.ndim == 2 and h.shape[0] == h.shape[1]:
            new, says = _transposed(h), "{part} is transposed wherever it stands"
            yield Edit("transpose", TRANSPOSE, h, new, new, h, says, 1.8)
        for other in self._pool.get(h.shape, ()):
            if other is not h and other not in self._inner:
                says = "{new} stands wherever {part} belongs"
                yield Edit("operand", ARRAY, h, other, other, h, says, 2)

    def _masked(self, x):
        """A causal mask in a softmax that has none."""
        users = self.formulas.users.get(x, ())
        if x.func is np.exp and x.ndim > 1 and any(user.func is np.sum for user in users):
            m, n = x.shape[-2:]
            says = "a causal mask is applied to {old}, where none belongs"
            for k in {0, n - m} if min(m, n) > 1 else ():
                new = call(np.multiply, x, Expression("constant", np.tri(m, n, k)))
                yield f"causal {k}", MASK, new, None, says, 1.5

    def _with_factor(self, x):
        """A gradient times a value of its shape, or what is a derivative if that is an output."""
        for h in self._pool.get(x.shape, ()):
            if h in self.formulas.lines or h is x:
                continue
            for part, power in (*powers_of(h), *((slope, 1.0) for slope in slopes_of(h))):
                new = product([(x, 1.0), (part, power)])
                if type(new) is not Expression or new.shape != x.shape:
                    continue
                how = "multiplied" if power > 0 else "divided"
                says = f"it is {how} by {{part}} where that does not belong"
                kind = f"with {self.formulas.write(h)} {power}"
                part, rank = _raised(part, abs(power)), 2.2 + 0.3 * (power != 1)
                yield Edit(kind, "derivative twice", x, new, new, part, says, rank)

    def _is_before(self, h, x):
        """Whether a value is there where another is computed: an input, or an earlier step."""
        place = self.formulas.place
        return place.get(h, -1) < place.get(x, len(place))

    # --- products and sums as a whole -------------------------------------------------------

    def _is_part(self, x, functions):
        """Whether an expression without a name is an operand of the same kind."""
        if x in self.formulas.symbols:
            return False
        users = self.formulas.users.get(x, ())
        return bool(users) and all(user.func in functions for user in users)

    def _factors(self, x):
        """Pairs (expression or number, exponent) of a product, each factor once."""
        powers: dict = {}
        for part, power in self._all_factors(x):
            key = part if type(part) is Expression else repr(part)
            _, before = powers.get(key, (part, 0.0))
            powers[key] = part, before + power
        return list(powers.values())

    def _all_factors(self, x, power=1.0, top=True):
        if type(x) is not Expression or (not top and x in self.formulas.symbols):
            return [(x, power)]
        below = lambda y, p: self._all_factors(y, p, False)  # noqa: E731
        if x.func is np.multiply:
            return below(x.args[0], power) + below(x.args[1], power)
        if x.func is np.divide:
            return below(x.args[0], power) + below(x.args[1], -power)
        if x.func is np.negative:
            return [(-1.0, 1.0), *below(x.args[0], power)]
        if x.func is np.square:
            return below(x.args[0], 2 * power)
        if x.func is np.sqrt:
            return below(x.args[0], power / 2)
        if x.func is np.power and (n := number(x.args[1])) is not None:
            return below(x.args[0], power * float(n))
        return [(x, power)]

    def _terms(self, x, sign=1, top=True):
        """Pairs (expression or number, sign) of a sum."""
        if type(x) is not Expression or (not top and x in self.formulas.symbols):
            return [(x, sign)]
        if x.func is np.add:
            return self._terms(x.args[0], sign, False) + self._terms(x.args[1], sign, False)
        if x.func is np.subtract:
            return self._terms(x.args[0], sign, False) + self._terms(x.args[1], -sign, False)
        if x.func is np.negative:
            return self._terms(x.args[0], -sign, False)
        return [(x, sign)]


_PRODUCTS = (np.multiply, np.divide, np.negative, np.square, np.sqrt, np.power)
_SUMS = (np.add, np.subtract)


def product(factors):
    """The expression of a product of factors with exponents."""
    if any(x is None for x, _ in factors):
        return None
    above, below, c = [], [], 1.0
    for x, p in factors:
        if (n := number(x)) is not None and np.isrealobj(n):
            c *= float(n) ** p if n > 0 or p == int(p) else np.nan
        elif p:
            (above if p > 0 else below).append(_raised(x, abs(p)))
    result = _joined(np.multiply, above)
    if result is None:
        result, c = c, 1.0
    elif c == -1:
        result, c = call(np.negative, result), 1.0
    result = result if c == 1 else call(np.multiply, c, result)
    for x in below:
        result = call(np.divide, result, x)
    return result


def _raised(x, p):
    if p == 1:
        return x
    if p == 0.5:
        return call(np.sqrt, x)
    return call(np.power, x, int(p) if p == int(p) else p)


def _joined(func, many):
    result = many[0] if many else None
    for x in many[1:]:
        result = call(func, result, x)
    return result


def total(terms):
    """The expression of a sum of terms with signs; the positive ones first."""
    ordered = sorted(terms, key=lambda pair: pair[1] < 0)
    result = None
    for x, sign in ordered:
        if result is None:
            result = x if sign == 1 else product([(x, 1.0), (float(sign), 1.0)])
        elif abs(sign) == 1:
            result = call(np.add if sign > 0 else np.subtract, result, x)
        else:
            scaled = product([(x, 1.0), (float(abs(sign)), 1.0)])
            result = call(np.add if sign > 0 else np.subtract, result, scaled)
    return result


def arrays_for(x):
    """What may stand for an array of two values: (kind, key, expression, says, rank)."""
    a = np.asarray(x.value)
    values = np.unique(a) if a.size > 1 and a.dtype.kind in "bif" else ()
    if len(values) > 2 and a.dtype.kind == "f" and np.isfinite(a).all():
        says = "{part} is taken as its mean in every entry"
        yield "mean", ARRAY, _constant(np.full_like(a, a.mean())), says, 2
    if len(values) != 2:
        return
    low, high = values
    for value in (low, high):
        if np.isfinite(value):
            says = f"{{part}} is taken as {value} in every entry"
            yield f"all {value}", ARRAY, _constant(np.full_like(a, value)), says, 1.5
    says = "{part} is taken the other way round"
    yield "inverted", ARRAY, _constant(np.where(a == low, high, low)), says, 1.5
    if (low, high) == (0, 1) and a.dtype.kind != "b":
        says = "{part} is taken as -1 and 1, where 0 and 1 belong"
        yield "signs", ARRAY, total([(product([(x, 1.0), (2.0, 1.0)]), 1), (1.0, -1)]), says, 1
    if (low, high) == (-1, 1):
        says = "{part} is taken as 0 and 1, where -1 and 1 belong"
        yield "bits", ARRAY, product([(total([(x, 1), (1.0, 1)]), 1.0), (2.0, -1.0)]), says, 1
    if a.ndim == 2:
        yield from _triangles(a, *values)


def _constant(array):
    return Expression("constant", array)


def _triangles(a, low, high):
    """A causal mask, of ones or of what is added, that begins at another diagonal."""
    m, n = a.shape
    for one, other in ((low, high), (high, low)):
        masks = {k: np.where(np.tri(m, n, k), one, other) for k in range(-m, n)}
        at = next((k for k, mask in masks.items() if np.array_equal(a, mask)), None)
        for k in {0, n - m, at - 1, at + 1} & {*masks} if at is not None else ():
            says = f"the causal mask {{part}} is np.tri(k={k}), where np.tri(k={at}) belongs"
            yield f"diagonal {k}", ARRAY, _constant(masks[k]), says, 0.9


def powers_of(h):
    """Pairs (h, exponent) that may stand in a product by mistake."""
    return [(h, power) for power in (1.0, -1.0, 0.5, -0.5, 2.0, -2.0)]


def slopes_of(h):
    """What would be a derivative if h were an activation's output: 1 - h, h (1 - h), 1 - h^2."""
    rest = total([(1.0, 1), (h, -1)])
    square = product([(h, 2.0)])
    return rest, product([(h, 1.0), (rest, 1.0)]), total([(1.0, 1), (square, -1)])


def _spread(x, like):
    """An expression, or a number, in the shape of another; None of None."""
    if x is None or (type(x) is Expression and x.shape == like.shape):
        return x
    if type(x) is Expression or like.shape:
        return call(np.broadcast_to, x, like.shape)
    return call(np.positive, np.asarray(x))


# Exponents that stand in the place of another, p, with the ranks of the slips.
_EXPONENTS = (
    (lambda p: -p, 1.5), (lambda p: 2 * p, 1.4), (lambda p: p - 1, 1.4), (lambda p: p + 1, 1.4),
    (lambda p: p / 2, 1.5), (lambda p: p - 0.5, 1.7), (lambda p: p + 0.5, 1.7),
)  # fmt: skip


def _of_product(x, factors, terms_of):
    """A factor left out, of another exponent or sign; one that reaches only some of the terms."""
    for i, (part, power) in enumerate(factors):
        if number(part) is not None:
            continue
        rest = [*factors[:i], *factors[i + 1 :]]
        without = f"without {i}", LEFT_OUT if power in (1, 2) else RULE, _spread(product(rest), x)
        if power in (1, 2):
            yield *without, part, "the factor {part} is left out", 0.6
        elif power == -1:
            yield *without, part, "the division by {part} is left out", 0.8
        else:
            yield *without, None, INSTEAD, 0.8
        for exponent, rank in _EXPONENTS:
            wrong = exponent(power)
            if wrong not in (0, power):
                new = _spread(product([*rest, (part, wrong)]), x)
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
        yield f"after {i}.{j}", LEFT_OUT, _spread(new, x), late, says, 1.6, product(rest)


def _of_coefficient(x, factors):
    """The number in a product with another sign, halved, doubled, left out, or squared."""
    rest = [pair for pair in factors if number(pair[0]) is None]
    c = product([pair for pair in factors if number(pair[0]) is not None])
    c = c if type(c) is float else 1.0
    new = _spread(product([(-c, 1.0), *rest]), x)
    yield "number -1", SIGN, new, None, "the sign is wrong: " + INSTEAD, 0.7
    for times in (0.5, 2, 1 / c if c else 1, c):
        if abs(times) != 1:
            new = _spread(product([(c * times, 1.0), *rest]), x)
            yield f"number {times:g}", FACTOR, new, None, INSTEAD, 1.3


def _of_sum(terms):
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
                new = _spread(total([pair for pair in new if pair[1]]), like)
                yield f"{kind} {chosen}", key, new, part, says, rank
    if len(terms) <= TERMS:
        yield from _into_bracket(terms, like)


def _merged(terms):
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
                new = _spread(total([*terms[:j], (late, c * sign), *terms[j + 1 :]]), like)
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


def _of_matrices(a, b):
    """The matrices of a product transposed, in another order, or left out."""
    if type(a) is not Expression or type(b) is not Expression or a.ndim != 2 or b.ndim != 2:
        return
    at, bt = _transposed(a), _transposed(b)
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
                new = product([(c, 1.0), (_joined(np.matmul, [many[i] for i in order]), 1.0)])
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


def _transposed(x):
    return x.args[0] if x.func is np.transpose else call(np.transpose, x)


def _of_choice(x, condition, a, b):
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
        yield f"branch {rank}", MASK, _spread(one, x), condition, left_out + INSTEAD, rank


def _of_reduction(x):
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
