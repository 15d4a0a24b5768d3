"""The term, the factor or the formula that gives a wanted value, out of values in reach."""

import numpy as np

from .texts import is_simple

SAMPLED, VALUES, SHOWN = 4, 160, 8
_NUMBERS = {"1": 1.0, "2": 2.0, "0.5": 0.5, "3": 3.0, "4": 4.0, "0.25": 0.25}
_MATRICES = {
    "np.outer({}, {})": np.outer,
    "{} @ {}": np.matmul,
    "{}.T @ {}": lambda x, y: x.T @ y,
    "{} @ {}.T": lambda x, y: x @ y.T,
    "np.linalg.solve({}, {})": np.linalg.solve,
    "np.linalg.solve({}.T, {})": lambda x, y: np.linalg.solve(x.T, y),
}
_SOLVED = 100  # rows of a system of equations


def products(one, two):
    """Pairs (form of a matrix product, shape of its result) of arrays of two shapes."""
    if len(one) == len(two) == 1:
        yield "np.outer({}, {})", (*one, *two)
        return
    if len(one) not in (1, 2) or len(two) not in (1, 2):
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
    found = []
    if wanted.size > 1 and np.ptp(wanted) <= close * size.max():
        c = wanted.flat[0]
        near = (f for f, number in numbers.items() if abs(abs(c / number) - 1) <= 10 * close)
        found += [f"-{_alone(f)}" if c * numbers[f] < 0 else _alone(f) for f in near]
    found += _elementwise(wanted, at, values, numbers, close)
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
                if (form == "{} * {}" and j < i) or (form == "{} / {}" and i == j):
                    continue
                pair = [_bracketed(texts[i]), _bracketed(texts[j])][: form.count("{}")]
                yield from _named(ratios[i, j, 0], form.format(*pair), numbers, close)


def _matrix_products(wanted, values, numbers, close):
    arrays = {t: v for t, v in values.items() if v.ndim in (1, 2) and is_simple(t)}
    pairs = [(one, two) for one in arrays for two in arrays]
    for one, two in pairs:
        for form, shape in products(arrays[one].shape, arrays[two].shape):
            if shape != wanted.shape:
                continue
            try:
                value = _MATRICES[form](arrays[one], arrays[two])
            except np.linalg.LinAlgError:
                continue
            size = np.vdot(value, value)
            c = np.vdot(value, wanted) / size if size else 0.0
            if c and np.abs(c * value - wanted).max() <= 10 * close * np.abs(wanted).max():
                yield from _named(c, form.format(one, two), numbers, close)


def _alone(form):
    """The number of a form itself: of "N * {}" it is N, of "{} / N" it is 1 / N."""
    return form.format("1") if form.startswith("{}") else form.removesuffix(" * {}")


def _named(c, text, numbers, close):
    """An expression times c, where c is one of the numbers; a sign in front of it."""
    for form, number in numbers.items():
        if abs(abs(c) - abs(number)) <= 10 * close * abs(number):
            text = form.format(text)
            yield text if (c > 0) == (number > 0) else f"-{text}"
            return


def _bracketed(text):
    return text if is_simple(text) else f"({text})"
