"""Caps on sandboxes, over app processes: real sandboxes, counted from outside."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from agent_core.storage.database import Database
from agent_core.storage.leases import Leases
from tests.session.conftest import settings

ROOT = Path(__file__).parents[2]
CAP = 5
REQUESTS = (17, 17, 16)

APP = """
import asyncio, json, sys, time
from pathlib import Path
from agent_core.config import Settings
from agent_core.contract import Concurrency, Contract
from agent_core.session import Deployment
from agent_core.tools.execute_code import call

home, name, requests, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
deployment = Deployment(Settings.from_environment({"RINGFENCE_HOME": home}))
contract = Contract(concurrency=Concurrency(per_user=100, per_deployment=%d))
asked = time.monotonic()

async def one(conversation):
    await asyncio.to_thread(conversation._seat.take)
    outcome = await call(conversation._bench, {"code": f"import time; time.sleep({seconds}); print(6 * 7)"})
    print("served", flush=True)
    await conversation._hold.close("turn_ended")
    return outcome.stdout.strip() or outcome.message, time.monotonic() - asked

async def everything(conversations):
    return await asyncio.gather(*map(one, conversations))

conversations = [deployment.create(f"{name}-{number}", contract) for number in range(requests)]
print("asking", flush=True)
answers = deployment._loop.run(everything(conversations))
deployment.close()
print(json.dumps(answers))
""".replace("%d", str(CAP))


class App:
    """An app process of the deployment."""

    def __init__(self, home: Path, name: str, requests: int, seconds: float) -> None:
        argv = [sys.executable, "-c", APP, str(home), name, str(requests), str(seconds)]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=ROOT, text=True)
        self.lines = self.process.stdout

    def wait_for(self, line: str) -> None:
        assert self.lines is not None
        assert self.lines.readline().strip() == line

    def answers(self) -> list[tuple[str, float]]:
        assert self.lines is not None
        return [tuple(answer) for answer in json.loads(self.lines.read().splitlines()[-1])]


def depth(pid: int | str) -> int:
    """In how many namespaces of processes one is, each in the one before."""
    status = Path(f"/proc/{pid}/status").read_text()
    return len(next(line for line in status.splitlines() if line.startswith("NSpid:")).split())


def works(child: psutil.Process) -> bool:
    """Whether it is a sandbox's: started by bubblewrap, or forked in the jail of the fork server, a level below.

    The one that the fork server tries itself out with is nobody's, and has no place to take.
    """
    line = " ".join(child.cmdline())
    levels = depth(child.pid) - depth("self")
    forked = "worker.forkserver" in line and levels == 2
    if forked:
        return "/sandboxes/local-" in Path(f"/proc/{child.pid}/mountinfo").read_text()
    return "worker.serve" in line and levels == 1


def sandboxes(apps: Sequence[App]) -> dict[Path, int]:
    """The sandboxes that are alive: each namespace of processes in which a worker runs, with one of its processes."""
    found: dict[Path, int] = {}
    for app in apps:
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(app.process.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error, OSError):
                    if works(child):
                        found[Path(f"/proc/{child.pid}/ns/pid").readlink()] = child.pid
    return found


@pytest.fixture
def leases(home: Path) -> Iterator[Leases]:
    database = Database.open(settings(home).database_url)
    yield Leases(database)
    database.close()


@pytest.fixture
def apps() -> Iterator[list[App]]:
    started: list[App] = []
    yield started
    for app in started:
        app.process.kill()
        app.process.wait()
        assert app.process.stdout is not None
        app.process.stdout.close()


def test_50_requests_from_three_processes_share_five_sandboxes_also_when_a_fourth_process_is_killed(
    home: Path, leases: Leases, apps: list[App]
) -> None:
    """A process that holds all five is killed; then 50 are served, five at most at once, and nothing stays behind."""
    hog = App(home, "hog", CAP, 600)
    apps.append(hog)
    until = time.monotonic() + 60
    while len(sandboxes([hog])) < CAP:
        assert time.monotonic() < until
        time.sleep(0.05)
    held = list(sandboxes([hog]).values())

    crowd = [App(home, name, requests, 0.05) for name, requests in zip("abc", REQUESTS, strict=True)]
    apps.extend(crowd)
    for app in crowd:
        app.wait_for("asking")
    time.sleep(1)
    assert leases.granted() == CAP
    assert sandboxes(crowd) == {}

    hog.process.kill()
    began = time.monotonic()
    until = began + 120
    most_leases = most_sandboxes = 0
    while any(app.process.poll() is None for app in crowd):
        assert time.monotonic() < until
        most_leases = max(most_leases, leases.granted())
        most_sandboxes = max(most_sandboxes, len(sandboxes(crowd)))
        time.sleep(0.1)

    served = time.monotonic() - began
    answers = [answer for app in crowd for answer in app.answers()]
    assert [stdout for stdout, _ in answers] == ["42"] * sum(REQUESTS)
    print(f"at most {most_leases} leases and {most_sandboxes} sandboxes; 50 served in {served:.1f} s")
    assert most_leases == CAP
    assert 2 <= most_sandboxes <= CAP
    assert leases.granted() == 0
    assert [pid for pid in held if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"] == []
