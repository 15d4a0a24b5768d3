"""What is known of a program: its runs, its true gradients, which of its own are wrong."""

import ast
import inspect
import re
from functools import cached_property

import numpy as np

from ..engine.modes import switched
from ..engine.tape import Node
from ..engine.tensor import Tensor
from . import instrumented, pairs, runs, segments, unreturned
from .candidates import added_up, origins, uses
from .flow import arrays_in, nodes_in
from .forms import names_of
from .inputs import Inputs
from .quotients import quotients
from .recognition import EXACT, Known
from .sources import is_judged
from .truths import BESIDE, STEPS, Truth, beside, same_guards
from .vocabulary import is_atomic

EFFORT = 32_000
ROWS = 300  # of a gradient, that are known one by one


class UnfollowedError(TypeError):
    """The loss of a program is computed by what tensors do not go through.

    Attributes
    ----------
    examination : Examination
        As far as it came: with its run on arrays.
    place : tuple or None
        (path, number, name, text) of the line, where it is one of the user's.
    """

    def __init__(self, message, examination, place=None):
        super().__init__(message)
        self.examination = examination
        self.place = place


class Effort:
    """How much may still be tried, counted in entries and statements: no clock decides."""

    def __init__(self, run, whole):
        self.whole = whole
        mine = [value for key, value in run.events if is_judged(key[0])]
        entries = sum(np.size(a) for value in mine for a in arrays_in(value))
        self.cost = 1 + len(mine) / 40 + entries / 50_000  # of one run
        self.left = whole
        self.kept = 0.0

    def keep(self, part):
        """Keep a part of it for later; 0 for no longer."""
        self.kept = self.whole * part

    def share(self, n):
        """Keep all but the n-th part of what is left."""
        self.kept = self.left * (1 - 1 / n)

    def renew(self):
        """Begin to look for one more mistake."""
        self.left = max(self.left, self.whole / 3)

    @property
    def is_spent(self):
        return self.left < self.kept

    def run(self):
        """Whether the program may be run once more."""
        spent = self.is_spent
        self.left -= 0 if spent else self.cost
        return not spent

    def look(self, entries):
        """Note that one more edit, of a statement of so many entries, is looked at."""
        self.left -= 1 + entries / 5_000


