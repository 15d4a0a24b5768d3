"""Which returned gradient is the gradient of what."""

import ast
import re

import numpy as np

_BEFORE = re.compile(
    r"^(ct_|cot_|adj_|bar_|dL_?d|d?loss_?d?_?|dJ_?d|dE_?d|dC_?d|grads?_|gradient_|nabla_|delta_|del_|"
    r"D_|d_|g_|partial_|d(?=[A-Za-z])|g(?=[A-Z])|D(?=[A-Za-z]))",
)
_AFTER = re.compile(r"(_?(grad|gradient|grads|bar)|_g)$")
NAMED = 8.0  # for a key that is a place's name: more than that the numbers are those of another
_VAGUE = {
    "grads",
    "grad",
    "gradients",
    "gradient",
    "params",
    "parameters",
    "theta",
    "weights",
    "self",
    "out",
    "d",
    "g",
    "model",
    "net",
    "p",
}


def bare(name):
    """A name without what says that it is a gradient: dW1, grad_W1, W1_grad become W1."""
    name = _AFTER.sub("", name) or name
    short = _BEFORE.sub("", name)
    return short or name


def last_word(name):
    """The last word of a name, in lower case."""
    words = re.findall(r"[A-Za-z_]\w*", name)
    return words[-1].lower() if words else ""


def assigned(statement, i=-1):
    """The i-th name that a statement assigns to; "" where it has none."""
    if statement is None or statement.target is None:
        return ""
    targets = getattr(statement.target, "elts", [statement.target])
    target = targets[i] if i < len(targets) else targets[-1]
    while isinstance(target, ast.Subscript) and not _has_text(target.slice):
        target = target.value
    words = re.findall(r"[A-Za-z_]\w*", statement.source.segment(target))
    return words[-1] if words else ""


def _has_text(index):
    """Whether an index is a key that is written out, or put together: "W1", f"W{l}"."""
    return any(isinstance(n, ast.Constant) and isinstance(n.value, str) for n in ast.walk(index))


_SAYS = re.compile(
    r"grad|nabla|delta|residual|adjoint|^adj|^err(or)?$|^err_|_err(or)?$|_bar$|^bar_", re.I
)


def says_gradient(name, known=()):
    """Whether a name says that it is one of a gradient.

    A word that begins with a d is one where the rest is a name in the program (``known``, in
    lower case), begins with a capital, or is a letter or two: dx, dW1, dhidden, but not diff.
    """
    rest = bare(name)
    if _SAYS.search(name):
        return True
    if rest == name:
        return False
    if rest.lower() in known:
        return True
    plain = name[:1] in "dg" and name[1:] == rest and rest[:1].islower()
    return len(rest) < 3 if plain else not name.startswith(rest)


def paired(gradients, names, places, truth, allclose, parameters=(), aliases=()):
    """{path of a gradient: name of a place}.

    Parameters
    ----------
    gradients : dict of arrays by path
        What was returned.
    names : dict of sets of str by path
        What the program calls each.
    places : dict of arrays by name
    truth : function of a place's name
        Its true gradient.
    allclose : function of two arrays
    parameters : names of places
        Which go before others of their shape.
    aliases : dict of sets of str by name of a place
        What the program calls each.
    """
    scores = []
    aliases = dict(aliases)
    at = {path: _number(path, gradients, names) for path in gradients}
    for order, (path, value) in enumerate(gradients.items()):
        for other, name in enumerate(places):
            called = names.get(path, ()), aliases.get(name, set())
            score = _score(path, at[path], value, *called, name, places[name])
            if np.shape(value) == np.shape(places[name]) and _generic(truth(name)):
                score += 6 * allclose(value, truth(name))
            if score > 0:
                far = not _is_at(path, name), abs(order - other)
                scores.append((-score, far, order, path, name))
    found: dict = {}
    for *_, path, name in sorted(scores):
        if path not in found and name not in found.values():
            found[path] = name
    _beside_siblings(gradients, places, found)
    for some in (parameters, places):
        found |= _by_order(gradients, {name: places[name] for name in some}, found)
    return found


def _number(path, gradients, names):
    """Where in a list a gradient stands, among those of the same name; None if in none."""
    numbers = [step for step in path if isinstance(step, int)]
    if not numbers or path[-1] != numbers[-1]:
        return numbers[-1] if numbers else None
    beside = [p for p in gradients if p[:-1] == path[:-1]]
    if not all(map(names.get, beside)):
        return numbers[-1]
    return [p for p in beside if names[p] == names[path]].index(path)


