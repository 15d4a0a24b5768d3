"""The command line: ``python -m autograd_lite review FILE:FUNCTION --setup FILE:FUNCTION``."""

import argparse
import importlib.util
import sys
from pathlib import Path

NOT_RUN = 2


def main(arguments=None):
    """Exit status: 0 all gradients are right, 1 something is wrong, 2 it could not be run."""
    parser = argparse.ArgumentParser("autograd_lite", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    review = commands.add_parser("review", help="find the wrong line of a backward pass by hand")
    review.add_argument("function", help="FILE:FUNCTION, which returns the loss and the gradients")
    review.add_argument("--setup", help="FILE:FUNCTION, which returns the arguments")
    review.add_argument("--json", action="store_true", help="print the report as JSON")
    review.add_argument("--diff", action="store_true", help="print the right lines as a diff")
    options = parser.parse_args(arguments)
    try:
        report = _reviewed(options.function, options.setup)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return NOT_RUN
    print(report.json() if options.json else report.diff if options.diff else report)
    return 0 if report else 1


def _reviewed(function, setup):
    from . import review

    modules: dict = {}
    f = _found(function, modules)
    args = _found(setup, modules)() if setup else ()
    return review(f, *(args if isinstance(args, tuple) else (args,)))


def _found(place, modules):
    """The function at FILE:NAME, or FILE:CLASS.NAME; a file is imported once."""
    path, _, name = place.rpartition(":")
    if not path or not Path(path).is_file():
        raise FileNotFoundError(f"{place!r} is not FILE:FUNCTION of a file that is there")
    full = Path(path).resolve()
    if full not in modules:
        sys.path.insert(0, str(full.parent))
        spec = importlib.util.spec_from_file_location(full.stem, full)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} is no Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[full.stem] = modules[full] = module
        spec.loader.exec_module(module)
    found = modules[full]
    for part in name.split("."):
        found = getattr(found, part)
    return found


if __name__ == "__main__":
    sys.exit(main())
