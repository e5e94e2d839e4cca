"""Every field of the contract with its names for people: one table behind the diff and the written forms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from agent_core.contract.clauses import Contract
from agent_core.contract.words import LANGUAGE_NAMES, PROVIDER_NAMES, dollars, duration, listed, size
from agent_core.errors import ErrorKind

CLAUSES = {
    "name": "Name",
    "provider": "Provider",
    "lifecycle": "Lifecycle",
    "concurrency": "Concurrency",
    "network": "Network",
    "filesystem": "Files",
    "resources": "Resources",
    "timeout": "Time-out",
    "billing": "Budget",
    "languages": "Languages",
}
"""The clauses, in the order of the document, with the titles that they have wherever a person reads of them."""

FORMER_TITLES = {"Filesystem": "Files", "Billing": "Budget"}
"""Titles as documents have them that were written before: these are read as they always were."""

CLAUSE_OF: Mapping[ErrorKind, str] = {
    "timeout": "timeout",
    "out_of_memory": "resources",
    "disk_full": "filesystem",
    "file_too_large": "filesystem",
    "output_limit": "resources",
    "network_denied": "network",
    "concurrency_full": "concurrency",
    "budget_exhausted": "billing",
}
"""The clause behind each kind of refusal; the other kinds are nobody's clause."""


@dataclass(frozen=True, slots=True)
class Term:
    """One field of the contract."""

    path: str
    """Such as `timeout.call_seconds`."""
    title: str
    """Its name in a table, under its clause's: `Seconds per call`."""
    subject: str
    """Its name in a sentence: `time limit for a call`."""
    show: Callable[[Any], str] = str
    """Its value in a sentence."""

    @property
    def clause(self) -> str:
        """The clause that the field is part of."""
        return self.path.partition(".")[0]

    @property
    def label(self) -> str:
        """Clause and field together: `Time-out, seconds per call`."""
        clause = CLAUSES[self.clause]
        named = self.title.startswith(clause)
        return self.title if named else f"{clause}, {self.title[0].lower()}{self.title[1:]}"

    def of(self, contract: Contract) -> Any:
        """The field's value in a contract."""
        value: Any = contract
        for part in self.path.split("."):
            value = getattr(value, part)
        return value


def _number(value: float) -> str:
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


def _one_of(**names: str) -> Callable[[str], str]:
    return names.__getitem__


def _languages(allowed: tuple[str, ...]) -> str:
    return listed(tuple(LANGUAGE_NAMES[name] for name in allowed))


def _domains(domains: tuple[str, ...]) -> str:
    return listed(domains) or "none"


def _money(amount: Decimal) -> str:
    return dollars(amount)


TERMS = (
    Term("name", "Name", "name of the contract", lambda name: f"“{name}”"),
    Term("provider", "Provider", "provider of sandboxes", _one_of(**PROVIDER_NAMES)),
    Term("lifecycle.mode", "Mode", "life of a sandbox", _one_of(session="a whole session", ephemeral="a single turn")),
    Term("lifecycle.idle_seconds", "Idle seconds", "idle time before a sandbox closes", duration),
    Term("lifecycle.max_seconds", "Longest life in seconds", "longest life of a sandbox", duration),
    Term("concurrency.per_user", "Sandboxes per person", "number of sandboxes for one person"),
    Term("concurrency.per_deployment", "Sandboxes in all", "number of sandboxes for everybody together"),
    Term(
        "network.mode",
        "Mode",
        "access to the network",
        _one_of(deny="none", allowlist="listed domains only", open="open"),
    ),
    Term("network.domains", "Allowed domains", "list of allowed domains", _domains),
    Term(
        "filesystem.storage",
        "Storage",
        "place for files",
        _one_of(ephemeral="the sandbox itself", volume="a lasting volume for each person"),
    ),
    Term("filesystem.disk_mib", "Disk in MiB", "disk quota", size),
    Term("filesystem.largest_file_mib", "Largest file in MiB", "limit for one file", size),
    Term("filesystem.largest_artifact_mib", "Largest artifact in MiB", "limit for one artifact", size),
    Term("resources.vcpus", "vCPUs", "number of vCPUs", _number),
    Term("resources.memory_mib", "Memory in MiB", "memory limit", size),
    Term("resources.processes", "Processes", "number of processes"),
    Term("timeout.call_seconds", "Seconds per call", "time limit for a call", duration),
    Term("timeout.turn_seconds", "Seconds per turn", "time limit for a turn", duration),
    Term("billing.rate_card", "Rate card", "rate card", _one_of(**PROVIDER_NAMES)),
    Term("billing.conversation_budget_usd", "Budget per conversation in $", "budget of a conversation", _money),
    Term("billing.daily_budget_usd", "Budget per day in $", "budget of a day", _money),
    Term("languages.allowed", "Allowed", "list of allowed languages", _languages),
)


def flat(contract: Contract) -> dict[str, Any]:
    """Every field's value by its path."""
    return {term.path: term.of(contract) for term in TERMS}
