"""How long the first sentence of a finding is: what fits of what is known stands in it."""

from __future__ import annotations

MOST = 25  # words of a first sentence
LONG = 60  # characters of a formula in it
OPERATORS = {"+", "-", "*", "/", "@", "**", "=", "<", ">", "<=", ">=", "==", "&"}


def parted(text):
    """The first sentence of a text, and the lines that have no room in it."""
    sentence, *lines = text.split("\n")
    while lines and len(lines[0]) <= 2 * LONG:
        joined = f"{sentence}{':' if lines[0].startswith('write ') else ';'} {lines[0]}"
        if count_of_words(joined) > MOST:
            break
        sentence, lines = joined, lines[1:]
    return sentence, tuple(lines)


def count_of_words(sentence):
    """How many words a sentence has; a formula is one.

    >>> count_of_words("in dz: h * (1 - h ** 2) stands where dh @ W.T belongs")
    7
    """
    previous, depth, count = "", 0, 0
    for word in sentence.split():
        joins = depth > 0 or word in OPERATORS or previous in OPERATORS
        count += not joins
        depth += word.count("(") + word.count("[") - word.count(")") - word.count("]")
        previous = word
    return count


def elided(formula):
    """A formula that is long without what stands in its inner brackets."""
    for most in (3, 2, 1, 0):
        if len(formula) <= LONG:
            break
        formula = _to_depth(formula, most)
    return formula


def _to_depth(formula, most):
    """A formula with "..." for what stands deeper in brackets."""
    found, depth = [], 0
    for letter in formula:
        depth -= letter in ")]"
        if depth <= most:
            found.append(letter)
        depth += letter in "(["
        if depth == most + 1 and letter in "([":
            found.append("...")
    return "".join(found)
