"""The memory of a graph that is gone is there for the next one."""

import os
import subprocess
import sys

import pytest

CODE = """
import resource
import numpy as np
import autograd_lite as ag

x = ag.Tensor(np.ones(1_000_000, np.float32), requires_grad=True)

def gradient():
    y = x
    for _ in range(25):
        y = y * 1.0
    np.sum(y).backward()

gradient(), gradient()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
gradient()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(**environment):
    """Page faults of a gradient whose graph holds 100 MB, after the same gradient."""
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="of the GNU C library")
def test_a_graph_of_the_same_size_touches_no_new_page():
    if faults(MALLOC_TRIM_THRESHOLD_="131072") < 20_000:
        pytest.skip("another C library")
    assert faults() < 2_000
