"""How a language writes equal steps: their numbers, and sums over them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

SHOWN = 12  # values in a list of them


def terms_of(formula):
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
    stem : re.Pattern
        What a text that ends before such a number calls, by its first group; no match in brackets.
    total : callable
        The sum of some terms over the steps of a `Span`.
    open, close : callable
        What becomes of a text before its numbers are looked for, and of what is made of it.
    """

    number: re.Pattern
    helper: re.Pattern
    stem: re.Pattern
    index: Callable[[str, str], str]
    total: Callable
    open: Callable[[str], str] = str
    close: Callable[[str], str] = str


class Span(NamedTuple):
    """The steps of a loop: the first and the last t, and the values of i and others that change."""

    first: int
    last: int
    listed: dict

    def __str__(self):
        return ", ".join([f"t = {self.first} ... {self.last}", *self.others])

    @property
    def latex(self):
        return r",\ ".join([rf"t = {self.first}, \dots, {self.last}", *self.others])

    @property
    def others(self):
        """i = 3, 1, 4, of many the first and the last."""
        for letter, values in self.listed.items():
            texts = list(map(str, values))
            if len(texts) > SHOWN:
                texts[SHOWN - 2 : -1] = ["..."]
            yield f"{letter} = {', '.join(texts)}"


def _sum_in_latex(terms, span):
    low, high = sorted((span.first, span.last))
    inside = rf"\left({terms}\right)" if len(terms_of(terms)) > 1 else terms
    if span.listed:
        return rf"\sum_{{{span.latex}}} {inside}".replace("...", r"\dots")
    return rf"\sum_{{t={low}}}^{{{high}}} {inside}"


TEXT = Notation(
    number=re.compile(r"(?<=_)\d+\b|(?:(?<=[\[:])|(?<=, ))\d+(?=[\]:,])"),
    helper=re.compile(r"part_\d+"),
    stem=re.compile(r"(\w+)_$"),
    index=lambda before, t: f"({t})" if len(t) > 1 and before.endswith("_") else t,
    total=lambda terms, span: f"sum({terms} for {span})",
)
LATEX = Notation(
    number=re.compile(
        r"(?<=[^\\]_\{)\d+(?=\})|(?<=, )\d+(?=\})|(?<=\\_)\d+\b"
        r"|(?:(?<=[\[:])|(?<=, ))\d+(?=\\right\]|[\]:,])"
    ),
    helper=re.compile(r"\\mathrm\{part\}_\{\d+\}"),
    stem=re.compile(r"((?:\\partial )?\S+?)(?:_\{(?:[^{}]|\{[^{}]*\})*|\\_)$"),
    index=lambda before, t: f"({t})" if len(t) > 1 and before.endswith(r"\_") else t,
    total=_sum_in_latex,
    open=partial(re.compile(r"(?<!\\)_(\d)").sub, r"_{\1}"),
    close=partial(re.compile(r"(?<!\\)_\{(\w)\}").sub, r"_\1"),
)
