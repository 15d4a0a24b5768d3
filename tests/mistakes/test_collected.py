"""Mistakes that were made elsewhere are named, and what is right there is not accused."""

import pytest

from .collected import MISTAKES, PROGRAMS, reported

NAMED = 285  # a ratchet: it may rise, and never falls


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_what_is_right_is_not_accused(program):
    report = reported(program)
    assert report, str(report)


def test_mistakes_that_were_made_elsewhere_are_named():
    said = [(mistake, mistake.report()) for mistake in MISTAKES]
    assert not [mistake.id for mistake, report in said if report]
    missed = [f"{m.id}\n    {report.summary}" for m, report in said if not m.is_named_by(report)]
    assert len(said) - len(missed) >= NAMED, "\n".join([f"{len(missed)} of {len(said)}", *missed])
