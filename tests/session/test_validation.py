"""The runs of the validate page, and the operator's gate: what was not checked opens no sandbox."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import update

from agent_core.contract import Billing, Concurrency, Contract, Languages, Timeout
from agent_core.contract.fingerprint import fingerprint
from agent_core.errors import ClauseRefused, ProviderUnavailable
from agent_core.events import ContractDenied, SandboxOpened
from agent_core.session import Deployment
from agent_core.session.deployment import LOCAL_PERSON
from agent_core.session.gate import Gate
from agent_core.session.leased import Leased
from agent_core.session.reports import Reports
from agent_core.session.spending import Ledger, Till
from agent_core.session.validation import Run
from agent_core.storage import schema
from agent_core.storage.database import Database
from agent_core.storage.errands import Errands
from agent_core.storage.events import EventStore
from agent_core.storage.leases import Leases
from agent_core.validation.base import Finding, Outcome, Probe, Report
from agent_core.validation.forms import digest, to_json
from tests.session.conftest import OWNER, ask, ended, file, run, settings, settle, wait_for
from tests.session.test_live import edited, events_of
from tests.session.unfenced import Unfenced, UnfencedProvider

GATE = "validation: {required_within_hours: 24}"
CODE = "```python\nprint('ran')\n```"


def gated(home: Path, policy: str = GATE) -> Deployment:
    home.mkdir(exist_ok=True)
    (home / "policy.yaml").write_text(policy)
    return Deployment(settings(home))


def report(contract: Contract, *outcomes: Outcome, at: datetime | None = None) -> Report:
    """As a run of the checks would leave it."""
    probe = Probe("a", "checks", "It holds", "It is tried.", "It is open.", "Close it.")
    findings = tuple(Finding(probe, outcome, "seen") for outcome in outcomes)
    return Report(contract.provider, contract, 1, at or datetime.now(UTC), 1.0, {}, findings)


def keep(home: Path, found: Report) -> None:
    """Another process has had the checks run; this one sees it after as long as an answer is remembered."""
    database = Database.open(f"sqlite:///{home / 'ringfence.db'}")
    Reports(database).save(found)
    database.close()


def finish(deployment: Deployment, owner: str = OWNER) -> Run:
    wait_for(lambda: not getattr(deployment.validations.run(owner), "running", True))
    found = deployment.validations.run(owner)
    assert found is not None
    return found


def test_a_run_tells_how_far_it_is_and_ends_with_what_it_found(home: Path) -> None:
    """A second run of the same person has to wait; another person's doesn't. Its sandbox is gone afterwards."""
    deployment = Deployment(settings(home))
    try:
        contract = Contract()
        assert deployment.validations.run(OWNER) is None
        assert deployment.validations.start(OWNER, "checks", Contract(languages=Languages(allowed=("bash",))), 2)
        assert "written in Python" in finish(deployment).problem
        assert deployment.validations.start(OWNER, "attempts", contract, 3)
        assert not deployment.validations.start(OWNER, "attempts", contract, 3)
        assert deployment.validations.start("another", "attempts", contract, 1)
        over = finish(deployment)
        assert (over.problem, over.done > 5, over.of) == ("", True, over.done + 1)
        report = deployment.validations.attempts(OWNER)
        assert report is not None
        assert all(attempt.harmless for attempt in report.attempts)
        assert report.contract_version == 3
        finish(deployment, "another")
        assert run(deployment.create(OWNER), "print('a place is free')").stdout == "a place is free"
    finally:
        deployment.close()


class Broken(UnfencedProvider):
    """Can't open anything."""

    @asynccontextmanager
    async def open(self, contract: Contract) -> AsyncIterator[Unfenced]:
        raise ProviderUnavailable("Nothing can be opened here.")
        yield


def test_a_run_that_can_t_be_made_says_why_and_the_next_can_begin(home: Path) -> None:
    deployment = Deployment(settings(home), providers={"local": Broken()})
    try:
        for _ in range(2):
            assert deployment.validations.start(OWNER, "attempts", Contract(), 1)
            assert finish(deployment).problem == "Nothing can be opened here."
        beyond = Contract(timeout=Timeout(call_seconds=30), billing=Billing(rate_card="e2b"), provider="e2b")
        assert deployment.validations.start(OWNER, "attempts", beyond, 1)
        assert finish(deployment).problem != ""
    finally:
        deployment.close()


