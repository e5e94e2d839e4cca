"""Caps on sandboxes hold, in order, over processes and through crashes."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent_core.storage.database import Database
from agent_core.storage.leases import Leases, Ticket

ROOT = Path(__file__).parents[2]


@pytest.fixture
def leases(database: Database) -> Leases:
    return Leases(database)


def request(leases: Leases, place: str, owner: str = "ada", per_user: int = 10, per_deployment: int = 2) -> Ticket:
    return leases.request(place, owner, per_user=per_user, per_deployment=per_deployment)


def test_places_are_given_until_the_cap(leases: Leases) -> None:
    """The third of two waits, and is told that nobody is ahead."""
    assert [request(leases, place) for place in "abc"] == [Ticket(True), Ticket(True), Ticket(False, 0)]
    assert leases.granted() == 2


def test_asking_again_keeps_the_place(leases: Leases) -> None:
    """A granted place stays granted, and a ticket keeps its turn."""
    for place in "abcd":
        request(leases, place)
    assert [request(leases, place) for place in "abcd"] == [
        Ticket(True),
        Ticket(True),
        Ticket(False, 0),
        Ticket(False, 1),
    ]


def test_a_released_place_goes_to_who_waited_longest(leases: Leases) -> None:
    """First come, first served, also when a later one asks first."""
    for place in "abcd":
        request(leases, place)
    leases.release("a")
    assert request(leases, "d") == Ticket(False, 0)
    assert request(leases, "c") == Ticket(True)


def test_one_person_at_the_cap_does_not_hold_up_another(leases: Leases) -> None:
    """A person's own cap makes only that person wait."""
    assert request(leases, "a", "ada", per_user=1, per_deployment=5) == Ticket(True)
    assert request(leases, "b", "ada", per_user=1, per_deployment=5) == Ticket(False, 0)
    assert request(leases, "c", "bob", per_user=1, per_deployment=5) == Ticket(True)


def test_giving_up_frees_the_turn(leases: Leases) -> None:
    """Who leaves the queue holds nobody up."""
    for place in "abcd":
        request(leases, place)
    leases.release("c")
    assert request(leases, "d") == Ticket(False, 0)


HOLDING = """
import sys, time
from agent_core.storage.database import Database
from agent_core.storage.leases import Leases
leases = Leases(Database.open(sys.argv[1]))
for place in ("x", "y"):
    assert leases.request(place, "ada", per_user=10, per_deployment=2).granted
print("holding", flush=True)
time.sleep(60)
"""


def test_a_killed_process_gives_its_places_back(url: str, leases: Leases) -> None:
    """After kill -9 its leases are free for the next who asks."""
    process = subprocess.Popen([sys.executable, "-c", HOLDING, url], stdout=subprocess.PIPE, cwd=ROOT, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "holding\n"
    assert not request(leases, "a").granted
    process.kill()
    process.wait()
    process.stdout.close()
    assert request(leases, "a") == Ticket(True)


RACING = """
import random, sys, time
from concurrent.futures import ThreadPoolExecutor
from agent_core.storage.database import Database
from agent_core.storage.leases import Leases
leases = Leases(Database.open(sys.argv[1]))
def one(number):
    place = f"{sys.argv[2]}-{number}"
    while not leases.request(place, f"person {number % 7}", per_user=3, per_deployment=5).granted:
        time.sleep(0.02)
    seen = leases.granted()
    time.sleep(random.random() * 0.02)
    leases.release(place)
    return seen
with ThreadPoolExecutor(17) as pool:
    print(max(pool.map(one, range(17))))
"""


def test_fifty_requests_from_three_processes_never_exceed_five(url: str, leases: Leases) -> None:
    """51 requests against a cap of 5: all are served, and never more than 5 at once."""
    commands = [[sys.executable, "-c", RACING, url, name] for name in "abc"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) for command in commands]
    until = time.monotonic() + 90
    most = [int(process.communicate(timeout=until - time.monotonic())[0]) for process in processes]
    assert max(most) <= 5
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert leases.granted() == 0
