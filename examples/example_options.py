"""What the examples on real data share: their options, and the folder for their pictures."""

import argparse
from pathlib import Path


def options(doc, argv, epochs):
    """--epochs, --seed and --out; the folder is made."""
    parser = argparse.ArgumentParser(
        description=doc.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=epochs, help="passes over the data")
    parser.add_argument("--seed", type=int, default=0, help="of the weights and the batches")
    parser.add_argument("--out", type=Path, default=Path("trained"), help="folder for pictures")
    chosen = parser.parse_args(argv)
    if chosen.epochs < 1:
        parser.error("--epochs must be at least 1")
    chosen.out.mkdir(parents=True, exist_ok=True)
    return chosen


def save(figure, path):
    """Write a figure, and say so."""
    figure.savefig(path)
    print(f"  written: {path}")
