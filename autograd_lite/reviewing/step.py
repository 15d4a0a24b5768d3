"""The search for the one line that is wrong, in a program as changed so far."""

import ast
import re
from functools import cached_property

import numpy as np

from ..engine.tape import history
from . import pairs, runs, vocabulary
from .analogies import is_analogous
from .chains import expected_in_chains, to_blame
from .edits import COMPLETED, FORMULA, TERM
from .flow import Flow, arrays_in, nodes_in
from .localisation import Localisation
from .makers import makers
from .plan import plan
from .recognition import EXACT, UNKNOWN, Known
from .renamings import binds, is_renaming
from .rivals import doubts, likeliest
from .segments import root_of
from .shares import first_wrong
from .trials import Repair, Trials, better
from .unread import unread

NOISE = 1e-10  # of the largest gradient
KEPT = 0.25  # of the effort, for formulas
LINES = 8  # that may lack what their function does not read
UNREAD = 0.2  # of the effort, for these
MAKERS = 6  # lines that parts of a wrong line come from


class Step:
    """The search for one repair, in the program as changed so far."""

    def __init__(self, examination, changed, wrong):
        self.examination = examination
        self.changed = changed
        self.wrong = wrong
        self.roots: dict = {}  # the lines that the wrong gradients come from at last
        self.first: list = []
        self.copies: list = []  # what only hands a value on
        self.odd: set = set()
        self.sound: set = set()  # what gradients come from that are right
        self.handing: set = set()  # the same, and what only hands it on
        self.known: set = set()  # what gives what backpropagation computes
        self.begins: object = None
        self.appeared: dict = {}  # the order in which what is unknown to backpropagation appears
        self.trials: dict = {}
        self.chains: dict = {}
        self.makers: set = set()
        self.owner: dict = {}  # {node of the backward pass: the line that made it}
        self._named: object = None
        self.share: object = None  # the first that backpropagation does not add
        self.above: set = set()  # the nodes that what is wrong comes from
        self.right: set = set()  # lines of the forward pass
        self.handed: dict = {}  # {line that hands values on: the lines that made them}
        self.feeds: dict = {}
        self.helping: list = []  # lines without floats of functions that suspects call
        self.localisation: object = None
        self.lacks: object = None  # the line that hands on what is right and not all
        self.mine: list = []  # the line that is wrong by its values
        self.made: list = []  # the lines that parts of it come from
        self.truth: object = None  # of the program as changed so far, where tensors go through it
        self.in_order: list = []
        self.times: dict = {}  # how often a statement was carried out
        self.expected: dict = {}  # {key: what the statement should give each time}
        self.whole: dict = {}  # {line that changes an array: its entries that count, each time}
        self.sources = {**examination.program.sources, **changed}
        self.statements = {s.key: s for source in self.sources.values() for s in source.statements}

    def best(self):
        """(the repair, what is wrong after it)."""
        suspects = [list(filter(self.examination.program.judges, k)) for k in self.suspects()]
        self.in_order = [k for k in self.in_order if self.may_be_wrong(k)]
        share = self._first_share()
        suspects[0] = [*share, *(k for k in suspects[0] if k not in share)]
        self.first, self.copies = suspects[:2]
        culprit = self._handed_on(self._located())
        if share and (culprit is None or culprit[0] not in share):
            culprit = share[0], self.wrong, None
        mine = self.chains.get(culprit[0], [culprit[0]]) if culprit is not None else []
        self.mine = mine
        self.likely = frozenset([*mine, *self.first])
        alone = culprit is not None and not culprit[1]  # it alone would make all right
        made: list = []
        added_up = alone and self.localisation.depends_on_the_last_alone(*culprit)
        if alone and not added_up:
            self.expected[culprit[0]] = self.localisation.needed(*culprit)
            made, culprit = self._makers_of(culprit)
            if culprit[0] not in mine:
                suspects = (suspects[0], [*mine, *suspects[1]], *suspects[2:])
                mine = self.mine = self.chains.get(culprit[0], [culprit[0]])
                made = [key for key in made if key not in mine]
            mine = self.mine = self._inside(culprit[0]) or mine
        of_chains, self.whole, unable = expected_in_chains(self)
        self.expected = of_chains | self.expected
        chain, mine = mine, [key for key in mine if key not in unable] or mine
        self.mine = mine
        self.made = made
        repair = before = self._with_what_is_unread(suspects)
        if before is None or before[1]:
            repair = better(before, self._tried(plan(self, alone, made, *suspects)))
        if repair is not None and not repair[1]:
            return likeliest(self, repair[0]), []
        if repair is not None and not alone:
            return repair
        if culprit is not None and sum(map(self._stores, chain)) > 1:
            filled = [key for key in mine if alone and key in self.first]
            culprit = (filled[0], self.wrong, None) if filled else None
        if culprit is None:
            return None, self.wrong
        if added_up and any(k in self.odd and self._may_be_the_cause(k) for k in self.first):
            return None, self.wrong  # a sum can always be put right at its end
        return self.unrepaired(to_blame(self, culprit))

    def _first_share(self):
        """The line that adds what backpropagation does not, of a tape of the user's, as a list."""
        self.share = first_wrong(self) if self.truth is not None else None
        return [self.share.key] if self.share and self.may_be_wrong(self.share.key) else []

    def _located(self):
        """(key, what stays wrong, the values) of the line that is wrong by its values, or None."""
        localisation = self.localisation = Localisation(self)
        self.times = {name: len(given) for name, given in localisation.given.items()}
        judged = filter(self.examination.program.judges, self.statements)
        culprit = localisation.of_quotient(k for k in judged if k not in self.examination.sound)
        if culprit is not None:
            self.right.discard(culprit[0])  # what hands on a weight is taken for the forward pass
            return culprit
        sole = [k for k in self.in_order if k not in self.sound]
        culprit = localisation.first(sole or self.in_order)
        if culprit is not None and culprit[1]:
            earlier = [k for k in self.first if k not in self.roots and self.is_whole_cause(k)]
            if culprit[0] not in self.roots:
                earlier = [k for k in earlier if localisation.comes_before(k, culprit[0])]
            culprit = None if earlier else culprit  # what comes later can always be put right alone
        if culprit is None and len(self.wrong) == 1:  # what is returned is known, at any rate
            ends = localisation.first([k for k in self.roots if k in self.statements])
            self.expected = {} if ends is None else {ends[0]: ends[2]}
        return culprit

    def _handed_on(self, culprit):
        """The line that hands on what a function made, where that is right but not all."""
        if culprit is None or culprit[1] or self.truth is None:
            return culprit
        mine = self.statements[culprit[0]].function
        given = (v for key, v in self.truth.run.events if key == culprit[0])
        first = next((node for value in given for node in nodes_in(value)), None)
        uses = Known(self.examination.uses, close=self.examination.close)
        if first is None or uses.of(first.out) != EXACT:
            return culprit
        callers = [
            key
            for key, made in self.handed.items()
            if culprit[0] in made and self.statements[key].function is not mine
        ]
        found = self.localisation.first(callers)
        self.lacks = found is not None and found[0]
        return found or culprit

    def _makers_of(self, culprit):
        """(the lines that parts of a line come from, what is to blame in the end)."""
        made, todo = [], [culprit]
        while todo and len(made) < MAKERS:
            name, _, values = todo.pop(0)
            for key, right, blamed in makers(self, name, values):
                if key not in self.expected:
                    self.expected[key] = list(right)
                    made.append(key)
                    todo.append((key, [], list(right)))
                    culprit = todo[-1] if blamed and name == culprit[0] else culprit
        return made, culprit

    def is_of_backpropagation(self, array):
        """Whether an array is a value of the forward pass, or a gradient."""
        truth, known = self.examination.truth, self.examination.known
        return truth.values.of(array) == EXACT or known.of(array) == EXACT

    def _stores(self, name):
        """Whether a line changes entries of an array: what it gives is of other lines too."""
        return isinstance(self.statements[name].target, ast.Subscript)

    def _tried(self, places):
        """The first edit that makes all right, else the most useful one; pairs (rank, names)."""
        partial = None
        for rank, names in places:
            near = names in (self.mine, self.made, list(self.roots))
            self.examination.effort.keep(KEPT * (rank < COMPLETED and not near))
            if rank > COMPLETED and partial is not None and self._is_whole(*partial):
                return partial
            for name in names:
                if not self.may_be_wrong(name):
                    continue
                sure = getattr(names, "known", False) and rank < FORMULA
                found = self.trial(name).up_to(rank, sure)
                if found is not None and not found[1]:
                    return found
                partial = better(partial, found)
        return partial

    def _with_what_is_unread(self, suspects):
        """The first edit of a line that reads what its function does not that makes all right.

        Else the most useful one, or None.
        """
        keys = dict.fromkeys([*self.mine, *self.roots, *(k for some in suspects for k in some)])
        lines = {k: unread(self.statements[k]) for k in keys if self.may_be_wrong(k)}
        places = [k for k in lines if lines[k] and not self.statements[k].part]
        places.sort(key=lambda k: self.statements[k].line - max(lines[k].values()))
        partial = None
        self.examination.effort.keep(1 - UNREAD)
        for key in places[:LINES]:
            found = Trials(self, key, self.expected.get(key), lines[key]).up_to(TERM, False)
            partial = better(partial, found)
            if found is not None and not found[1] and not any(doubts(self, found[0])):
                break
        self.examination.effort.keep(0)
        return partial

    def may_be_wrong(self, name):
        judged = name in self.statements and self.examination.program.judges(name)
        return judged and name not in self.right

    def gradients(self):
        """The gradients on arrays, of the program as changed so far."""
        return runs.recorded(
            self.examination.program, self.examination.inputs, self.changed
        ).gradients

    def named_gradients(self):
        """What gives the gradients of what it is called after, before anything is changed."""
        if self._named is None:
            examination = self.examination
            run = runs.recorded(examination.program, examination.inputs, self.changed)
            self._named = examination.named_gradients(run)
        return self._named

    def _may_be_the_cause(self, name):
        """Whether all that is wrong comes from a line, no end, that goes into nothing right."""
        return self.is_whole_cause(name) and name not in self.roots and name not in self.sound

    def trial(self, name):
        """The forms of a statement, tried."""
        if name not in self.trials:
            self.trials[name] = Trials(self, name, self.expected.get(name))
        return self.trials[name]

    def _is_whole(self, repair, wrong):
        """Whether all that a repaired line goes into is right now: a mistake of its own."""
        fed = self.feeds.get(repair.key, set())
        return repair.proved and bool(fed) and not fed & set(wrong)

    def unrepaired(self, culprit):
        """The line that is wrong, of which the right form was not found."""
        name, wrong, values = culprit
        renaming = self._renaming()
        if renaming is not None:
            return Repair(renaming, self.statements[renaming], None), wrong
        inside = self._inside(name)
        if inside:
            name, values = inside[0], None
        return Repair(name, self.statements[name], None, values), wrong

    def _inside(self, name):
        """Of a line that hands on what a function made: the lines of that function that may be."""
        mine, all_of = self.statements[name].function, self.statements
        if name == self.lacks or not isinstance(self.statements[name].value, ast.Call):
            return []
        made = [key for key in self.handed.get(name, ()) if key in self.first]
        return [key for key in made if key in all_of and all_of[key].function is not mine]

    def likeliest(self):
        """The first line whose value is none of backpropagation's, as a list.

        One that all that is wrong comes from is likelier than several lines.
        """
        renaming = self._renaming()
        if renaming is not None:
            return [Repair(renaming, self.statements[renaming], None)]
        last = self._stored_last() if self.sound.issuperset(self.first) else set()
        if len(last) == 1:  # all before it goes into what is right too
            return [Repair(key, self.statements[key], None) for key in last]
        names = list(self.first)
        names = sorted(
            (name for name in names if name in self.statements and name not in self.right),
            key=lambda name: (
                name in self.sound or name in self.examination.returned,
                not self.is_whole_cause(name),
                name not in self.odd,
                self.appeared.get(name, len(self.appeared)),
            ),
        )[:1]
        return [Repair(name, self.statements[name], None) for name in names]

    def _stored_last(self):
        """The lines that store at last what is returned and wrong: ``grads[k] = d[k]``."""
        events = self.truth.run.events if self.truth is not None else ()
        roots = [root_of(path, self.truth.run.gradients) for path in self.wrong if events]
        found = dict.fromkeys(roots)
        for key, value in events:
            if self.may_be_wrong(key) and self._stores(key):
                found |= {node: key for node in nodes_in(value) if node in found}
        return set(found.values()) - {None}

    def renamings(self):
        """The keys of lines that do nothing but give a value a name that it did not have."""
        found = (s for s in self.statements.values() if is_renaming(s))
        return [s.key for s in found if self.may_be_wrong(s.key) and not self._had_its_name(s)]

    def _had_its_name(self, statement):
        """Whether what a line gives had that name: ``x = cache``, that was a function's x."""
        truth, names = self.examination.truth, binds(statement)
        keys = {key for key, s in self.statements.items() if not names.isdisjoint(binds(s))}
        events = [(key, node) for key, value in truth.run.events for node in nodes_in(value)]
        before = {node for key, node in events if key in keys and key != statement.key}
        before |= {n for (*_, name), n in truth.run.passed if name in names and n in truth.forward}
        mine = {node for key, node in events if key == statement.key}
        return bool(mine) and mine <= before

    def _renaming(self):
        """The one of these that all that is wrong may come from, or None.

        What is returned may have another name for it.
        """
        found, events = [], self.truth.run.events if self.truth is not None else ()
        ends = {root_of(path, self.truth.run.gradients) for path in self.wrong if events}
        returned = {key for key, value in events if not ends.isdisjoint(nodes_in(value))}
        for key in set(self.renamings()) - returned:
            function = self.statements[key].function
            mine = (k for k, s in self.statements.items() if s.function is function)
            if {path for k in mine for path in self.feeds.get(k, ())} >= set(self.wrong):
                found.append(key)
        return found[0] if len(found) == 1 else None

    def is_whole_cause(self, name):
        """Whether all that is wrong comes from a line."""
        return self.feeds.get(name, set()) >= set(self.wrong)

    def suspects(self):
        """Keys of statements: the likely ones, those that copy, of known values, and the others."""
        examination = self.examination
        truth = examination.changed(self.changed)
        roots = {p: root_of(p, truth.run.gradients) for p in self.wrong}
        roots = {p: node for p, node in roots.items() if node is not None}
        if truth.failure is not None or not roots:
            run = runs.recorded(examination.program, examination.inputs, self.changed)
            return self._by_values(run)
        sound = self._go_into_right_ones(truth)
        flow = Flow(truth, examination.known, roots, self.statements, self.says_gradient, sound)
        self._take(flow, truth, roots)
        groups = self._by_flow(flow, {k for k, fed in flow.feeds.items() if fed >= set(roots)})
        likely, *others = (sorted(keys, key=self.sound.__contains__) for keys in groups)
        return likely, *others[:-1], [*others[-1], *self._headers(flow.feeds)]

    def _take(self, flow, truth, roots):
        """Keep what is known of how values go through the program."""
        self.truth = truth
        self.roots = dict.fromkeys(flow.owner.get(root) for root in roots.values())
        self.chains = {k: list(chain) for k, chain in flow.chains.items()}
        self.makers = flow.makers
        self.owner, self.above = flow.owner, set(flow.nodes)
        self.right = flow.right | self.examination.sound
        self.handed = flow.handed()
        self.feeds = flow.feeds
        trivial = flow.passed_alone(set(roots.values()))
        self.in_order = [k for k in flow.in_order if k not in trivial or k in flow.first]
        self.known = set(flow.known)
        self.begins = flow.begins
        self.appeared = {key: i for i, key in enumerate(flow.first)}
        self.sound = {flow.owner[node] for node in flow.sound if node in flow.owner}
        self.handing = {key for node in flow.sound for key in flow.passed.get(node, ())}

    def _by_flow(self, flow, whole):
        """The suspects by how values go; ``whole`` feed all that is wrong."""
        first = [k for k in flow.first if k in whole] + [k for k in flow.first if k not in whole]
        likely = [*first, *[k for k in flow.weak if k in whole]]
        known = [k for k in flow.known if k in whole]
        later = [k for k in flow.later if k in whole]
        copies = [k for k in self._copies(flow.feeds) if k not in likely]
        calling = {*flow.calling, *filter(self._returns_several, copies)}
        copies = [k for k in copies if k not in known or k in calling]
        copies.sort(key=lambda k: k not in self.handed)
        likely += [k for k in self.roots if k in whole and k not in likely and k not in known]
        likely, copies = ([k for k in keys if not flow.is_zero(k)] for keys in (likely, copies))
        likely = self._likeliest_first(likely)
        beside = (k for key in first for k in flow.chains.get(key, ()))  # of one array with them
        beside = [k for k in dict.fromkeys(beside) if k in whole and not flow.is_zero(k)]
        return [*likely, *(k for k in beside if k not in likely)], copies, known, later

    def _likeliest_first(self, likely):
        """Lines that are called a gradient, that contradict their name, that no other says too."""
        self.odd = {k for k in likely if self._contradicts(k)}

        def order(k):
            copied = is_analogous(self.statements[k]) or self._is_first_of_two(k)
            named = (k not in self.roots) + (not self.says_gradient(k))
            return copied, k not in self.odd, named

        return sorted(likely, key=order)

    def _go_into_right_ones(self, truth):
        """The nodes that go into gradients that are right: they are hardly wrong."""
        true = self.examination.true
        sizes = {path: float(np.abs(g).max(initial=0.0)) for path, g in true.items()}
        told = {path for path, size in sizes.items() if size > NOISE * max(sizes.values())}
        right = [
            p for p in true if p not in self.wrong and p in told
        ]  # 0 is right of what is wrong
        roots = [root_of(path, truth.run.gradients) for path in right]
        return {node for root in roots if root is not None for node in history(root)}

    def _is_first_of_two(self, name):
        """Whether a line stands in its function once more, later: that one was copied."""
        mine = self.statements[name]
        return any(
            s.text == mine.text and s.function is mine.function and s.line > mine.line
            for s in mine.source.statements
        )

    def says_gradient(self, name):
        """Whether the name that a line assigns to says that it is a gradient."""
        statement = self.statements[name]
        if statement.target is None:
            return False
        words = re.findall(r"[A-Za-z_]\w*", statement.name)
        known, meant = self.examination.targets, self.examination.meant
        return any(meant(w) or pairs.says_gradient(w, known) for w in words)

    def _contradicts(self, name):
        """Whether a line is called after something, and gives another value than its gradient."""
        word = self.named_after(name)
        known = None if word is None else self.examination.targets[word]
        given = [n.out for k, v in self.truth.run.events if k == name for n in nodes_in(v)]
        return known is not None and any(known.of(a) == UNKNOWN for a in given if np.any(a))

    def named_after(self, name):
        """The name of a value of the program that a line says it is the gradient of, or None."""
        statement = self.statements[name]
        if statement.target is None:
            return None
        meant, targets = self.examination.meant, self.examination.targets
        for word in reversed(re.findall(r"[A-Za-z_]\w*", statement.name)):
            if meant(word):
                return meant(word)
            rest = pairs.bare(word).lower()
            if rest != word.lower() and rest in targets:
                return rest
        return None

    def _returns_several(self, name):
        """Whether a line returns a tuple: what one entry lacks is not seen in the others."""
        node = self.statements[name].node
        return isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple)

    def _copies(self, feeds):
        """Statements beside those that feed a wrong gradient that only hand a value on."""
        through = [*feeds, *self.handed]
        functions = {self.statements[k].function for k in through if k in self.statements}
        return [
            name
            for name, statement in self.statements.items()
            if statement.function in functions
            and (self._is_copy(statement.node) or statement.is_call or _gives_back(statement))
            and name not in self.makers
        ]

    def _is_copy(self, node):
        """Whether a statement hands on what is there, or what a function of the user's gives."""
        value = getattr(node, "value", None)
        if isinstance(node, ast.Return) and isinstance(value, ast.Tuple):
            return any(isinstance(entry, ast.Name) for entry in value.elts)
        if not isinstance(node, ast.Assign):
            return False
        if isinstance(value, ast.Call) and not vocabulary.is_numpys(value.func):
            name = getattr(value.func, "attr", None)
            return name is None or name in self.examination.program.called
        if isinstance(value, ast.ListComp):
            return isinstance(value.elt, ast.Name)
        return vocabulary.is_atomic(value) and not isinstance(value, ast.Call)

    def _by_values(self, run):
        """The same from the values alone: lines in the order of their first unknown value."""
        known, forward = self.examination.known, self.forward
        unknown, others = {}, {}
        for name, value in run.events:
            if name in forward:
                continue
            arrays = list(arrays_in(value))
            strange = arrays and not all(map(known.of, arrays))
            (unknown if strange else others)[name] = None
        return list(unknown), [], [], [k for k in others if k not in unknown]

    @cached_property
    def forward(self):
        """The statements that the loss is computed by."""
        truth = self.examination.truth
        return {
            name
            for name, value in truth.run.events
            if any(node in truth.forward for node in nodes_in(value))
        }

    def _headers(self, feeds):
        """Loops, conditions, and lines without floats in the functions of the suspects."""
        functions = {self.statements[k].function for k in feeds if k in self.statements}
        self.helping = self._without_floats(self._called_in(functions) - functions, feeds)
        return [*self._without_floats(functions, feeds), *self.helping]

    def _without_floats(self, functions, feeds):
        of_them = (name for name, s in self.statements.items() if s.function in functions)
        return [name for name in of_them if name not in feeds and name not in self.forward]

    def _called_in(self, functions):
        """The functions of the user's that some functions call by their names."""
        nodes = (node for function in functions for node in ast.walk(function))
        called = {getattr(n.func, "id", None) for n in nodes if isinstance(n, ast.Call)}
        others = (s.function for s in self.statements.values())
        return {f for f in others if getattr(f, "name", "") in called}


def _gives_back(statement):
    """Whether a function returns what it was called with as it is: it may have to do something."""
    value = statement.node.value if isinstance(statement.node, ast.Return) else None
    names = [n for n in ast.walk(statement.function) if isinstance(n, ast.Name)]
    changed = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    given = {a.arg for a in ast.walk(statement.function.args) if isinstance(a, ast.arg)}
    return isinstance(value, ast.Name) and value.id in given - changed
