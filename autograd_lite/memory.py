"""What is done once, at import, so that memory which a graph gives back is at hand for the next.

A graph holds on to its arrays and then gives them back together. The GNU C library returns
such a block at the top of its heap to the system when it is larger than 128 KiB, and the next
graph pays for every page again: 114 page faults a gradient, and half of its time, where a
network is of 2-50-2 neurons. It keeps more once a larger array has come and gone.
"""

import numpy as np

np.empty((32 << 20) - (1 << 16), np.uint8)  # the largest that counts; none of its pages is used
