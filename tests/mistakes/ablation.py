"""What each search of the diagnosis is worth: how many mistakes only it explains.

    python -m tests.mistakes.ablation                    # every search
    python -m tests.mistakes.ablation stale _orders      # some of them

Each is switched off, so that it finds nothing, and the corpus is read again: all forms of all
networks, inner gradients, and pairs of mistakes. A case counts that is named with it and not
without. What fewer than one case in a hundred needs is not worth its lines, unless it is all
that explains some kind of mistake.
"""

import sys
from contextlib import contextmanager
from importlib import import_module

from .test_naming import of_inner_gradients, of_networks
from .test_pairs import compared, drawn_pairs, found_of

DIAGNOSIS = "autograd_lite.comparison.diagnosis"

# Modules, and the searches that are called from there: a function finds nothing when it is off.
SEARCHES = {
    "search": "row_patterns.other_argument row_patterns.common_factor "
    "regularisers.wrong_regulariser row_patterns.array_patterns wrong_passes.one_step_everywhere "
    "wrong_passes.one_step row_patterns.other_tensor",
    "closed_forms": "_shapes _sums _orders _products _samples",
    "single_arrays": "_signs _other_rule _other_function _factor _value",
    "wrong_passes": "stale",
    "row_patterns": "_of_biases",
    "wrong_steps.mutants": "fan_outs wrong_errors_at _scaled virtual_edges _one_sample",
    "wrong_steps.edge_rules": "stand_ins _masks _products _activations _of_softmax",
    "wrong_steps.fan_outs": "_kept _doubled",
    "wrong_steps.repeated_steps": "other_steps_operands _past_the_activation "
    "_one_sample_everywhere _scaled",
}


def nothing(*args, **kwargs):
    return []


@contextmanager
def without(module, name):
    """One search off."""
    owner = import_module(f"{DIAGNOSIS}.{module}")
    before = dict(vars(owner))
    if "." in name:
        file, name = name.split(".")
        target = getattr(import_module(f"{DIAGNOSIS}.{file}"), name)
        owner._ORDER = tuple(nothing if look is target else look for look in owner._ORDER)
    else:
        setattr(owner, name, nothing)
    try:
        yield
    finally:
        vars(owner).update(before)


def named():
    """The descriptions of the cases that are named now."""
    cases = [*of_networks(slice(None)), *of_inner_gradients()]
    found = {(i, case.description) for i, case in enumerate(cases) if case.is_named}
    for i, (network, first, second, manual) in enumerate(drawn_pairs()):
        report = compared(network, network.draw(), manual)
        if found_of(report, (first, second)) == 2:
            found.add((-1 - i, f"{network.name}: {first.wrong} AND {second.wrong}"))
    return found


def main(chosen):
    whole = named()
    print(f"{len(whole)} cases are named", flush=True)
    for module, names in SEARCHES.items():
        for name in names.split():
            if chosen and name not in chosen:
                continue
            with without(module, name):
                lost = whole - named()
            print(f"{module:>26} {name:<36} {len(lost):4d} lost", flush=True)
            for _, description in sorted(lost)[: 3 if chosen else 0]:
                print(f"    {description}")


if __name__ == "__main__":
    main(sys.argv[1:])
