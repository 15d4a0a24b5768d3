"""The term, the factor or the formula that gives a wanted value, out of values in reach."""

import re
from itertools import product

import numpy as np

from .texts import is_simple

SAMPLED, VALUES, SHOWN = 4, 200, 8
FACTORS, SUMMED = 8, 10  # values that may stand before a bracket, and in a sum over an axis
_NOISE = 1e-9
ROWS = 4  # of a product, that are looked at first
MULTIPLIED = 36  # values that may stand in a matrix product
_NUMBERS = {"0.5": 0.5, "3": 3.0, "4": 4.0, "0.25": 0.25}
_FORMS = {"{}": np.ones_like, "{} * {}": np.positive, "{} / {}": np.reciprocal}
_SUMS = {  # forms of a sum and a value p, and the sum by what the whole is and p
    "{p} * ({})": np.divide,
    "({}) / {p}": np.multiply,
    "{p} / ({})": lambda wanted, p: p / wanted,
}
_MATRICES = {
    "np.outer({}, {})": np.outer,
    "{} @ {}": np.matmul,
    "{}.T @ {}": lambda x, y: x.T @ y,
    "{} @ {}.T": lambda x, y: x @ y.T,
    "{}.swapaxes(-1, -2) @ {}": lambda x, y: x.swapaxes(-1, -2) @ y,
    "{} @ {}.swapaxes(-1, -2)": lambda x, y: x @ y.swapaxes(-1, -2),
    "np.linalg.solve({}, {})": np.linalg.solve,
    "np.linalg.solve({}.T, {})": lambda x, y: np.linalg.solve(x.T, y),
}
_BY_ROWS = ("{} @ {}", "{}.T @ {}", "{} @ {}.T")
_SIZE = re.compile(r"\.shape\[|\.size|len\(")  # which is divided by
_SOLVED = 100  # rows of a system of equations


def products(one, two):
    """Pairs (form of a matrix product, shape of its result) of arrays of two shapes."""
    if len(one) == len(two) == 1:
        yield "np.outer({}, {})", (*one, *two)
        return
    if len(one) == len(two) == 3 and one[0] == two[0]:
        yield from _of_batches(one, two)
    if len(one) not in (1, 2, 3) or len(two) not in (1, 2):
        return
    if one[-1] == two[0]:
        yield "{} @ {}", (*one[:-1], *two[1:])
    if len(one) == 2 and one[0] == two[0]:
        yield "{}.T @ {}", (one[1], *two[1:])
    if len(two) == 2 and one[-1] == two[1]:
        yield "{} @ {}.T", (*one[:-1], two[0])
    if len(one) == 2 and one[0] == one[1] == two[0] <= _SOLVED:
        yield "np.linalg.solve({}, {})", two
        yield "np.linalg.solve({}.T, {})", two


def _of_batches(one, two):
    if one[2] == two[1]:
        yield "{} @ {}", (*one[:2], two[2])
    if one[1] == two[1]:
        yield "{}.swapaxes(-1, -2) @ {}", (one[0], one[2], two[2])
    if one[2] == two[2]:
        yield "{} @ {}.swapaxes(-1, -2)", (*one[:2], two[1])


def solutions(wanted, values, close):
    """Expressions that give the wanted array: c p, c p q and c p / q, c p @ q; short ones first.

    ``values`` are arrays and numbers by the text that gives them, c is a small number or one of
    them, or is divided by one; ``close`` is what two right numbers may differ by, relatively.
    Of what is nan in ``wanted`` nothing is known.
    """
    wanted = np.asarray(wanted, dtype=float)
    size = np.abs(np.nan_to_num(wanted))
    at = _sample(wanted)
    if not at.size:
        return []
    values = {text: np.asarray(v, dtype=float) for text, v in list(values.items())[:VALUES]}
    numbers = _coefficients(values)
    found = []
    known = wanted[np.isfinite(wanted)]
    if known.size > 1 and np.ptp(known) <= close * size.max():
        c = known[0]
        near = (f for f, number in numbers.items() if abs(abs(c / number) - 1) <= 10 * close)
        found += [f"-{_alone(f)}" if c * numbers[f] < 0 else _alone(f) for f in near]
    found += _elementwise(wanted, at, values, numbers, close)
    found += _matrix_products(wanted, values, numbers, close)
    return sorted(dict.fromkeys(found), key=len)[:SHOWN]


