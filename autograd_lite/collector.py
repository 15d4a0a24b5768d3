"""Python's garbage collector beside a tape: a full collection in vain makes the next one wait.

The one idea: a tape has no cycles, so that nothing of it is ever found, and a full collection
looks through all of it. Python starts one whenever there is a quarter more than at the last: of a
chain of a million calls that is a quarter of the time. Where one has found next to nothing among
objects that are mostly of a tape, the next comes when there is three times as much.
"""

import gc

from .engine.tape import Node

GROWTH = 2  # what is added before the next full collection, as a multiple of what there was
_EVERY = 101  # of so many objects one is looked at


class _Patience:
    """What is called after each collection.

    Only the last of the thresholds is changed, how many collections of the middle generation come
    before a full one, and only while it is what was left here: who sets another one keeps it.
    """

    def __init__(self):
        self.usual = self.left = gc.get_threshold()[2]

    def __call__(self, phase, info):
        young, middle, old = gc.get_threshold()
        if phase != "stop" or info["generation"] != 2 or old != self.left or not young * middle:
            return
        objects = gc.get_objects(generation=2)
        # (isinstance asks a weakref.proxy for its object, which may be gone)
        nodes = sum(issubclass(type(thing), Node) for thing in objects[::_EVERY])
        is_tape = 2 * nodes * _EVERY > len(objects) > 100 * info["collected"]
        waiting = GROWTH * len(objects) // (young * middle) if is_tape else 0
        self.left = max(self.usual, waiting)
        gc.set_threshold(young, middle, self.left)


def wait_for_growth():
    """Have full collections wait; where Python has none, as in 3.14 and in PyPy, nothing."""
    if hasattr(gc, "callbacks") and gc.get_threshold()[2]:
        gc.callbacks.append(_Patience())


wait_for_growth()
