"""The order in which to look for the mistake behind wrong rows."""

from __future__ import annotations

from dataclasses import dataclass, field

from .findings import Finding


@dataclass(frozen=True)
class Diagnosis:
    """What was found: see the attributes of a Comparison."""

    findings: tuple[Finding, ...] = ()
    hints: tuple[str, ...] = ()
    because: dict[str, str] = field(default_factory=dict)


def diagnosed(case) -> Diagnosis:
    """The mistakes that explain what is wrong in a case."""
    return Diagnosis()
