"""The score: each kind of mistake is named, in every network where people make it.

A case is named if the first sentence of the report gives one of the names that fit it. A kind is
named if all of its cases are. `pytest -s` prints the score and the misses.
"""

import re
from collections import Counter
from dataclasses import dataclass

import pytest

import autograd_lite as ag

from .agreeing import AGREEING
from .coded import CODED
from .corpus import NETWORKS, compared
from .inner import INNER
from .kinds import KINDS

# A ratchet: how many cases are named today. A count may rise, and never falls.
KINDS_NAMED = 36  # of 38, in all of their cases
NAMED = {"first forms": 484, "other forms": 278, "seed": 454, "float32": 454}


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
    for row in CODED:
        yield coded_loss(*row)


def coded_loss(kinds, f, derived, point):
    report = ag.compare_function(f, derived, point)
    found = case(f"coded: {f.__name__}", kinds, report)
    told = not report and any(KINDS[k].is_told_by(found.sentence) for k in kinds)
    return Case(found.description, kinds, found.sentence, found.is_named or told)


def of_right_gradients():
    for kind, description, (loss, manual, names, advice), first, anywhere in AGREEING:
        report = ag.compare(loss, manual, names=names)
        texts = report.summary, " ".join([report.summary, *report.evidence, advice])
        told = bool(report) and all(map(re.search, (first, anywhere), texts))
        yield Case(f"right gradients: {description}", (kind,), texts[0], told)


def misses(cases):
    for missed in cases:
        if not missed.is_named:
            wanted = " or ".join(f"{k} {KINDS[k].title}" for k in missed.kinds)
            yield f"{missed.description}\n    wanted: {wanted}\n    got: {missed.sentence}"


def score(cases):
    """How many kinds are named in all their cases, how many cases, and the page of misses."""
    every = Counter(c.kinds[0] for c in cases)
    named = Counter(c.kinds[0] for c in cases if c.is_named)
    whole = sum(named[kind] == every[kind] for kind in every)
    head = f"{whole} of {len(every)} kinds named, {named.total()} of {every.total()} cases"
    table = [f"{KINDS[k].title:>42}: {named[k]} of {every[k]}" for k in sorted(every)]
    return whole, named.total(), "\n".join(["", head, *table, "", "misses:", *misses(cases)])


def test_kinds_are_named_in_the_first_sentence():
    cases = [
        *of_networks(slice(1)),
        *of_inner_gradients(),
        *of_coded_losses(),
        *of_right_gradients(),
    ]
    assert {c.kinds[0] for c in cases} == set(KINDS) - {0}
    whole, named, page = score(cases)
    print(page)
    assert whole >= KINDS_NAMED, page
    assert named >= NAMED["first forms"], page


@pytest.mark.slow
def test_mistakes_are_named_when_the_loss_is_written_in_another_form():
    cases = list(of_networks(slice(1, None)))
    _, named, page = score(cases)
    print(page)
    assert named >= NAMED["other forms"], page


@pytest.mark.slow
@pytest.mark.parametrize(("values", "drawn"), [("seed", {"seed": 5}), ("float32", {"dtype": "f4"})])
def test_mistakes_are_named_on_other_values(values, drawn):
    cases = list(of_networks(slice(1), **drawn))
    _, named, page = score(cases)
    print(page)
    assert named >= NAMED[values], page