class Examination:
    """What `review` looks at.

    Attributes
    ----------
    program, inputs
    run : Run
        On arrays, as the user's.
    truth : Truth
        At the given point.
    pairs : dict
        The name of what a gradient is of, by its path in what was returned.
    """

    def __init__(self, f, args, kwargs, by_hand=None, effort=EFFORT):
        codes: dict = {}
        with instrumented.noticed(codes), runs.quietly():
            _called_once(f, args, kwargs)
        self.program = instrumented.Program(f, codes)
        self.inputs = Inputs(self.program, names_of(f), args, kwargs)
        self.run = self._recorded()
        self.called = _called(self.run, self.program)
        for path, words in _displayed(self.run, self.program, f).items():
            self.called.setdefault(path, set()).update(words)
        self.effort = Effort(self.run, effort)
        self.close = _close(self.run.gradients.values())
        self.sound: set = set()  # lines of functions that are right on their own
        self.returned: set = set()  # what these return, in whatever order
        self.said: dict = {}  # {what a line assigns: what the user says it is the gradient of}
        self.entries: dict = {}  # of places, that have a name of their own; see `Truth`
        self.truth = self._truth_at(None)
        self._expect_the_same_loss()
        self.pairs = self._paired()
        self._pair_by_hand(by_hand or {})
        found = {
            p: segments.segments(segments.root_of(p, self.truth.run.gradients)) for p in self.pairs
        }
        self.ranges = {path: [part for part, _ in parts] for path, parts in found.items()}
        self.true = self._true_of(self.truth)
        self.beside = self._beside()

    def _recorded(self):
        """The run on arrays, in which gradients are returned that the program assigns alone."""
        run = runs.recorded(self.program, self.inputs)
        if run.loss is None:
            raise ValueError(
                f"review() found no loss in what {_name(self.program.f)} returned: it returns the "
                "loss, a single number, and the gradients"
            )
        unreturned.refuse_several_steps(self.program, run, self.inputs.places)
        more = unreturned.returning(self.program, self.inputs.places, bool(run.gradients))
        if more is None:
            return run
        self.program.have_returned(*more)
        return runs.recorded(self.program, self.inputs)

    def _paired(self):
        """{path of a gradient: the place it is of}; what a parameter's .grad is of is known."""
        parameters = self.inputs.parameters
        unread = {name for name in self.inputs.of_globals if not self.truth.reads(name)}
        places = {name: x for name, x in self.inputs.places.items() if name not in unread}
        found = pairs.paired(
            self.run.gradients, self.called, places, self.truth.of, self.agree,
            parameters, self._aliases(),
        )  # fmt: skip
        numbers = {p: g for p, g in self.run.gradients.items() if p not in found and not np.ndim(g)}
        if numbers:
            aliases = self.truth.find_entries(self.statements)
            entries = {name: self.truth.entry(name) for name in aliases}
            found |= pairs.paired(
                numbers, self.called, entries, self.truth.of, self.agree, (), aliases
            )
        found |= {(f"{x}.grad",): x for x in parameters}
        return {path: x for path, x in found.items() if path in self.run.gradients}

    def _aliases(self):
        """{place: what functions and lines call the array that stands there}."""
        found: dict = {}
        for (*_, word), node in self.truth.run.passed:
            if node in self.truth.lifted:
                found.setdefault(self.truth.lifted[node], set()).add(word.lower())
        return found

    def _pair_by_hand(self, by_hand):
        """Set what the user says of gradients that are returned, or that lines assign."""
        for name, place in by_hand.items():
            paths = [p for p in self.run.gradients if name in p or name in self.called.get(p, ())]
            if place in self.inputs.places and paths:
                self.pairs[paths[0]] = place
                continue
            ran = {key for key, _ in self.run.events}
            assigned = {pairs.assigned(s) for key, s in self.statements.items() if key in ran}
            if name in assigned and place.lower() in self.targets:
                self.said[name.lower()] = place.lower()
            elif not paths and name not in assigned:
                known = sorted({str(p[-1]) for p in self.run.gradients if p})
                raise ValueError(
                    f"pairs: no returned gradient is called {name!r}, and no line assigns it; "
                    f"there are {known}"
                )
            else:
                raise ValueError(
                    f"pairs: {place!r} is no array of the arguments, and no line of the forward "
                    f"pass assigns it; there are {[*self.inputs.places, *self.targets][:12]}"
                )

    def word_of(self, statement, i=-1):
        """What a statement assigns to the gradient of, by its name or by what the user says."""
        word = pairs.assigned(statement, i)
        return self.meant(word) or pairs.bare(word).lower()

    def meant(self, word):
        """What a name is the gradient of, by what the user says or as a quotient; or None."""
        word = word.lower()
        return self.said.get(word) or (word if word in self.quotients else None)

    @cached_property
    def quotients(self):
        """{name: `Quotient`} of the names that say what by what, in lower case."""
        return quotients(self)

    @cached_property
    def statements(self):
        """The statements of the program by their keys."""
        sources = self.program.sources.values()
        return {s.key: s for source in sources for s in source.statements}

    def _truth_at(self, other, changed=None):
        """The true gradients of the loss at a point."""
        run, leaves, failure = runs.on_tensors(self.program, self.inputs, other, changed)
        loss = run.loss.node if isinstance(run.loss, Tensor) else None
        if loss is None:
            loss = _loss_of(run, self.run, other)
        if loss is None:
            raise self._unfollowed(failure) from failure
        truth = Truth(run, leaves, failure, loss)
        truth.entries = self.entries
        return truth

    def _expect_the_same_loss(self):
        """Raise where tensors lead to another loss than arrays: then nothing is known."""
        one, other = runs.number(self.truth.loss.out), runs.number(self.run.loss)
        if not np.isclose(one, other, rtol=100 * self.close, atol=1e-12, equal_nan=True):
            raise UnfollowedError(
                f"review() cannot follow the program: on tensors its loss is {one:.6g}, on arrays "
                f"{other:.6g}; it may ask what type its numbers are, or draw other ones each time",
                self,
            )

    def _unfollowed(self, failure):
        """The error of a program that tensors do not go through."""
        if failure is None:
            return UnfollowedError(
                "review() cannot follow the loss back to an array: what is returned as the loss "
                "is not computed from arrays of floats by NumPy",
                self,
            )
        place = _place(failure, self.program)
        where = "" if place is None else f" in {place[0]}:{place[1]}, {place[3]!r}"
        what = f"{type(failure).__name__}: {failure}"
        return UnfollowedError(f"review() cannot follow the program{where}: {what}", self, place)

    def _beside(self):
        """Pairs (other, {path: true gradient}, loss) of points beside the given one."""
        paired = {self.truth.entries.get(name, (name,))[0] for name in self.pairs.values()}
        places = {name: x for name, x in self.inputs.places.items() if name in paired}
        points = (self._point_beside(places, seed) for seed in range(BESIDE))
        return [point for point in points if point is not None]

    def _point_beside(self, places, seed):
        """Such a point at which what guards against overflow does what it does here; or None."""
        for step in STEPS:
            other = beside(places, seed, step)
            try:
                truth = self._truth_at(other)
            except Exception:
                continue
            true = self._true_of(truth)
            finite = all(np.isfinite(g).all() for g in true.values())
            if finite and same_guards(truth, self.truth):
                return other, true, runs.number(truth.loss.out)
        return None

    @cached_property
    def known(self):
        """What backpropagation computes here."""
        truth = self.truth
        named = {node for _, value in truth.run.events for node in nodes_in(value)}
        named |= {leaf.node for leaf in truth.leaves.values()} | truth.lifted.keys()
        arrays: dict = {True: [], False: []}
        for node, g in truth.gradients.items():
            arrays[node in named] += [g, *truth.pieces(node)]
        for nodes in self.origins[0].values():
            arrays[True] += added_up(nodes, truth.gradients)
        for quotient in self.quotients.values():
            arrays[True] += [*quotient.derivatives, *quotient.direct]
        sizes = self.scales
        known = Known(arrays[True], arrays[False], self.close, sizes)
        if not self._is_of_the_negative(known):
            return known
        return Known(arrays[True], arrays[False], self.close, sizes, (1, -1))

    @cached_property
    def scales(self):
        """What gradients may be times: lengths of lists, what sums are divided by for a mean."""
        sizes = {abs(1 / g) for g in self._seeds() if g}
        return self.inputs.lengths | {round(n) for n in sizes if np.isclose(n, round(n)) and n > 1}

    def _seeds(self):
        """The gradients of the numbers that lines of the forward pass assign."""
        truth = self.truth
        nodes = {node for _, value in truth.run.events for node in nodes_in(value)}
        found = (np.ravel(truth.gradients.get(node, ())) for node in nodes)
        return {float(g[0]) for g in found if g.size == 1 and np.isfinite(g[0])}

    def _is_of_the_negative(self, known):
        """Whether the program goes back from a named number that the loss is the negative of."""
        truth, plain, negative = self.truth, 0, 0
        if -1 not in self._seeds():
            return False
        nodes = {node for _, value in truth.run.events for node in nodes_in(value)}
        for node in nodes - truth.forward:
            if np.size(node.out) > 1 and np.any(node.out):
                plain += known.of(node.out) == EXACT
                negative += known.of(-node.out) == EXACT
        return negative > plain

    @cached_property
    def uses(self):
        """What arrived at the arguments of functions from within, where that is not all."""
        return uses(self)

    @cached_property
    def origins(self):
        """The nodes by the lines that gave them, by the calls inside lines, and the reverse."""
        return origins(self.truth)

    def changed(self, sources):
        """The truth of the program with other sources, whose lines are other nodes."""
        return self._truth_at(None, sources) if sources else self.truth

    @cached_property
    def targets(self):
        """{name: the gradients of what the program calls so}, in lower case."""
        sums: dict = {}
        for (key, i), nodes in self.origins[0].items():
            word = pairs.assigned(self.statements.get(key), i).lower()
            sums[word] = [*sums.get(word, ()), *added_up(nodes, self.truth.gradients)]
        known = {
            name: Known(
                [*self._gradients_and_rows(nodes), *sums.get(name, ())],
                close=self.close,
                signs=self.known.signs,
            )
            for name, nodes in self._named_nodes().items()
        }
        for name, quotient in self.quotients.items():
            signs = self.known.signs if quotient.of else (1, -1)
            arrays = [*quotient.derivatives, *quotient.direct]
            known[name] = Known(arrays, close=self.close, signs=signs)
        return known

    def _named_nodes(self):
        """{name in lower case: nodes} of places, parameters, and what lines assign."""
        found: dict = {}
        for place, leaf in self.truth.leaves.items():
            words = re.findall(r"[A-Za-z_]\w*", place)
            found.setdefault(words[-1].lower(), {})[leaf.node] = None
        for (*_, name), node in self.truth.run.passed:
            if node in self.truth.gradients:
                found.setdefault(name.lower(), {})[node] = None
        for key, value in self.truth.run.events:
            statement = self.statements.get(key)
            if statement is None or statement.target is None:
                continue
            words = re.findall(r"[A-Za-z_]\w*", statement.name)
            nodes = [n for n in nodes_in(value) if n in self.truth.gradients]
            for word in words[-1:] if nodes else ():
                found.setdefault(word.lower(), {}).update(dict.fromkeys(nodes))
        return found

    def named_gradients(self, run):
        """{(key of a line, which of its values)} that always give what their names say."""
        right, wrong = set(), set()
        for key, value in run.events:
            statement = self.statements.get(key)
            several = statement is not None and isinstance(statement.target, ast.Tuple)
            for i, array in enumerate(value if several and isinstance(value, list) else [value]):
                word = pairs.assigned(statement, i).lower()
                name = self.word_of(statement, i) if word else ""
                known = self.targets.get(name) if name != word or self.meant(word) else None
                if known is not None and isinstance(array, (np.ndarray, np.floating, float)):
                    (right if known.of(array) == EXACT else wrong).add((key, i))
        return right - wrong

    def _gradients_and_rows(self, nodes):
        """The gradients of nodes, their pieces, and the rows that a loop goes along."""
        for node in nodes:
            gradient = self.truth.gradients.get(node)
            for array in (gradient, *self.truth.pieces(node)):
                if array is not None:
                    yield array
            if gradient is not None and np.ndim(gradient) and len(gradient) <= ROWS:
                yield from np.asarray(gradient)

    @cached_property
    def has_noise(self):
        """Whether a gradient is 0 but for rounding: a formula of other steps rounds otherwise."""
        sizes = [float(np.abs(g).max(initial=0.0)) for g in self.true.values()]
        return any(0 < size < 1e-10 * max(sizes) for size in sizes)

    def agree(self, given, true):
        """Whether a gradient is right, up to rounding."""
        given, true = np.asarray(given), np.asarray(true)
        if given.shape != true.shape:
            return False
        scale = float(np.max(np.abs(true), initial=0.0))
        with np.errstate(invalid="ignore"):
            return bool((np.abs(given - true) <= self.close * (np.abs(true) + scale + 1e-6)).all())

    def _true_of(self, truth):
        """The true gradients by the paths of what was returned; flat ones in parts."""
        return self.split({path: truth.of(name) for path, name in self.pairs.items()})

    def split(self, gradients):
        """Gradients by their paths, with flat ones in the parts that they were put together of."""
        return segments.split(gradients, self.ranges)

    def wrong(self, gradients, true=None):
        """The paths of the gradients, or of their parts, that are not right."""
        true, gradients = self.true if true is None else true, self.split(gradients)
        return [p for p in true if p not in gradients or not self.agree(gradients[p], true[p])]

    def wrong_anywhere(self):
        """The paths of the gradients that are wrong at the given point, or else beside it."""
        found = self.wrong(self.run.gradients)
        for other, true, _ in self.beside if not found else ():
            run = runs.recorded(self.program, self.inputs, None, other)
            found = found or self.wrong(run.gradients, true)
        return found

    def is_right_with(self, changed):
        """Whether all gradients are right with other sources, and the loss is the same."""
        for other, true, _ in [(None, self.true, None), *self.beside]:
            try:
                run = runs.recorded(self.program, self.inputs, changed, other)
            except Exception:
                return False
            if run.loss is None or self.wrong(run.gradients, true):
                return False
            one, mine = runs.number(run.loss), runs.number(self.run.loss)
            if other is None and not np.allclose(one, mine, rtol=self.close):
                return False
        return True

    def result(self, watcher=None, other=None):
        """What the program, watched already, gives; None where it fails."""
        try:
            result = runs.taken(self.inputs, watcher, other)
        except Exception:
            return None
        return None if result.loss is None else result


