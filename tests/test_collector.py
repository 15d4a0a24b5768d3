"""Full collections come less often while what there is is mostly a tape."""

import gc
import weakref

import pytest
from variables import variable

from autograd_lite.collector import GROWTH

pytestmark = pytest.mark.skipif(not gc.get_threshold()[2], reason="no full collections")


class Cycle:
    def __init__(self):
        self.itself = self


@pytest.fixture(autouse=True)
def usual():
    """The thresholds, with no object there to be looked through but what a test makes."""
    gc.collect()
    gc.freeze()
    yield gc.get_threshold()
    gc.unfreeze()
    gc.collect()


def chain(n):
    y = variable(1.0)
    for _ in range(n):
        y = y * 1.0
    return y


def full_collections(f):
    """How many there are in a call."""
    found = []

    def note(phase, info):
        if phase == "start" and info["generation"] == 2:
            found.append(info)

    gc.callbacks.append(note)
    try:
        f()
    finally:
        gc.callbacks.remove(note)
    return len(found)


def test_a_tape_that_grows_is_looked_through_a_few_times():
    assert full_collections(lambda: chain(800_000)) <= 3


def test_after_a_collection_in_vain_the_next_one_waits_for_growth(usual):
    tape = chain(100_000)
    gc.collect()
    young, middle, old = gc.get_threshold()
    assert (young, middle) == usual[:2]
    assert old * young * middle == pytest.approx(GROWTH * 100_000, rel=0.1)
    del tape
    gc.collect()
    assert gc.get_threshold() == usual


def test_a_proxy_whose_object_is_gone_is_no_matter(usual):
    """Python reports what a callback of the collector raises, and goes on."""
    proxies = [weakref.proxy(Cycle()) for _ in range(1000)]
    gc.collect()
    assert gc.get_threshold() == usual
    del proxies


def test_what_is_garbage_beside_a_tape_keeps_the_usual_pace(usual):
    tape = chain(100_000)
    objects = [Cycle() for _ in range(2_000)]
    del objects
    gc.collect()
    assert gc.get_threshold() == usual
    del tape


def test_what_is_no_tape_keeps_the_usual_pace(usual):
    objects = [[] for _ in range(100_000)]
    gc.collect()
    assert gc.get_threshold() == usual
    del objects


def test_a_threshold_of_the_user_s_is_left_alone(usual):
    gc.set_threshold(*usual[:2], usual[2] + 5)
    tape = chain(100_000)
    gc.collect()
    assert gc.get_threshold()[2] == usual[2] + 5
    gc.set_threshold(*usual)
    del tape
