"""Kills what a deployment is made of at random moments under load, and then counts what is lost, doubled or left.

`python -m tests.session.crashes --moments 200` is the long form; its last line is the figures. Two lanes run beside
each other, each on a small disk of its own that can really be full. A lane takes one round after another: a new
deployment, some moments, an orderly end, and a look at all that is left. The process that follows on a killed one
has its modules loaded by then, so a recovery is counted from the fault without them.
"""

import argparse
import contextlib
import queue
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psutil
import psycopg

from agent_core.contract import Billing, Concurrency, Contract
from agent_core.events import ContractChanged
from agent_core.storage.conversations import ConversationStore
from agent_core.storage.database import Database
from agent_core.storage.events import EventStore
from tests.postgresql import PostgreSQL, postgresql
from tests.session.crash_app import ROOT, Told, Traces, Worker, line_of
from tests.session.crash_check import wrong
from tests.session.crash_worker import OWNER
from tests.session.small_disk import filled, on_small_disks

CONTRACT = Contract(billing=Billing(rate_card="e2b"), concurrency=Concurrency(per_user=9, per_deployment=9))
ORPHAN_SECONDS = 10
RECOVERY_SECONDS = 120
SECONDS_OF_FULL_DISK = 1.5
MOMENTS_OF_A_ROUND = 20
LANES = 2
DISK_MIB = 128


