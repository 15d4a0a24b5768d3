"""Equal steps of a derivation as one loop: "for t = 5 ... 1:" in place of fifteen lines.

The one idea: lines are equal steps if their words are the same and each of their numbers changes
by the same from step to step: with t, or with 2t. Only what says which data a step takes,
``X[3]`` or ``x_3`` that no line makes, may change in any way: it is i, whose values are listed.
"""

import re
from itertools import pairwise
from typing import NamedTuple

from .notation import Span, terms_of

FEW = 3  # steps that are a loop
LONGEST = 60  # lines of one step
_BETWEEN, _END = "\0", "\1"  # name and formula, and two lines: no writer writes these


class Block(NamedTuple):
    """The lines of one step, pairs (name, formula), and the steps, if it is a loop."""

    lines: list[tuple[str, str]]
    span: Span | None = None


def rolled(pairs, notation):
    """Blocks of pairs (name, formula): loops in place of equal steps, one line each of others."""
    pairs = [(notation.open(name), notation.open(formula)) for name, formula in pairs]
    made = {_stem(name, notation) for name, _ in pairs}
    pairs = _without_partial_sums(pairs, notation, made)
    texts = [_Text.of(_BETWEEN.join(pair), notation, made) for pair in pairs]
    found, i = [], 0
    while i < len(texts):
        period, times = _loop_at(texts, i)
        if times >= FEW:
            found.append(_loop(texts[i : i + period * times], period, notation))
            i += period * times
        else:
            name, formula = pairs[i]
            found.append(Block([(name, _rolled_sum(formula, notation, made))]))
            i += 1
    close = notation.close
    return [Block([(close(n), close(f)) for n, f in lines], span) for lines, span in found]


class _Text(NamedTuple):
    """A text as words, the numbers between them, and which of these choose data."""

    words: tuple[str, ...]
    numbers: tuple[int, ...]
    is_free: tuple[bool, ...]

    @classmethod
    def of(cls, text, notation, made):
        words = notation.number.split(text)
        found = (notation.stem.search(word) for word in words[:-1])
        is_free = (match is None or match[1] not in made for match in found)
        return cls((*words,), (*map(int, notation.number.findall(text)),), (*is_free,))


def _stem(name, notation):
    """What a name is called but for its number."""
    match = notation.number.search(name)
    found = match and notation.stem.search(name[: match.start()])
    return found[1] if found else name


