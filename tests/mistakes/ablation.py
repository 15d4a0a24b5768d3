"""What each mechanism of the diagnosis is worth: how many mistakes it alone explains.

    python -m tests.mistakes.ablation                    # every mechanism
    python -m tests.mistakes.ablation --rows             # each row of the tables and each edit, too
    python -m tests.mistakes.ablation --only stale _orders
    python -m tests.mistakes.ablation --also FOLDER      # with the cases of a folder, too

What a mechanism says carries its mark from there to the finding: a letter that nobody sees. So one
run of a case tells which mechanisms had a part in what is found, and only these are switched off,
one after the other. A case counts that is named with a mechanism and not without it. The cases are
all forms of all networks, inner gradients, coded losses, pairs of mistakes, and what was collected.

A folder has a module ``runner`` with ``load()``, the cases by their ids, and what these two need:
``harness.run(case)`` and ``scoring.verdict(case, said)``, which is "named right" or something else.
"""

import argparse
import dataclasses
import re
import sys
from functools import partial, wraps
from importlib import import_module
from inspect import isgenerator

from autograd_lite.comparison.diagnosis import row_patterns, search
from autograd_lite.comparison.diagnosis.array_patterns import PRODUCTS
from autograd_lite.comparison.diagnosis.constants import Named
from autograd_lite.comparison.diagnosis.edits import Editor
from autograd_lite.comparison.diagnosis.mistakes import Candidate, Finding
from autograd_lite.comparison.diagnosis.wrong_steps import errors_of_losses, normalisation
from autograd_lite.comparison.diagnosis.wrong_steps.wrong_rules import WRONG_RULES

from .coded import CODED
from .collected import MISTAKES
from .corpus import NETWORKS, compared
from .inner import INNER
from .test_naming import case, coded_loss
from .test_pairs import drawn_pairs, found_of

COMPARISON = "autograd_lite.comparison"

# Modules, and the mechanisms that are called from there.
MECHANISMS = {
    "diagnosis.search": "value_patterns common_factor wrong_regulariser array_patterns "
    "other_tensor",
    "diagnosis.diagnose": "typo clipped _of_unused",
    "diagnosis.array_patterns": "_shapes _sums _orders _products",
    "diagnosis.single_arrays": "_signs _other_rule _other_function _factor _value",
    "diagnosis.wrong_passes": "one_step one_step_everywhere stale",
    "diagnosis.phrasing": "scaled",
    "diagnosis.wrong_formulas": "one_formula _two_edits",
    "diagnosis.edits": "arrays_for of_product of_sum of_matrices of_choice of_reduction",
    "diagnosis.row_patterns": "_of_biases _by_arguments",
    "diagnosis.regularisers": "_in_entries",
    "diagnosis.constants": "_plain _of_sizes _of_compositions _of_divisors _of_scalars _of_masks "
    "_of_values _fours _of_other_divisors",
    "diagnosis.wrong_steps.mutants": "missing_accumulation wrong_errors_at fused_edges wrong_rules "
    "_one_sample wrong_pieces other_targets",
    "diagnosis.wrong_steps.edge_rules": "substitutes wrong_normalisations wrong_windows "
    "_other_operands _other_arrays _masks wrong_slices _activations _of_softmax copies",
    "diagnosis.wrong_steps.accumulation": "_kept _doubled",
    "diagnosis.wrong_steps.repeated_steps": "wrong_rules _scaled _other_values "
    "other_steps_operands _past_the_activation _one_sample_everywhere "
    "_other_steps_targets pieces_exchanged_everywhere slices_elsewhere _several_paths "
    "_reordered _other_outputs",
    "cross_check.contest": "repaired of_another_function",
}

MARKS = "[\ue000-\uf8ff]"
NAMES: dict = {}  # {mark: what it is the mark of}
OFF: set = set()  # the marks of what is switched off
SEEN: set = set()  # the marks of what had a part in the findings of this case


def mark_of(name):
    """The mark of a mechanism or a row."""
    known = {name: mark for mark, name in NAMES.items()}
    return (NAMES and known.get(name)) or _added(name)


