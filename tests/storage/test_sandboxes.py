import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from agent_core.events import SandboxClosed
from agent_core.storage import schema
from agent_core.storage.database import Database
from agent_core.storage.events import EventStore
from agent_core.storage.sandboxes import SandboxLog

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

CRASHING_APP = """
import os, sys
from datetime import datetime, timedelta
from agent_core.storage.database import Database
from agent_core.storage.sandboxes import SandboxLog
url, conversation, opened = sys.argv[1:]
log = SandboxLog(Database.open(url))
opened = datetime.fromisoformat(opened)
log.opened("left-behind", conversation, opened)
log.opened("ended", conversation, opened)
log.beat("left-behind", "ended", at=opened + timedelta(seconds=42))
log.closed("ended")
os._exit(1)
"""


@pytest.fixture
def log(database: Database) -> SandboxLog:
    return SandboxLog(database)


def test_a_sandbox_of_this_process_is_no_orphan(log: SandboxLog, conversation: str) -> None:
    log.opened("one", conversation, NOON)
    assert log.orphans(NOON + timedelta(days=1)) == ()
    with pytest.raises(IntegrityError):
        log.opened("one", conversation)


def test_a_crash_is_billed_to_the_last_heartbeat_and_only_once(
    url: str, log: SandboxLog, events: EventStore, conversation: str
) -> None:
    subprocess.run([sys.executable, "-c", CRASHING_APP, url, conversation, NOON.isoformat()], check=False)
    assert [one.id for one in log.orphans()] == ["left-behind"]
    assert [one.id for one in log.close_orphans()] == ["left-behind"]
    assert log.close_orphans() == ()
    closing = SandboxClosed(sandbox="left-behind", at=NOON + timedelta(seconds=42), reason="app_stopped", seconds=42.0)
    assert [one.event for one in events.read(conversation)] == [closing]


def test_a_process_of_the_same_number_that_started_later_holds_nothing(
    log: SandboxLog, database: Database, conversation: str
) -> None:
    log.opened("one", conversation)
    with database.writing() as connection:
        connection.execute(update(schema.sandboxes).values(process_started=1.0))
    assert [one.id for one in log.orphans()] == ["one"]


def test_a_sandbox_of_another_host_is_an_orphan_after_a_minute_of_silence(
    log: SandboxLog, database: Database, conversation: str
) -> None:
    log.opened("far", conversation, NOON)
    with database.writing() as connection:
        connection.execute(update(schema.sandboxes).values(host="elsewhere"))
    assert log.orphans(NOON + timedelta(seconds=59)) == ()
    assert [one.id for one in log.orphans(NOON + timedelta(seconds=61))] == ["far"]
    log.beat("far", "unknown", at=NOON + timedelta(seconds=50))
    assert log.orphans(NOON + timedelta(seconds=61)) == ()


def test_a_closed_sandbox_is_forgotten(log: SandboxLog, database: Database, conversation: str) -> None:
    log.opened("one", conversation)
    log.closed("one")
    log.closed("one")
    log.opened("one", conversation)
