"""Which sandbox of a dead process is gone on with: one that rested, in time, and wholly under the contract in force."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agent_core.contract import Contract, Lifecycle, moved
from agent_core.events import (
    ContractChanged,
    Event,
    FileRemoved,
    SandboxAmended,
    SandboxClosed,
    SandboxOpened,
    TurnEnded,
    UserAsked,
)
from agent_core.session.orphans import goes_on
from agent_core.storage.events import StoredEvent
from agent_core.storage.sandboxes import LoggedSandbox

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEEN = LoggedSandbox("s", "c", NOW - timedelta(minutes=10), NOW - timedelta(minutes=1), "host", 1, 0.0)
E2B = moved(Contract(), "e2b")
OPENED = SandboxOpened(
    sandbox="s", provider="e2b", contract_version=1, vcpus=2, memory_mib=2048, rate_card="e2b", at=SEEN.opened_at
)
BEGUN: tuple[Event, ...] = (
    ContractChanged(version=1, contract=E2B),
    UserAsked(turn="t", text="?", contract_version=1),
    OPENED,
    TurnEnded(turn="t", outcome="done", seconds=1.0),
)
SECOND = ContractChanged(version=2, contract=E2B.model_copy(update={"name": "Another"}))


def amended(*pending: str) -> SandboxAmended:
    return SandboxAmended(
        sandbox="s", contract_version=2, vcpus=2, memory_mib=2048, rate_card="e2b", pending=tuple(pending)
    )


def found(*events: Event, orphan: LoggedSandbox = SEEN) -> bool:
    stored = [StoredEvent(seq, event) for seq, event in enumerate((*BEGUN, *events), 1)]
    return goes_on(stored, orphan, {"e2b", "daytona"}, NOW)


@pytest.mark.parametrize(
    "events",
    [
        (),
        (SECOND, amended()),
        (FileRemoved(name="a.csv"), SandboxClosed(sandbox="s", reason="idle", seconds=1), OPENED),
    ],
    ids=["at rest", "amended", "opened since a file went"],
)
def test_gone_on_with(events: tuple[Event, ...]) -> None:
    assert found(*events)


@pytest.mark.parametrize(
    "events",
    [
        (UserAsked(turn="u", text="?", contract_version=1),),
        (SECOND,),
        (SECOND, amended("resources")),
        (FileRemoved(name="a.csv"),),
        (SandboxClosed(sandbox="s", reason="idle", seconds=1),),
        (SandboxClosed(sandbox="s", reason="idle", seconds=1), OPENED.model_copy(update={"sandbox": "other"})),
        (SandboxClosed(sandbox="s", reason="idle", seconds=1), OPENED.model_copy(update={"provider": "local"})),
    ],
    ids=["at work", "another contract", "partly amended", "a file went", "closed", "another one", "on this machine"],
)
def test_not_gone_on_with(events: tuple[Event, ...]) -> None:
    assert not found(*events)


def test_its_times_are_the_contract_s() -> None:
    """Silence counts as rest, and the app's absence as life."""
    assert not found(orphan=replace(SEEN, last_seen=NOW - timedelta(seconds=E2B.lifecycle.idle_seconds + 5)))
    assert not found(orphan=replace(SEEN, opened_at=NOW - timedelta(seconds=E2B.lifecycle.max_seconds + 5)))
    each_turn = E2B.model_copy(update={"lifecycle": Lifecycle(mode="ephemeral")})
    assert not found(ContractChanged(version=1, contract=each_turn))
