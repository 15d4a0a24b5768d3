"""Why a function is not run as a program."""


class Impure(TypeError):
    """A function does what a program cannot do again."""


class OnTape(Exception):
    """The function reads a tensor that is on a tape: only the tape can tell its gradient."""