def test_without_a_run_that_passed_no_sandbox_opens_and_the_chat_says_where_to_go(home: Path) -> None:
    """Neither a question nor an upload opens one; the denial names the policy; a run opens the gate."""
    deployment = gated(home)
    try:
        conversation = deployment.create(OWNER)
        events = ask(conversation, CODE, file("a.csv", b"a\n1\n"))
        turn = ended(events)
        assert (turn.outcome, turn.error, turn.input_tokens) == ("failed", "clause_refused", 0)
        (denied,) = [event for event in events if isinstance(event, ContractDenied)]
        assert "Open the Validate page and run the checks" in denied.message
        conversation.upload([file("b.csv", b"b\n1\n")])
        settle(conversation)
        assert events_of(conversation, SandboxOpened) == []
        assert conversation.snapshot().withheld == denied.message

        keep(home, report(conversation.snapshot().contract, "passed", "not_applicable"))
        wait_for(lambda: conversation.snapshot().withheld == "")
        assert run(conversation, "print('ran')").stdout == "ran"
    finally:
        deployment.close()


def test_an_edit_of_what_is_checked_closes_the_gate_and_of_what_is_not_leaves_it_open(home: Path) -> None:
    """The running sandbox is held to the edit at once; its next call waits for a run under the new contract."""
    contract = Contract()
    keep(home, report(contract, "passed"))
    deployment = gated(home)
    try:
        conversation = deployment.create(OWNER, contract)
        assert run(conversation, "kept = 1\nprint(kept)").stdout == "1"
        conversation.amend(edited(contract, "billing", conversation_budget_usd=Decimal("0.75")))
        assert run(conversation, "print(kept)").stdout == "1"
        conversation.amend(edited(contract, "timeout", call_seconds=45))
        assert ended(ask(conversation, CODE)).error == "clause_refused"
        conversation.amend(contract)
        assert run(conversation, "print(kept)").stdout == "1"
    finally:
        deployment.close()


@pytest.mark.parametrize(
    ("outcomes", "hours_ago"), [(("passed", "failed"), 0), (("inconclusive",), 0), (("passed",), 25)]
)
def test_a_run_that_failed_saw_nothing_or_is_too_old_opens_nothing(
    home: Path, outcomes: tuple[Outcome, ...], hours_ago: int
) -> None:
    contract = Contract()
    keep(home, report(contract, *outcomes, at=datetime.now(UTC) - timedelta(hours=hours_ago)))
    deployment = gated(home)
    try:
        assert "Validate" in deployment.create(OWNER).snapshot().withheld
        with pytest.raises(ClauseRefused, match="within the last 24 h"):
            deployment.validations.require(OWNER, contract)
    finally:
        deployment.close()


def test_the_newest_run_decides_and_another_contract_s_does_not(home: Path) -> None:
    """A failure after a pass closes the gate again; the name and the money of a contract don't matter."""
    database = Database.open(f"sqlite:///{home / 'ringfence.db'}")
    reports = Reports(database)
    now = datetime.now(UTC)
    contract = Contract()
    mark = fingerprint(contract)
    reports.save(report(Contract(timeout=Timeout(call_seconds=5)), "passed"))
    assert reports.passed_at(mark) is None
    renamed = contract.model_copy(update={"name": "Other", "billing": Billing(daily_budget_usd=Decimal(1))})
    reports.save(report(renamed, "passed", at=now - timedelta(hours=2)))
    assert reports.passed_at(mark) == now - timedelta(hours=2)
    reports.save(report(contract, "failed", at=now - timedelta(hours=1)))
    assert reports.passed_at(mark) is None
    database.close()


