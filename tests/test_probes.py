"""Two numbers of a row refuse a wrong step that cannot give it, and never one that does."""

from dataclasses import replace

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.comparison.diagnosis import regularisers
from autograd_lite.comparison.diagnosis.search import Search
from autograd_lite.comparison.diagnosis.wrong_steps.mutants import mutants
from autograd_lite.comparison.diagnosis.wrong_steps.repeated_steps import repeated
from autograd_lite.comparison.diagnosis.wrong_steps.tangents import Probe
from autograd_lite.engine.tape import history


def parameter(shape, seed):
    return ag.Tensor(np.random.default_rng(seed).normal(size=shape), requires_grad=True)


def layers():
    """Functions, products, broadcasting, a maximum, a sequence, a softmax, and a pool."""
    rng = np.random.default_rng(3)
    W, b, V = parameter((3, 4), 0), parameter(4, 1), parameter((4, 4), 2)
    h = np.tanh(rng.normal(size=(5, 3)) @ W + b)
    z = np.concatenate([ag.relu(h @ V), h * np.exp(-h)], axis=1)
    m = np.max(z, axis=0) + np.linalg.norm(h, axis=0).sum() + np.log1p(np.var(z))
    pooled = ag.max_pool(np.reshape(z, (1, 1, 5, 8)), 2, stride=1)
    return np.sum(ag.softmax(z) * m) + np.mean(pooled**2), {"W": W, "b": b, "V": V}


def recurrence():
    rng = np.random.default_rng(4)
    W, U, h = parameter((2, 3), 0), parameter((3, 3), 1), np.zeros((4, 3))
    for x in rng.normal(size=(4, 4, 2)):
        r = ag.sigmoid(x @ W + h @ U)
        h = (1 - r) * h + r * np.tanh(x @ W + h * r)
    return np.mean((h - 1) ** 2), {"W": W, "U": U}


def case_of(loss, tensors):
    """A comparison of gradients that are all wrong."""
    true = dict(zip(tensors, ag.gradients(loss, list(tensors.values())), strict=True))
    return ag.compare(loss, {tensors[name]: g + 1 + g**2 for name, g in true.items()}).case


@np.errstate(all="ignore")  # as the diagnosis has it
@pytest.mark.parametrize("make", [layers, recurrence])
def test_what_a_walk_gives_is_never_refused_and_noise_is(make):
    case = case_of(*make())
    backward, tolerance, rng = case.backward, case.tolerance, np.random.default_rng(0)
    for node, entry in case.gradients.items():
        base = np.asarray(backward.table[node])
        above = case.graph.towards([node])
        tried = list(mutants(backward, above.__contains__))
        tried = [(m, backward.change(m.seeds, [node]).get(node)) for m in tried]
        tried = [(m, change) for m, change in tried if change is not None and np.any(change)]
        assert len(tried) > 50
        refused = []
        for mutant, change in tried[:: max(1, len(tried) // 60)]:
            size = -2.0 if mutant.size == "contribution" else 1.0
            given = replace(entry, given=base + size * change)
            assert Probe(case.graph, given, base, tolerance).may_give(mutant), mutant.words
            noise = replace(entry, given=base * (1 + rng.normal(size=base.shape)))
            refused.append(not Probe(case.graph, noise, base, tolerance).may_give(mutant))
        assert np.mean(refused) > 0.9


def test_a_gradient_that_is_given_lets_no_change_through():
    """dz is given: what is wrong above z shows in dz, and not in dW below it."""
    rng = np.random.default_rng(0)
    W = parameter((3, 2), 5)
    z = rng.normal(size=(6, 3)) @ W
    loss = np.sum(np.tanh(z) ** 2)
    case = case_of(loss, {"W": W, "z": z})
    rows = case.gradients
    seeds = {z.node: rng.normal(size=z.shape)}
    fixed = {z.node: rows[z.node].given}
    mutant = next(mutants(case.backward, lambda n: n is z.node))
    mutant = replace(mutant, seeds=seeds, size="", loose=False)
    for node, seen in ((z.node, True), (W.node, False)):
        base = np.asarray(case.backward.table[node])
        change = seeds[z.node] if node is z.node else case.backward.change(seeds, [node])[node]
        entry = replace(rows[node], given=base + change)
        assert Probe(case.graph, entry, base, case.tolerance, fixed).may_give(mutant) == seen


def test_the_beginning_of_a_pass_refuses_no_loop_that_gives_the_rows():
    """Of a loop that forgets: a mistake at all steps is refused for the numbers of another."""
    rng = np.random.default_rng(6)
    W, b, h = parameter((2, 3), 0), parameter(3, 1), np.zeros((4, 3))
    for x in rng.normal(size=(120, 4, 2)):
        h = 0.5 * h + np.tanh(x @ W + b)
    loss, tensors = np.sum(h**2), {"W": W, "b": b}
    case = case_of(loss, tensors)
    graph, backward, rows = case.graph, case.backward, list(case.gradients.values())
    passes = [m.steps(1.0) for m in repeated(backward, lambda node: True)]
    tables = [backward.replaced(steps).table for steps in passes]
    refused = []
    for own, table in enumerate(tables):
        given = [replace(e, given=np.asarray(table.get(e.bottom, 0 * e.true))) for e in rows]
        if all(np.array_equal(e.given, e.true) for e in given):
            continue
        search = Search(case, graph, backward, given, [])
        assert not search.has_faded(passes[own])
        refused += [search.has_faded(steps) for i, steps in enumerate(passes) if i % 9 == own % 9]
    assert len(tables) > 15
    assert np.mean(refused) > 0.4


def test_penalties_are_found_in_one_pass(monkeypatch):
    """A loss of a recurrent network is a sum of as many terms as it has steps."""
    w = ag.Tensor([0.3, -0.2], requires_grad=True, name="w")
    h, loss = np.zeros(2), 0.0
    for _ in range(40):
        h = np.tanh(h * w + 1)
        loss = loss + np.sum(h**2)
    walks = []

    def counted(root):
        walks.append(root)
        return history(root)

    monkeypatch.setattr(regularisers, "history", counted)
    report = ag.compare(loss, {"w": [1.0, 2.0]})
    assert not report
    assert 0 < len(walks) <= 2
