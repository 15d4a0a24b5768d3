"""What is written wrong in a formula: one edit of an expression.

An edit knows nothing of the functions: a factor or a term is left out, a sign or an exponent is
another, a transpose is missing, a sum is over the wrong axis, one value stands for another. A
product is taken as factors with exponents, a sum as terms with signs, however they are bracketed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ...symbolic import calls
from ...symbolic.expressions import Expression
from ...symbolic.rule_table import number
from .algebra import call, constant, powers_of, product, raised, slopes_of, transposed
from .wrong_calls import (
    ARRAY,
    INSTEAD,
    LEFT_OUT,
    MASK,
    TRANSPOSE,
    arrays_for,
    merged,
    of_choice,
    of_matrices,
    of_order,
    of_product,
    of_reduction,
    of_sum,
)

DEPTH = 3  # of the operands without a name that are edited in their place
MANY = 24  # named values of one shape: of more, none is tried in the place of another


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


_COMPARED = {
    np.greater: np.less, np.greater_equal: np.less_equal, np.less: np.greater,
    np.less_equal: np.greater_equal, np.equal: np.not_equal, np.not_equal: np.equal,
}  # fmt: skip


class Editor:
    """The edits of the expressions of a derivation.

    Parameters
    ----------
    formulas : Formulas
    whole : bool
        Whether all of a line is edited with it, and not its calls one by one.
    instead_of : callable, optional
        Pairs (formula, array) of what may stand in the place of an array.
    """

    def __init__(self, formulas, whole=False, instead_of=lambda array: ()):
        self.formulas, self._whole, self._instead_of = formulas, whole, instead_of
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
            yield from of_product(x, self._factors(x), self._terms)
        elif func in _SUMS and not self._is_part(x, _SUMS):
            yield from of_sum(merged(self._terms(x)))
        elif func is np.matmul:
            yield from of_matrices(*args)
        elif func in (np.linalg.solve, np.linalg.inv):
            new = call(np.matmul, *args) if func is np.linalg.solve else args[0]
            says = "the inverse of {part} is left out: " + INSTEAD
            yield "no inverse", "other operand", new, args[0], says, 1
        elif func in _COMPARED:
            new = call(_COMPARED[func], *args)
            yield "inverted", MASK, new, None, "the comparison is inverted: " + INSTEAD, 1
        elif func is np.where and len(args) == 3:
            yield from of_choice(x, *args)
        elif func in (np.sum, np.mean):
            yield from of_reduction(x)
        elif func is calls.getitem and type(args[0]) is Expression:
            yield from of_order(x)
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
            for kind, key, other, says, rank in (*arrays_for(arg), *self._named_arrays(arg)):
                new = call(x.func, *x.args[:i], other, *x.args[i + 1 :], **x.kwargs)
                if new is not None and new.shape == x.shape:
                    same = id(arg.value)
                    places = (same, x in self._inner), (same,)
                    yield Edit(kind, key, x, new, new, arg, says, rank, places)

    def _named_arrays(self, x):
        """Other arrays with names."""
        for formula, other in self._instead_of(x.value):
            says = formula.replace("{", "(").replace("}", ")") + " stands where {part} belongs"
            yield f"array {formula}", ARRAY, constant(other), says, 1

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
        says = "the factor {part} is left out wherever it stands"
        ones = constant(np.ones(h.shape))
        yield Edit("ones", LEFT_OUT, h, ones, ones, h, says, 1.8)
        if h.ndim == 2 and h.shape[0] == h.shape[1]:
            new, says = transposed(h), "{part} is transposed wherever it stands"
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
                part, rank = raised(part, abs(power)), 2.2 + 0.3 * (power != 1)
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
