"""Where inner gradients are given, the first wrong one is blamed, and nothing behind it."""

import pytest

from .inner import INNER
from .kinds import KINDS


@pytest.mark.parametrize("case", INNER, ids=lambda c: f"{c.network}-{c.slip.wrong}-{c.given}")
def test_only_the_first_wrong_node_is_blamed(case):
    report = case.report()
    assert not report
    sentence = report.summary
    assert len(report.findings) == 1
    assert any(KINDS[k].is_named_by(report.findings[0], sentence) for k in case.slip.kinds)
    assert f"d{case.first}" in sentence
    wrong = [row.name for row in report if not row]
    assert {*report.findings[0].explains, *report.because} >= set(wrong)
