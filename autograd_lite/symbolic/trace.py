"""A trace: the graph that traced arrays grow, call by call.

A step of a loop has a trace of its own. What it takes from around itself becomes an input.
"""

import sys
import weakref
from contextlib import contextmanager

import numpy as np

from ..engine.dispatch import full_name
from ..engine.modes import Watcher
from ..messages import errors
from . import calls, dependence
from .aliasing import Stored, expression_of, plain_among, stored_among, value_of, view_of
from .calls import as_written
from .expressions import Expression, mapped_call
from .graph import evaluated
from .traced import ConcretizationError, Traced, UndecidedError, check_traced

_NUMBERS = (np.generic, bool, int, float, complex)
# Operations of ours that are NumPy's under another name: they are written as NumPy's call.
_WRITTEN_OUT = {
    "where", "clip", "astype", "alias", "reshape", "getitem", "fractional_part", "part", "chosen",
}  # fmt: skip


class Trace:
    """A graph that traced arrays grow.

    Parameters
    ----------
    graph : Graph
    parent : Trace, optional
        That of the function around, where this is of a step of a loop in it.

    Attributes
    ----------
    captured : dict
        {expression of the parent's graph: the input that stands for it here}
    """

    def __init__(self, graph, parent=None):
        self._graph = graph
        self.apply, self.call = graph.apply, graph.call
        self.closed = False
        self.alive = []  # weak references to the traced values that were made
        self.parent = parent
        self.is_step = parent is not None
        self.captured = {}
        self.numbers = []  # of a step: those that must not be nan
        self.answers = []  # of a step: pairs (expression, what it must be)
        self.is_asked_by_user = False
        self._step = None  # of a loop, which is being traced

    def born(self, value):
        """Keep track of a traced value."""
        self.alive.append(weakref.ref(value))

    def input(self, value, name=None):
        """A traced value that is given."""
        return Traced(self, self._graph.input(value, name), given=True)

    def guard(self, expression, expected):
        """See Graph.guard."""
        self._check()
        if self.is_step and expression.kind != "constant":
            self._guard_in_step(expression, expected)
        else:
            self._graph.guard(expression, expected)

    def _guard_in_step(self, expression, expected):
        """A question that a step asks has one answer: all steps are asked, and answer together."""
        if expression.func is np.not_equal and expression.args[0] is expression.args[1]:
            if expected:
                raise UndecidedError("a gradient in a step of a scan is nan")
            self.numbers.append(expression.args[0])
            return
        if (expression, expected) not in self.answers:
            self.answers.append((expression, expected))
            self.is_asked_by_user |= _is_users_question()

    # --- a loop inside ----------------------------------------------------------------------

    @contextmanager
    def under_way(self):
        """In this block the step that this traces is run."""
        self.parent._step = self
        try:
            yield
        finally:
            self.parent._step = None

    def has_step(self):
        """Whether the step of a loop is being traced in it."""
        return self._step is not None

    def keep(self, arrays):
        """Remember arrays that are constants of the step of a loop."""
        self._graph.keep(arrays)

    def expression(self, value):
        """The expression of what is traced: of what belongs to the parent, an input of its own."""
        if not isinstance(value, Stored) or value.graph is self:
            return expression_of(value)
        return self._captured(value.graph, value.expression, value.value)

    def _captured(self, owner, expression, value):
        if owner is not self.parent:
            expression = self.parent._captured(owner, expression, value)
        if expression not in self.captured:
            number = value if np.ndim(value) else np.asarray(value)[()]
            self.captured[expression] = self._graph.input(number, _name_of(expression))
        return self.captured[expression]

    def _innermost(self, args, kwargs):
        """The trace of the innermost loop that an argument belongs to."""
        owners = [value.graph for value in stored_among(args, kwargs)]
        trace = self
        while trace.parent is not None:
            trace = trace.parent
        found = trace
        while trace is not None:
            found = trace if trace in owners else found
            trace = trace._step
        return found

    def _check(self):
        if self.closed:
            raise ConcretizationError(
                "a traced value is used after its program was traced: a compiled function must "
                "not keep values in a list or an attribute; return them"
            )

    def traced(self, func, args, kwargs):
        """Call a function and remember the call."""
        if self._step is not None or self.is_step:
            trace = self._innermost(args, kwargs)
            if trace is not self:
                return trace.traced(func, args, kwargs)
        self._check()
        if kwargs and not isinstance(func, np.ufunc):
            args, kwargs = as_written(func, args, kwargs)
        args, kwargs = dependence.with_fixed_settings(func, tuple(args), kwargs)
        value = _untouched(func, args, kwargs)
        same = _argument_that_is(value, args, kwargs)
        if same is not None:
            return same
        args_, kwargs_ = mapped_call(self.expression, args, kwargs)
        expression = self._graph.call(func, args_, kwargs_, value)
        dependence.hold(self._graph, func, args_, kwargs_, expression, value)
        return self._wrapped(expression, value, func, args, kwargs)

    def masked(self, ufunc, inputs, where, out, kwargs):
        """A ufunc of the elements where a condition holds; elsewhere what stands in out."""
        if ufunc.nout > 1 or kwargs:
            raise TypeError(
                f"np.{ufunc.__name__} with where= is traced without other keywords only"
            )
        if out is None:
            raise TypeError(
                f"a compiled function called np.{ufunc.__name__} with where= and without out=, "
                "which leaves elements undefined: give it out= too, such as np.zeros_like(x)"
            )
        check_traced(*out)
        (target,) = out
        target.write(self.traced(calls.Masked(ufunc), (*inputs, where, target), {}))
        return target

    def add_at(self, ufunc, x, index, *values):
        """ufunc.at, which counts an index as often as it is there."""
        if ufunc not in (np.add, np.subtract):
            raise TypeError(f"np.{ufunc.__name__}.at is not traced: write it with other operations")
        check_traced(x)
        (value,) = values if ufunc is np.add else map(np.negative, values)
        x.write(self.traced(calls.add_at, (x, index, value), {}))

    def _wrapped(self, expression, value, func, args, kwargs, place=None):
        """A result as a traced value; what is none, such as None, as it is."""
        if isinstance(value, _NUMBERS):
            return Traced(self, expression, value)
        if isinstance(value, (tuple, list)):
            return self._parts(expression, value, func, args, kwargs)
        if value is None and place is None:
            raise ConcretizationError(
                f"{full_name(func)} of a traced value gives nothing, and a program would not call "
                "it again: return the value, and call it outside"
            )
        if value is None:
            return None
        if not isinstance(value, np.ndarray):
            raise ConcretizationError(
                f"{full_name(func)} of a traced value gives a {type(value).__name__}, which would "
                "be a constant of the compiled program: call it outside"
            )
        view = view_of(func, args, kwargs, place, value)
        if view is not None and any(whole.graph is not self for whole in view.wholes):
            return Traced(self, expression, value, given=True)  # what it shows is around the loop
        arrays = plain_among(args, kwargs) if view is None else ()  # they came from outside
        given = any(np.may_share_memory(value, array) for array in arrays)
        return Traced(self, expression, value, view, given)

    def _parts(self, expression, value, func, args, kwargs):
        """Several results, each traced, in the type of tuple that they came in."""
        parts = []
        for place, one in enumerate(value):
            same = _argument_that_is(one, args, kwargs)
            if same is None:
                part = self._graph.call(calls.part, (expression, place), {}, one)
                same = self._wrapped(part, one, func, args, kwargs, place)
            parts.append(same)
        kind = type(value)
        return kind(*parts) if hasattr(kind, "_fields") else kind(parts)