def _called_once(f, args, kwargs):
    """One call as it is, on copies that nothing else sees."""
    program = instrumented.Program(f, instrumented.mentioned(f))
    inputs = Inputs(program, names_of(f), args, kwargs)
    with switched(watchers=()), inputs.copied() as (again, own_args, own_kwargs):
        return again(*own_args, **own_kwargs)


def _name(f):
    return getattr(f, "__name__", type(f).__name__)


def _close(arrays):
    """What two right numbers may differ by, relative to the larger."""
    kinds = {np.asarray(a).dtype.itemsize for a in arrays}
    return 1e-7 if min(kinds, default=8) >= 8 else 2e-3 if min(kinds) < 4 else 1e-4


def _called(run, program):
    """{path: names} of the lines that assigned the very values that were returned."""
    found: dict = {}
    last = dict(run.events)
    statements = {s.key: s for source in program.sources.values() for s in source.statements}
    given = [(k, value) for k, value in run.events if getattr(value, "size", 0) > 1]
    given += last.items()
    for path, gradient in run.gradients.items():
        for key, value in given:
            if _is_same(_entry(value, path), gradient):
                words = re.findall(r"[A-Za-z_]\w*", statements[key].name)
                found.setdefault(path, set()).update(words[-1:])
    return found


def _displayed(run, program, f):
    """{path: names} by the expressions that stand in the function's return."""
    code = getattr(inspect.unwrap(f), "__code__", None)
    found: dict = {}
    for source in program.sources.values():
        for statement in source.statements:
            mine = code is not None and source.path == code.co_filename
            mine = mine and getattr(statement.function, "name", "") == code.co_name
            if mine and isinstance(statement.node, ast.Return):
                for path in run.gradients:
                    node = _shown_at(statement.node.value, path)
                    words = (
                        [] if node is None else re.findall(r"[A-Za-z_]\w*", source.segment(node))
                    )
                    if not is_atomic(node):  # X.T @ dz is no gradient of X
                        words = [word for word in words if pairs.says_gradient(word)]
                    if 0 < len(words) < 4:
                        found.setdefault(path, set()).update(words)
    return found


