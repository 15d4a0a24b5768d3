"""Two facts about NumPy and its memory that save time.

A graph holds on to its arrays and then gives them back together. The GNU C library returns
such a block at the top of its heap to the system when it is larger than 128 KiB, and the next
graph pays for every page again: 114 page faults a gradient, and half of its time, where a
network is of 2-50-2 neurons. It keeps more once a larger array has come and gone.

NumPy keeps the error state in a context variable: a context in which it is set once serves for
every call, in a tenth of the time that np.errstate takes. A context is entered by one thread at a
time, so each thread has its own.
"""

import threading
from contextvars import copy_context

import numpy as np

np.empty((32 << 20) - (1 << 16), np.uint8)  # the largest that counts; none of its pages is used


class _Quiet(threading.local):
    def __init__(self):
        context = copy_context()
        context.run(np.seterr, all="ignore")
        self.call = context.run


quiet = _Quiet()  # quiet.call(f, *args): one call without NumPy's warnings
