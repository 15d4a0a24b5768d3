"""What each search of the diagnosis is worth: how many mistakes only it explains.

    python -m tests.mistakes.ablation                    # every search
    python -m tests.mistakes.ablation stale _orders      # some of them
    python -m tests.mistakes.ablation --rows             # each row of the catalogue of wrong rules
    python -m tests.mistakes.ablation --also FOLDER      # with the cases of a folder, too

Each is switched off, so that it finds nothing, and the cases are read again in which it finds
something: all forms of all networks, inner gradients, coded losses, and pairs of mistakes. A case
counts that is named with it and not without. What fewer than one case in a hundred needs is not
worth its lines, unless it is all that explains some kind of mistake.

A folder has a module ``runner`` with ``load()``, the cases by their ids, and what these two need:
``harness.run(case)`` and ``scoring.verdict(case, said)``, which is "named right" or something else.
"""

import argparse
import inspect
import re
import sys
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial, wraps
from importlib import import_module

import numpy as np

from autograd_lite.comparison.diagnosis.wrong_steps.mutant import Mutant

from .coded import CODED
from .corpus import NETWORKS, compared
from .inner import INNER
from .test_naming import case, coded_loss
from .test_pairs import drawn_pairs, found_of

COMPARISON = "autograd_lite.comparison"

# Modules, and the searches that are called from there: a function finds nothing when it is off.
SEARCHES = {
    "diagnosis.search": "other_argument ties zero_rows common_factor wrong_regulariser "
    "array_patterns wrong_passes.one_step_everywhere one_wrong_step other_tensor",
    "diagnosis.diagnose": "typo clipped",
    "diagnosis.array_patterns": "_shapes _sums _orders _products",
    "diagnosis.single_arrays": "_signs _other_rule _other_function _factor _value",
    "diagnosis.wrong_passes": "one_step stale",
    "diagnosis.wrong_formulas": "one_formula",
    "diagnosis.edits": "Editor._substituted Editor._with_factor arrays_for of_product of_sum "
    "of_matrices of_choice of_reduction",
    "diagnosis.wrong_calls": "_added_after _of_coefficient _into_bracket",
    "diagnosis.row_patterns": "_of_biases",
    "diagnosis.wrong_steps.mutants": "missing_accumulation wrong_errors_at _scaled fused_edges "
    "_one_sample",
    "diagnosis.wrong_steps.edge_rules": "substitutes wrong_normalisations _other_operands _masks "
    "_products _activations _of_softmax _copies",
    "diagnosis.wrong_steps.errors_of_losses": "_margins _picked",
    "diagnosis.wrong_steps.accumulation": "_kept _doubled",
    "diagnosis.wrong_steps.repeated_steps": "_other_values _other_steps_outputs "
    "other_steps_operands _past_the_activation "
    "_one_sample_everywhere _scaled",
    "cross_check.contest": "repaired",
}
# What the others find: [].
NOTHING: dict[str, Callable] = {
    "typo": lambda *args: None,
    "clipped": lambda *args: None,
    "repaired": lambda *args: "",
    "_margins": lambda *args: None,
    "_picked": lambda *args: None,
    "mutants._scaled": lambda edge, *args: unseen(edge),
}


def unseen(edge):
    """A mutant that changes nothing."""
    seeds = {edge.parent: 0 * np.asarray(edge.contribution)}
    return Mutant("factor", "", seeds, lambda c: {}, edge, "contribution")


@dataclass
class Search:
    """One search, in the module that calls it."""

    module: str
    name: str
    found_in: set = field(default_factory=set)

    @contextmanager
    def replaced(self, make):
        """It is ``make(it)`` inside."""
        owner = import_module(f"{COMPARISON}.{self.module}")
        path, _, name = self.name.rpartition(".")
        if path:
            owner = getattr(owner, path)
        before = getattr(owner, name)
        new = make(before)
        order = getattr(import_module(f"{COMPARISON}.diagnosis.search"), "_ORDER", ())
        search = sys.modules[f"{COMPARISON}.diagnosis.search"]
        setattr(owner, name, new)
        search._ORDER = tuple(new if look is before else look for look in order)
        try:
            yield
        finally:
            setattr(owner, name, before)
            search._ORDER = order

    def off(self):
        """It finds nothing inside."""
        full = f"{self.module.rpartition('.')[2]}.{self.name}"
        nothing = NOTHING.get(full) or NOTHING.get(self.name) or (lambda *args, **kwargs: [])
        return self.replaced(lambda _: nothing)

    def watched(self, at):
        """It notes inside that it finds something; ``at()`` says where."""

        def make(look):
            @wraps(look)
            def noting(*args, **kwargs):
                found = look(*args, **kwargs)
                if inspect.isgenerator(found):
                    return self._noting(found, at)
                if found is not None and (not isinstance(found, (list, str)) or found):
                    self.found_in.add(at())
                return found

            return noting

        return self.replaced(make)

    def _noting(self, found, at):
        for one in found:
            self.found_in.add(at())
            yield one