def _shown_at(node, path):
    """The expression at a path of nested displays: tuples, lists and dicts."""
    for step in path:
        if isinstance(node, (ast.Tuple, ast.List)) and isinstance(step, int):
            node = node.elts[step] if step < len(node.elts) else None
        elif isinstance(node, ast.Dict):
            keys = [k.value if isinstance(k, ast.Constant) else None for k in node.keys]
            node = node.values[keys.index(step)] if step in keys else None
        else:
            return None
    return node


def _entry(value, path):
    """Of a list or a dict the entry that the last step of a path has in it."""
    step = path[-1] if path else None
    if isinstance(value, list) and isinstance(step, int):
        return value[step] if -len(value) <= step < len(value) else None
    return value.get(step) if isinstance(value, dict) else value


def _is_same(value, gradient):
    if not hasattr(value, "shape") and not isinstance(value, float):
        return False
    return np.shape(value) == np.shape(gradient) and np.array_equal(value, gradient)


def _loss_of(run, plain, other):
    """The node of the loss in a run that broke off after it."""
    if other is not None:
        return None
    target = runs.number(plain.loss)
    for _, value in reversed(run.events):
        if (
            isinstance(value, Node)
            and value.out.size == 1
            and np.allclose(runs.number(value.out), target, rtol=1e-9)
        ):
            return value
    return None


def _place(failure, program):
    """(path, number, name, text) of the last line of the user's in a traceback, or None."""
    trace, place = failure.__traceback__, None
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        if path in program.sources:
            number = trace.tb_lineno
            text = program.sources[path].lines[number - 1].strip()
            place = path, number, trace.tb_frame.f_code.co_name, text
        trace = trace.tb_next
    return place
