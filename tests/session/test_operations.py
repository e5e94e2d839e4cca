"""What an operator sees, by whom it may be seen, and that the sums agree."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from agent_core.config import Settings
from agent_core.contract import Contract
from agent_core.events import ContractChanged, ContractDenied, SandboxClosed, SandboxOpened, TurnEnded
from agent_core.session import Deployment
from agent_core.session.deployment import LOCAL_PERSON
from agent_core.session.operations import MODEL, named
from agent_core.storage.conversations import ConversationStore
from agent_core.storage.database import Database
from agent_core.storage.events import EventStore
from agent_core.storage.people import Person

ANN = Person("issuer|ann", "Ann", "ann@example.org")
OLGA = Person("issuer|olga", "Olga", "Olga@example.org")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = Settings.from_environment({"HOME": str(tmp_path), "RINGFENCE_HOME": str(tmp_path / "home")})
    return replace(found, operators=frozenset({"olga@example.org"}))


@pytest.fixture
def deployment(settings: Settings) -> Iterator[Deployment]:
    opened = Deployment(settings)
    yield opened
    opened.close()


def test_only_an_operator_by_a_verified_address(deployment: Deployment) -> None:
    for stranger in (ANN, replace(OLGA, email=""), Person("local|ann"), Person("", "local")):
        assert not deployment.operates(stranger)
        with pytest.raises(PermissionError, match="Only an operator"):
            deployment.operations(stranger)
    for operator in (OLGA, LOCAL_PERSON):
        assert deployment.operates(operator)
        deployment.operations(operator)


def test_spending_adds_up_by_person_by_provider_and_by_day(settings: Settings, deployment: Deployment) -> None:
    """Two people, two providers, one sandbox over midnight: each cut has the same total."""
    database = Database.open(settings.database_url)
    events, conversations = EventStore(database), ConversationStore(database)
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    for person, provider, usd in ((ANN, "local", "0.25"), (OLGA, "daytona", "0.5")):
        deployment.seen(person)
        mine = conversations.create(person.id, "A secret title")
        sized = {"vcpus": 2, "memory_mib": 2048, "rate_card": "e2b", "contract_version": 1}
        events.append(
            mine,
            SandboxOpened(sandbox=f"s-{provider}", provider=provider, at=midnight - timedelta(hours=1), **sized),
            TurnEnded(turn="t", outcome="done", seconds=1, model_cost_usd=Decimal(usd), at=midnight),
            SandboxClosed(sandbox=f"s-{provider}", reason="idle", seconds=7200, at=midnight + timedelta(hours=1)),
        )
    found = deployment.operations(OLGA).spend()
    database.close()
    assert found.total.sandbox_seconds == pytest.approx(14400)
    assert found.total.model_usd == Decimal("0.75")
    for cut in (found.people, found.providers, found.days):
        assert sum((one.cost.total_usd for one in cut), Decimal(0)) == pytest.approx(found.total.total_usd)
        assert sum(one.cost.sandbox_seconds for one in cut) == pytest.approx(14400)
    assert [named(one.person) for one in found.people] == ["Olga", "Ann"]
    assert [one.today_usd for one in found.people] == [0, 0], "the budget of a day is about today"
    assert {one.provider for one in found.providers} == {"local", "daytona", MODEL}
    assert [one.day.day for one in found.days] == [2, 1]


def test_the_audit_names_people_and_no_titles(settings: Settings, deployment: Deployment) -> None:
    database = Database.open(settings.database_url)
    events, conversations = EventStore(database), ConversationStore(database)
    deployment.seen(ANN)
    mine = conversations.create(ANN.id, "A secret title")
    denied = ContractDenied(turn=None, clause="network", error="network_denied", message="Not allowed.", version=1)
    events.append(mine, ContractChanged(version=1, contract=Contract()), denied)
    database.close()
    (entry,) = deployment.operations(OLGA).audit()
    assert (entry.conversation, entry.message) == ("Ann", "Not allowed.")
