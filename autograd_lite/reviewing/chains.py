"""Lines that change one array in turn: what each should give, where the end of them is known.

After ``g = a``, ``g[1:] += b`` and ``g[0] = c`` each line can only put right what it changes and
no later one stores over; what later ones add stays the same, until the first time that something
is missing: in a loop they go on from there.
"""

import ast

import numpy as np

from .segments import root_of


def expected_in_chains(step):
    """What lines of chains should give, where each can put all right alone.

    Returns
    -------
    found : {key: what it should give each time}
    kept : {key: the entries of it that no later line stores over, each time}
    unable : set of keys
        The lines that cannot.
    """
    found: dict = {}
    kept: dict = {}
    unable: set = set()
    ends = _ends(step)
    for last, right in [*step.expected.items(), *ends.items()]:
        chain = list(step.chains.get(last, ()))
        chain = chain[: chain.index(last) + 1] if last in chain else []
        given = [step.localisation.given.get(key, ()) for key in chain]
        arrays = [[value for _, value in events] for events in given]
        if len(chain) > 1 and all(_are_like(some, right) for some in arrays):
            statements = [step.statements[key] for key in chain]
            values_of = _expected(statements, arrays, right, last not in ends)
            for key, (values, entries) in zip(chain[::-1], values_of, strict=False):
                unable |= {key} if values is None else set()
                found |= {key: values} if values is not None else {}
                kept |= {key: entries} if values is not None else {}
    return found, kept, unable - found.keys()


def to_blame(step, culprit):
    """What is to blame for an array: a line that changes it so, or the one before that cannot.

    ``a[1:] += b`` is not to blame for the first entry, and ``a = a / n`` for a factor alone.
    """
    culprit = _before_what_adds(step, _before_what_copies(step, culprit))
    return _before_what_scales(step, culprit, step.chains.get(culprit[0], []))


def _before_what_copies(step, culprit):
    """Of ``grad = -total`` the line that adds to total: another sign was tried."""
    key, wrong, _ = culprit
    statement = step.statements[key]
    value = statement.value
    value = value.operand if isinstance(value, ast.UnaryOp) else value
    if not isinstance(value, ast.Name):
        return culprit
    adding = [
        other
        for other in statement.source.statements
        if other.function is statement.function
        and other.line < statement.line
        and _array(other.target) == value.id
        and _adds(other)
        and step.may_be_wrong(other.key)
    ]
    return (adding[-1].key, wrong, None) if adding else culprit


def _before_what_adds(step, culprit):
    key, wrong, values = culprit
    statement = step.statements[key]
    earlier = [k for k in step.first if k in step.statements and _is_above(step, k, key)]
    given = [value for _, value in step.localisation.given.get(key, ())]
    if not earlier or not values or not _adds(statement) or not _are_like(given, values):
        return culprit
    missing = _clean([v - g for g, v in zip(given, values, strict=True)], values)
    if all(not np.any(m[~_reached(statement, m.shape)]) for m in missing):
        return culprit
    before = max(earlier, key=lambda k: step.statements[k].line)
    start = [value for _, value in step.localisation.given.get(before, ())]
    if not _are_like(start, values):
        return before, wrong, None
    return before, wrong, [a + v - g for a, g, v in zip(start, given, values, strict=True)]


def _is_above(step, key, other):
    """Whether a line of the same function gives the same array, before another line."""
    mine, its = step.statements[key], step.statements[other]
    return (
        mine.function is its.function
        and mine.line < its.line
        and _array(mine.target) == _array(its.target)
    )


def _array(target):
    """The text of the array that is assigned to, or changed."""
    if target is None:
        return None
    return ast.unparse(target.value if isinstance(target, ast.Subscript) else target)


def _before_what_scales(step, culprit, chain):
    key, wrong, values = culprit
    at = chain.index(key) if key in chain else 0
    before = [k for k in chain[:at] if k in step.first]
    if not before or not values:
        return culprit
    given, last = (
        [value for _, value in step.localisation.given.get(k, ())] for k in (key, chain[at - 1])
    )
    scales = _are_like(last[-1:], given[-1:]) and _are_proportional(step, last[-1:], given[-1:])
    if not scales or not _are_like(given, values) or _are_proportional(step, given, values):
        return culprit
    return before[-1], wrong, None


