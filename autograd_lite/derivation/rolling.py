"""Equal steps of a derivation as one loop: "for t = 5 ... 1:" in place of fifteen lines.

The one idea: lines are equal steps if their words are the same and each of their numbers
changes by the same from step to step: with t, or with 2t.
"""

import re
from itertools import pairwise

FEW = 3  # steps that are a loop
LONGEST = 60  # lines of one step
_NUMBER = re.compile(r"(?<=_)\d+\b|(?<=\[)\d+(?=\])")
_HELPER = re.compile(r"t\d+$")


def rolled(pairs):
    """Lines of text of pairs (name, formula), loops in place of equal steps."""
    pairs = _without_partial_sums(pairs)
    pairs = [(name, _rolled_sum(formula)) for name, formula in pairs]
    lines = [f"{name} = {formula}" for name, formula in pairs]
    words = [_NUMBER.sub("#", line) for line in lines]
    found, i = [], 0
    while i < len(lines):
        period, times = _loop_at(lines, words, i)
        if times >= FEW:
            found += _loop(lines[i : i + period * times], period, times)
            i += period * times
        else:
            found.append(lines[i])
            i += 1
    return found


def _loop_at(lines, words, start):
    """The (period, times) of the loop that takes in most lines from here."""
    best = 1, 1
    for period in range(1, min((len(lines) - start) // FEW, LONGEST) + 1):
        times, end = 1, start + period
        while words[end : end + period] == words[start : start + period]:
            times, end = times + 1, end + period
        if times < FEW or period * times <= best[0] * best[1]:
            continue
        steps = [
            "\n".join(lines[i : i + period]) for i in range(start, start + times * period, period)
        ]
        times = 1 + _equal_changes(steps)
        if times >= FEW and period * times > best[0] * best[1]:
            best = period, times
    return best


def _equal_changes(texts):
    """After how many of some texts the next one differs in another way than before."""
    first = _change(texts[0], texts[1])
    for i, (one, other) in enumerate(pairwise(texts)):
        if first is None or _change(one, other) != first:
            return i
    return len(texts) - 1


def _change(one, other):
    """How the numbers of two texts of the same words differ; None if that is no step of a loop."""
    if _NUMBER.sub("#", one) != _NUMBER.sub("#", other):
        return None
    pairs = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    found = tuple(int(b) - int(a) for a, b in pairs)
    return found if any(found) and all(d % _least(found) == 0 for d in found) else None


def _least(change):
    """The smallest change of a number."""
    return min(abs(d) for d in change if d)


def _loop(lines, period, times):
    """A loop of text: its head, and its lines with t in place of what changes."""
    first, second = "\n".join(lines[:period]), "\n".join(lines[period : 2 * period])
    change = _change(first, second)
    t, step = _variable(first, change)
    body = _in_terms_of_t(first, change, t, step)
    head = f"for t = {t} ... {t + step * (times - 1)}:"
    return [head, *(f"    {line}" for line in body.split("\n"))]


def _variable(text, change):
    """Where t begins, and its step: by the first number that changes least."""
    least, numbers = _least(change), zip(_NUMBER.findall(text), change, strict=True)
    return next((int(n) // least, d // least) for n, d in numbers if abs(d) == least)


def _in_terms_of_t(text, change, t, step):
    """A text with t, t+1, 2t-1 for the numbers that change."""
    changes = iter(change)

    def written(match):
        factor = next(changes) * step
        if not factor:
            return match.group()
        far = int(match.group()) - factor * t
        inside = match.string[match.start() - 1] == "["
        index = {1: "t", -1: "-t"}.get(factor, f"{factor}t") + (f"{far:+d}" if far else "")
        return index if inside or index == "t" else f"({index})"

    return _NUMBER.sub(written, text)


# --- long sums --------------------------------------------------------------------------------


def _without_partial_sums(pairs):
    """The pairs with sums in place of the helpers t1, t2 that long ones were broken into."""
    formulas = dict(pairs)
    texts = list(formulas.values())
    helpers = {
        name
        for name, formula in pairs
        if _HELPER.match(name)
        and len(_terms(formula)) > 1
        and sum(len(re.findall(rf"\b{name}\b", text)) for text in texts) == 1
        and any(text.startswith(f"{name} + ") for text in texts)
    }
    found = []
    for name, formula in pairs:
        if name in helpers:
            continue
        while (head := formula.partition(" + ")[0]) in helpers:
            formula = formulas[head] + formula[len(head) :]
        found.append((name, formula))
    return found if any(_rolled_sum(f) != f for _, f in found) else pairs


def _terms(formula):
    """The terms of a sum: what stands between its outer plus signs."""
    terms, depth, start = [], 0, 0
    for match in re.finditer(r"[(\[{]|[)\]}]| [+-] ", formula):
        sign = match.group()
        if sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif not depth and sign == " - ":
            return [formula]
        elif not depth:
            terms.append(formula[start : match.start()])
            start = match.end()
    return [*terms, formula[start:]]


def _rolled_sum(formula):
    """A sum with ``sum(... for t = 6 ... 1)`` in place of terms that are equal steps."""
    terms, found, i = _terms(formula), [], 0
    while i < len(terms):
        end, change = i + 1, None
        while end < len(terms):
            step = _change(terms[end - 1], terms[end])
            if step is None or change not in (None, step):
                break
            change, end = step, end + 1
        if end - i >= FEW and change is not None:
            t, step = _variable(terms[i], change)
            body = _in_terms_of_t(terms[i], change, t, step)
            found.append(f"sum({body} for t = {t} ... {t + step * (end - i - 1)})")
            i = end
        else:
            found.append(terms[i])
            i += 1
    return " + ".join(found)
