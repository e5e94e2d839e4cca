"""The words of a validation: a probe tries to get out, a finding says what was seen, a report binds them together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agent_core.contract import Contract

Outcome = Literal["passed", "failed", "not_applicable", "inconclusive"]
"""`inconclusive`: it could not be seen either way. `not_applicable`: it makes no sense here."""

Group = Literal[
    "checks",
    "filesystem",
    "secrets",
    "kernel",
    "privilege",
    "processes",
    "network",
    "exhaustion",
    "channel",
    "leftovers",
]

GROUPS: Mapping[Group, str] = {
    "checks": "The five checks",
    "filesystem": "Files of the host",
    "secrets": "Secrets",
    "kernel": "The kernel's interfaces",
    "privilege": "Privilege and namespaces",
    "processes": "Processes, signals and sockets",
    "network": "Network",
    "exhaustion": "Exhaustion and floods",
    "channel": "The sandbox's own channel",
    "leftovers": "What is left after close",
}
"""Each group's title, in the order of the report."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One attempt to break out, and why it is made. All texts are sentences for people."""

    id: str
    group: Group
    title: str
    """What must hold: "No file of the host can be read"."""
    reason: str
    """Why it is tried."""
    if_failed: str
    """What it would mean if it failed."""
    remedy: str
    """What to do then."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of a probe."""

    probe: Probe
    outcome: Outcome
    seen: str
    """What was seen, or why nothing could be: may hold hostile text."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a validation is."""

    done: int
    of: int
    trying: str
    """What is tried now, for people."""


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Report:
    """One validation of one provider under one contract. `agent_core.validation.forms` gives it its forms."""

    provider: str
    contract: Contract
    contract_version: int
    """0 where the contract is a file and belongs to no conversation."""
    started_at: datetime
    seconds: float
    versions: Mapping[str, str]
    """Of everything that took part: "Python" to "3.11.7", "kernel" to "6.1"."""
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing failed, and something passed."""
        return not self.count("failed") and bool(self.count("passed"))

    def count(self, outcome: Outcome) -> int:
        """How many findings came out so."""
        return sum(finding.outcome == outcome for finding in self.findings)

    def of_group(self, group: Group) -> tuple[Finding, ...]:
        """A group's findings, in order."""
        return tuple(finding for finding in self.findings if finding.probe.group == group)
