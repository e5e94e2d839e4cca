"""One contract beside another version of it, beside the ceiling, and beside what its provider can be held to."""

from dataclasses import dataclass

from agent_core.contract.capabilities import MATRIX
from agent_core.contract.ceiling import NO_CEILING, Ceiling
from agent_core.contract.clauses import Contract
from agent_core.contract.matrix.capability import Capability, Effect, Support
from agent_core.contract.terms import CLAUSES, TERMS, Term

_WORST_FIRST: tuple[Support, ...] = ("unenforceable", "fixed", "guard", "native")
_CHOICES = {"lifecycle.mode", "network.mode", "filesystem.storage"}


@dataclass(frozen=True, slots=True)
class Row:
    """One term of the contract, with everything that it is compared to. Values are words for people."""

    path: str
    """Such as `timeout.call_seconds`."""
    clause: str
    """The clause's title."""
    title: str
    """The term's, under its clause's."""
    value: str
    before: str | None
    """In the other version; None where there is none to compare with."""
    changed: bool
    """Whether both versions differ here."""
    allowed: str
    """What the operator allows, such as "at most 2 GiB"; empty where the operator bounds nothing."""
    beyond: bool
    """Whether the value goes beyond that."""
    support: Support
    """How the provider is held to it; for several values together, the weakest of them."""
    held: str
    """The same as a sentence."""
    enforced: bool
    """Whether the provider can be held to this very value."""
    effect: Effect
    """Whether an edit holds now, or with the next sandbox."""


def compare(contract: Contract, before: Contract | None = None, ceiling: Ceiling = NO_CEILING) -> tuple[Row, ...]:
    """A row for each term, in the order of the document."""
    beyond = {excess.term.path for excess in ceiling.excesses(contract)}
    return tuple(_row(term, contract, before, ceiling.allowed(term.path), term.path in beyond) for term in TERMS)


def _row(term: Term, contract: Contract, before: Contract | None, allowed: str, beyond: bool) -> Row:
    value = term.of(contract)
    capability = _capability(term, contract)
    held_to_another = capability.value is not None and capability.value != value
    return Row(
        path=term.path,
        clause=CLAUSES[term.clause],
        title=term.title,
        value=term.show(value),
        before=None if before is None else term.show(term.of(before)),
        changed=before is not None and term.of(before) != value,
        allowed=allowed,
        beyond=beyond,
        support=capability.support,
        held=capability.sentence,
        enforced=capability.support != "unenforceable" and not held_to_another,
        effect=capability.effect,
    )


def _capability(term: Term, contract: Contract) -> Capability:
    matrix = MATRIX[contract.provider]
    if term.path == "languages.allowed":
        found = [matrix[f"languages.{language}"] for language in contract.languages.allowed]
        return min(found, key=lambda capability: _WORST_FIRST.index(capability.support))
    if term.path == "network.domains":
        return matrix[f"network.{contract.network.mode}"]
    return matrix[f"{term.clause}.{term.of(contract)}" if term.path in _CHOICES else term.path]
