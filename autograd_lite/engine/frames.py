"""What a traceback shows of an error whose message says it all: the user's own line."""

OURS = frozenset({"autograd_lite", "nn", "numpy"})


def alone(error):
    """Leave out what a traceback has below this frame, of an error whose message says it all.

    For ``except Exception as error: alone(error); raise``. Frames of the user's are kept.
    """
    if not getattr(error, "says_all", False):
        return
    tb = error.__traceback__
    while tb is not None:
        if tb.tb_frame.f_globals.get("__name__", "").partition(".")[0] not in OURS:
            return
        tb = tb.tb_next
    error.__traceback__ = None


def saying_all(error):
    """The same error, told to be enough without what a traceback has below the call."""
    error.says_all = True
    return error