def _sample(wanted):
    """Places of some known entries that are not 0, by their sizes; none where one is infinite."""
    size = np.abs(np.nan_to_num(wanted, posinf=np.inf, neginf=np.inf))
    if not np.isfinite(size).all():
        return np.array([], dtype=int)
    size = np.where(size > _NOISE * size.max(initial=0.0), size, 0.0)
    at = np.argsort(-size, axis=None, kind="stable")[: np.count_nonzero(size)]
    return at[np.linspace(0, len(at) - 1, min(SAMPLED, len(at))).astype(int)]


def differences(wanted, values, close):
    """Expressions p (q + c r), (q + c r) / p and p / (q + c r) that give the wanted array."""
    wanted = np.asarray(wanted, dtype=float)
    at = _sample(wanted)
    if len(at) < SAMPLED:
        return []
    values = {text: np.asarray(v, dtype=float) for text, v in list(values.items())[:VALUES]}
    numbers = _coefficients({text: v for text, v in values.items() if is_simple(text)})
    values = {text: v for text, v in values.items() if not _SIZE.search(text)}
    texts, rows = _sampled(values, wanted.shape, at)
    near = [text for text in texts if is_simple(text) and "(" not in text][:FACTORS]
    found = []
    with np.errstate(all="ignore"):
        for (form, inside), p, sign in product(_SUMS.items(), near, (1, -1)):
            inner = sign * inside(wanted, values[p])
            for q, term in _two(inner, at, values, texts, rows, numbers, close):
                new = form.format(_sum(q, term), p=_bracketed(p))
                found.append(new if sign == 1 else f"-{new}")
    return sorted(dict.fromkeys(found), key=len)[:SHOWN]


def _two(wanted, at, values, texts, rows, numbers, close):
    """Pairs (q, c r) of the values that add up to the wanted array."""
    target = wanted.reshape(-1)[at]
    rest = target - rows
    ratios = rest[:, None] / rows
    steady = np.abs(ratios - ratios[..., :1]) <= 10 * close * np.abs(ratios[..., :1])
    steady &= (np.abs(rest).max(-1) > 1e-6 * np.abs(target).max())[:, None, None]
    for i, j in np.argwhere(steady.all(-1)):
        q, r, c = texts[i], texts[j], ratios[i, j, 0]
        if _is_it(values[q] + c * values[r], wanted, close):
            yield from ((q, term) for term in _named(c, _bracketed(r), numbers, close))


def _sum(one, term):
    return f"{one} {'-' if term.startswith('-') else '+'} {term.removeprefix('-')}"


def sums(values, shape):
    """{text: value} of sums and means over an axis of arrays, and of products of two of them.

    Those that have, or are broadcast to, a shape.
    """
    arrays = [(t, np.asarray(v)) for t, v in values.items() if np.ndim(v) > 1 and is_simple(t)]
    arrays = arrays[:SUMMED]
    summed = dict(arrays)
    for i, (one, v) in enumerate(arrays):
        summed |= {f"{one} * {two}": v * w for two, w in arrays[i:] if w.shape == v.shape}
    found, along = {}, {}
    for text, v in summed.items():
        for axis in _axes(v.ndim, len(shape)):
            total = v.sum(axis, keepdims=True)
            new = f"np.sum({text}, axis={axis}, keepdims=True)"
            if v.shape == shape:
                found[new] = total
                found[new.replace("np.sum", "np.mean", 1)] = v.mean(axis, keepdims=True)
                along[text, new] = total
            elif v.sum(axis).shape == shape:
                found[f"np.sum({text}, axis={axis})"] = v.sum(axis)
    for one, v in arrays:  # what is taken out along an array: x sum(x y)
        mine = {new: total for (text, new), total in along.items() if one in text.split(" * ")}
        found |= {f"{one} * {new}": v * total for new, total in mine.items() if " * " in new}
    return found


def _axes(ndim, left):
    """The axes that a sum may be over: a single one, or all but one."""
    single = list(range(ndim))
    if left != 1 or ndim < 3:
        return single
    return single + [tuple(a for a in single if a != kept) for kept in (ndim - 1, 1, 0)]


