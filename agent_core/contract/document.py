"""A contract laid out to be read: what each term says, what it means, and how this provider holds it."""

from dataclasses import dataclass

from agent_core.contract.capabilities import FEATURES, MATRIX, Effect, Support, effect
from agent_core.contract.ceiling import NO_CEILING, SET_BY, Ceiling
from agent_core.contract.clauses import Contract, ProviderName
from agent_core.contract.terms import CLAUSES, TERMS, Term

SUPPORT: dict[Support, str] = {
    "native": "Enforced",
    "guard": "Guarded",
    "fixed": "Fixed",
    "unenforceable": "Not enforceable",
}
"""Each kind of support in a word or two."""

SUPPORT_MEANS: dict[Support, str] = {
    "native": "Held outside the sandbox, where code can't reach it.",
    "guard": "Held by a guard inside the sandbox: good against accidents, not against intent.",
    "fixed": "The provider's own value, whatever the contract says.",
    "unenforceable": "Refused before a sandbox opens.",
}

EFFECT: dict[Effect, str] = {"now": "changes hold now", "next": "changes hold with the next sandbox"}
"""When an edit holds."""

_CHOICES = {"lifecycle.mode", "network.mode", "filesystem.storage"}
_PHRASES = _CHOICES | {"provider", "billing.rate_card"}
_MEANINGS = {
    "name": "What people call this contract.",
    "provider": "Where code runs.",
    "lifecycle.mode": "Whether variables are kept from question to question.",
    "lifecycle.idle_seconds": "A sandbox that has had nothing to do for so long is closed.",
    "lifecycle.max_seconds": "A sandbox that is so old is closed.",
    "concurrency.per_user": "One more waits in line until another closes.",
    "concurrency.per_deployment": "One more waits in line until another closes, whoever's it is.",
    "network.mode": "What code may reach. Finding an address by its name counts as reaching.",
    "network.domains": "The only hosts that a list lets through.",
    "filesystem.storage": "What becomes of files when the sandbox closes.",
    "filesystem.disk_mib": "All files of a sandbox together may fill so much.",
    "filesystem.largest_file_mib": "One file, uploaded or written, may be so large.",
    "filesystem.largest_artifact_mib": "One result that leaves the sandbox may be so large.",
    "resources.vcpus": "How much processor time code gets.",
    "resources.memory_mib": "Code that needs more is ended.",
    "resources.processes": "How many programs may run at once inside.",
    "timeout.call_seconds": "Code that runs longer is interrupted.",
    "timeout.turn_seconds": "A question that takes longer is stopped.",
    "billing.rate_card": "Whose prices sandbox time is counted at.",
    "billing.conversation_budget_usd": "When it is used up, the sandbox closes and nothing more is spent.",
    "billing.daily_budget_usd": "The same for a day, over all conversations of a person.",
    "languages.allowed": "What the agent may write its code in.",
}


@dataclass(frozen=True, slots=True)
class Hold:
    """How a provider holds one feature."""

    support: Support
    sentence: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class Row:
    """One term of a contract."""

    clause: str
    """Its clause's title; empty for a term that is a clause by itself."""
    title: str
    value: str
    allowed: str
    """What the operator allows, in a phrase that says so; empty where nothing is bounded."""
    meaning: str
    holds: tuple[Hold, ...]
    """One for each feature that the value asks for: a list of languages asks for several."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One term in two contracts."""

    clause: str
    title: str
    before: str
    after: str

    @property
    def changed(self) -> bool:
        """Whether they differ."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature at every provider, in the order of `PROVIDERS`."""

    clause: str
    title: str
    holds: tuple[Hold, ...]


def document(contract: Contract, ceiling: Ceiling = NO_CEILING) -> tuple[Row, ...]:
    """Every term of a contract, in the order of the document, beside what the operator allows."""
    return tuple(
        Row(
            clause=_clause(term.path),
            title=_title(term),
            value=_value(term, contract),
            allowed=_allowed(term, ceiling),
            meaning=_meaning(term),
            holds=_holds(term, contract),
        )
        for term in TERMS
    )


def side_by_side(before: Contract, after: Contract) -> tuple[Pair, ...]:
    """Every term in two contracts, in the order of the document."""
    return tuple(Pair(_clause(term.path), _title(term), _value(term, before), _value(term, after)) for term in TERMS)


def matrix() -> tuple[Feature, ...]:
    """What every provider can be held to."""
    return tuple(
        Feature(_clause(name), title, tuple(_hold(provider, name) for provider in MATRIX))
        for name, title in FEATURES.items()
    )


def _clause(path: str) -> str:
    clause, _, field = path.partition(".")
    return CLAUSES[clause] if field else ""


def _title(term: Term) -> str:
    return term.subject[:1].upper() + term.subject[1:]


def _value(term: Term, contract: Contract) -> str:
    value = term.of(contract)
    shown = "None" if value == () else term.show(value)
    return shown[:1].upper() + shown[1:] if term.path in _PHRASES else shown


def _allowed(term: Term, ceiling: Ceiling) -> str:
    allowed = ceiling.allowed(term.path)
    return f"Allowed: {allowed}, {SET_BY}" if allowed else ""


def _meaning(term: Term) -> str:
    return _MEANINGS.get(term.path, f"The {term.subject}.")


def _holds(term: Term, contract: Contract) -> tuple[Hold, ...]:
    return tuple(_hold(contract.provider, name) for name in _features(term, contract))


def _features(term: Term, contract: Contract) -> tuple[str, ...]:
    value = term.of(contract)
    if term.path in _CHOICES:
        return (f"{term.clause}.{value}",)
    if term.path == "languages.allowed":
        return tuple(f"languages.{language}" for language in value)
    if term.path == "network.domains":
        return ("network.allowlist",) if contract.network.mode == "allowlist" else ()
    return (term.path,)


def _hold(provider: ProviderName, feature: str) -> Hold:
    capability = MATRIX[provider][feature]
    return Hold(capability.support, capability.sentence, effect(provider, feature))
