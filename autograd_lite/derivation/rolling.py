"""Equal steps of a derivation as one loop: "for t = 5 ... 1:" in place of fifteen lines.

The one idea: lines are equal steps if their words are the same and each of their numbers
changes by the same from step to step: with t, or with 2t. Which numbers these are, and how t is
written in their place, is all that a `Notation` knows of its language.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import NamedTuple

FEW = 3  # steps that are a loop
LONGEST = 60  # lines of one step
_BETWEEN, _END = "\0", "\1"  # name and formula, and two lines: no writer writes these


@dataclass(frozen=True)
class Notation:
    """How a language writes what changes from step to step.

    Attributes
    ----------
    number : re.Pattern
        Finds the numbers that count steps: in names, and alone in brackets.
    helper : re.Pattern
        The name of a part of a long formula.
    index : callable
        What stands for such a number, of the text before it and its formula, "t+1".
    total : callable
        The sum of some terms over t, of these and the first and the last t.
    open, close : callable
        What becomes of a text before its numbers are looked for, and of what is made of it.
    """

    number: re.Pattern
    helper: re.Pattern
    index: Callable[[str, str], str]
    total: Callable[[str, int, int], str]
    open: Callable[[str], str] = str
    close: Callable[[str], str] = str


def _sum_in_latex(terms, first, last):
    low, high = sorted((first, last))
    inside = rf"\left({terms}\right)" if len(_terms(terms)) > 1 else terms
    return rf"\sum_{{t={low}}}^{{{high}}} {inside}"


TEXT = Notation(
    number=re.compile(r"(?<=_)\d+\b|(?:(?<=[\[:])|(?<=, ))\d+(?=[\]:,])"),
    helper=re.compile(r"part_\d+"),
    index=lambda before, t: f"({t})" if t != "t" and before.endswith("_") else t,
    total=lambda terms, first, last: f"sum({terms} for t = {first} ... {last})",
)
LATEX = Notation(
    number=re.compile(
        r"(?<=[^\\]_\{)\d+(?=\})|(?<=, )\d+(?=\})|(?<=\\_)\d+\b"
        r"|(?:(?<=[\[:])|(?<=, ))\d+(?=\\right\]|[\]:,])"
    ),
    helper=re.compile(r"\\mathrm\{part\}_\{\d+\}"),
    index=lambda before, t: f"({t})" if t != "t" and before.endswith(r"\_") else t,
    total=_sum_in_latex,
    open=partial(re.compile(r"(?<!\\)_(\d)").sub, r"_{\1}"),
    close=partial(re.compile(r"(?<!\\)_\{(\w)\}").sub, r"_\1"),
)


class Block(NamedTuple):
    """The lines of one step, pairs (name, formula); of a loop the t of its first and last step."""

    lines: list[tuple[str, str]]
    ends: tuple[int, int] | None = None


def rolled(pairs, notation):
    """Blocks of pairs (name, formula): loops in place of equal steps, one line each of others."""
    pairs = [(notation.open(name), notation.open(formula)) for name, formula in pairs]
    pairs = _without_partial_sums(pairs, notation)
    pairs = [(name, _rolled_sum(formula, notation)) for name, formula in pairs]
    texts = [_Text.of(_BETWEEN.join(pair), notation) for pair in pairs]
    found, i = [], 0
    while i < len(texts):
        period, times = _loop_at(texts, i)
        if times >= FEW:
            found.append(_loop(texts[i : i + period * times], period, notation))
            i += period * times
        else:
            found.append(Block([pairs[i]]))
            i += 1
    close = notation.close
    return [Block([(close(n), close(f)) for n, f in lines], ends) for lines, ends in found]


class _Text(NamedTuple):
    """A text as words, and the numbers between them."""

    words: tuple[str, ...]
    numbers: tuple[int, ...]

    @classmethod
    def of(cls, text, notation):
        numbers = map(int, notation.number.findall(text))
        return cls((*notation.number.split(text),), (*numbers,))


def _loop_at(texts, start):
    """The (period, times) of the loop that takes in most lines from here."""
    best = 1, 1
    for period in range(1, min((len(texts) - start) // FEW, LONGEST) + 1):
        steps = _equal_steps(texts, start, period)
        if len(steps) < FEW or period * len(steps) <= best[0] * best[1]:
            continue
        times = 1 + _equal_changes(steps)
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
    words, numbers = list(texts[0].words), list(texts[0].numbers)
    for text in texts[1:]:
        words[-1] += _END + text.words[0]
        words += text.words[1:]
        numbers += text.numbers
    return _Text((*words,), (*numbers,))


def _equal_changes(texts):
    """After how many of some texts the next one differs in another way than before."""
    first = _change(texts[0], texts[1])
    for i, (one, other) in enumerate(pairwise(texts)):
        if first is None or _change(one, other) != first:
            return i
    return len(texts) - 1


def _change(one, other):
    """How the numbers of two texts of the same words differ; None if that is no step of a loop."""
    if one.words != other.words:
        return None
    found = tuple(b - a for a, b in zip(one.numbers, other.numbers, strict=True))
    return found if any(found) else None


def _loop(texts, period, notation):
    """The block of equal steps of so many lines each."""
    first, second = _joined(texts[:period]), _joined(texts[period : 2 * period])
    body, ends = _in_terms_of_t(first, second, len(texts) // period, notation)
    return Block([tuple(line.split(_BETWEEN)) for line in body.split(_END)], ends)


def _in_terms_of_t(text, following, times, notation):
    """The first of some steps with t, t+1, 2t-1 for what changes, and the first and last t.

    t begins with the first number that changes least.
    """
    change = _change(text, following)
    least = min(abs(d) for d in change if d)
    t, step = next(
        (n // least, d // least) for n, d in zip(text.numbers, change) if abs(d) == least
    )
    found = text.words[0]
    for number, d, word in zip(text.numbers, change, text.words[1:]):
        factor = d * step
        far = number - factor * t
        index = {1: "t", -1: "-t"}.get(factor, f"{factor}t") + (f"{far:+d}" if far else "")
        found += (notation.index(found, index) if d else str(number)) + word
    return found, (t, t + step * (times - 1))


# --- long sums --------------------------------------------------------------------------------


def _without_partial_sums(pairs, notation):
    """The pairs without the helpers part_1, part_2 of sums that can be rolled in one piece."""
    formulas = dict(pairs)
    text = "\n".join(formulas.values())
    helpers = {
        name
        for name, formula in pairs
        if notation.helper.fullmatch(name)
        and len(_terms(formula)) > 1
        and len(re.findall(rf"(?<!\w){re.escape(name)}(?!\w)", text)) == 1
    }
    whole, dropped = {}, set()
    for name, formula in pairs:
        inside = []
        while (head := re.split(" [+-] ", formula, maxsplit=1)[0]) in helpers and head != formula:
            inside.append(head)
            formula = formulas[head] + formula[len(head) :]
        if inside and name not in helpers and _rolled_sum(formula, notation) != formula:
            whole[name] = formula
            dropped.update(inside)
    return [(name, whole.get(name, formula)) for name, formula in pairs if name not in dropped]


def _terms(formula):
    """The terms of a sum with their signs, "+ a", "- b": what stands between its outer signs."""
    terms, depth, start, sign = [], 0, 0, "+"
    for match in re.finditer(r"[(\[{]|[)\]}]| [+-] ", formula):
        found = match.group()
        if found in "([{":
            depth += 1
        elif found in ")]}":
            depth -= 1
        elif not depth:
            terms.append(f"{sign} {formula[start : match.start()]}")
            start, sign = match.end(), found.strip()
    return [*terms, f"{sign} {formula[start:]}"]


def _rolled_sum(formula, notation):
    """A sum with ``sum(... for t = 6 ... 1)`` in place of terms that are equal steps."""
    terms, found, i = _terms(formula), [], 0
    texts = [_Text.of(term, notation) for term in terms]
    while i < len(terms):
        period, times = _loop_at(texts, i)
        if times >= FEW:
            following = _joined(texts[i + period : i + 2 * period])
            body, ends = _in_terms_of_t(_joined(texts[i : i + period]), following, times, notation)
            step = body.split(_END)
            sign = "-" if all(term.startswith("-") for term in step) else "+"
            step = [f"+{term[1:]}" for term in step] if sign == "-" else step
            found.append(f"{sign} {notation.total(_as_sum(step), *ends)}")
        else:
            found.append(terms[i])
        i += period * times
    return _as_sum(found)


def _as_sum(terms):
    """Terms with their signs as one text."""
    text = " ".join(terms)
    return text.removeprefix("+ ") if text.startswith("+") else f"-{text[2:]}"
