"""The two declarers: a function and its derivative in one statement.

``elementwise`` is for what broadcasts: broadcasting is undone here, once for all rules.
``primitive`` is for the rest: there a contribution of the wrong shape is an error.

Every rule has the signature ``rule(g, out, *args, **kwargs)``: g is the cotangent of the
result ``out``, and the rule returns the contribution to one argument - one rule an array argument,
in their order; None for one that has no derivative (an index, a condition). A rule is plain
NumPy and writes into nothing. Run on arrays it is the fast backward pass; run on Tensors it
is recorded, and derivatives of any order come from the same line.
"""

import functools
import inspect
import operator
import pickle
import sys
import types
from collections.abc import Callable, Hashable
from contextlib import nullcontext
from typing import Any

import numpy as np

from ..messages import errors, other_names, quoting
from ..messages.silence import quiet
from .arrays import unbroadcast
from .calls import holds_tensor, read_only, record, record_one, record_two, requires_grad
from .dead_branches import has_nan
from .dispatch import answer_of, full_name, registry
from .modes import current, switched
from .tape import Operation
from .tensor import is_plain, plain


def elementwise(f: Callable, *rules: Callable | None) -> Callable[..., Any]:
    """Declare the derivatives of a function that works element by element and broadcasts.

    Parameters
    ----------
    f : callable
        A NumPy ufunc, or a function of plain arrays that broadcasts like one.
    *rules : callable or None
        One an argument: ``rule(g, out, *args) -> contribution``, of the shape of ``out``.

    Returns
    -------
    callable
        ``f`` for arrays and Tensors. A NumPy function needs no second name: called with a
        Tensor it finds the rules by itself.

    >>> cube = elementwise(lambda x: x * x * x, lambda g, out, x: g * 3 * x * x)
    """
    return declare(Elementwise(f, rules, errors.BROADCAST))


def primitive(
    f: Callable, *rules: Callable | None, sequence: bool = False, way_out: str = ""
) -> Callable[..., Any]:
    """Declare the derivatives of any function of arrays with one array as its result.

    Parameters
    ----------
    f : callable
        A function of plain arrays.
    *rules : callable or None
        One an array argument: ``rule(g, out, *args, **kwargs) -> contribution``, of exactly the
        shape of that argument. Keywords that a rule does not name are refused when ``f``
        is called, so that none is ignored in silence.
    sequence : bool
        The arguments with a rule are sequences of arrays; their contributions are sequences too.
    way_out : str
        What to do when ``f`` refuses its arguments; it ends the error message.

    Returns
    -------
    callable
        ``f`` for arrays and Tensors.
    """
    return declare((OfSequences if sequence else Primitive)(f, rules, way_out))


def composed(*names):
    """Answer for NumPy's functions (or an operator) with one made of operations that have rules."""

    def declare(f):
        @functools.cache
        def keywords():
            names, _, keywords = _parameters(f)
            return None if keywords is None else {*names, *keywords}

        @functools.wraps(f)
        def call(*args, **kwargs):
            if kwargs and keywords() is not None and kwargs.keys() - keywords():
                unknown = kwargs.keys() - keywords()
                raise other_names.refused(getattr(names[0], "__name__", names[0]), unknown)
            try:
                return f(*args, **kwargs)
            except Exception as error:
                errors.alone(error)
                raise

        for name in names:
            registry[name] = call
        return call

    return declare


