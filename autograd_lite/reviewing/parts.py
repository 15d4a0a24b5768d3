"""Pairs of a forward and a backward function inside a program, each as a program of its own."""

import ast
import copy
import re

import numpy as np

from ..engine.tape import history
from .calls import Call, noted
from .examination import EFFORT, Examination
from .flow import nodes_in
from .forms import Whole, stored
from .inputs import is_floats
from .pairs import bare, last_word
from .runs import quietly
from .truths import node_of

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_FORWARD = {"forward", "fwd", "fprop", "call", "feedforward", "value", "apply"}
_BACKWARD = {
    "backward", "back", "bwd", "backprop", "bprop", "adjoint", "adj", "vjp", "pullback", "grad",
    "gradient", "grads", "gradients", "derivative", "deriv", "prime", "reverse", "bar",
    "backpropagate", "slope", "b", "d", "g",
}  # fmt: skip
_D = re.compile(r"^d(?=[a-z]{3})")  # dsigmoid
POINTS = 3  # calls of a function that are looked at
SHARE = 1 / 2  # of the effort, for one of them


def parts(examination):
    """Lists of `Examination`: what each pair did at some of its calls, the smallest pair first.

    That of a pair is a program whose loss is the sum of what the forward function gave times
    what the backward one got as the gradients of it.
    """
    program = examination.program
    found = []
    pairs = _pairs(program)
    if not pairs:
        return found
    calls: list = []
    try:
        with (
            examination.inputs.copied() as (f, args, kwargs),
            noted({code for pair in pairs for code in pair}, calls),
        ):
            f(*args, **kwargs)
    except Exception:
        return found
    for forward, backward in pairs:
        made = [_examined(examination, calls, c, forward) for c in _some(calls, backward)]
        if made and None not in made:
            found.append(made)
    return sorted(found, key=lambda made: len(made[0].run.events))


def _pairs(program):
    """Pairs (code of a forward function, code of the backward one) by their names.

    So are a function and one that is made in it.
    """
    named: dict = {}
    codes = [code for code in program.functions if not code.co_freevars]
    inner = [code for code in program.functions if code.co_freevars and "comp>" not in code.co_name]
    for code in codes:
        stem, backward = _stem(code)
        if not backward:
            named.setdefault(stem, code)
    found = [(code, other) for code in codes for other in inner if other in code.co_consts]
    for code in codes:
        stem, backward = _stem(code)
        if backward and stem in named:
            found.append((named[stem], code))
    return found


def _stem(code):
    """(what a function is called without what says its direction, whether that is backward)."""
    *around, name = code.co_qualname.split(".")
    words = [word.lower() for word in _WORDS.findall(_D.sub("d_", name))]
    rest = tuple(word for word in words if word not in _FORWARD | _BACKWARD)
    return (code.co_filename, *around, *rest), not _BACKWARD.isdisjoint(words)


def derivatives_alone(program):
    """{code: what it is called the derivative of}, tanh of tanh_prime, of those without a pair."""
    paired = {backward for _, backward in _pairs(program)}
    stems = {code: _stem(code) for code in program.functions if code not in paired}
    return {code: names[-1] for code, (names, backward) in stems.items() if backward}


def _some(calls, backward):
    """Some calls of a function, from the first to the last."""
    mine = [call for call in calls if call.code is backward]
    chosen = {round(i * (len(mine) - 1) / (POINTS - 1)) for i in range(POINTS)} if mine else ()
    return [mine[i] for i in sorted(chosen)]


def _examined(examination, calls, backward, code):
    """The examination of one call of a backward function; None where no call is the other's."""
    before = calls[: calls.index(backward)]
    forwards = [call for call in before if call.code is code and _agrees(call, backward)][::-1]
    best = max(forwards, key=lambda call: _shared(call, backward), default=None)
    if best is None:
        best = _as_called_back(examination.program, code, backward)
    if best is None or not _shared(best, backward) or not best.results:
        return None
    if any(_differs(best, name, value) for name, value in backward.settings.items()):
        return None
    where = [_where(best, backward, i) for i in range(len(backward.given))]
    free = {i: backward.copies[i] for i, at in enumerate(where) if at is None}
    seeds = _seeds(best.results, {i: v for i, v in free.items() if _is_number(v)})
    if seeds is None or any(_is_input(examination, v) for v in free.values()):
        return None
    part = Part(examination.program, best, backward, where, seeds)
    try:
        found = _OfPart(part, tuple(best.copies), {}, effort=EFFORT * SHARE)
    except Exception:
        return None
    found.code = backward.code
    return found if found.pairs and len(found.pairs) == len(found.run.gradients) else None


