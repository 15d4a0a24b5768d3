"""The corpus itself: its backward passes are right, and each of its mistakes is one."""

import itertools

import numpy as np
import pytest

import autograd_lite as ag

from .corpus import NETWORKS
from .kinds import KINDS

# Kinds that are no line of a backward pass have tests of their own.
ELSEWHERE = {21, 38}


def every(attribute):
    return [
        pytest.param(network, item, id=f"{name}-{i}")
        for name, network in NETWORKS.items()
        for i, item in enumerate(attribute(network))
    ]


def agree(manual, true):
    return np.shape(manual) == np.shape(true) and np.allclose(manual, true, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("network", "forward"), every(lambda n: n.module.FORWARDS))
def test_backward_pass_is_right(network, forward):
    values = network.draw()
    loss, names = network.graph(values, network.module.FORWARDS.index(forward))
    true = ag.gradients(loss, [names[n] for n in network.parameters])
    for name, gradient in zip(network.parameters, true, strict=True):
        assert agree(network.gradients(values)[name], gradient), name


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_each_mistake_changes_a_gradient(network):
    values = network.draw()
    right = network.gradients(values)
    for slip in network.slips:
        wrong = network.gradients(values, slip)
        assert not all(agree(wrong[n], right[n]) for n in right), slip.wrong


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_mistakes_that_give_the_same_numbers_share_a_name(network):
    values = network.draw()
    results = [(slip, network.gradients(values, slip)) for slip in network.slips]
    for (one, first), (other, second) in itertools.combinations(results, 2):
        if all(agree(first[n], second[n]) for n in first):
            assert {*one.kinds} & {*other.kinds}, (one.wrong, other.wrong)


def test_every_kind_is_in_the_corpus():
    found = {k for network in NETWORKS.values() for slip in network.slips for k in slip.kinds}
    assert found | ELSEWHERE == set(KINDS)