class Primitive(Operation):
    """A function of plain arrays with the derivative of each argument."""

    by_rules = True

    def __init__(self, f, rules, way_out=""):
        self.f = f
        self.call = faster.get(f, f)
        self.is_users = _is_users(f)
        self.repeats = not self.is_users
        self.rules = tuple(map(_reading, rules)) if self.is_users else rules
        self.arity = len(rules)  # of the arguments that are arrays
        self.record = record
        if self.arity in (1, 2) and not self.is_users and None not in rules:
            self.record = record_one if self.arity == 1 else record_two
        self.way_out = way_out
        self.name = quoting.text(_name(f).strip("_<>"))

    @functools.cached_property
    def parameters(self):
        """The names of the positional ones, the defaults, and the names of the keyword-only ones.

        Looked up when they are first needed, which for most functions they never are.
        """
        return _parameters(self.f)

    @functools.cached_property
    def keywords(self):
        """The keywords that it takes: all the function's, or those that every rule names."""
        names, _, keywords = self.parameters
        if keywords is not None:
            keywords = {*names[len(self.rules) :], *keywords}
        return _common_keywords(self.rules, keywords)

    def __repr__(self):
        return f"<primitive {self.name}>"

    def __reduce__(self):
        module = sys.modules.get(getattr(self.f, "__module__", None))
        found = getattr(module, _name(self.f), None)  # the declaration may have taken its name
        found = found if getattr(found, "__wrapped__", None) is self.f else self.f
        if _registered(found) is not self:
            raise pickle.PicklingError(
                f"{self.name} cannot be pickled: declare it once, of a function with a name in a "
                "module"
            )
        return registered, (found,)

    def knows(self, kwargs):
        """Whether keywords are in canonical form already, and of numbers and slices alone."""
        if self.keywords is None or "dtype" in kwargs or not kwargs.keys() <= self.keywords:
            return False
        defaults = self.parameters[1]
        for key, value in kwargs.items():
            if not is_plain(value) or value is defaults.get(key, _missing):
                return False
        return True

    def again(self, *args):
        """The result of the same arguments once more, without a warning."""
        return quiet.call(self.call, *args)

    def bind(self, args, kwargs):
        """Arguments in canonical form: those with a rule by position, the rest by keyword."""
        names, defaults, _ = self.parameters
        if len(args) != self.arity:
            args, kwargs = self._in_place(args, kwargs, names)
        kwargs = {k: v for k, v in kwargs.items() if v is not defaults.get(k, _missing)}
        unknown = kwargs.keys() - self.keywords if self.keywords is not None else ()
        for key, value in kwargs.items():
            if not is_plain(value):
                if requires_grad(value):
                    raise errors.no_rule_of_keyword(self, key)
                kwargs[key] = plain(value)
        if unknown:
            raise other_names.refused(self.name, unknown)
        return args, kwargs

    def _in_place(self, args, kwargs, names):
        """What was given by position and has no rule by keyword, and the other way round."""
        after = names[self.arity :]
        given = dict(zip(after, args[self.arity :]))
        if len(args) > self.arity + len(after):
            raise other_names.refused(self.name, ())
        if given.keys() & kwargs:
            raise TypeError(f"{self.name} was given {', '.join(given.keys() & kwargs)} twice")
        kwargs = {**given, **kwargs}
        args = list(args[: self.arity])
        for name in names[len(args) : self.arity]:
            if name not in kwargs:
                break
            args.append(kwargs.pop(name))
        return args, kwargs

    def cotangents(self, g, out, args, kwargs, parents, careful=False):
        if isinstance(out, tuple):
            g = g.filled(out)
        pairs, given = [], (g, out, *args)
        for rule, x, parent in zip(self.rules, args, parents):
            if parent is None or rule is None or not parent.requires_grad:
                continue
            gx = rule(*given, **kwargs) if kwargs else rule(*given)
            if careful or getattr(gx, "shape", None) != x.shape or gx.dtype is not x.dtype:
                gx = self.fitted(gx, x, g, careful)
            pairs.append((parent, gx))
        return pairs

    def fitted(self, gx, x, g, careful):
        """A contribution as the argument x needs it: checked for its shape, and in x's dtype."""
        if getattr(gx, "shape", None) != x.shape:
            raise errors.misfit(self, gx, x)
        if careful and has_nan(gx) and not _any(g):
            return np.zeros_like(x)
        return self._cast(gx, x, g)

    def _cast(self, gx, x, g):
        """A contribution in the dtype of the argument."""
        if gx.dtype == x.dtype:
            return gx
        is_complex = "c" in (x.dtype.kind, _first(g).dtype.kind)
        if current().node is not None and gx.dtype.kind not in ("fc" if is_complex else "f"):
            raise errors.no_cotangent(self, gx, x, _first(g))  # where anomalies are looked for
        return as_dtype(gx, x.dtype)


class OfSequences(Primitive):
    """A primitive of which arguments are sequences of arrays; their contributions are too."""

    sequence, by_rules = True, False

    def cotangents(self, g, out, args, kwargs, parents, careful=False):
        pairs = []
        for rule, x, parent in zip(self.rules, args, parents):
            if parent is None or rule is None:
                continue
            gxs = rule(g, out, *args, **kwargs)
            if type(parent) is not tuple:
                x, parent, gxs = (x,), (parent,), (gxs,)
            elif len(gxs := list(gxs)) != len(parent):
                raise errors.too_few_or_many(self, gxs, parent)
            pairs += [
                (one, self.fitted(gx, item, g, careful))
                for one, item, gx in zip(parent, x, gxs, strict=True)
                if one is not None and one.requires_grad
            ]
        return pairs


class Elementwise(Primitive):
    """A primitive that broadcasts: its contributions are summed over the axes that were."""

    broadcasts = True

    def fitted(self, gx, x, g, careful):
        shape = getattr(gx, "shape", None)
        if careful and shape == g.shape and has_nan(gx):
            gx = np.where((g == 0) & np.isnan(gx), 0, gx)
        if shape != x.shape:
            if shape != g.shape:
                raise errors.misfit(self, gx, x)
            gx = unbroadcast(gx, x.shape)
        return self._cast(gx, x, g)