def _is_at(path, name):
    """Whether what is returned stands where a place does: [2][0] in ``layers[2][0]``."""
    numbers = [int(n) for n in re.findall(r"\[(\d+)\]", name)]
    return bool(numbers) and [*path][-len(numbers) :] == numbers


def _beside_siblings(gradients, places, found):
    """Pairs of what stands beside others in a container: the same container, the next in order."""
    order = list(places)
    for path, value in gradients.items():
        if path in found or not path:
            continue
        near = {p: n for p, n in found.items() if p[:-1] == path[:-1] and len(p) == len(path)}
        if not near:
            continue
        groups = {_group(name) for name in near.values()}
        before = [order.index(n) for p, n in near.items() if _before(p, path, gradients)]
        fits = [
            name
            for name in order
            if name not in found.values()
            and np.shape(places[name]) == np.shape(value)
            and _group(name) in groups
        ]
        later = [name for name in fits if order.index(name) > max(before, default=-1)]
        if later or fits:
            found[path] = (later or fits)[0]


def _before(one, other, gradients):
    paths = list(gradients)
    return paths.index(one) < paths.index(other)


def _group(name):
    """The container that a place stands in; "" for an argument."""
    return re.sub(r"\[[^\]]*\]$", "", name) if name.endswith("]") else ""


def _generic(array):
    return np.any(array)


def _score(path, number, value, called, aliases, name, place):
    """How much speaks for a pair: names above all, then the place in a container."""
    same = np.shape(value) == np.shape(place)
    theirs = _steps(name)
    words = _words(path)
    if len(words) > 1 and words == re.findall(r"\w+", name.lower())[-len(words) :]:
        return NAMED + 5.0
    mine = [word for word in words if not word.isdigit()]
    last = [bare(step).lower() for step in path if isinstance(step, str)][-2:]
    if len(last) == 2 and same and last == [step.lower() for step in theirs][-2:]:
        return 4.5  # net["price"]["out"], by words that are vague alone
    score = 0.0
    if mine:
        tail = [step.lower() for step in theirs][-len(mine) :]
        score = 2.0 if mine[-1] in {tail[-1], *aliases} else -3.0
        if mine == tail:
            score = 4.0 + NAMED * same
    by_name = {bare(c).lower() for c in called} - _VAGUE
    last = theirs[-1].lower() if theirs else ""
    if not by_name.isdisjoint({last, *aliases}):
        score = max(score, 3.0)
    if last not in {*mine[-1:], *by_name} and number is not None and score > 0:
        return score + 0.25 * same + (0.5 if f"[{number}]" in name else -0.5)
    end = re.search(r"\[(-?\d+)\]$", name)
    if end and number is not None and score >= 0:
        group = name[: end.start()].lower()
        close = {c for c in by_name if c[:1] == group[:1]}
        score += 1.5 * bool(close) if int(end[1]) == number else -1.0
    layers = re.findall(r"\[(-?\d+)\]", name)  # blocks[0]['w']
    if layers and number is not None and mine and not end and score > 0:
        score += 0.5 if int(layers[-1]) == number else -0.5
    if score > 0 and not same:
        score -= 1.5 if np.size(value) != np.size(place) else 0.5
    return score + (0.25 if same and score > 0 else 0)


def _words(path):
    """The words of a path, as they stand in a place's name: "0.weight", and 0, then "weight"."""
    ends = [i for i, step in enumerate(path) if isinstance(step, str)]
    steps = path[1 : ends[-1] + 1] if ends and not isinstance(path[0], str) else path
    words = [bare(word).lower() for step in steps for word in str(step).split(".")]
    return [word for word in words if word not in _VAGUE] if ends else []


def _steps(name):
    """The names in a place's name: params['W1'] has params and W1."""
    return re.findall(r"[A-Za-z_]\w*", name)


def _by_order(gradients, places, found):
    """What is left, where it can only be one way: the shapes in one order."""
    left = [path for path in gradients if path not in found]
    free = [name for name in places if name not in found.values()]
    pairs = {}
    for path in left:
        shape = np.shape(gradients[path])
        fits = [name for name in free if np.shape(places[name]) == shape]
        among = [p for p in left if np.shape(gradients[p]) == shape]
        if len(fits) == len(among) and (shape or found):
            pairs[path] = fits[among.index(path)]
    return pairs
