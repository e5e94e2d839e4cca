"""Kills what a deployment is made of at random moments under load, and then counts what is lost, doubled or left.

`python -m tests.session.crashes --moments 200` is the long form; its last line is the figures.
"""

import argparse
import contextlib
import hashlib
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import psutil
import psycopg

from agent_core.billing.meter import meter
from agent_core.contract import Billing, Concurrency, Contract
from agent_core.events import (
    CodeFinished,
    CodeStarted,
    ContractChanged,
    Event,
    SandboxClosed,
    SandboxOpened,
    TurnEnded,
    UserAsked,
)
from agent_core.storage.artifacts import ArtifactStore
from agent_core.storage.conversations import ConversationStore
from agent_core.storage.database import Database
from agent_core.storage.events import EventStore, StoredEvent, referenced
from agent_core.storage.leases import Leases
from agent_core.storage.sandboxes import SandboxLog
from agent_core.storage.workspaces import WorkspaceStore
from tests.postgresql import PostgreSQL, postgresql
from tests.session.crash_worker import OWNER, digest

ROOT = Path(__file__).parents[2]
CONTRACT = Contract(billing=Billing(rate_card="e2b"), concurrency=Concurrency(per_user=9, per_deployment=9))
ORPHAN_SECONDS = 10
RECOVERY_SECONDS = 120
SECONDS_OF_FULL_DISK = 1.5


@dataclass
class Told:
    """What all workers were promised."""

    asked: list[tuple[str, str]] = field(default_factory=list)
    done: list[tuple[str, str, float]] = field(default_factory=list)
    seen: dict[tuple[str, int], str] = field(default_factory=dict)
    bugs: list[str] = field(default_factory=list)

    def take(self, line: str) -> None:
        match line.split():
            case ["asked", conversation, token]:
                self.asked.append((conversation, token))
            case ["done", conversation, token]:
                self.done.append((conversation, token, time.monotonic()))
            case ["seen", conversation, number, found]:
                self.seen[conversation, int(number)] = found
            case ["bug", *_]:
                self.bugs.append(line)
            case _:
                pass


