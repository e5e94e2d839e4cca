import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from agent_core.events import SandboxClosed, SandboxOpened
from agent_core.storage import schema
from agent_core.storage.database import Database
from agent_core.storage.events import EventStore
from agent_core.storage.sandboxes import SandboxLog

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

CRASHING_APP = """
import os, sys
from datetime import datetime, timedelta
from agent_core.storage.database import Database
from agent_core.events import SandboxClosed
from agent_core.storage.events import EventStore
from agent_core.storage.sandboxes import SandboxLog
from tests.storage.test_sandboxes import opening
url, conversation, opened = sys.argv[1:]
database = Database.open(url)
events, log = EventStore(database), SandboxLog(database)
opened = datetime.fromisoformat(opened)
events.append(conversation, opening("left-behind", opened), opening("ended", opened))
log.beat("left-behind", "ended", at=opened + timedelta(seconds=42))
events.append(conversation, SandboxClosed(sandbox="ended", reason="idle", seconds=42))
os._exit(1)
"""


def opening(sandbox: str, at: datetime = NOON) -> SandboxOpened:
    return SandboxOpened(
        sandbox=sandbox, provider="local", contract_version=1, vcpus=1, memory_mib=1024, rate_card="local", at=at
    )


@pytest.fixture
def log(database: Database) -> SandboxLog:
    return SandboxLog(database)


def test_a_sandbox_of_this_process_is_no_orphan(log: SandboxLog, events: EventStore, conversation: str) -> None:
    events.append(conversation, opening("one"))
    assert log.orphans(NOON + timedelta(days=1)) == ()
    with pytest.raises(IntegrityError):
        events.append(conversation, opening("one"))


def test_a_crash_is_billed_to_the_last_heartbeat_and_only_once(
    url: str, log: SandboxLog, events: EventStore, conversation: str
) -> None:
    subprocess.run([sys.executable, "-c", CRASHING_APP, url, conversation, NOON.isoformat()], check=False)
    assert [one.id for one in log.orphans()] == ["left-behind"]
    assert [one.id for one in log.close_orphans()] == ["left-behind"]
    assert log.close_orphans() == ()
    closing = SandboxClosed(sandbox="left-behind", at=NOON + timedelta(seconds=42), reason="app_stopped", seconds=42.0)
    assert [one.event for one in events.read(conversation)][-1:] == [closing]
    assert len(events.read(conversation)) == 4


def test_an_orphan_is_adopted_by_one_process_and_closed_by_it_as_of_when_it_was_seen(
    url: str, log: SandboxLog, events: EventStore, conversation: str
) -> None:
    subprocess.run([sys.executable, "-c", CRASHING_APP, url, conversation, NOON.isoformat()], check=False)
    (orphan,) = log.orphans()
    assert [log.adopt(orphan), log.adopt(orphan)] == [True, False]
    assert (log.orphans(), log.close_orphans()) == ((), ())
    (alive,) = log.alive()
    assert (alive.opened_at, alive.pid) == (NOON, os.getpid())
    for _ in range(2):
        log.give_up(orphan)
    closing = SandboxClosed(sandbox="left-behind", at=NOON + timedelta(seconds=42), reason="app_stopped", seconds=42.0)
    assert [one.event for one in events.read(conversation)][3:] == [closing]
    assert log.alive() == ()


def test_a_process_of_the_same_number_that_started_later_holds_nothing(
    log: SandboxLog, events: EventStore, database: Database, conversation: str
) -> None:
    events.append(conversation, opening("one"))
    with database.writing() as connection:
        connection.execute(update(schema.sandboxes).values(process_started=1.0))
    assert [one.id for one in log.orphans()] == ["one"]


def test_a_sandbox_of_another_host_is_an_orphan_after_a_minute_of_silence(
    log: SandboxLog, events: EventStore, database: Database, conversation: str
) -> None:
    events.append(conversation, opening("far"))
    with database.writing() as connection:
        connection.execute(update(schema.sandboxes).values(host="elsewhere"))
    assert log.orphans(NOON + timedelta(seconds=59)) == ()
    assert [one.id for one in log.orphans(NOON + timedelta(seconds=61))] == ["far"]
    log.beat("far", "unknown", at=NOON + timedelta(seconds=50))
    assert log.orphans(NOON + timedelta(seconds=61)) == ()


def test_a_closed_sandbox_is_forgotten(
    log: SandboxLog, events: EventStore, database: Database, conversation: str
) -> None:
    events.append(conversation, opening("one"))
    events.append(conversation, SandboxClosed(sandbox="one", reason="idle", seconds=1))
    events.append(conversation, SandboxClosed(sandbox="one", reason="idle", seconds=1))
    events.append(conversation, opening("one"))
