"""The whole contract as one paragraph that anybody can read."""

from agent_core.contract.clauses import HOSTED, Contract
from agent_core.contract.words import LANGUAGE_NAMES, PROVIDER_NAMES, count, dollars, duration, listed, size

_MOST_DOMAINS_NAMED = 4


def summarise(contract: Contract) -> str:
    """What a sandbox may do under this contract, in plain language."""
    return " ".join((_place(contract), _means(contract), _files(contract), _life(contract), _money(contract)))


def _place(contract: Contract) -> str:
    where = "on this machine" if contract.provider == "local" else f"at {PROVIDER_NAMES[contract.provider]}"
    call, turn = duration(contract.timeout.call_seconds), duration(contract.timeout.turn_seconds)
    return f"Code runs alone {where} {_network(contract)}, for at most {call} a call and {turn} a question."


def _network(contract: Contract) -> str:
    match contract.network.mode:
        case "deny":
            return "without network"
        case "open":
            return "with open network"
        case "allowlist":
            domains = contract.network.domains
            more = len(domains) - _MOST_DOMAINS_NAMED
            named = (*domains[:_MOST_DOMAINS_NAMED], f"{more} more") if more > 0 else domains
            return f"with network to {listed(named)} only"


def _means(contract: Contract) -> str:
    resources = contract.resources
    cpus = f"{resources.vcpus:g} vCPU{'' if resources.vcpus == 1 else 's'}"
    processes = count(resources.processes, "process", "processes")
    languages = listed(tuple(LANGUAGE_NAMES[language] for language in contract.languages.allowed), "or")
    return f"It may use {size(resources.memory_mib)} of memory, {cpus} and {processes}, and is written in {languages}."


def _files(contract: Contract) -> str:
    files = contract.filesystem
    kept = "are gone when the sandbox closes" if files.storage == "ephemeral" else "stay on a volume of yours"
    return (
        f"Its files may fill {size(files.disk_mib)} and {kept}; one file may have {size(files.largest_file_mib)}, "
        f"one result {size(files.largest_artifact_mib)}."
    )


def _life(contract: Contract) -> str:
    life, most = contract.lifecycle, contract.concurrency
    if life.mode == "session" and contract.provider in HOSTED:
        kept = "Each run starts without variables; files are kept from question to question until the sandbox closes"
    elif life.mode == "session":
        kept = "Variables are kept from question to question until the sandbox closes"
    else:
        kept = "Each question starts in a fresh sandbox, which closes at its end or"
    closing = f"{kept}, after {duration(life.idle_seconds)} of rest or {duration(life.max_seconds)} in all."
    sandboxes = count(most.per_user, "sandbox", "sandboxes")
    return f"{closing.replace('or,', 'or')} You may have {sandboxes} at once, everybody together {most.per_deployment}."


def _money(contract: Contract) -> str:
    billing = contract.billing
    price = "Sandbox time is free"
    if billing.rate_card != "local":
        price = f"Sandbox time is counted at the prices of {PROVIDER_NAMES[billing.rate_card]}"
    conversation, day = dollars(billing.conversation_budget_usd), dollars(billing.daily_budget_usd)
    return f"{price}; at most {conversation} may be spent on this conversation and {day} in a day."