def _first(g):
    """The first array of a cotangent, which is a tuple for several results."""
    return next(part for part in g if part is not None) if isinstance(g, tuple) else g


def _any(g):
    """Whether any cotangent has arrived: one of a result, or of any of several."""
    return any(map(_any, g)) if isinstance(g, tuple) else bool((g != 0).any())


def as_dtype(g, dtype):
    """A cotangent in the dtype of what it belongs to; the real part for a real variable."""
    if dtype.kind != "c" and g.dtype.kind == "c":
        g = g.real
    return g.astype(dtype)


def registered(f):
    """The primitive that was declared for f, or that made f."""
    op = _registered(f)
    if op is None:
        raise KeyError(f)
    return op


def _registered(f):
    for one in (f, getattr(f, "__wrapped__", f)):
        if isinstance(one, types.MethodType):  # what it has is its function's
            continue
        op = getattr(one, _OF_USERS, None)
        if op is None and isinstance(one, Hashable):
            op = _primitives.get(one)
        if op is not None:
            return op
    return None


def no_derivative(g, out, *args, **kwargs):
    """The rule of an argument that must not be differentiated: a call with a tensor there raises.

    (None as a rule says that the derivative is zero.)

    >>> scaled = primitive(lambda x, n: x * n, lambda g, out, x, n: g * n, no_derivative)
    """
    raise TypeError("this argument has no derivative")


# What computes the same in less time where there are no keywords. Python's operators of NumPy's
# scalars take a tenth of what the ufunc takes.
faster: dict[Callable, Callable] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.divide: operator.truediv,
    np.power: operator.pow,
    np.matmul: operator.matmul,
    np.negative: operator.neg,
    np.sum: functools.partial(np.add.reduce, axis=None),
}
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, type, type(np.sum))
_primitives: dict[Callable, Primitive] = {}
_OF_USERS = "_autograd_lite_primitive"  # where a function of the user's has its primitive
_missing = object()


def declare(op):
    """Register a primitive; what it answers for is NumPy's function, or the one returned."""

    @functools.wraps(op.f)
    def call(*args, **kwargs):
        try:
            return op.record(op, args, kwargs)
        except Exception as error:
            errors.alone(error)
            raise

    op.answer = call
    if op.is_users:  # freed with the function
        for one in (op.f, call):
            if hasattr(one, "__dict__") and not isinstance(one, types.MethodType):
                vars(one)[_OF_USERS] = op
    else:
        _refuse_declared(op.f)
        _primitives[op.f] = op
        registry[op.f] = call
    return call


def _refuse_declared(f):
    """Refuse other rules for what has an answer: they would be everybody's in this process."""
    if answer_of(f) is not None:
        name = full_name(f)
        raise errors.declared_already(name)


def _reading(rule):
    """A rule of the user's, given arrays to read only: what the tape keeps it cannot change."""
    if rule is None or rule is no_derivative:
        return rule

    @functools.wraps(rule)
    def reading(g, out, *args, **kwargs):
        is_recorded = holds_tensor((g, out, *args))
        with switched(rule=_name(rule)) if is_recorded else nullcontext():
            gx = rule(read_only(g), read_only(out), *map(read_only, args), **kwargs)
        errors.refuse_foreign(f"the rule {_name(rule)}", gx, "returned")
        return gx if is_recorded else plain(gx)  # of a tensor from around it, or of ag.full

    return reading


def _name(f):
    """What an operation is called: a functools.partial as what it calls, an object as its type."""
    if isinstance(f, functools.partial):
        return _name(f.func)
    return getattr(f, "__name__", type(f).__name__)


def _is_users(f):
    """Whether a function is none of the engine's, NumPy's and SciPy's: they write into nothing.

    An object of theirs, such as a spline or np.vectorize of a function, is the user's.
    """
    package = (getattr(f, "__module__", None) or "numpy").partition(".")[0]
    if package == __package__.partition(".")[0] or isinstance(f, np.ufunc):
        return False
    return package not in ("numpy", "scipy") or not isinstance(f, _FUNCTIONS)


def _parameters(f):
    """The names of f's parameters in order, the defaults, and the names of the keyword-only ones.

    None in place of the last where f takes any keyword.
    """
    try:
        parameters = inspect.signature(f).parameters.values()
    except ValueError:  # ufuncs, and functions written in C
        return (), {}, ()
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = tuple(p.name for p in parameters if p.kind in positional)
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return names, defaults, None
    return names, defaults, tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)


def _common_keywords(rules, keywords):
    """The keywords that every rule takes: those of the function if all rules take any."""
    common = None
    for rule in filter(None, rules):
        names, _, only = _parameters(rule)
        if only is None:  # takes any
            continue
        named = {*names[2 + len(rules) :], *only}  # after g, out and the arrays
        common = named if common is None else common & named
    return keywords if common is None else common
