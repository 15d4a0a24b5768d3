"""The score: each kind of mistake is named, in every network where people make it.

A case is named if the first sentence of the report gives one of the names that fit it. A kind is
named if all of its cases are. `pytest -s` prints the score and the misses.
"""

import re
from collections import Counter

import pytest

import autograd_lite as ag

from .agreeing import AGREEING
from .corpus import NETWORKS, compared
from .inner import INNER
from .kinds import KINDS

ENOUGH = 36  # kinds of 38


def named(report, kinds):
    """Whether the first sentence gives one of these names."""
    sentence = str(report).split("\n")[0]
    first = report.findings[:1]
    return any(KINDS[k].is_named_by(finding, sentence) for k in kinds for finding in first)


def cases():
    """Quadruples (kinds, description, report, whether it is named), the first kind its own."""
    for name, network in NETWORKS.items():
        values = network.draw()
        for i, slip in enumerate(network.slips):
            manual = network.gradients(values, slip)
            report = compared(network, values, manual, i % len(network.module.FORWARDS))
            yield slip.kinds, f"{name}: {slip.wrong}", report, named(report, slip.kinds)
    for case in INNER:
        report, kinds = case.report(), case.slip.kinds
        yield kinds, f"{case.network}, inner: {case.slip.wrong}", report, named(report, kinds)
    for kind, description, (loss, manual, names), first, anywhere in AGREEING:
        report = ag.compare(loss, manual, names=names)
        told = re.search(first, str(report).split("\n")[0]) and re.search(anywhere, str(report))
        yield (kind,), f"right gradients: {description}", report, bool(report) and bool(told)


@pytest.fixture(scope="module")
def results():
    return list(cases())


def test_kinds_are_named_in_the_first_sentence(results):
    missed, all_cases = Counter(), Counter(kinds[0] for kinds, *_ in results)
    lines = []
    for kinds, description, report, right in results:
        if not right:
            missed[kinds[0]] += 1
            wanted = " or ".join(f"{k} {KINDS[k].title}" for k in kinds)
            lines.append(f"{description}\n    wanted: {wanted}\n    got: {report.summary}")
    score = len(all_cases) - len(missed)
    head = (
        f"{score} of {len(KINDS)} kinds named, {len(results) - len(lines)} of {len(results)} cases"
    )
    per_kind = [
        f"    {KINDS[k].title}: {n - missed[k]} of {n}" for k, n in sorted(all_cases.items())
    ]
    print("", head, *per_kind, "misses:", *lines, sep="\n")
    assert score >= ENOUGH, "\n".join([head, *lines])
