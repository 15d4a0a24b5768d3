"""Why a function is not run as a program."""


class CompilationError(TypeError):
    """A function does what a program cannot do again; the message says what to write instead."""


class OnTape(Exception):
    """A function takes a tensor that is on a tape: only the tape can tell its gradient."""