def _loop_at(texts, start):
    """The (period, times) of the loop that takes in most lines from here."""
    best = 1, 1
    for period in range(1, min((len(texts) - start) // FEW, LONGEST) + 1):
        steps = _equal_steps(texts, start, period)
        if len(steps) < FEW or period * len(steps) <= best[0] * best[1]:
            continue
        for is_loose in (False, True):
            times = 1 + _equal_changes(steps, is_loose)
            if times >= FEW and period * times > best[0] * best[1]:
                best = period, times
    return best


def _equal_steps(texts, start, period):
    """Steps of so many lines each, from here on, whose words are the same."""
    words, steps, end = [text.words for text in texts[start : start + period]], [], start
    while [text.words for text in texts[end : end + period]] == words:
        steps.append(_joined(texts[end : end + period]))
        end += period
    return steps


def _joined(texts):
    """Several texts as one, a line each."""
    words, numbers, is_free = list(texts[0].words), list(texts[0].numbers), list(texts[0].is_free)
    for text in texts[1:]:
        words[-1] += _END + text.words[0]
        words += text.words[1:]
        numbers += text.numbers
        is_free += text.is_free
    return _Text((*words,), (*numbers,), (*is_free,))


def _equal_changes(texts, is_loose):
    """After how many of some texts of the same words the next one differs in another way."""
    first = _change(texts[0], texts[1], is_loose)
    for i, (one, other) in enumerate(pairwise(texts)):
        if not any(first) or _change(one, other, is_loose) != first:
            return i
    return len(texts) - 1


def _change(one, other, is_loose):
    """How the numbers of two texts differ, but for what chooses data where that is left open."""
    return tuple(
        0 if is_loose and is_free else b - a
        for a, b, is_free in zip(one.numbers, other.numbers, one.is_free)
    )


def _loop(texts, period, notation):
    """The block of equal steps of so many lines each."""
    steps = [_joined(texts[i : i + period]) for i in range(0, len(texts), period)]
    body, span = _in_terms_of_t(steps, notation)
    return Block([tuple(line.split(_BETWEEN)) for line in body.split(_END)], span)


def _in_terms_of_t(steps, notation):
    """The first of some steps with t, t+1, 2t-1 and i for what changes, and the span of these.

    t begins with the first number that changes least.
    """
    first, columns = steps[0], list(zip(*(step.numbers for step in steps)))
    changes = [_constant(values) for values in columns]
    regular = [(values[0], d, is_free)
               for values, d, is_free in zip(columns, changes, first.is_free) if d]  # fmt: skip
    bound = [(n, d) for n, d, is_free in regular if not is_free] or [(n, d) for n, d, _ in regular]
    least = min(abs(d) for _, d in bound)
    t, step = next((n // least, d // least) for n, d in bound if abs(d) == least)
    found, listed = first.words[0], {}
    for values, d, word in zip(columns, changes, first.words[1:]):
        if d is None:
            found += notation.index(found, _listed(values, listed, first.words)) + word
            continue
        factor = d * step
        far = values[0] - factor * t
        index = {1: "t", -1: "-t"}.get(factor, f"{factor}t") + (f"{far:+d}" if far else "")
        found += (notation.index(found, index) if d else str(values[0])) + word
    return found, Span(t, t + step * (len(steps) - 1), listed)


def _constant(values):
    """By what some numbers change from one to the next, if that is always the same."""
    changes = {b - a for a, b in pairwise(values)}
    return changes.pop() if len(changes) == 1 else None


def _listed(values, listed, words):
    """A letter for numbers that change in any way, or one that is known plus a number."""
    for letter, known in listed.items():
        if len(far := {a - b for a, b in zip(values, known)}) == 1:
            [far] = far
            return f"{letter}{far:+d}" if far else letter
    taken = {*listed, *re.findall(r"\w+", " ".join(words))}
    letter = next(c for c in "ijklmnpqrsuvw" if c not in taken)
    listed[letter] = values
    return letter


# --- long sums --------------------------------------------------------------------------------


def _without_partial_sums(pairs, notation, made):
    """The pairs without the helpers part_1, part_2 of sums that can be rolled in one piece."""
    formulas = dict(pairs)
    text = "\n".join(formulas.values())
    helpers = {
        name
        for name, formula in pairs
        if notation.helper.fullmatch(name)
        and len(terms_of(formula)) > 1
        and len(re.findall(rf"(?<!\w){re.escape(name)}(?!\w)", text)) == 1
    }
    whole, dropped = {}, set()
    for name, formula in pairs:
        inside = []
        while (head := re.split(" [+-] ", formula, maxsplit=1)[0]) in helpers and head != formula:
            inside.append(head)
            formula = formulas[head] + formula[len(head) :]
        if inside and name not in helpers and _rolled_sum(formula, notation, made) != formula:
            whole[name] = formula
            dropped.update(inside)
    return [(name, whole.get(name, formula)) for name, formula in pairs if name not in dropped]


def _rolled_sum(formula, notation, made):
    """A sum with ``sum(... for t = 6 ... 1)`` in place of terms that are equal steps."""
    terms, found, i = terms_of(formula), [], 0
    texts = [_Text.of(term, notation, made) for term in terms]
    while i < len(terms):
        period, times = _loop_at(texts, i)
        if times >= FEW:
            body, span = _in_terms_of_t(_equal_steps(texts, i, period)[:times], notation)
            step = body.split(_END)
            sign = "-" if all(term.startswith("-") for term in step) else "+"
            step = [f"+{term[1:]}" for term in step] if sign == "-" else step
            found.append(f"{sign} {notation.total(_as_sum(step), span)}")
        else:
            found.append(terms[i])
        i += period * times
    return _as_sum(found)


def _as_sum(terms):
    """Terms with their signs as one text."""
    text = " ".join(terms)
    return text.removeprefix("+ ") if text.startswith("+") else f"-{text[2:]}"
