"""The audit tells every denial and change of one person's conversations, and no spreadsheet runs it."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_core.billing.meter import Cost, meter
from agent_core.contract import Contract, Timeout
from agent_core.events import (
    ContractChanged,
    ContractDenied,
    Event,
    SandboxAmended,
    SandboxClosed,
    SandboxOpened,
    TurnEnded,
)
from agent_core.session.audit import AuditEntry, audit, to_csv, to_json
from agent_core.session.spend import spend
from agent_core.storage.events import OwnedEvent
from tests.session.conftest import run, wait_for

START = datetime(2026, 3, 1, 22, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    return START + HOUR * hours


def denied(hours: float = 1.0, message: str = "Too long.", clause: str = "timeout") -> ContractDenied:
    return ContractDenied(at=at(hours), turn="t", clause=clause, error="timeout", message=message, version=2)


def owned(*events: Event, conversation: str = "a") -> list[OwnedEvent]:
    return [OwnedEvent(conversation, seq, event) for seq, event in enumerate(events, 1)]


FIRST = ContractChanged(at=at(0), version=1, contract=Contract())
SECOND = ContractChanged(
    at=at(2), version=2, contract=Contract(timeout=Timeout(call_seconds=30)), changes=("It went from 60 s to 30 s.",)
)


def test_denials_and_changes_come_newest_first_with_clause_version_and_title() -> None:
    found = audit(owned(FIRST, denied(1), SECOND), {"a": "Penguins"})
    assert [(entry.kind, entry.clauses, entry.version, entry.conversation) for entry in found] == [
        ("changed", ("timeout",), 2, "Penguins"),
        ("denied", ("timeout",), 2, "Penguins"),
    ]
    assert found[0].by == "you"
    assert found[1].error == "timeout"


def test_an_exception_of_the_codes_own_is_told_in_plain_words() -> None:
    raised = ContractDenied(
        at=at(1),
        turn="t",
        clause="network",
        error="network_denied",
        message="gaierror: [Errno -3] Temporary failure in name resolution",
        version=1,
    )
    assert [entry.message for entry in audit(owned(FIRST, raised), {})] == [
        "The code tried to reach what the contract doesn't allow."
    ]


def test_the_version_that_a_conversation_opens_with_is_no_change() -> None:
    assert audit(owned(FIRST), {}) == ()


def test_contracts_of_different_conversations_are_not_compared() -> None:
    other = ContractChanged(at=at(3), version=1, contract=Contract(name="Other"))
    assert audit([*owned(FIRST), *owned(other, conversation="b")], {}) == ()


@pytest.mark.parametrize("cell", ["=1+1", "+1+1", "-A1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "=cmd|' /C calc'!A0"])
def test_no_cell_of_the_csv_is_a_formula(cell: str) -> None:
    found = audit(owned(FIRST, denied(message=cell)), {"a": cell})
    row = next(csv.DictReader(io.StringIO(to_csv(found), newline="")))
    assert row["message"] == f"'{cell}"
    assert row["conversation"] == f"'{cell}"


@given(message=st.text(), title=st.text())
def test_the_csv_and_the_json_parse_back_whatever_was_said(message: str, title: str) -> None:
    found = audit(owned(FIRST, denied(message=message)), {"a": title})
    rows = list(csv.DictReader(io.StringIO(to_csv(found), newline="")))
    assert [row["message"].removeprefix("'") for row in rows] == [message.removeprefix("'")]
    assert not rows[0]["message"].strip(" ").startswith(("=", "+", "-", "@"))
    assert json.loads(to_json(found))[0]["message"] == message
    assert json.loads(to_json(found))[0]["conversation"] == title


def test_nothing_found_is_a_csv_of_columns_and_an_empty_list() -> None:
    assert to_csv(()).startswith("at,kind,conversation")
    assert json.loads(to_json(())) == []


def opened(sandbox: str, hours: float) -> SandboxOpened:
    means = {"provider": "e2b", "vcpus": 2, "memory_mib": 1024, "rate_card": "e2b"}
    return SandboxOpened.model_validate({"at": at(hours), "sandbox": sandbox, "contract_version": 1, **means})


def closed(sandbox: str, hours: float) -> SandboxClosed:
    return SandboxClosed(at=at(hours), sandbox=sandbox, reason="idle", seconds=1)


def turn(hours: float, usd: str) -> TurnEnded:
    cost = Decimal(usd)
    return TurnEnded(at=at(hours), turn="t", outcome="done", seconds=1, input_tokens=10, model_cost_usd=cost)


def test_a_sandbox_that_lives_over_midnight_is_split_between_the_days() -> None:
    found = spend(owned(opened("s", 0), closed("s", 4)), {"a": "Penguins"}, at(10))
    assert [(day.day.day, day.cost.sandbox_seconds) for day in found.days] == [(2, 7_200.0), (1, 7_200.0)]
    assert found.conversations[0].title == "Penguins"


def test_a_live_sandbox_counts_until_now_also_on_days_without_an_event() -> None:
    found = spend(owned(opened("s", 0)), {}, at(28))
    assert [(day.day.day, day.cost.sandbox_seconds) for day in found.days] == [
        (3, 7_200.0),
        (2, 86_400.0),
        (1, 7_200.0),
    ]


def test_conversations_that_used_nothing_are_left_out() -> None:
    found = spend([*owned(FIRST), *owned(turn(1, "0.5"), conversation="b")], {}, at(10))
    assert [one.conversation_id for one in found.conversations] == ["b"]


@st.composite
def lives(draw: st.DrawFn) -> list[OwnedEvent]:
    found: list[OwnedEvent] = []
    for number in range(draw(st.integers(0, 4))):
        begin = draw(st.floats(0, 60))
        events: list[Event] = [opened(f"s{number}", begin)]
        if draw(st.booleans()):
            means = {"vcpus": 4, "memory_mib": 2048, "rate_card": "daytona", "contract_version": 2}
            amended = {"at": at(begin + 1), "sandbox": f"s{number}", **means}
            events.append(SandboxAmended.model_validate(amended))
        if draw(st.booleans()):
            events.append(closed(f"s{number}", begin + 1 + draw(st.floats(0, 30))))
        events.append(turn(draw(st.floats(0, 90)), draw(st.sampled_from(["0", "0.01", "2.5"]))))
        found += owned(*events, conversation=f"c{number}")
    return found


@given(lives())
def test_days_and_conversations_each_add_up_to_the_meter(events: list[OwnedEvent]) -> None:
    now = at(100)
    found = spend(events, {}, now)
    whole = meter((one.event for one in events), now)
    for parts in ([one.cost for one in found.days], [one.cost for one in found.conversations], [found.total]):
        assert sum((cost.total_usd for cost in parts), Decimal(0)) == whole.total_usd
        assert sum(cost.sandbox_seconds for cost in parts) == pytest.approx(whole.sandbox_seconds)
        assert sum(cost.input_tokens for cost in parts) == whole.input_tokens
        assert all(cost.sandbox_usd >= 0 and cost.sandbox_seconds >= 0 for cost in parts)


def test_each_person_sees_their_own_denials_and_spending(shared, conversation) -> None:
    conversation.amend(Contract(timeout=Timeout(call_seconds=1)))
    run(conversation, "while True: pass")
    found = shared.audit(conversation.owner)
    assert {(entry.kind, entry.clauses, entry.version) for entry in found} == {
        ("changed", ("timeout",), 2),
        ("denied", ("timeout",), 2),
    }
    assert all(isinstance(entry, AuditEntry) and entry.conversation for entry in found)
    assert shared.spend(conversation.owner).total.sandbox_seconds > 0
    assert shared.audit("somebody else") == ()
    assert shared.spend("somebody else").total == Cost()


def test_a_resting_sandbox_says_when_it_closes_and_can_be_extended(conversation) -> None:
    assert conversation.snapshot().closing is None
    run(conversation, "print(1)")
    wait_for(lambda: conversation.snapshot().closing is not None)
    before = conversation.snapshot().closing
    assert before is not None
    assert before.extendable
    assert timedelta(seconds=880) < before.at - datetime.now(UTC) <= timedelta(seconds=900)
    conversation.extend()
    after = conversation.snapshot().closing
    assert after is not None
    assert after.at > before.at


def test_the_longest_life_comes_first_where_it_is_shorter_and_cannot_be_extended(conversation) -> None:
    contract = Contract()
    lifecycle = contract.lifecycle.model_copy(update={"idle_seconds": 60, "max_seconds": 60})
    conversation.amend(contract.model_copy(update={"lifecycle": lifecycle}))
    run(conversation, "print(1)")
    wait_for(lambda: conversation.snapshot().closing is not None)
    closing, opened_at = conversation.snapshot().closing, conversation.snapshot().sandbox.opened_at
    assert closing is not None
    assert opened_at is not None
    assert not closing.extendable
    assert closing.at == opened_at + timedelta(seconds=60)
