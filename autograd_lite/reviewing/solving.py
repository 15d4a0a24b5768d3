"""The term, the factor or the formula that gives a wanted value, out of values in reach."""

import numpy as np

from .texts import is_simple

SAMPLED, VALUES, SHOWN = 4, 160, 8
_NUMBERS = {"1": 1.0, "2": 2.0, "0.5": 0.5, "3": 3.0, "4": 4.0, "0.25": 0.25}
_MATRICES = (
    ("np.outer({}, {})", np.outer),
    ("{} @ {}", np.matmul),
    ("{}.T @ {}", lambda x, y: x.T @ y),
    ("{} @ {}.T", lambda x, y: x @ y.T),
    ("np.linalg.solve({}, {})", np.linalg.solve),
    ("np.linalg.solve({}.T, {})", lambda x, y: np.linalg.solve(x.T, y)),
)


def solutions(wanted, values, close):
    """Expressions that give the wanted array: c p, c p q and c p / q, c p @ q; short ones first.

    ``values`` are arrays and numbers by the text that gives them, c is a small number or one of
    them, or is divided by one; ``close`` is what two right numbers may differ by, relatively.
    """
    wanted = np.asarray(wanted, dtype=float)
    size = np.abs(wanted)
    if not wanted.size or not np.isfinite(size).all() or not size.any():
        return []
    at = np.argsort(-size, axis=None, kind="stable")[: max(1, np.count_nonzero(size))]
    at = at[np.linspace(0, len(at) - 1, min(SAMPLED, len(at))).astype(int)]
    values = {text: np.asarray(v, dtype=float) for text, v in list(values.items())[:VALUES]}
    numbers = _coefficients(values)
    found = [*_elementwise(wanted, at, values, numbers, close)]
    found += _matrix_products(wanted, values, numbers, close)
    return sorted(dict.fromkeys(found), key=len)[:SHOWN]


def _coefficients(values):
    """Pairs (form of c times something, c): small numbers, the numbers in reach."""
    forms = {(f"{text} * {{}}" if text != "1" else "{}"): c for text, c in _NUMBERS.items()}
    for text, value in values.items():
        if value.ndim == 0 and value and abs(value) != 1:
            forms[f"{_bracketed(text)} * {{}}"] = float(value)
            forms[f"{{}} / {_bracketed(text)}"] = 1 / float(value)
    return forms


def _elementwise(wanted, at, values, numbers, close):
    """Products and quotients of one or two values, entry by entry."""
    texts, rows = [], []
    for text, value in values.items():
        try:
            whole = np.broadcast_to(value, wanted.shape)
        except ValueError:
            continue
        texts.append(text)
        rows.append(whole.reshape(-1)[at])
    if not rows:
        return
    rows, target = np.array(rows), wanted.reshape(-1)[at]
    ones = np.ones((1, len(at)))
    with np.errstate(all="ignore"):
        for form, right in (("{}", ones), ("{} * {}", rows), ("{} / {}", 1 / rows)):
            ratios = target / (rows[:, None] * right)  # (left, right, sample): c if that is it
            steady = np.abs(ratios - ratios[..., :1]) <= 10 * close * np.abs(ratios[..., :1])
            for i, j in np.argwhere(steady.all(-1)):
                if form == "{} * {}" and j < i:
                    continue
                pair = [_bracketed(texts[i]), _bracketed(texts[j])][: form.count("{}")]
                yield from _named(ratios[i, j, 0], form.format(*pair), numbers, close)


def _matrix_products(wanted, values, numbers, close):
    arrays = {t: v for t, v in values.items() if v.ndim in (1, 2) and is_simple(t)}
    for form, product in _MATRICES:
        for one, x in arrays.items():
            for two, y in arrays.items():
                try:
                    value = product(x, y)
                except (ValueError, np.linalg.LinAlgError):
                    continue
                if value.shape != wanted.shape or not np.any(value):
                    continue
                c = np.vdot(value, wanted) / np.vdot(value, value)
                if np.abs(c * value - wanted).max() <= 10 * close * np.abs(wanted).max():
                    yield from _named(c, form.format(one, two), numbers, close)


def _named(c, text, numbers, close):
    """An expression times c, where c is one of the numbers; a sign in front of it."""
    for form, number in numbers.items():
        if abs(abs(c) - abs(number)) <= 10 * close * abs(number):
            text = form.format(text)
            yield text if (c > 0) == (number > 0) else f"-{text}"
            return


def _bracketed(text):
    return text if is_simple(text) else f"({text})"