def _added(name):
    mark = chr(0xE000 + len(NAMES))
    NAMES[mark] = name
    return mark


def with_mark(words, mark):
    """Words with a mark at the end of their first line."""
    first, *rest = words.split("\n")
    return words if mark in first else "\n".join([first + mark, *rest])


def marked(item, mark):
    """What was found, with a mark in its words; as it is where it has none."""
    if isinstance(item, Candidate):
        item.text = with_mark(item.text, mark)
        return item
    if isinstance(item, Named):
        return dataclasses.replace(item, reason=with_mark(item.reason, mark))
    if isinstance(item, tuple):
        at = _words_at(item)
        value = marked(item[at], mark) if isinstance(item[at], Named) else item[at]
        value = with_mark(value, mark) if isinstance(value, str) else value
        return (*item[:at], value, *item[at + 1 :])
    for field in ("words", "says", "text"):
        if isinstance(getattr(item, field, None), str):
            return dataclasses.replace(item, **{field: with_mark(getattr(item, field), mark)})
    SEEN.add(mark)
    return item


def _words_at(item):
    """Where the words of a tuple are: of an edit, of a wrong rule, of pairs."""
    if len(item) > 5:
        return 4
    return 0 if len(item) == 2 and isinstance(item[1], list) else 1


def texts_of(item):
    """All that is said of what was found."""
    parts = item if isinstance(item, tuple) else (item,)
    found = [part for part in parts if isinstance(part, str)]
    for part in parts:
        found += [
            text
            for field in ("text", "words", "says", "reason")
            if isinstance(text := getattr(part, field, None), str)
        ]
    return "".join(found)


def is_off(item):
    return bool(OFF) and not OFF.isdisjoint(texts_of(item))


def watched(look, mark):
    """A mechanism that marks what it finds, and finds nothing where it is off."""

    @wraps(look)
    def looking(*args, **kwargs):
        found = look(*args, **kwargs)
        if isgenerator(found):
            return _filtered(found, mark)
        if isinstance(found, list):
            return list(_filtered(found, mark))
        if not found or mark in OFF:
            return "" if isinstance(found, str) else None
        if isinstance(found, str):
            SEEN.add(mark)
            return found
        return marked(found, mark)

    return looking


def _filtered(found, mark):
    for item in found if mark not in OFF else ():
        item = marked(item, mark)
        if not is_off(item):
            yield item


def install():
    """Have all mechanisms, rows and edits mark what they find."""
    for module, names in MECHANISMS.items():
        owner = import_module(f"{COMPARISON}.{module}")
        for name in names.split():
            before = getattr(owner, name)
            new = watched(before, mark_of(f"{module}: {name}"))
            setattr(owner, name, new)
            search._ORDER = tuple(new if look is before else look for look in search._ORDER)
    Editor.edits = _by_kind(Editor.edits)
    Finding.__init__ = _noted(Finding.__init__)
    for f, rows in WRONG_RULES.items():
        rows[:] = [_row(f"{f.__name__}: {row[2]}", row, 2) for row in rows]
    for kind, rows in errors_of_losses._WRONG.items():
        rows[:] = [_row(f"error of {kind}: {row[1]}", row, 1) for row in rows]
    normalisation._PARTS[:] = [
        _row(f"normalisation: {row[1]}", row, 1) for row in normalisation._PARTS
    ]
    row_patterns._ARGUMENTS[:] = [
        _row(f"by another argument: {row[0]}", row, 0) for row in row_patterns._ARGUMENTS
    ]
    for at, rows in PRODUCTS.items():
        rows[:] = [_row(f"product {at}.{i}: {row[1]}", row, 1) for i, row in enumerate(rows)]


def _row(name, row, at):
    return (*row[:at], with_mark(row[at], mark_of(f"row: {name}")), *row[at + 1 :])


def _by_kind(edits):
    """The edits of an expression, each with the mark of its kind."""

    @wraps(edits)
    def of(self, x, *args):
        for edit in edits(self, x, *args):
            kind = re.match(r"[\d.]*(with \w+$|[a-z_]+)", edit.kind)
            edit = marked(edit, mark_of(f"edit: {kind[1] if kind else edit.kind}"))
            if not is_off(edit):
                yield edit

    return of


