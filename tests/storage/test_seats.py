"""Seats and requests: one writer at a time, and what is asked of it is seen to once."""

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from agent_core.errors import SeatLost
from agent_core.events import FileRemoved
from agent_core.storage import schema
from agent_core.storage.conversations import ConversationStore
from agent_core.storage.database import Database
from agent_core.storage.events import EventStore
from agent_core.storage.holders import Holder, SilenceWatch
from agent_core.storage.requests import Request, RequestBox
from agent_core.storage.seats import Seats

KILLED_APP = """
import os, sys
from agent_core.storage.database import Database
from agent_core.storage.seats import Seats
assert Seats(Database.open(sys.argv[1])).take(sys.argv[2])
os._exit(1)
"""


def test_one_process_at_a_time_has_the_seat(database: Database, conversation: str) -> None:
    here, there = Seats(database), Seats(database)
    seat = here.take(conversation)
    assert seat is not None
    assert there.take(conversation) is None
    assert there.held(conversation)
    here.release(conversation, seat)
    assert not there.held(conversation)
    assert there.take(conversation) is not None
    here.release(conversation, seat)
    assert here.take(conversation) is None
    there.leave()
    assert here.take(conversation) is not None


def test_only_under_the_seat_in_force_can_be_written(database: Database, events: EventStore, conversation: str) -> None:
    seats = Seats(database)
    old = seats.take(conversation)
    new = seats.take(conversation)
    assert old != new
    with pytest.raises(SeatLost):
        events.append(conversation, FileRemoved(name="a"), seat=old)
    events.append(conversation, FileRemoved(name="b"), seat=new)
    assert [one.seq for one in events.read(conversation)] == [1]
    with pytest.raises(KeyError):
        events.append("unknown", FileRemoved(name="a"), seat=new)
    with pytest.raises(KeyError):
        seats.take("unknown")


def test_the_seat_of_a_killed_process_is_free_at_once(url: str, database: Database, conversation: str) -> None:
    assert subprocess.run([sys.executable, "-c", KILLED_APP, url, conversation], check=False).returncode == 1
    seats = Seats(database)
    assert not seats.held(conversation)
    seats.forget_the_dead()
    with database.reading() as connection:
        assert connection.execute(schema.conversations.select()).one().held_by is None
    assert seats.take(conversation) is not None


def test_a_process_of_another_host_keeps_its_seat_for_a_minute_of_silence(
    database: Database, conversation: str
) -> None:
    here, far = Seats(database), Seats(database)
    far.take(conversation)
    at = datetime.now(UTC)
    for silent, held in ((50, True), (70, False)):
        with database.writing() as connection:
            row = {"host": "elsewhere", "last_seen": at - timedelta(seconds=silent)}
            table = schema.app_processes
            connection.execute(update(table).where(table.c.id == far.process).values(row))
        assert here.held(conversation) is held
    here.forget_the_dead()
    assert here.beat()
    assert not far.beat()


def test_many_who_want_a_seat_at_once_get_one(database: Database, conversation: str) -> None:
    everybody = [Seats(database) for _ in range(8)]
    got: list[str | None] = []
    threads = [threading.Thread(target=lambda one=one: got.append(one.take(conversation))) for one in everybody]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([seat for seat in got if seat]) == 1
    assert len(got) == len(everybody)


def test_a_request_is_claimed_and_answered_once(
    database: Database, conversations: ConversationStore, conversation: str
) -> None:
    box, seats = RequestBox(database), Seats(database)
    seats.take(conversation)
    asked = [Request(name, conversation, "{}") for name in ("first", "second")]
    for request in asked:
        box.ask(request)
    assert box.waiting(seats.process) == tuple(asked)
    assert box.waiting("another") == ()
    assert box.claim("first")
    assert not box.claim("first")
    assert not box.withdraw("first")
    assert box.withdraw("second")
    assert not box.claim("second")
    assert box.answer_to("first") is None
    box.answer("first", "done")
    assert box.answer_to("first") == "done"
    box.forget_old()
    assert box.answer_to("first") == "done"
    conversations.delete(conversation)
    assert box.answer_to("first") is None


def test_silence_counts_only_while_it_is_watched() -> None:
    """A newer beat, by whichever table, and a break in the looking begin it anew."""
    watch, far, at = SilenceWatch(), Holder("far", 1, 1.0), datetime(2026, 1, 1, tzinfo=UTC)
    looks = [(at, 0), (at, 9), (at - timedelta(seconds=50), 15), (at, 16), (at, 40), (at, 50), (at, 56)]
    assert [watch.silent(far, *look) for look in looks] == [False, False, False, True, False, False, True]
    assert not watch.silent(far, at + timedelta(seconds=1), 57)