def _are_proportional(step, some, others):
    """Whether each array is another one by a factor."""
    triples = [(a, b, np.vdot(a, a)) for a, b in zip(some, others, strict=True)]
    agree = step.examination.agree
    return all(not norm or agree(np.vdot(a, b) / norm * a, b) for a, b, norm in triples)


def _ends(step):
    """What the lines give at last that gradients are returned from which are wrong."""
    given, found = step.localisation.given, {}
    for path in step.wrong if step.truth is not None else ():
        owner = step.owner.get(root_of(path, step.truth.run.gradients))
        if len(given.get(owner, ())) == 1:
            found[owner] = [step.examination.true[path]]
    return found


def _are_like(values, right):
    """Whether values are arrays of the shapes that are known."""
    return len(values) == len(right) and all(
        known is not None and isinstance(value, np.ndarray) and value.shape == np.shape(known)
        for value, known in zip(values, right, strict=True)
    )


def _expected(statements, arrays, right, is_free):
    """Pairs (what a line should give, the entries that count) of a chain, the last one first.

    None stands for what one gives that cannot put all right. It ends with a line after which the
    rest is unknown. Where ``is_free`` a 0 may be of no use.
    """
    missing = [known - end for known, end in zip(right, arrays[-1], strict=True)]
    if is_free:
        missing = [np.where(known, m, 0) for known, m in zip(right, missing, strict=True)]
    clean = _clean(missing, right)
    first = next((at for at, m in enumerate(clean) if np.any(m)), len(clean))
    left = [np.ones(np.shape(m), bool) for m in missing]  # entries that no later line stores over
    for i in reversed(range(len(statements))):
        stores = isinstance(statements[i].node, ast.Assign)
        stores = stores and isinstance(statements[i].target, ast.Subscript) and i > 0
        pairs = list(zip(arrays[i], arrays[i - 1], strict=True))
        mine = [e & _reached(statements[i], e.shape) for e in left]
        if stores:
            mine = [e & (a != b) for e, (a, b) in zip(left, pairs, strict=True)]
        able = all(not np.any(m[~e]) for m, e in zip(clean[: first + 1], mine, strict=False))
        wanted = [v + m for v, m in zip(arrays[i], missing, strict=True)]
        if is_free:
            wanted = [np.where(known, w, 0) for known, w in zip(right, wanted, strict=True)]
        if i < len(statements) - 1:  # then what later ones add may be wrong because of this one
            wanted = [w if at <= first else None for at, w in enumerate(wanted)]
        yield wanted if able else None, left
        if stores:
            left = [e & (a == b) for e, (a, b) in zip(left, pairs, strict=True)]
            left = [e & ~_reached(statements[i], e.shape, False) for e in left]
        elif not _adds(statements[i]):
            return


def _reached(statement, shape, otherwise=True):
    """The entries that a line can change, where its text says which: of ``a[1:]`` not the first."""
    reached = np.full(shape, otherwise)
    index = getattr(statement.target, "slice", None)
    axes = getattr(index, "elts", [index])
    sliced = all(isinstance(axis, ast.Slice) for axis in axes) and len(axes) <= len(shape)
    if not sliced or not all(map(_is_written, ast.walk(index))):
        return reached
    reached[...] = False
    exec(f"{ast.unparse(ast.Subscript(ast.Name('reached'), index))} = True", {"reached": reached})
    return reached


def _is_written(node):
    """Whether a node of an index says by itself which entries are meant."""
    number = isinstance(node, ast.Constant) and isinstance(node.value, int)
    kinds = (ast.Tuple, ast.Slice, ast.UnaryOp, ast.USub, ast.Load)
    return number or isinstance(node, kinds)


def _clean(missing, right):
    """Differences without those that are rounding."""
    return [
        np.where(np.abs(m) > 1e-9 * np.abs(r).max(initial=0), m, 0)
        for m, r in zip(missing, right, strict=True)
    ]


def _adds(statement):
    """Whether a line adds to what is there, or takes away."""
    node = statement.node
    return isinstance(node, ast.AugAssign) and isinstance(node.op, (ast.Add, ast.Sub))
