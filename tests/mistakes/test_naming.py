"""The score: each kind of mistake is named, in every network where people make it.

A case is named if the first sentence of the report gives one of the names that fit it. A kind is
named if all of its cases are. `pytest -s` prints the score and the misses.
"""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest

import autograd_lite as ag

from .agreeing import AGREEING
from .coded import CODED
from .corpus import NETWORKS, compared
from .inner import INNER
from .kinds import KINDS

ENOUGH = 36  # kinds of 38
OF_OTHER_FORMS = OF_OTHER_VALUES = 0.9  # of the cases


@dataclass(frozen=True)
class Case:
    """A mistake, and what the report says of it; the first of the kinds is its own."""

    description: str
    kinds: tuple[int, ...]
    sentence: str
    is_named: bool


def case(description, kinds, report):
    sentence = report.summary
    first = report.findings[:1]
    is_named = any(KINDS[k].is_named_by(finding, sentence) for k in kinds for finding in first)
    return Case(description, kinds, sentence, is_named and not report)


def of_networks(forms, **drawn):
    """The mistakes of all networks, with the loss on the tape in some of its forms."""
    for name, network in NETWORKS.items():
        values = network.draw(**drawn)
        for slip in network.slips:
            manual = network.gradients(values, slip)
            for form in range(len(network.module.FORWARDS))[forms]:
                report = compared(network, values, manual, form)
                yield case(f"{name}: {slip.wrong}", slip.kinds, report)


def of_inner_gradients():
    for inner in INNER:
        yield case(f"{inner.network}, inner: {inner.slip.wrong}", inner.slip.kinds, inner.report())


def of_coded_losses():
    for kinds, f, derived, point in CODED:
        report = ag.compare_function(f, derived, point)
        found = case(f"coded: {f.__name__}", kinds, report)
        told = not report and any(KINDS[k].is_told_by(found.sentence) for k in kinds)
        yield Case(found.description, kinds, found.sentence, found.is_named or told)


def of_right_gradients():
    for kind, description, (loss, manual, names), first, anywhere in AGREEING:
        report = ag.compare(loss, manual, names=names)
        texts = report.summary, " ".join([report.summary, *report.evidence])
        told = bool(report) and all(map(re.search, (first, anywhere), texts))
        yield Case(f"right gradients: {description}", (kind,), texts[0], told)


def misses(cases):
    for missed in cases:
        if not missed.is_named:
            wanted = " or ".join(f"{k} {KINDS[k].title}" for k in missed.kinds)
            yield f"{missed.description}\n    wanted: {wanted}\n    got: {missed.sentence}"


def score(cases):
    """How many kinds are named in all of their cases, and the page that says which are not."""
    every = Counter(c.kinds[0] for c in cases)
    named = Counter(c.kinds[0] for c in cases if c.is_named)
    whole = sum(named[kind] == every[kind] for kind in every)
    head = f"{whole} of {len(every)} kinds named, {named.total()} of {every.total()} cases"
    table = [f"{KINDS[k].title:>42}: {named[k]} of {every[k]}" for k in sorted(every)]
    return whole, "\n".join(["", head, *table, "", "misses:", *misses(cases)])


def test_kinds_are_named_in_the_first_sentence():
    cases = [
        *of_networks(slice(1)),
        *of_inner_gradients(),
        *of_coded_losses(),
        *of_right_gradients(),
    ]
    assert {c.kinds[0] for c in cases} == set(KINDS) - {0}
    whole, page = score(cases)
    print(page)
    assert whole >= ENOUGH, page


@pytest.mark.slow
def test_mistakes_are_named_when_the_loss_is_written_in_another_form():
    cases = list(of_networks(slice(1, None)))
    _, page = score(cases)
    print(page)
    assert sum(c.is_named for c in cases) >= OF_OTHER_FORMS * len(cases), page


@pytest.mark.slow
@pytest.mark.parametrize("drawn", [{"seed": 5}, {"dtype": np.float32}], ids=["seed", "float32"])
def test_mistakes_are_named_on_other_values(drawn):
    cases = list(of_networks(slice(1), **drawn))
    _, page = score(cases)
    print(page)
    assert sum(c.is_named for c in cases) >= OF_OTHER_VALUES * len(cases), page
