"""The clauses of the contract, grouped: a line that says what holds, and the controls behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from agent_core.contract import MATRIX, SET_BY, Contract, ProviderName, moved
from agent_core.contract.words import PROVIDER_NAMES, dollars, duration, listed, size
from components import contract_keys, state, units
from components.contract_controls import Controls, amend
from components.markdown import plain

_PROVIDERS: dict[ProviderName, str] = {"local": "This machine", "e2b": "E2B", "daytona": "Daytona", "claude": "Claude"}
_NETWORK = {"deny": "None", "allowlist": "Listed hosts only", "open": "Open"}
_LIFECYCLE = {"session": "Keep variables between turns", "ephemeral": "A fresh sandbox each turn"}
_STORAGE = {"ephemeral": "Gone with the sandbox", "volume": "Kept on a volume"}
_LANGUAGES = {"python": "Python", "bash": "Bash", "javascript": "JavaScript", "r": "R"}
_RATE_CARDS = {"local": "This machine", "e2b": "E2B", "daytona": "Daytona", "claude": "Claude"}

Unavailable = Mapping[ProviderName, str]
"""Why a provider can't be used; one that can be is not in it."""


@dataclass(frozen=True, slots=True)
class Group:
    """One fold of the panel."""

    clause: str
    icon: str
    says: Callable[[Contract], str]
    draw: Callable[[Controls], None]


def provider(controls: Controls, unavailable: Unavailable) -> None:
    """Where sandboxes open; what can't be used here is listed with what to do about it."""
    in_force = controls.contract.provider
    allowed = [name for name in _PROVIDERS if controls.conversation.ceiling.allows("provider", name)]
    usable = [name for name in _PROVIDERS if name == in_force or (name in allowed and name not in unavailable)]
    key = f"{controls.place}-provider"
    begins: dict[str, Any] = {} if state.follows(key, in_force) else {"index": usable.index(in_force)}

    def commit() -> None:
        chosen = state.control(key)
        amend(controls.conversation, lambda contract: moved(contract, chosen))

    label = "Provider (next sandbox)"
    st.selectbox(label, usable, format_func=_PROVIDERS.__getitem__, key=key, on_change=commit, **begins)
    if len(allowed) < len(_PROVIDERS):
        st.caption(f":material/lock: Only {listed(tuple(PROVIDER_NAMES[name] for name in allowed))}, {SET_BY}")
    for name, reason in unavailable.items():
        if name in allowed:
            st.caption(f"{_PROVIDERS[name]}: {plain(reason)}")
    contract_keys.draw(controls.conversation.ceiling, controls.place)


def provider_name(contract: Contract) -> str:
    """The provider as people call it."""
    return _PROVIDERS[contract.provider]


def _network(controls: Controls) -> None:
    controls.one_of("network", "mode", "Network", _NETWORK)
    if MATRIX[controls.contract.provider]["network.allowlist"].support != "unenforceable":
        hint = "example.org, *.example.com, example.org:8443"
        controls.listed("network", "domains", "Only these hosts", hint, {"mode": "allowlist"})


def _resources(controls: Controls) -> None:
    controls.whole("resources", "memory_mib", "Memory, MiB", 256)
    controls.decimal("resources", "vcpus", "vCPUs", 0.5)
    controls.whole("resources", "processes", "Processes", 8)


def _timeout(controls: Controls) -> None:
    controls.whole("timeout", "call_seconds", "Seconds a call", 10)
    controls.whole("timeout", "turn_seconds", "Seconds a turn", 60)


def _filesystem(controls: Controls) -> None:
    controls.whole("filesystem", "disk_mib", "Disk, MiB", 128)
    controls.whole("filesystem", "largest_file_mib", "Largest file, MiB", 50)
    controls.whole("filesystem", "largest_artifact_mib", "Largest result, MiB", 10)
    controls.one_of("filesystem", "storage", "Working folder", _STORAGE)


def _lifecycle(controls: Controls) -> None:
    controls.one_of("lifecycle", "mode", "Sandbox", _LIFECYCLE)
    controls.whole("lifecycle", "idle_seconds", "Idle seconds before it closes", 60)
    controls.whole("lifecycle", "max_seconds", "Longest life, seconds", 300)


def _concurrency(controls: Controls) -> None:
    controls.whole("concurrency", "per_user", "Sandboxes a person")
    controls.whole("concurrency", "per_deployment", "Sandboxes in all")


def _languages(controls: Controls) -> None:
    controls.some_of("languages", "allowed", "Languages", _LANGUAGES)


def _billing(controls: Controls) -> None:
    controls.decimal("billing", "conversation_budget_usd", "Budget of this conversation, $", 0.5)
    controls.decimal("billing", "daily_budget_usd", "Budget a day, $", 1.0)
    controls.one_of("billing", "rate_card", "Rate card", _RATE_CARDS)


def _network_says(contract: Contract) -> str:
    hosts = contract.network.domains
    return units.count(len(hosts), "host") if contract.network.mode == "allowlist" else _NETWORK[contract.network.mode]


def _lifecycle_says(contract: Contract) -> str:
    kept = "Session" if contract.lifecycle.mode == "session" else "Per turn"
    return f"{kept}, {duration(contract.lifecycle.idle_seconds)} idle"


GROUPS: tuple[Group, ...] = (
    Group("network", "public_off", _network_says, _network),
    Group(
        "resources",
        "memory",
        lambda contract: f"{size(contract.resources.memory_mib)}, {contract.resources.vcpus:g} vCPU",
        _resources,
    ),
    Group("timeout", "timer", lambda contract: f"{duration(contract.timeout.call_seconds)} a call", _timeout),
    Group("filesystem", "folder", lambda contract: f"{size(contract.filesystem.disk_mib)} disk", _filesystem),
    Group("lifecycle", "autorenew", _lifecycle_says, _lifecycle),
    Group(
        "languages",
        "code",
        lambda contract: ", ".join(_LANGUAGES[name] for name in contract.languages.allowed),
        _languages,
    ),
    Group("billing", "payments", lambda contract: dollars(contract.billing.conversation_budget_usd), _billing),
    Group("concurrency", "stacks", lambda contract: f"{contract.concurrency.per_user} at once", _concurrency),
)