def _noted(init):
    """A finding notes the marks of its text, and is without."""

    @wraps(init)
    def noted(self, mistake, text, explains=(), where=(), also=(), gives=""):
        SEEN.update(re.findall(MARKS, text))
        also = tuple(re.sub(MARKS, "", one) for one in also)
        init(self, mistake, re.sub(MARKS, "", text), explains, where, also, gives)

    return noted


# --- the cases ----------------------------------------------------------------------------------


def corpus(forms):
    """The cases, {description: a function that says whether it is named}."""
    found: dict = {}

    def add(description, tell):
        found[f"{description} ({len(found)})"] = tell

    for name, network in NETWORKS.items():
        for slip in network.slips:
            for form in range(len(network.module.FORWARDS))[:forms]:
                add(f"{name}: {slip.wrong}", partial(_of_network, network, slip, form))
    for inner in INNER:
        add(f"{inner.network}, inner: {inner.slip.wrong}", partial(_of_inner, inner))
    for row in CODED:
        add(f"coded: {row[1].__name__}", partial(_of_coded, row))
    for network, first, second, manual in drawn_pairs():
        what = f"{network.name}: {first.wrong} AND {second.wrong}"
        add(what, partial(_of_pair, network, (first, second), manual))
    for mistake in MISTAKES:
        add(f"collected: {mistake.id}", partial(_of_mistake, mistake))
    return found


def _of_network(network, slip, form):
    values = network.draw()
    report = compared(network, values, network.gradients(values, slip), form)
    return case("", slip.kinds, report).is_named


def _of_inner(inner):
    return case("", inner.slip.kinds, inner.report()).is_named


def _of_coded(row):
    return coded_loss(*row).is_named


def _of_pair(network, pair, manual):
    return found_of(compared(network, network.draw(), manual), pair) == 2


def _of_mistake(mistake):
    return mistake.is_named_by(mistake.report())


def of_folder(folder):
    """The cases of a folder, in the form of the corpus."""
    sys.path.insert(0, folder)
    runner, harness, scoring = map(import_module, ("runner", "harness", "scoring"))

    def tell(one):
        return scoring.verdict(one, harness.run(one)) == "named right"

    return {f"also: {one.id}": partial(tell, one) for one in runner.load().values()}


# --- what each is worth -------------------------------------------------------------------------


def measured(cases, is_chosen):
    """({mark: cases that it had a part in}, {mark: cases that are lost without it}, named).

    What is not chosen is not switched off.
    """
    part, alone, named = {}, {}, 0
    for description, tell in cases.items():
        SEEN.clear()
        if not tell():
            continue
        named += 1
        for mark in sorted(SEEN):
            part.setdefault(mark, []).append(description)
            OFF.add(mark)
            if is_chosen(NAMES[mark]) and not tell():
                alone.setdefault(mark, []).append(description)
            OFF.clear()
    return part, alone, named


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="*", default=(), help="names that hold one of these")
    parser.add_argument("--rows", action="store_true", help="the rows of the tables and the edits")
    parser.add_argument("--forms", type=int, help="of each network the first forms alone, so many")
    parser.add_argument("--also", help="a folder with more cases")
    options = parser.parse_args()
    cases = {**corpus(options.forms), **(of_folder(options.also) if options.also else {})}
    install()

    def is_chosen(name):
        is_row = name.startswith(("row: ", "edit: "))
        return (options.rows or not is_row) and any(part in name for part in options.only or [""])

    part, alone, named = measured(cases, is_chosen)
    print(f"{named} of {len(cases)} cases are named; cases with a part of it, lost without it")
    for mark, name in sorted(NAMES.items(), key=lambda pair: pair[1]):
        lost = alone.get(mark, [])
        worth = f"{len(lost):4d} {len(lost) / named:6.1%}" if is_chosen(name) else f"{'':11}"
        print(f"{len(part.get(mark, [])):4d} {worth}  {name}".replace("\n", " "))
        for description in lost[:3] if options.only else ():
            print(f"{'':18}{description}")


if __name__ == "__main__":
    main()