def corpus():
    """The cases, {description: a function that says whether it is named, and in which words}."""
    found: dict = {}

    def add(description, tell):
        found[f"{description} ({len(found)})"] = tell

    for name, network in NETWORKS.items():
        for slip in network.slips:
            for form in range(len(network.module.FORWARDS)):
                add(f"{name}: {slip.wrong}", partial(_of_network, network, slip, form))
    for inner in INNER:
        add(f"{inner.network}, inner: {inner.slip.wrong}", partial(_of_inner, inner))
    for row in CODED:
        add(f"coded: {row[1].__name__}", partial(_told, coded_loss, *row))
    for network, first, second, manual in drawn_pairs():
        what = f"{network.name}: {first.wrong} AND {second.wrong}"
        add(what, partial(_of_pair, network, (first, second), manual))
    return found


def _told(make, *args):
    one = make(*args)
    return one.is_named, one.sentence


def _of_network(network, slip, form):
    values = network.draw()
    report = compared(network, values, network.gradients(values, slip), form)
    return _told(case, "", slip.kinds, report)


def _of_inner(inner):
    return _told(case, "", inner.slip.kinds, inner.report())


def _of_pair(network, pair, manual):
    report = compared(network, network.draw(), manual)
    return found_of(report, pair) == 2, " ".join(f.sentence for f in report.findings)


def of_folder(folder):
    """The cases of a folder, in the form of the corpus."""
    sys.path.insert(0, folder)
    runner, harness, scoring = map(import_module, ("runner", "harness", "scoring"))

    def tell(one):
        said = harness.run(one)
        return scoring.verdict(one, said) == "named right", said.summary

    return {f"also: {one.id}": partial(tell, one) for one in runner.load().values()}


def named(cases, searches=()):
    """{description: sentence} of the cases that are named now; searches note what they find in."""
    found, now = {}, ""

    def at():
        return now

    for now, tell in cases.items():
        with _all(search.watched(at) for search in searches):
            is_named, sentence = tell()
        if is_named:
            found[now] = sentence
    return found


@contextmanager
def _all(many):
    """All of some contexts."""
    first = next(many, None)
    if first is None:
        yield
        return
    with first, _all(many):
        yield


def lost(cases, whole, where):
    """Which of some named cases are named no longer."""
    return [d for d in whole if d in where and not cases[d]()[0]]


def by_search(cases, chosen):
    searches = [Search(module, n) for module, names in SEARCHES.items() for n in names.split()]
    searches = [s for s in searches if not chosen or s.name in chosen]
    whole = named(cases, searches)
    print(f"{len(whole)} of {len(cases)} cases are named", flush=True)
    for search in searches:
        with search.off():
            gone = lost(cases, whole, search.found_in)
        shown = f"{search.module:>40} {search.name:<36} finds in {len(search.found_in):4d}"
        print(f"{shown} {len(gone):4d} lost {len(gone) / len(whole):6.1%}", flush=True)
        for description in gone[: 8 if chosen else 3]:
            print(f"    {description}")


def by_row(cases, chosen):
    """Each row of the catalogue off, where its words are what is said."""
    rules = import_module(f"{COMPARISON}.diagnosis.wrong_steps.wrong_rules").WRONG_RULES
    whole = named(cases)
    print(f"{len(whole)} of {len(cases)} cases are named", flush=True)
    for f, rows in rules.items():
        for words in dict.fromkeys(row[2] for row in rows):
            pattern = re.sub(r"\\\{+\w+\\\}+", "(.+)", re.escape(words))
            where = [d for d, sentence in whole.items() if re.search(pattern, sentence)]
            before = list(rows)
            rows[:] = [row for row in rows if row[2] != words]
            gone = lost(cases, whole, where)
            instead = next((cases[d]()[1] for d in where if d not in gone), "")
            rows[:] = before
            print(f"{len(where):4d} said {len(gone):4d} lost  {f.__name__}: {words}", flush=True)
            print(*(f"    lost: {d}\n" for d in gone[:2]), f"    instead: {instead}\n", sep="")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("chosen", nargs="*", help="names of searches; none: all")
    parser.add_argument("--rows", action="store_true", help="the rows of the catalogue")
    parser.add_argument("--also", help="a folder with more cases")
    options = parser.parse_args()
    cases = {**corpus(), **(of_folder(options.also) if options.also else {})}
    (by_row if options.rows else by_search)(cases, options.chosen)


if __name__ == "__main__":
    main()