def _agrees(forward, backward):
    """Whether what both calls got under one name is the same, where that is an array."""
    given = dict(zip(forward.names, forward.copies, strict=True))
    pairs = [(given.get(n), v) for n, v in zip(backward.names, backward.copies, strict=True)]
    return all(_is_equal(one, v) for one, v in pairs if is_floats(one) and is_floats(v))


def _as_called_back(program, code, backward):
    """The call of a forward function with what the backward one got, where that has it all."""
    names = list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    own = dict(zip(backward.names, zip(backward.given, backward.copies, strict=True), strict=True))
    if not names or not own.keys() >= set(names) or code.co_kwonlyargcount or "self" in names:
        return None
    given, copies = (list(some) for some in zip(*(own[name] for name in names), strict=True))
    try:
        with quietly():
            result = program.functions[code][0](*copy.deepcopy(copies))
    except Exception:
        return None
    return Call(code, names, given, copies, {}, result)


def _differs(forward, name, value):
    """Whether a forward call got another setting, such as an axis: then no call is of the other."""
    return forward.settings.get(name, value) != value


def _is_input(examination, value):
    """Whether an array is one that was handed in: no gradient."""
    places = examination.inputs.places.values()
    return is_floats(value) and any(_is_equal(value, place) for place in places)


class _OfPart(Examination):
    """Of one call of a function, which returns gradients in the order of the parameters."""

    code = None  # of the backward function

    def lines(self):
        """The lines of the function that the gradients come from: no other call is of them.

        In which order it returns several is for those to say that call it: see `returns`.
        """
        return [key for key in self._mine() if not self._returns_several(key)]

    def returns(self):
        """The lines of the function that return several of the gradients."""
        return [key for key in self._mine() if self._returns_several(key)]

    def _returns_several(self, key):
        return isinstance(getattr(self.statements[key].node, "value", None), ast.Tuple)

    def _mine(self):
        run = self.truth.run
        roots = [node_of(run.gradients.get(path)) for path in self.pairs]
        nodes = {node for root in roots if root is not None for node in history(root)}
        for key, value in run.events:
            if not nodes.isdisjoint(nodes_in(value)) and self._is_in_it(key):
                yield key

    def _is_in_it(self, key):
        """Whether a line of the function does not depend on what others leave, or expect."""
        if key not in self.statements or _holds_state(self.statements[key].target):
            return False
        mine = self.statements[key].function
        first = min([d.lineno for d in getattr(mine, "decorator_list", ())], default=1_000_000)
        start = min(first, getattr(mine, "lineno", 0))
        return (key[0], start) == (self.code.co_filename, self.code.co_firstlineno)

    def _paired(self):
        found, places = super()._paired(), self.inputs.places
        in_order = self._in_order({}, list(places))
        if len(in_order) == len(self.run.gradients):
            words = {last_word(place) for place in places}
            said = {path: {bare(w).lower() for w in self.called.get(path, ())} for path in in_order}
            if all(not said[p] & words or last_word(n) in said[p] for p, n in in_order.items()):
                return in_order
        return found | self._in_order(found, [n for n in places if n not in found.values()])

    def _in_order(self, found, names):
        """The gradients that are not found yet, each with the next name of its shape."""
        pairs: dict = {}
        for path, gradient in self.run.gradients.items():
            fits = [n for n in names if np.shape(self.inputs.places[n]) == np.shape(gradient)]
            if path not in found and fits:
                pairs[path] = fits[0]
                names = [name for name in names if name != fits[0]]
        return pairs

    def is_scaled(self, gradients):
        """Whether what is wrong is one number times what is right: a mean is divided elsewhere.

        A sign is none of a mean, unless it is that of all.
        """
        ratios, entries = set(), 0
        gradients = self.split(gradients)
        wrong = self.wrong(gradients)
        for path in wrong:
            given, true = np.asarray(gradients[path]), self.true[path]
            at = np.unravel_index(np.argmax(np.abs(true)), true.shape)
            ratio = float(given[at] / true[at]) if np.any(true) and given.shape == true.shape else 0
            if not ratio or not self.agree(given, ratio * true):
                return False
            ratios.add(round(ratio, 9))
            entries += np.count_nonzero(true)
        of_all = len(wrong) == len(self.true)
        return len(ratios) == 1 and entries > 1 and (of_all or min(ratios) > 0)