def test_a_report_that_was_changed_opens_nothing(home: Path) -> None:
    """Its hash binds it: one with another word in it is not read, no older one takes its place, and others are."""
    database = Database.open(f"sqlite:///{home / 'ringfence.db'}")
    reports, mark = Reports(database), fingerprint(Contract())
    reports.save(report(Contract(), "passed", at=datetime.now(UTC) - timedelta(minutes=1)))
    kept = reports.save(report(Contract(), "failed"))
    assert reports.passed_at(mark) is None
    with database.writing() as connection:
        table = schema.reports
        changed = to_json(kept.report).replace('"outcome": "failed"', '"outcome": "passed"')
        connection.execute(update(table).where(table.c.id == kept.id).values(body=changed))
    again = Reports(database)
    assert len(again.all()) == 1
    assert again.passed_at(mark) is None
    good = again.save(report(Contract(name="Good"), "passed"))
    assert next(one.id for one in again.all()) == good.id
    assert again.passed_at(mark) == good.report.started_at
    database.close()


def test_reports_that_were_files_are_taken_over_once(home: Path) -> None:
    """Each is put aside when it is in the database; one that was changed stays where it is."""
    folder = home / "validations"
    folder.mkdir(parents=True)
    good, bad = report(Contract(), "passed"), report(Contract(), "failed")
    for one in (good, bad):
        name = f"{one.started_at:%Y%m%dT%H%M%S%f}-{digest(one)}.json"
        (folder / name).write_text(to_json(one).replace('"outcome": "failed"', '"outcome": "passed"'))
    for _ in range(2):
        deployment = Deployment(settings(home))
        assert [kept.report for kept in deployment.validations.reports(OWNER)] == [good]
        deployment.close()
    assert len([path for path in folder.iterdir() if path.suffix == ".json"]) == 1
    assert len(list((folder / "in-the-database").iterdir())) == 1


def test_what_a_run_uses_is_its_person_s_to_pay(home: Path) -> None:
    """It counts in the person's spending and against the day's budget, and ends when that is used up."""
    priced = Billing(rate_card="e2b", daily_budget_usd=Decimal("0.00001"))
    deployment = Deployment(settings(home))
    try:
        contract = Contract(billing=priced)
        assert deployment.validations.start(OWNER, "checks", contract, 1)
        assert "budget of this day is used up" in finish(deployment).problem
        spent = deployment.spend(OWNER)
        (row,) = spent.conversations
        assert (row.conversation_id, row.title) == ("", "Checks of the Validate page")
        assert spent.total.sandbox_usd >= Decimal("0.00001")
        assert spent.total.running_since is None
        conversation = deployment.create(OWNER, contract)
        assert ended(ask(conversation, CODE)).error == "budget_exhausted"
        (person,) = [one for one in deployment.operations(LOCAL_PERSON).spend().people if one.cost.total_usd]
        assert person.cost.total_usd == spent.total.total_usd
    finally:
        deployment.close()


@pytest.mark.parametrize("rule", ["{required_within_hours: 0}", "{required_within_hours: soon}", "{within_hours: 1}"])
def test_a_mistake_in_the_rule_stops_the_start(home: Path, rule: str) -> None:
    with pytest.raises(Exception, match=r"validation\.(required_)?within_hours"):
        gated(home, f"validation: {rule}")


@pytest.mark.parametrize(("most", "taken"), [(1, 1), (2, 2), (5, 3)])
def test_sandboxes_of_a_run_take_places_like_any_other(tmp_path: Path, most: int, taken: int) -> None:
    """As many as the contract allows; where a run needs more at once, they share these; all are given back."""
    database = Database.open(f"sqlite:///{tmp_path / 'places.sqlite'}")
    leases, errands = Leases(database), Errands(database)
    contract = Contract(concurrency=Concurrency(per_user=most, per_deployment=8))

    async def no_room() -> None:
        pytest.fail("There is nobody to make room.")

    async def three() -> int:
        till = Till(Ledger(EventStore(database), errands), OWNER, "checks")
        leased = Leased(UnfencedProvider(), Gate(leases), OWNER, no_room, till)
        async with leased.open(contract), leased.open(contract), leased.open(contract):
            leased.beat()
            assert [one.closed for one in errands.of(OWNER)] == [None] * 3
            return leases.granted()

    assert asyncio.run(three()) == taken
    assert leases.granted() == 0
    assert all(one.closed for one in errands.of(OWNER))
    database.close()
