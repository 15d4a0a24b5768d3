"""What the tests of assignment begin with."""

import numpy as np

X = np.arange(1.0, 7.0).reshape(2, 3)
MASK = np.array([[True, False, True], [False, False, True]])
s_ = np.s_


def augmented(x, symbol, v):
    """x after ``x += v``, which may be another object."""
    names = {"x": x, "v": v}
    exec(f"x {symbol}= v", names)
    return names["x"]