def _shared(forward, backward):
    """How much of what a backward function got the other one got or gave."""
    if backward.closed:
        return _made(forward, backward) is not None
    return sum(_where(forward, backward, i) is not None for i in range(len(backward.given)))


def _made(forward, backward):
    """Which of the results of a call is the function that was called, made in it; or None."""
    for i, made in enumerate(forward.results):
        if getattr(made, "__code__", None) is backward.code:
            cells = dict(zip(backward.code.co_freevars, made.__closure__, strict=True))
            if all(cell.cell_contents is backward.closed[n] for n, cell in cells.items()):
                return i
    return None


def _where(forward, backward, i):
    """Where what a backward function got is in a forward call: ("given" or "results", number)."""
    value, name = backward.given[i], backward.names[i]
    for where in ("results", "given"):
        for k, other in enumerate(getattr(forward, where)):
            if value is other and not isinstance(value, (int, float, str, type(None))):
                return where, k
    if name in forward.names:
        k = forward.names.index(name)
        if _is_equal(backward.copies[i], forward.copies[k]):
            return "given", k
    return None


def _is_equal(one, other):
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and np.array_equal(one, other)
    return isinstance(one, (int, float, str, np.generic)) and one == other


def _holds_state(target):
    """Whether what is assigned is an attribute, or entries of one."""
    while isinstance(target, ast.Subscript):
        target = target.value
    return isinstance(target, ast.Attribute)


class Part(Whole):
    """A forward call and the backward one that belongs to it, as one function.

    ``where`` says where in the forward call each argument of the backward one is, ``seeds`` are
    pairs (number of an output, number of the argument that is its gradient, or None).
    """

    def __init__(self, program, forward, backward, where, seeds):
        made = _made(forward, backward) if backward.closed else None
        last = program.functions[backward.code][0] if made is None else None
        super().__init__(program.functions[forward.code][0], last)
        self.made = made
        self.names = forward.names
        given = backward.copies
        for array in stored([x for x in forward.copies if hasattr(x, "__dict__")]).values():
            if is_floats(array):
                array[...] = 0.0  # what is added to what is there already begins anew
        self.taken = lambda: (where, seeds, copy.deepcopy(given))  # not to be seen as its inputs

    def __call__(self, *given):
        where, seeds, own = self.taken()
        result = self.forward(*given)
        at_hand = {"given": given, "results": _as_tuple(result)}
        args = [
            mine if at is None else at_hand[at[0]][at[1]]
            for mine, at in zip(own, where, strict=True)
        ]
        loss = 0.0
        for out, i in seeds:
            weights = 1.0 if i is None else copy.copy(args[i])
            loss = loss + np.sum(at_hand["results"][out] * weights)
        backward = self.backward if self.made is None else result[self.made]
        return (loss, *_as_tuple(backward(*args)))


def _as_tuple(results):
    if results is None:
        return ()
    return results if isinstance(results, tuple) else (results,)


def _seeds(results, free):
    """Pairs (number of an output, number of what is its gradient) for all of ``free``, or None.

    One that gets no gradient gives the derivative itself.
    """
    found, left = [], dict(free)
    for k, out in enumerate(results):
        fits = [i for i, v in left.items() if _is_number(out) and np.shape(v) == np.shape(out)]
        if fits:
            found.append((k, fits[0]))
            del left[fits[0]]
    if not free and _is_number(results[0]):
        return [(0, None)]
    return found if found and not any(map(is_floats, left.values())) else None


def _is_number(value):
    return is_floats(value) or isinstance(value, float)
