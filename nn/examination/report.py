"""`Health`: what `health` found on a batch, as text and as data."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from .findings import Finding
from .measures import Activation, Column, Parameter


@dataclass(frozen=True)
class Fit:
    """How much better predictions fit their own targets than those of other examples.

    In standard deviations over random pairings, on a batch that was trained on (``seen``) and
    on data that was not; None where there are too few examples. ``epochs`` were trained.
    """

    seen: float | None
    unseen: float | None
    epochs: int


@dataclass(frozen=True)
class Numbers:
    """What was measured."""

    loss: float
    loss_after: float | None
    activations: list[Activation]
    parameters: list[Parameter]
    inputs: list[Column]
    target: list[Column]
    softmax_of_probabilities: str | None
    broadcast: str | None
    is_slowed: bool  # whether a schedule has made the learning rate smaller
    fit: Fit | None


@dataclass(frozen=True)
class Health:
    """The findings on a batch; true where there are none.

    Attributes
    ----------
    findings : list of Finding
        The nearest to the cause first.
    numbers : Numbers or None
        What was measured: ``activations`` and ``parameters`` are rows, ``loss_after`` is the
        loss of the batch after a step of the optimiser. None where the loss is not finite.
    """

    findings: list[Finding]
    numbers: Numbers | None = None

    def __bool__(self):
        return not self.findings

    @property
    def kinds(self) -> list[str]:
        """The kinds of the findings, each once."""
        return list(dict.fromkeys(finding.kind for finding in self.findings))

    def __str__(self):
        many = len(self.findings)
        head = f"{many} finding{'s' if many > 1 else ''}" if many else "no findings"
        lines = [head]
        for finding in self.findings:
            lines += ["", f"{finding.kind}, {finding.where}"]
            parts = (finding.measured, finding.meaning, finding.advice)
            for part in parts:
                text = f"{part[:1].upper()}{part[1:]}."
                lines += textwrap.wrap(text, 96, initial_indent="  ", subsequent_indent="  ")
        if self.numbers is not None:
            lines += ["", *self._tables()]
        return "\n".join(lines)

    def __repr__(self):
        kinds = ", ".join(self.kinds) or "no findings"
        return f"<Health: {kinds}>"

    def _tables(self):
        numbers = self.numbers
        if numbers.activations:
            rows = [
                (a.place, a.function, f"{a.mean:.2g}", f"{a.std:.2g}", f"{a.flat:.0%}",
                 f"{a.dead}/{a.units}", f"{a.gradient:.1e}")
                for a in numbers.activations
            ]  # fmt: skip
            yield from table(["activation", "", "mean", "std", "flat", "dead", "gradient"], rows)
            yield ""
        rows = [
            (p.name, str(p.shape), f"{p.size:.1e}", f"{p.gradient:.1e}", _ratio(p.gradient, p.size),
             "-" if p.update is None else _ratio(p.update, p.size))
            for p in numbers.parameters
        ]  # fmt: skip
        yield from table(["parameter", "shape", "size", "gradient", "/ size", "step / size"], rows)


def table(head, rows) -> list[str]:
    """Lines of columns: names and words to the left, numbers to the right."""
    lines = [head, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    places = [str.ljust] * 2 + [str.rjust] * (len(head) - 2)
    return ["  ".join(p(cell, n) for p, cell, n in zip(places, line, widths)).rstrip()
            for line in lines]  # fmt: skip


def _ratio(part, whole):
    return f"{part / whole:.1e}" if whole else "-"
