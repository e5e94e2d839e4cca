import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import update

from agent_core.billing.meter import meter
from agent_core.events import SandboxOpened
from agent_core.storage import schema
from agent_core.storage.database import Database
from agent_core.storage.errands import Errands

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
OPENED = SandboxOpened(
    at=NOON, sandbox="sbx-1", provider="e2b", contract_version=0, vcpus=1, memory_mib=1_024, rate_card="e2b"
)


def test_what_is_noted_is_metered_for_its_person(database: Database) -> None:
    """Also twice under one name of a sandbox: a provider may use it again."""
    errands = Errands(database)
    first = errands.opened("ada", "checks", OPENED)
    errands.closed(first, NOON + timedelta(seconds=10))
    errands.closed(first, NOON + timedelta(seconds=99))
    second = errands.opened("ada", "key", OPENED.model_copy(update={"at": NOON + timedelta(hours=1)}))
    assert errands.of("bob") == ()
    assert [one.purpose for one in errands.of("ada")] == ["checks", "key"]
    assert [one.id for one in errands.of("ada", since=NOON + timedelta(seconds=1))] == [second]
    events = [event for one in errands.everyones() for event in one.events]
    assert meter(events, NOON + timedelta(hours=1, seconds=5)).sandbox_usd == 15 * Decimal("0.0000185")


CRASHING_APP = """
import os, sys
from datetime import timedelta
from tests.storage.test_errands import NOON, OPENED
from agent_core.storage.database import Database
from agent_core.storage.errands import Errands
errands = Errands(Database.open(sys.argv[1]))
errands.beat(errands.opened("ada", "checks", OPENED), at=NOON + timedelta(seconds=42))
os._exit(1)
"""


def test_a_crash_is_billed_to_the_last_heartbeat(url: str, database: Database) -> None:
    environment = {**os.environ, "PYTHONPATH": "."}
    subprocess.run([sys.executable, "-c", CRASHING_APP, url], check=False, env=environment)
    errands = Errands(database)
    mine = errands.opened("ada", "key", OPENED)
    assert errands.close_orphans() == ("sbx-1",)
    assert errands.close_orphans() == ()
    left, open_one = errands.of("ada")
    assert left.closed is not None
    assert (left.closed.at - NOON, open_one.closed) == (timedelta(seconds=42), None)
    with database.writing() as connection:
        connection.execute(update(schema.errands).where(schema.errands.c.id == mine).values(process_started=1.0))
    assert errands.close_orphans() == ("sbx-1",)