def _name_of(expression):
    """What a person would call a value around a loop, or None."""
    name = expression.name
    if name is None and expression.func in (np.copy, np.transpose):
        whole = _name_of(expression.args[0]) if type(expression.args[0]) is Expression else None
        name = f"{whole}_T" if whole and expression.func is np.transpose else whole
    return name


def _is_users_question():
    """Whether the code that asks for a value is none of ours and of NumPy's."""
    frame = sys._getframe(1)
    while frame.f_globals.get("__name__", "").startswith(__package__):
        frame = frame.f_back
    return frame.f_globals.get("__name__", "").partition(".")[0] not in errors.OURS


def _argument_that_is(value, args, kwargs):
    """The traced argument that a function handed back as it is, or None."""
    if isinstance(value, np.ndarray):
        for arg in stored_among(args, kwargs):
            if value is arg.value:
                return arg
    return None


def _untouched(func, args, kwargs):
    """The value of a call that writes into none of its arguments.

    It gets views that are read-only. A view of these is too, so it is made again.
    """
    given, keywords = mapped_call(value_of, args, kwargs)
    if isinstance(func, np.ufunc) or func in calls.OWN:  # write into nothing but an out=
        return evaluated(func, given, keywords)
    try:
        value = evaluated(func, *mapped_call(_locked, given, keywords))
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        raise TypeError(
            f"{full_name(func)} writes into one of its arguments, which is not traced: give it "
            "out= by keyword, or a copy, or write x[i] = v"
        ) from error
    arrays = plain_among(given, keywords)
    for one in plain_among((value,), {}):
        shares = not one.size or any(np.may_share_memory(one, array) for array in arrays)
        if one.base is not None and shares:
            return evaluated(func, given, keywords)
    return value


def _locked(value):
    """An array that cannot be written into."""
    if isinstance(value, np.ndarray) and value.flags.writeable:
        value = value.view()
        value.flags.writeable = False
    return value


class OneCall(Watcher):
    """Has the operations that rules call on traced values recorded as one call each.

    Without ``as_written`` it changes nothing, and they are written out in NumPy.
    """

    def __init__(self, trace, as_written=True):
        self.trace = trace
        self.as_written = as_written

    def record(self, record, op, args, kwargs):
        if not (self.as_written and is_one_call(op)) or not _holds_traced(args):
            return record(op, args, kwargs)
        args, kwargs = op.bind(args, kwargs)
        return self.apply(op, args, kwargs)

    def apply(self, op, args, kwargs):
        """Call an operation on traced values: as one call, or as the calls that it makes."""
        if self.as_written and is_one_call(op):
            return self.trace.traced(op.f, tuple(args), kwargs)
        return op.f(*args, **kwargs)


def is_one_call(op):
    """Whether an operation is none of NumPy's."""
    module = getattr(op.f, "__module__", None) or "numpy"
    is_numpys = isinstance(op.f, np.ufunc) or module.partition(".")[0] == "numpy"
    return not is_numpys and op.name not in _WRITTEN_OUT


def _holds_traced(args):
    if type(args) in (list, tuple):
        return any(map(_holds_traced, args))
    return type(args) is Traced
