"""The contract nearest to a given one that a ceiling allows: for what nobody has written by hand."""

from typing import Any, get_args

from agent_core.contract.capabilities import MATRIX
from agent_core.contract.ceiling import Ceiling, Range, covers
from agent_core.contract.clauses import Contract, ProviderName, RateCardName
from agent_core.contract.terms import TERMS

_STRICTEST_FIRST = ("deny", "allowlist", "open")


def clamp(contract: Contract, ceiling: Ceiling) -> Contract:
    """The contract with every term brought within the ceiling; itself where it is within.

    For a ceiling that `read_policy` has accepted.
    """
    if not ceiling.excesses(contract):
        return contract
    provider = contract.provider if ceiling.allows("provider", contract.provider) else ceiling.rule("provider")[0]
    values = contract.model_dump() | {"provider": provider}
    for term in TERMS:
        clause, _, field = term.path.partition(".")
        if field:
            values[clause][field] = _nearest(term.path, values[clause][field], ceiling.rule(term.path))
    if provider != contract.provider:
        _suit(provider, values)
    _mend_lifecycle(values["lifecycle"], ceiling)
    _mend_network(values["network"], ceiling)
    return Contract.model_validate(values)


def moved(contract: Contract, provider: ProviderName) -> Contract:
    """The contract on another provider: with the sizes and the rate card that it leaves no choice in.

    Sizes that only the provider before had dictated go back to the usual ones.
    """
    if provider == contract.provider:
        return contract
    values, usual = contract.model_dump() | {"provider": provider}, Contract().model_dump()
    for path, capability in MATRIX[contract.provider].items():
        clause, _, field = path.partition(".")
        if capability.value is not None and values[clause][field] == capability.value:
            values[clause][field] = usual[clause][field]
    _suit(provider, values)
    return Contract.model_validate(values)


def standard(ceiling: Ceiling) -> Contract:
    """The contract that a conversation begins with."""
    return ceiling.default or clamp(Contract(), ceiling)


def _nearest(path: str, value: Any, rule: Any) -> Any:
    match rule:
        case None:
            return value
        case Range():
            raised = value if rule.minimum is None else max(value, rule.minimum)
            return raised if rule.maximum is None else min(raised, rule.maximum)
        case _ if path == "network.domains":
            return tuple(name for name in value if any(covers(pattern, name) for pattern in rule))
        case _ if path == "network.mode":
            return value if value in rule else min(rule, key=_STRICTEST_FIRST.index)
        case _ if isinstance(value, tuple):
            return tuple(item for item in value if item in rule) or rule
        case _:
            return value if value in rule else rule[0]


def _suit(provider: ProviderName, values: dict[str, Any]) -> None:
    """Take the sizes and the rate card that the provider leaves no choice in."""
    for path, capability in MATRIX[provider].items():
        if capability.value is not None:
            clause, _, field = path.partition(".")
            values[clause][field] = capability.value
    values["billing"]["rate_card"] = provider if provider in get_args(RateCardName) else "local"


def _mend_lifecycle(values: dict[str, Any], ceiling: Ceiling) -> None:
    least_idle = ceiling.bounds("lifecycle", "idle_seconds")[0]
    values["idle_seconds"] = max(least_idle, min(values["idle_seconds"], values["max_seconds"]))
    values["max_seconds"] = max(values["max_seconds"], values["idle_seconds"])


def _mend_network(values: dict[str, Any], ceiling: Ceiling) -> None:
    if values["mode"] == "allowlist" and not values["domains"]:
        if ceiling.allows("network.mode", "deny"):
            values["mode"] = "deny"
        else:
            values["domains"] = ceiling.rule("network.domains") or ()
