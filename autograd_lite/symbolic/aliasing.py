"""Views and writing: an array that is written into becomes another value, seen by every view.

The one idea: a view is the call that made it, of the array that owns the memory. It is called
again when that array becomes another value, as a view of a tensor is.
"""

import weakref

import numpy as np

from . import calls
from .expressions import mapped, mapped_call, operands_of
from .graph import evaluated


class Stored:
    """What an array holds: a value, and the expression that computes it in every run.

    Attributes
    ----------
    value
        What it is in this run.
    expression
        How it is computed in every run.
    given : bool
        Whether it came from outside, where a caller has it too.
    made
        The `TracedView` that made it, None for an array that owns its memory.
    """

    __slots__ = ("__weakref__", "_views", "expression", "given", "graph", "made", "value")

    def __init__(self, graph, expression, value, view=None, given=False):
        self.graph = graph
        self.given = given
        self.made = view
        self._views = []  # weak references
        self._bind(expression, value)
        for whole in () if view is None else view.wholes:
            whole._link(self)

    def _link(self, view):
        if len(self._views).bit_count() == 1:  # at 1, 2, 4 ... forget those that are gone
            self._views[:] = [link for link in self._views if link() is not None]
        self._views.append(weakref.ref(view))

    @property
    def owner(self):
        """The array that owns the memory."""
        array = self
        while array.made is not None:
            array = array.made.wholes[0]
        return array

    def _bind(self, expression, value):
        self.expression = expression
        self.value = value

    def write(self, new):
        """Become a traced value of the same shape and dtype, and with it all that shows this."""
        self.check_writable()
        owner, views = self._path()
        expression = new.expression
        if all(view.func is calls.getitem for view in views):
            for view in reversed(views):  # x[i][j] = v: a new x[i], and with it a new x
                whole = view.wholes[0].expression
                expression = self.graph.apply(calls.setitem, whole, view.args[1], expression)
        else:
            expression = _stored_by_number(self.graph, owner, views, expression)
        value = np.copy(owner.value, order="K")  # in the same layout of memory
        value[...] = expression.value
        owner._bind(expression, value)
        changed = [owner]
        while changed:
            for link in changed.pop()._views:
                if (view := link()) is not None:
                    view._bind(*view.made.again(view.graph))
                    changed.append(view)

    def _rebind(self, other, what="x[i] = v", index=...):
        """Become a value in the dtype and the shape of this: for what stores into its arguments."""
        self.check_writable()
        other = other if other.dtype == self.dtype else other.astype(self.dtype)
        self.write(other if other.shape == self.shape else np.broadcast_to(other, self.shape))

    def check_writable(self):
        """Refuse what NumPy would not write into, and what a caller has too."""
        if self.graph.has_step():
            raise TypeError(
                "the step of a scan wrote into an array from around itself, which a program would "
                "do once and not in every step: carry the array from step to step"
            )
        if self.owner.given:
            raise TypeError(
                f"a compiled function wrote into {self.owner.expression.name or 'an array'}, which "
                "came from outside: its caller would not see it. Write into a copy, x = x.copy(), "
                "and return it"
            )
        if not isinstance(self.value, np.ndarray):
            raise TypeError(
                "a compiled function wrote into a number, which NumPy does not: write x = x + y"
            )
        if not self.value.flags.writeable:
            raise ValueError(
                "a compiled function wrote into a view that is read-only, as in NumPy: several of "
                "its elements may be one of the whole. Write into a copy of the view"
            )
        if self.dtype != self.owner.dtype:
            raise TypeError(
                "a compiled function wrote into a view with numbers of another kind than those of "
                "the whole: write into the whole, x[i] = re + 1j * im, or into a copy of the view"
            )

    def _path(self):
        """The array that owns the memory, and the views that lead from it to this one."""
        views, one = [], self
        while one.made is not None:
            if len(one.made.wholes) > 1:
                raise TypeError(
                    "a compiled function wrote into a view made of several arrays that share "
                    "memory: write into one of them, x[i] = v, or into a copy of the view"
                )
            views.append(one.made)
            one = one.made.wholes[0]
        return one, views[::-1]


class TracedView:
    """The call that made a view, with the arrays that it shows as they will be.

    Parameters
    ----------
    place : int or None
        Which of several results it is.
    wholes : list
        The traced arguments with which the result shares memory: mostly one.
    """

    __slots__ = ("args", "func", "kwargs", "place", "wholes")

    def __init__(self, func, args, kwargs, place, wholes):
        def kept(arg):
            return arg if any(arg is whole for whole in wholes) else expression_of(arg)

        self.func = func
        self.args, self.kwargs = mapped_call(kept, args, kwargs)
        self.place = place
        self.wholes = wholes

    def of(self, whole):
        """What the call makes of another whole, an array."""
        return self._called(lambda arg: whole if isinstance(arg, Stored) else arg)

    def _called(self, f):
        result = evaluated(self.func, *mapped_call(f, self.args, self.kwargs))
        return result if self.place is None else result[self.place]

    def again(self, graph):
        """The expression and the value of the call, with the wholes as they are now."""
        args, kwargs = mapped_call(expression_of, self.args, self.kwargs)
        value = self._called(value_of)
        if self.place is None:
            return graph.call(self.func, args, kwargs, value), value
        several = graph.apply(self.func, *args, **kwargs)
        return graph.call(calls.part, (several, self.place), {}, value), value

    def places(self):
        """The expressions that say which elements are shown: of x[i], a traced i."""
        return operands_of([*self.args, *self.kwargs.values()])


def view_of(func, args, kwargs, place, value):
    """The view that a result of a call is, or None where it has memory of its own."""
    if not isinstance(value, np.ndarray) or value.base is None:
        return None
    wholes = [x for x in stored_among(args, kwargs) if np.may_share_memory(value, x.value)]
    return TracedView(func, args, kwargs, place, wholes) if wholes else None


def stored_among(args, kwargs):
    """The traced values among arguments, in tuples, lists and slices too; each once."""
    return list({id(x): x for x in _leaves(args, kwargs) if isinstance(x, Stored)}.values())


def plain_among(args, kwargs):
    """NumPy's arrays among arguments."""
    return [x for x in _leaves(args, kwargs) if isinstance(x, np.ndarray)]


def _leaves(args, kwargs):
    found: list = []
    mapped(found.append, [*args, *kwargs.values()])
    return found


def value_of(arg):
    """The value of what is traced, anything else as it is."""
    return arg.value if isinstance(arg, Stored) else arg


def expression_of(arg):
    """The expression of what is traced, anything else as it is."""
    return arg.expression if isinstance(arg, Stored) else arg


def _stored_by_number(graph, owner, views, expression):
    """For any other view: its elements' numbers say which elements of the whole they are.

    What chooses them is held: a program leaves where it would choose others.
    """
    numbers = np.empty_like(owner.value, dtype=int)  # in the same layout, which views depend on
    numbers[...] = np.arange(owner.value.size).reshape(owner.value.shape)
    for view in views:
        for place in view.places():
            graph.guard(place, int(place.value))
        numbers = view.of(numbers)
    if np.array_equal(numbers.ravel(), np.arange(owner.value.size)):
        return graph.apply(np.reshape, expression, owner.value.shape)
    flat = graph.apply(np.reshape, owner.expression, (owner.value.size,))
    flat = graph.apply(calls.setitem, flat, numbers, expression)
    return graph.apply(np.reshape, flat, owner.value.shape)