def _sampled(values, shape, at):
    """(texts, rows): the values that are broadcast to a shape, at some entries."""
    texts, rows = [], []
    for text, value in values.items():
        if text[0].isdigit():
            continue
        try:
            whole = np.broadcast_to(value, shape)
        except ValueError:
            continue
        texts.append(text)
        rows.append(whole.reshape(-1)[at])
    return texts, np.array(rows)


def _coefficients(values):
    """{form of c times something: c}: 1 and 2, then the numbers in reach, then other small ones."""
    forms = {"{}": 1.0, "2 * {}": 2.0}
    named = {t: float(v) for t, v in values.items() if v.ndim == 0 and v and abs(v) != 1}
    for text, value in named.items():
        if not _SIZE.search(text):
            forms[f"{_bracketed(text)} * {{}}"] = value
        forms[f"{{}} / {_bracketed(text)}"] = 1 / value
    forms |= {f"2 * {{}} / {_bracketed(text)}": 2 / value for text, value in named.items()}
    return forms | {f"{text} * {{}}": c for text, c in _NUMBERS.items()}


def _elementwise(wanted, at, values, numbers, close):
    """Products and quotients of one or two values, entry by entry."""
    texts, rows = _sampled(values, wanted.shape, at)
    if not texts:
        return
    target = wanted.reshape(-1)[at]
    with np.errstate(all="ignore"):
        for form, by in _FORMS.items():
            right = by(rows) if form != "{}" else np.ones((1, len(at)))
            ratios = target / (rows[:, None] * right)  # (left, right, sample): c if that is it
            steady = np.abs(ratios - ratios[..., :1]) <= 10 * close * np.abs(ratios[..., :1])
            for i, j in np.argwhere(steady.all(-1)):
                if (form == "{} * {}" and j < i) or (form == "{} / {}" and i == j):
                    continue
                if not _is_it(
                    ratios[i, j, 0] * values[texts[i]] * by(values[texts[j]]), wanted, close
                ):
                    continue
                pair = [_bracketed(texts[i]), _bracketed(texts[j])][: form.count("{}")]
                yield from _named(ratios[i, j, 0], form.format(*pair), numbers, close)


def _is_it(value, wanted, close):
    """Whether a value is the wanted one, wherever that is known."""
    known = np.isfinite(wanted)
    far = np.abs(value - wanted)[known]
    return bool((far <= 10 * close * np.abs(wanted[known]).max()).all())


def _matrix_products(wanted, values, numbers, close):
    near = [t for t, v in values.items() if v.ndim in (1, 2, 3) and is_simple(t) and "np." not in t]
    arrays = {text: values[text] for text in near[:MULTIPLIED]}
    size = np.abs(wanted).max()
    for one, two in product(arrays, repeat=2):
        for form, shape in products(arrays[one].shape, arrays[two].shape):
            if shape != wanted.shape:
                continue
            by_rows = form in _BY_ROWS and arrays[one].ndim == 2
            some = slice(None, None, max(1, shape[0] // ROWS)) if by_rows else slice(None)
            pair = (form, arrays[one], arrays[two], wanted)
            c = _multiple(*pair, some, size, close) and _multiple(*pair, slice(None), size, close)
            if c:
                yield from _named(c, form.format(one, two), numbers, close)


def _multiple(form, one, two, wanted, rows, size, close):
    """The number that makes a product the wanted array, as far as some rows say; else 0."""
    part = {"{} @ {}": one[rows], "{} @ {}.T": one[rows], "{}.T @ {}": one[..., rows]}.get(
        form, one
    )
    try:
        value = _MATRICES[form](part, two)
    except np.linalg.LinAlgError:
        return 0.0
    length = np.vdot(value, value)
    c = np.vdot(value, wanted[rows]) / length if length else 0.0
    return c if np.abs(c * value - wanted[rows]).max() <= 10 * close * size else 0.0


def _alone(form):
    """The number of a form itself: of "N * {}" it is N, of "{} / N" it is 1 / N."""
    return form.format("1") if form.startswith("{}") else form.replace(" * {}", "")


def _named(c, text, numbers, close):
    """An expression times c, where c is one of the numbers; a sign in front of it."""
    for form, number in numbers.items():
        if abs(abs(c) - abs(number)) <= 10 * close * abs(number):
            text = form.format(text)
            yield text if (c > 0) == (number > 0) else f"-{text}"
            return


def _bracketed(text):
    return text if is_simple(text) else f"({text})"
