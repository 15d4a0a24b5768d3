"""The calls of some of the user's functions in one run: what each got, and what it gave."""

import contextlib
import copy
import inspect
import sys
from dataclasses import dataclass

CALLS = 60  # of one function that are kept

_VARIABLE = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS | inspect.CO_GENERATOR


@dataclass(eq=False)
class Call:
    """One call.

    Attributes
    ----------
    code : code object
    names : list of str
        The parameters.
    given : list
        The very objects that it got.
    copies : list
        These objects as they were then.
    closed : dict
        What it read of the call that it was made in, by name.
    result : object
        What it gave.
    """

    code: object
    names: list
    given: list
    copies: list
    closed: dict
    result: object = None

    @property
    def settings(self):
        """The whole numbers and words that it got, by the names of the parameters."""
        given = zip(self.names, self.given, strict=True)
        return {name: value for name, value in given if isinstance(value, (int, str))}

    @property
    def results(self):
        """What it gave, one by one."""
        return self.result if isinstance(self.result, tuple) else (self.result,)


@contextlib.contextmanager
def noted(codes, calls):
    """Note the calls of functions meanwhile, in the order in which they begin."""
    open_calls: dict = {}
    wanted = {code for code in codes if not code.co_flags & _VARIABLE}
    counts = dict.fromkeys(wanted, 0)

    def profile(frame, event, argument):
        code = frame.f_code
        if code not in wanted:
            return
        if event == "call" and counts[code] < CALLS:
            counts[code] += 1
            names = list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
            given = [frame.f_locals.get(name) for name in names]
            closed = {name: frame.f_locals.get(name) for name in code.co_freevars}
            with contextlib.suppress(Exception):  # what cannot be copied is not noted
                call = Call(code, names, given, copy.deepcopy(given), closed)
                calls.append(call)
                open_calls[id(frame)] = call
        elif event == "return" and id(frame) in open_calls:
            open_calls.pop(id(frame)).result = argument

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield
    finally:
        if before is None or callable(before):
            sys.setprofile(before)
        else:  # cProfile's object, which goes on by itself
            before.enable()
