"""Which of several repairs that make all right was meant: what speaks against each."""

import ast
import re

import numpy as np

from . import runs
from .analogies import analogous, is_analogous
from .edits import ALIKE, DERIVATIVE, OTHER, TERM
from .flow import nodes_in
from .recognition import EXACT, UNKNOWN
from .renamings import binds, is_renaming, reads
from .trials import KNOWN

LINES = 8  # that may hold another repair
SHARES = 4  # of the effort, one for each
_N = re.compile(r" / (len\([\w.]+\)|[\w.]+\.shape\[0\])")  # of a mean
_OPERATOR = re.compile(r" [-+*/@] ")
_NUMBER = re.compile(r"(?<![\w.])(?![012](?![\w.]))\d+(?:\.\d+)?")  # but 0, 1, 2
_SEVERAL = (ast.Tuple, ast.List, ast.Dict, ast.Name)
_OF_A_VALUE = ("missing factor", "missing division", "missing term")


def likeliest(step, repair):
    """The repair, or another one, of another line, that less speaks against."""
    if repair.key in step.localisation.named and step.named_after(repair.key) in (
        step.examination.quotients
    ):
        return repair  # what a name says as clearly as dS_dA is not what the line gives
    mine = doubts(step, repair)
    alike = _alike(step, repair)
    if alike is not None and doubts(step, alike) <= mine:
        return alike
    rank = max(TERM, repair.edit.rank)
    places = _places(step, repair) if any(mine) else ()
    for i, key in enumerate(places):
        if not any(mine):
            break
        step.examination.effort.share(min(len(places) - i, SHARES))
        found = step.trial(key).up_to(rank, False)
        if found is not None and not found[1]:
            other = doubts(step, found[0])
            if other < mine:
                repair, mine = found[0], other
    step.examination.effort.keep(0)
    return repair


def _alike(step, repair):
    """A repair of another line by which it says what lines beside it say of something else."""
    for key in _places(step, repair) if repair.edit.rank > ALIKE else ():
        if any(True for _ in analogous(step.statements[key])):
            found = step.trial(key).up_to(ALIKE, False)
            if found is not None and not found[1]:
                return found[0]
    return None


def doubts(step, repair):
    """What speaks against a repair, the weightiest first; zeros if nothing does."""
    statement, edit = repair.statement, repair.edit
    of_one = statement.target is None and not isinstance(statement.value, _SEVERAL)
    longer = edit.rank > OTHER and not repair.share and not of_one
    named = step.says_gradient(repair.key)
    longer = longer and not named
    others = [key for key in (*step.mine, *step.roots) if key in step.statements]
    return (
        _is_of_the_forward_pass(step, repair.key),
        _breaks_what_is_right(step, repair),
        _reads_what_is_wrong(step, statement, edit.kind == "missing division"),
        _loses_what_is_known(step, repair),
        any(True for _ in _renamings_beside(step, statement)),
        edit.old.isidentifier() and edit.text.count(edit.new) > statement.text.count(edit.new) + 1,
        edit.rank > DERIVATIVE and _OPERATOR.search(edit.new) is not None,  # of several values
        "; " in edit.text,
        edit.rank >= OTHER and statement.target is None and not of_one,  # what is handed out
        _is_unlike_its_siblings(statement, edit),
        _is_in_the_forward_pass(step, statement, edit),
        step.trial(repair.key).strangeness(_N.sub("", edit.text)),
        longer and any(map(step.says_gradient, others)),
        edit.kind in _OF_A_VALUE and not _is_whole(statement, edit.old),
        edit.kind in _OF_A_VALUE and edit.old.isdigit(),  # 1 / N for a flag
        edit.kind == "function" and edit.new.endswith(f"({edit.old})"),  # f(mask) for a mask of f
        edit.new.startswith("-") and not edit.old.startswith("-") and not named,  # a new minus
    )


def _is_of_the_forward_pass(step, key):
    """Whether all that a line gives is what the loss is computed from: no loss and gradients."""
    truth = step.examination.truth
    given = [node for name, value in truth.run.events if name == key for node in nodes_in(value)]
    return key not in step.roots and bool(given) and all(n in truth.forward for n in given)


def _places(step, repair):
    """The lines that another repair may be of, the nearest first."""
    whole = [key for key in step.feeds if step.is_whole_cause(key)]
    near = *step.mine, *step.made, *step.first, *step.copies, *step.roots
    keys = dict.fromkeys([*near, *whole, *step.helping])
    others = [key for key in keys if key != repair.key and key in step.statements]
    others.sort(key=lambda k: (_is_a_value(step, k), *_far(repair.statement, step.statements[k])))
    others = [*dict.fromkeys([*_renamings_beside(step, repair.statement), *others])]
    others = [key for key in others if key not in step.right]
    scaled = repair.edit.kind == "missing division"  # that may be missing where N times it is made
    others = [
        key
        for key in others
        if not _is_right(step, key) or (scaled and step.localisation.begins_wrong(key, True))
    ]
    return [*others[:LINES], *(key for key in others[LINES:] if key in step.roots)]


def _is_a_value(step, key):
    """Whether a line computes what the forward pass did: it is hardly wrong."""
    given = [array for _, array in step.localisation.given.get(key, ())]
    plain = [a for a in given if isinstance(a, (np.ndarray, np.floating, float))]
    values = step.examination.truth.values
    return bool(plain) and len(plain) == len(given) and all(values.of(a) == EXACT for a in plain)


def _far(statement, other):
    """How far a line is from a statement: in its function, where that is called, elsewhere."""
    if statement.function is other.function:
        return 0, abs(statement.line - other.line)
    name = getattr(statement.function, "name", "")
    calls = (n.func for n in ast.walk(other.expression) if isinstance(n, ast.Call))
    return 2 - any(name in (getattr(f, "attr", ""), getattr(f, "id", "")) for f in calls), 0


