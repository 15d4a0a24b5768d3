"""A function that was made of another, such as grad(f): called like one, pickled as it was made."""

import functools
import sys
import types

from . import errors
from .function_call import check_argnums, check_function


class Transformed:
    """``run`` under the name of f.

    It is pickled as the call that made it, ``make(f, **options)``, so that it can be sent to
    another process wherever f can; and by its name where it has taken f's, as a decorator does.
    """

    def __init__(self, run, make, f, **options):
        check_function(f)
        check_argnums(options.get("argnums", 0))
        functools.update_wrapper(self, f)
        self._run, self._made = run, (make, f, options)

    def __call__(self, *args, **kwargs):
        try:
            return self._run(*args, **kwargs)
        except Exception as error:
            errors.alone(error)
            raise

    def __get__(self, instance, owner=None):
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self):
        make, f, _ = self._made
        return f"<{make.__name__} of {getattr(f, '__qualname__', f)}>"

    def __reduce__(self):
        name = getattr(self, "__qualname__", "")
        found = sys.modules.get(self.__module__)
        for part in name.split("."):
            found = getattr(found, part, None)
        return name if found is self else (_made, self._made)


def _made(make, f, options):
    return make(f, **options)
