"""The memory of a graph that is gone: the process keeps it for the next one.

The one idea: a graph holds on to its arrays and then gives them back together. The GNU C library
returns such a block at the top of its heap to the system when it is larger than 128 KiB, and the
next graph pays for every page again: of four GELU of a million elements, written out, that is two
thirds of the time (136 ms, and 42 without).
"""

import contextlib
import ctypes
import os

import numpy as np

KEPT = 256 << 20  # bytes at the top of the heap; no more than the process has had in use
_M_TRIM_THRESHOLD = -1


def keep_pages():
    """Let the C library return memory later; where it is another one, nothing.

    The environment variables that set this, MALLOC_TRIM_THRESHOLD_ and GLIBC_TUNABLES, go first.
    """
    # Arrays up to the largest size that counts come from the heap, once one of it has come and
    # gone; none of its pages is used.
    np.empty((32 << 20) - (1 << 16), np.uint8)
    if {"MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"} & os.environ.keys():
        return
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_M_TRIM_THRESHOLD, KEPT)


keep_pages()
