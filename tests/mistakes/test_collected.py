"""Mistakes that were made elsewhere are named, and what is right there is not accused."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.comparison.diagnosis.sentences import MOST, count_of_words

from .collected import MISTAKES, PROGRAMS, reported

NAMED = 492  # a ratchet: it may rise, and never falls


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_what_is_right_is_not_accused(program):
    report = reported(program)
    assert report, str(report)


def test_mistakes_that_were_made_elsewhere_are_named():
    said = [(mistake, mistake.report()) for mistake in MISTAKES]
    assert not [mistake.id for mistake, report in said if report]
    missed = [f"{m.id}\n    {report.summary}" for m, report in said if not m.is_named_by(report)]
    assert len(said) - len(missed) >= NAMED, "\n".join([f"{len(missed)} of {len(said)}", *missed])


def networks():
    """The programs that return gradients by name, of three numbers at least."""
    for name, program in PROGRAMS.items():
        found = program()
        if isinstance(found, tuple) and any(np.size(g) > 2 for g in found[2].values()):
            yield name, found


def test_no_story_is_told_of_noise():
    rng, told = np.random.default_rng(0), []
    for name, (loss, names, gradients) in networks():
        noisy = {k: g * (1 + 0.1 * rng.normal(size=np.shape(g))) for k, g in gradients.items()}
        report = ag.compare(loss, noisy, names=names)
        told += [f"{name}: {report.summary}"] if report.findings else []
    assert not told, "\n".join(told)


def test_first_sentences_are_short():
    sentences = [f.sentence for mistake in MISTAKES for f in mistake.report().findings[:1]]
    long = [sentence for sentence in sentences if count_of_words(sentence) > MOST]
    assert not long, "\n".join(long)
