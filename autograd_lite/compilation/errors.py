"""Why a function is not run as a program."""


class CompilationError(TypeError):
    """A function does what a program cannot do again; the message says what to write instead."""

    __module__ = "autograd_lite"  # where users find it


class Uncompiled(Exception):
    """The function itself is to be called; the message says why."""