def _renamings_beside(step, statement):
    """The keys of lines that give a value that a line reads, or its own, another name alone."""
    near = reads(statement.expression) | binds(statement)
    for key in step.renamings() if not is_renaming(statement) else ():
        other = step.statements[key]
        beside = near & (binds(other) | reads(other.expression))
        if beside and other.function is statement.function and not _is_right(step, key):
            yield key


def _is_right(step, key):
    """Whether a line gives gradients as it is: those of what it is called after, if of anything."""
    said = step.localisation.gives_its_gradients(key)
    if said is not None or step.statements[key].target is not None:
        return bool(said)
    events = step.truth.run.events if step.truth is not None else ()
    given = [node.out for name, v in events if name == key for node in nodes_in(v)]
    arrays = [array for array in given if array.size > 1]
    return bool(arrays) and all(step.examination.known.of(array) == EXACT for array in arrays)


def _reads_what_is_wrong(step, statement, exactly=False):
    """Whether a line reads what is called after a value, and is not its gradient, before it.

    Of a line that divides what it reads is to be the gradient ``exactly``, and not N times it.
    """
    plain = isinstance(statement.target, ast.Name)
    plain = plain or isinstance(statement.node, (ast.Return, ast.Assign))
    nodes = ast.walk(statement.expression) if plain else ()
    read = {n.id for n in nodes if isinstance(n, ast.Name)} - {statement.written}
    last: dict = {}
    for other in statement.source.statements:
        name = getattr(other.target, "id", None)
        if other.function is statement.function and other.line < statement.line and name in read:
            last[name] = other
    right = step.right | step.sound | step.known
    named = [s for s in last.values() if s.key in step.in_order and s.key not in right]
    if any(_gives_what_is_wrong(step, s, exactly) for s in named if step.says_gradient(s.key)):
        return True
    odd = [key for key in step.odd if key != statement.key and step.is_whole_cause(key)]
    odd = [k for k in odd if isinstance(step.statements[k].target, ast.Name)]
    mine = step.chains.get(statement.key, ())  # of what is changed further the first is not all
    odd = [key for key in odd if key not in mine]
    earlier = [key for key in odd if step.localisation.comes_before(key, statement.key)]
    return any(map(step.localisation.begins_wrong, earlier))


def _loses_what_is_known(step, repair):
    """Whether a line gave what backpropagation computes, named or not, and does not any more.

    A line that is to add up gave what it is to add.
    """
    trial = step.trial(repair.key)
    return repair.edit.kind != "assignment" and repair.share < KNOWN <= trial.known_share(
        trial.before
    )


def _breaks_what_is_right(step, repair):
    """Whether a line that gave the gradient of what it is called after does not any more.

    Where lines give N times the gradient, and a mean is divided later, no one gives it but by
    chance.
    """
    examination = step.examination
    if step.localisation.scale != 1:
        return False
    if step.localisation.gives_its_gradients(repair.key):
        return True
    try:
        run = runs.recorded(examination.program, examination.inputs, repair.applied(step.changed))
    except Exception:
        return False
    return not step.named_gradients() <= examination.named_gradients(run)


def _gives_what_is_wrong(step, statement, exactly):
    """Whether what a line gives first, or adds up in the end, is not what its name says."""
    if not isinstance(statement.node, ast.AugAssign):
        return step.localisation.begins_wrong(statement.key, exactly)
    known = step.examination.targets.get(step.named_after(statement.key))
    given = [array for _, array in step.localisation.given.get(statement.key, ())][-1:]
    return known is not None and any(np.any(a) and known.of(a) == UNKNOWN for a in given)


def _is_unlike_its_siblings(statement, edit):
    """Whether another line says of something else what the line says, and not what it would say."""
    return is_analogous(statement) and not is_analogous(statement, edit.text)


def _is_in_the_forward_pass(step, statement, edit):
    """Whether what is changed stands with its number in the forward pass too: sqrt(2 / pi)."""
    forward = [step.statements[key] for key in step.forward if key in step.statements]
    if edit.kind == "number" and _NUMBER.fullmatch(edit.old):  # 1.5 after x ** 1.5
        numbers = {n for s in forward for n in _NUMBER.findall(s.text)}
        return edit.old in numbers and edit.new not in numbers
    if edit.kind == "extra factor":  # 0.5 * lam * w after 0.5 * lam * w ** 2 is a mistake itself
        return False
    segment = statement.source.segment
    nodes = [n for n in ast.walk(statement.expression) if hasattr(n, "lineno")]
    changed = [n for n in nodes if segment(n) == edit.old]
    around = [*changed, *map(statement.parents.get, changed)]
    around = {_plain(n) for n in around if _has_number(n)}
    parts = (n for s in forward for n in ast.walk(s.expression) if _has_number(n))
    return bool(around) and any(_plain(n) in around for n in parts)


def _has_number(node):
    """Whether a node is an operation on a number."""
    sides = (node.left, node.right) if isinstance(node, ast.BinOp) else ()
    return any(isinstance(side, ast.Constant) for side in sides)


def _plain(node):
    """The text of a node without whose attributes it has: self.dx and rod.dx are dx."""
    return re.sub(r"\b[A-Za-z_]\w*\.(?=[A-Za-z_])", "", ast.unparse(node))


def _is_whole(statement, text):
    """Whether a text is the whole value of a statement, or a factor of it."""
    todo = [statement.value]
    while todo:
        node = todo.pop()
        if node is not None and statement.source.segment(node) == text:
            return True
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div)):
            todo += [node.left, node.right]
    return False
