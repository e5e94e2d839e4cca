"""Which clauses a provider can hold a sandbox to, and when an edit of one holds."""

from agent_core.contract.clauses import LANGUAGES, Contract, ProviderName
from agent_core.contract.matrix.capability import Capability, Effect, Matrix, Support
from agent_core.contract.matrix.claude import CLAUDE
from agent_core.contract.matrix.daytona import DAYTONA
from agent_core.contract.matrix.e2b import E2B
from agent_core.contract.matrix.local import LOCAL
from agent_core.contract.terms import TERMS
from agent_core.contract.words import PROVIDER_NAMES
from agent_core.errors import ClauseRefused

__all__ = ["FEATURES", "MATRIX", "Capability", "Effect", "Support", "check", "effect"]

MATRIX: dict[ProviderName, Matrix] = {"local": LOCAL, "e2b": E2B, "daytona": DAYTONA, "claude": CLAUDE}
"""For each provider, every feature's capability by the feature's name."""

FEATURES = {
    "name": "The contract's name",
    "provider": "Where code runs",
    "lifecycle.ephemeral": "A fresh sandbox for each question",
    "lifecycle.session": "One sandbox through a session",
    "lifecycle.idle_seconds": "Closing after rest",
    "lifecycle.max_seconds": "Longest life",
    "concurrency.per_user": "Sandboxes at once for one person",
    "concurrency.per_deployment": "Sandboxes at once for everybody",
    "network.deny": "No network",
    "network.allowlist": "Network to listed domains only",
    "network.open": "Open network",
    "filesystem.ephemeral": "Files that go with the sandbox",
    "filesystem.volume": "Files kept on a volume for each person",
    "filesystem.inputs": "Uploaded files for reading only",
    "filesystem.disk_mib": "Disk quota",
    "filesystem.largest_file_mib": "Largest file",
    "filesystem.largest_artifact_mib": "Largest result",
    "resources.vcpus": "Processors",
    "resources.memory_mib": "Memory",
    "resources.processes": "Processes",
    "timeout.call_seconds": "Time limit for a call",
    "timeout.turn_seconds": "Time limit for a question",
    "billing.rate_card": "Rate card",
    "billing.conversation_budget_usd": "Budget of a conversation",
    "billing.daily_budget_usd": "Budget of a day",
    "languages.python": "Python",
    "languages.bash": "Bash",
    "languages.javascript": "JavaScript",
    "languages.r": "R",
}
"""Every feature that a contract can ask for, with its title, in the order of the document."""

_CHOICES = {"lifecycle.mode", "network.mode", "filesystem.storage"}
_LISTS = {"network.domains", "languages.allowed"}


def check(contract: Contract) -> None:
    """Refuse a contract that its provider can't be held to. Raises ClauseRefused with the clause."""
    matrix = MATRIX[contract.provider]
    for feature, value in _demanded(contract).items():
        capability = matrix[feature]
        other_than_fixed = capability.value is not None and value != capability.value
        if capability.support == "unenforceable" or other_than_fixed:
            raise ClauseRefused(feature.partition(".")[0], capability.sentence)
    _check_languages(contract)
    _check_rate_card(contract)


def effect(provider: ProviderName, clause: str) -> Effect:
    """Whether an edit of a clause (`timeout`) or a feature (`resources.memory_mib`) holds now or next.

    A clause holds now only where all of it does. What can't be enforced at all doesn't count.
    Raises KeyError for an unknown one.
    """
    matched = [
        capability for feature, capability in MATRIX[provider].items() if clause in {feature, feature.partition(".")[0]}
    ]
    if not matched:
        raise KeyError(clause)
    return "next" if any(one.effect == "next" for one in matched if one.support != "unenforceable") else "now"


def _demanded(contract: Contract) -> dict[str, object]:
    demanded: dict[str, object] = {"filesystem.inputs": True}
    for term in TERMS:
        value = term.of(contract)
        if term.path in _CHOICES:
            demanded[f"{term.clause}.{value}"] = True
        elif term.path not in _LISTS:
            demanded[term.path] = value
    return demanded | {f"languages.{language}": True for language in contract.languages.allowed}


def _check_rate_card(contract: Contract) -> None:
    provider, card = contract.provider, contract.billing.rate_card
    if provider not in {"local", card}:
        name = PROVIDER_NAMES[provider]
        raise ClauseRefused("billing", f"Sandboxes at {name} cost what {name} says: choose its rate card.")


def _check_languages(contract: Contract) -> None:
    """What a provider always runs can't be left out of the contract: it could not be kept from running it."""
    for language in LANGUAGES:
        capability = MATRIX[contract.provider][f"languages.{language}"]
        if capability.support == "fixed" and language not in contract.languages.allowed:
            name = PROVIDER_NAMES[contract.provider]
            raise ClauseRefused("languages", f"{capability.sentence} {name} can't be told not to: allow it.")