class Soak:
    """A deployment of some processes on one database, and what befalls it. `folder` lies on a small disk."""

    def __init__(self, folder: Path, server: PostgreSQL | None, spare: "Spare", seed: int) -> None:
        self._random = random.Random(seed)
        self._folder = folder
        self._spare = spare
        self._url = server.database() if server else f"sqlite:///{folder / 'ringfence.db'}"
        self.told = Told()
        self.kills: Counter[str] = Counter()
        self.orphans: list[str] = []
        self.recoveries: list[float] = []
        database = Database.open(self._url)
        self._conversations = [ConversationStore(database).create(OWNER, "Soak") for _ in range(2)]
        for conversation in self._conversations:
            EventStore(database).append(conversation, ContractChanged(version=1, contract=CONTRACT))
        database.close()
        self._workers = [self._start(number) for number in range(2 if server else 1)]
        here: dict[str, Callable[[], None]] = {
            "app": self._kill_app,
            "sdk": lambda: self._kill_one(lambda line: line.startswith("/opt/claude")),
            "sandbox": lambda: self._kill_one(lambda line: "worker.serve" in line or "worker.forkserver" in line),
        }
        disk = {"disk": self._fill_disk}
        self._faults = {"database": self._end_connections, **here, **disk} if server else {**disk, **here}

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
        self._answered(began, kind)
        self.recoveries.append(time.monotonic() - began)

    def settle(self) -> None:
        """Every conversation works."""
        self._answered(time.monotonic(), "nothing")

    def finish(self) -> list[str]:
        """Stop all processes, and say what is wrong."""
        families = [process for worker in self._workers for process in worker.family()]
        traces = [Traces.of(worker) for worker in self._workers]
        codes = [worker.stop() for worker in self._workers]
        found = [f"a worker ended with {code}: {self._logs()}" for code in codes if code]
        self._gone("the end", families)
        self.orphans += [f"{left} at the end" for trace in traces for left in trace.left()]
        found += self.told.bugs + self.orphans
        database = Database.open(self._url)
        try:
            found += wrong(database, self._folder / "artifacts", self.told, self._conversations)
        finally:
            database.close()
        return found

    def _answered(self, began: float, kind: str) -> None:
        waiting = set(self._conversations)
        while waiting:
            if time.monotonic() - began > RECOVERY_SECONDS:
                raise AssertionError(f"no recovery from {kind}: {waiting}; {self.told.bugs}; {self._logs()}")
            waiting -= {conversation for conversation, _, at in self.told.done if at > began}
            time.sleep(0.02)

    def _start(self, number: int) -> Worker:
        worker = self._spare.take()
        variables = {
            "DATABASE_URL": self._url,
            "RINGFENCE_ARTIFACTS": str(self._folder / "artifacts"),
            "RINGFENCE_HOME": str(self._folder / f"home-{number}"),
        }
        worker.begin(variables, self._conversations, self.told)
        return worker

    def _kill_app(self) -> None:
        number = self._random.randrange(len(self._workers))
        worker = self._workers[number]
        family, traces = worker.family(), Traces.of(worker)
        worker.kill()
        self._workers[number] = self._start(number)
        self._gone("an app", family)
        # Only a process that lives can clear what one that is dead has left in the file system.
        assert self._workers[number].ready.wait(RECOVERY_SECONDS), self._logs()
        began = time.monotonic()
        while left := traces.left():
            if time.monotonic() - began > ORPHAN_SECONDS:
                self.orphans += [f"{one} of a killed app" for one in left]
                return
            time.sleep(0.1)

    def _kill_one(self, wanted: Callable[[str], bool]) -> None:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            found = [one for worker in self._workers for one in worker.family() if wanted(line_of(one))]
            if found:
                with contextlib.suppress(psutil.NoSuchProcess):
                    self._random.choice(found).kill()
                    return
            time.sleep(0.02)
        raise AssertionError("there was nothing to kill")

    def _fill_disk(self) -> None:
        """The database's, where it is a file, the artifacts' and the homes'."""
        with filled(self._folder):
            time.sleep(SECONDS_OF_FULL_DISK)

    def _end_connections(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def _gone(self, what: str, family: Sequence[psutil.Process]) -> None:
        _, left = psutil.wait_procs(family, ORPHAN_SECONDS)
        self.orphans += [f"{line_of(process)[:200]} of {what}" for process in left]

    def _logs(self) -> str:
        return "\n".join(worker.log() for worker in self._workers)


class Spare:
    """An app process that is ready to start, always."""

    def __init__(self) -> None:
        self._next = Worker()

    def take(self) -> Worker:
        taken, self._next = self._next, Worker()
        return taken

    def close(self) -> None:
        self._next.kill()


@dataclass
class Figures:
    """What all rounds came to."""

    kills: Counter[str] = field(default_factory=Counter)
    recoveries: list[tuple[float, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    orphans: int = 0

    def add(self, soak: Soak, found: Sequence[str]) -> None:
        self.kills += soak.kills
        self.wrong += found
        self.orphans += len(soak.orphans)


@dataclass(frozen=True)
class Round:
    """A deployment, and what befalls it, in order; the kinds go on where the round before left off."""

    name: str
    server: PostgreSQL | None
    first: int
    moments: int
    seed: int


def rounds(moments: int, server: PostgreSQL, seed: int) -> Iterator[Round]:
    """Two thirds on PostgreSQL."""
    for name, running, share in (
        ("postgresql", server, moments * 2 // 3),
        ("sqlite", None, moments - moments * 2 // 3),
    ):
        for first in range(0, share, MOMENTS_OF_A_ROUND):
            yield Round(name, running, first, min(MOMENTS_OF_A_ROUND, share - first), seed + first)


def one_round(asked: Round, disk: Path, spare: Spare, figures: Figures) -> None:
    with tempfile.TemporaryDirectory(dir=disk) as name, Soak(Path(name), asked.server, spare, asked.seed) as soak:
        began = time.monotonic()
        try:
            soak.settle()
            for number in range(asked.first, asked.first + asked.moments):
                kind = soak.kinds[number % len(soak.kinds)]
                soak.moment(kind)
                figures.recoveries.append((soak.recoveries[-1], f"{asked.name} {kind}"))
                print(f"{asked.name:10} {number + 1:3} {kind:9} {soak.recoveries[-1]:5.1f} s", flush=True)
            found = soak.finish()
        except AssertionError as failure:
            found = [f"{asked.name}: {failure}"]
        figures.add(soak, found)
        print(*found, f"{asked.name:10} round of {time.monotonic() - began:.0f} s", sep="\n", flush=True)


def lane(waiting: "queue.SimpleQueue[Round]", disk: Path, figures: Figures) -> None:
    spare = Spare()
    try:
        with contextlib.suppress(queue.Empty):
            while True:
                one_round(waiting.get_nowait(), disk, spare, figures)
    except Exception as error:
        figures.wrong.append(f"{type(error).__name__}: {error}")
        raise
    finally:
        spare.close()


def soak_on(disks: Sequence[Path], moments: int, seed: int) -> int:
    """On disks that may be filled; the number of what is wrong."""
    figures, waiting = Figures(), queue.SimpleQueue[Round]()
    with postgresql() as server:
        todo = list(rounds(moments, server, seed))
        # Both kinds of database at once, for as long as both are left.
        for one in sorted(todo, key=lambda one: one.first):
            waiting.put(one)
        threads = [threading.Thread(target=lane, args=(waiting, disk, figures)) for disk in disks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    each = ", ".join(f"{kind} {number}" for kind, number in sorted(figures.kills.items()))
    longest, what = max(figures.recoveries, default=(0.0, "nothing"))
    print(
        f"seed {seed}: {figures.kills.total()} kills ({each}), {len(figures.wrong) - figures.orphans} losses,"
        f" {figures.orphans} orphans, longest recovery {longest:.1f} s ({what})"
    )
    return len(figures.wrong) + (figures.kills.total() != moments)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--disks", type=Path, nargs="+", help="where small disks are mounted already")
    options = parser.parse_args()
    if options.disks:
        return int(soak_on(options.disks, options.moments, options.seed) > 0)
    with tempfile.TemporaryDirectory() as name:
        disks = [Path(name) / str(number) for number in range(LANES)]
        again = [sys.executable, "-m", "tests.session.crashes", "--moments", str(options.moments)]
        again += ["--seed", str(options.seed), "--disks", *map(str, disks)]
        return subprocess.run(on_small_disks(disks, DISK_MIB, again), cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