class Worker:
    """A process of the app."""

    def __init__(self, home: Path, variables: Mapping[str, str], conversations: Sequence[str], told: Told) -> None:
        keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.log = home / "worker.log"
        home.mkdir(exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.session.crash_worker", *conversations],
                env={**keep, **variables, "RINGFENCE_HOME": str(home)},
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self._told = told
        self.ready = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def family(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            return psutil.Process(self.process.pid).children(recursive=True)
        return []

    def kill(self) -> None:
        self.process.kill()
        self._ended()

    def stop(self) -> int:
        self.process.terminate()
        self._ended()
        return self.process.returncode

    def _ended(self) -> None:
        self.process.wait(120)
        self._reader.join(10)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                if line == b"ready\n":
                    self.ready.set()
                elif line.endswith(b"\n"):
                    self._told.take(line.decode())


class Soak:
    """A deployment of some processes on one database, and what befalls it."""

    def __init__(self, folder: Path, server: PostgreSQL | None, workers: int, conversations: int, seed: int) -> None:
        self._random = random.Random(seed)
        self._folder = folder
        self._url = server.database() if server else f"sqlite:///{folder / 'ringfence.db'}"
        self._variables = {"DATABASE_URL": self._url, "RINGFENCE_ARTIFACTS": str(folder / "artifacts")}
        self.told = Told()
        self.kills: Counter[str] = Counter()
        self.orphans: list[str] = []
        self.recoveries: list[float] = []
        database = Database.open(self._url)
        self._conversations = [ConversationStore(database).create(OWNER, "Soak") for _ in range(conversations)]
        for conversation in self._conversations:
            EventStore(database).append(conversation, ContractChanged(version=1, contract=CONTRACT))
        database.close()
        self._workers = [self._start(number) for number in range(workers)]
        self._faults: dict[str, Callable[[], None]] = {
            "app": self._kill_app,
            "sdk": lambda: self._kill_one(lambda line: line.startswith("/opt/claude")),
            "sandbox": lambda: self._kill_one(lambda line: "worker.serve" in line or "worker.forkserver" in line),
            "disk": self._fill_disk,
        }
        if server:
            self._faults["database"] = self._end_connections

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Also where a moment failed, no process stays."""
        for worker in self._workers:
            if worker.process.poll() is None:
                worker.kill()

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(self._faults)

    def moment(self, kind: str) -> None:
        """One fault, at a random time, and the recovery from it."""
        time.sleep(self._random.uniform(0, 1.5))
        began = time.monotonic()
        self._faults[kind]()
        self.kills[kind] += 1
        waiting = set(self._conversations)
        while waiting:
            if time.monotonic() - began > RECOVERY_SECONDS:
                raise AssertionError(f"no recovery from {kind}: {waiting}; {self.told.bugs}; {self._logs()}")
            asked_since = {conversation for conversation, _, at in self.told.done if at > began}
            waiting = set(self._conversations) - asked_since
            time.sleep(0.05)
        self.recoveries.append(time.monotonic() - began)

    def settle(self) -> None:
        """Every conversation works."""
        self.moment_without_fault()

    def moment_without_fault(self) -> None:
        self._faults["nothing"] = lambda: None
        self.moment("nothing")
        del self._faults["nothing"], self.kills["nothing"]
        self.recoveries.clear()

    def finish(self) -> list[str]:
        """Stop all processes, and say what is wrong."""
        families = [process for worker in self._workers for process in worker.family()]
        codes = [worker.stop() for worker in self._workers]
        wrong = [f"a worker ended with {code}: {self._logs()}" for code in codes if code]
        self._gone("the end", families)
        wrong += self.told.bugs + self.orphans
        database = Database.open(self._url)
        try:
            wrong += _wrong(database, self._folder / "artifacts", self.told, self._conversations)
        finally:
            database.close()
        return wrong

    def _start(self, number: int) -> Worker:
        return Worker(self._folder / f"home-{number}", self._variables, self._conversations, self.told)

    def _kill_app(self) -> None:
        number = self._random.randrange(len(self._workers))
        worker = self._workers[number]
        family, folders = worker.family(), _left(worker.process.pid)
        worker.kill()
        self._workers[number] = self._start(number)
        self._gone("an app", family)
        # Only a process that lives can clear what one that is dead has left in the file system.
        assert self._workers[number].ready.wait(RECOVERY_SECONDS), self._logs()
        began = time.monotonic()
        while folders and (folders := [folder for folder in folders if folder.exists()]):
            if time.monotonic() - began > ORPHAN_SECONDS:
                self.orphans.append(f"{folders} of a killed app")
                return
            time.sleep(0.05)

    def _kill_one(self, wanted: Callable[[str], bool]) -> None:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            found = [one for worker in self._workers for one in worker.family() if wanted(_line(one))]
            if found:
                with contextlib.suppress(psutil.NoSuchProcess):
                    self._random.choice(found).kill()
                    return
            time.sleep(0.02)
        raise AssertionError("there was nothing to kill")

    def _fill_disk(self) -> None:
        """No file of a process may grow for a while: what a full disk does, for root too, and nobody else feels it."""
        limited = [worker.process.pid for worker in self._workers]
        before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in limited}
        for pid, (_, hard) in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
        time.sleep(SECONDS_OF_FULL_DISK)
        for pid, limits in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)

    def _end_connections(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def _gone(self, what: str, family: Sequence[psutil.Process]) -> None:
        _, left = psutil.wait_procs(family, ORPHAN_SECONDS)
        self.orphans += [f"{_line(process)[:200]} of {what}" for process in left]

    def _logs(self) -> str:
        return "\n".join(worker.log.read_text()[-3000:] for worker in self._workers)


def _line(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def _left(pid: int) -> list[Path]:
    """The control groups and folders that are named after a process."""
    started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    groups = [Path(found) for found in Path("/sys/fs/cgroup").glob(f"**/ringfence-{pid}-{started}-*")]
    return groups + list(Path(tempfile.gettempdir()).glob(f"ringfence-sandboxes-*-{pid}-{started}-*"))


def _wrong(database: Database, artifacts: Path, told: Told, conversations: Sequence[str]) -> list[str]:
    """What was lost or doubled, a sentence each."""
    wrong: list[str] = []
    events, store = EventStore(database), ArtifactStore(artifacts)
    asked = Counter()
    for conversation in conversations:
        stored = events.read(conversation)
        wrong += [f"{conversation}: {one}" for one in _inconsistent(stored)]
        for (name, number), found in told.seen.items():
            if name == conversation and digest(stored[:number]) != found:
                wrong.append(f"{conversation}: what was seen up to event {number} has changed")
        for one in stored:
            if isinstance(one.event, UserAsked):
                asked[conversation, one.event.text.split("kept-")[-1].split(".")[0]] += 1
            wrong += [f"artifact {sha256} is lost" for sha256 in referenced(one.event) if not _whole(store, sha256)]
        kept = WorkspaceStore(database).files(f"conversation:{conversation}")
        wrong += [f"file {path} is lost" for path, file in kept.items() if not _whole(store, file.sha256)]
        made = {
            artifact.name for one in stored if isinstance(one.event, CodeFinished) for artifact in one.event.artifacts
        }
        wrong += [f"{conversation}: {name} is not in the working folder" for name in made - set(kept)]
    wrong += [f"{key}: asked {asked[key]} times" for key in told.asked if asked[key] != 1]
    wrong += [f"sandbox {one.id} is noted as alive" for one in SandboxLog(database).alive()]
    if left := Leases(database).granted():
        wrong.append(f"{left} leases are held by nobody")
    return wrong


def _whole(store: ArtifactStore, sha256: str) -> bool:
    try:
        return hashlib.sha256(store.read(sha256)).hexdigest() == sha256
    except KeyError:
        return False


_PAIRS = (("user_asked", "turn_ended"), ("code_started", "code_finished"), ("sandbox_opened", "sandbox_closed"))


def _inconsistent(stored: Sequence[StoredEvent]) -> Iterator[str]:
    if [one.seq for one in stored] != list(range(1, len(stored) + 1)):
        yield "numbers have gaps"
    events = [one.event for one in stored]
    count: dict[str, Counter[str]] = defaultdict(Counter)
    for event in events:
        match event:
            case UserAsked() | TurnEnded():
                count[event.kind][event.turn] += 1
            case CodeStarted() | CodeFinished():
                count[event.kind][event.run] += 1
            case SandboxOpened() | SandboxClosed():
                count[event.kind][event.sandbox] += 1
            case _:
                pass
    for begun, ended in _PAIRS:
        for name in set(count[begun]) | set(count[ended]):
            if (count[begun][name], count[ended][name]) != (1, 1):
                yield f"{begun} {count[begun][name]} times and {ended} {count[ended][name]} times for {name}"
    yield from _misbilled(events)


def _misbilled(events: Sequence[Event]) -> Iterator[str]:
    """Every second of every sandbox costs once, and no conversation has two at a time."""
    opened: dict[str, datetime] = {}
    billed = 0.0
    for event in events:
        if isinstance(event, SandboxOpened):
            if opened:
                yield f"two sandboxes at once: {event.sandbox} and {tuple(opened)}"
            opened[event.sandbox] = event.at
        elif isinstance(event, SandboxClosed):
            billed += (event.at - opened.pop(event.sandbox, event.at)).total_seconds()
    cost = meter(events, datetime.now(UTC))
    if cost.running_since is not None or abs(cost.sandbox_seconds - billed) > 1e-3 or (billed and not cost.sandbox_usd):
        yield f"{cost} was billed for {billed} s"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    until = time.monotonic() + options.minutes * 60
    kills: Counter[str] = Counter()
    recoveries: list[float] = []
    wrong: list[str] = []
    orphans = 0
    with postgresql() as running, tempfile.TemporaryDirectory() as name:
        for place, server in enumerate((running, None)):
            folder = Path(name) / str(place)
            folder.mkdir()
            with Soak(folder, server, workers=2 if server else 1, conversations=3, seed=options.seed) as soak:
                share = options.moments * 2 // 3 if server else options.moments - kills.total()
                end = time.monotonic() + (until - time.monotonic()) * (0.66 if server else 1)
                soak.settle()
                for number in range(share):
                    if time.monotonic() > end:
                        break
                    soak.moment(soak.kinds[number % len(soak.kinds)])
                    print(
                        f"{number + 1:3} {soak.kinds[number % len(soak.kinds)]:9} {soak.recoveries[-1]:5.1f} s",
                        flush=True,
                    )
                found = soak.finish()
            wrong += found
            kills += soak.kills
            recoveries += soak.recoveries
            orphans += len(soak.orphans)
            print(*found, sep="\n")
    each = ", ".join(f"{kind} {number}" for kind, number in sorted(kills.items()))
    print(
        f"seed {options.seed}: {kills.total()} kills ({each}), {len(wrong) - orphans} losses, {orphans} orphans,"
        f" longest recovery {max(recoveries):.1f} s"
    )
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
