"""Twenty conversations that ask at the same moment, beside one alone, with the built-in analyst and local sandboxes.

Each has a person, a sandbox and a process of the SDK of its own, and asks about a sample data set. The first byte is
the first piece of the answer or of its code that the screen could show. Memory is that of all of the app's processes
together (PSS), at its most.
"""

import statistics
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from agent_core.config import Settings
from agent_core.contract import Contract
from agent_core.contract.clauses import Concurrency
from agent_core.events import AgentSaid, CodeStarted, TurnEnded
from agent_core.files.samples import SAMPLES
from agent_core.session import Conversation, Deployment

CROWD = 20
QUESTION = "What is the average body mass by species?"
PATIENCE_SECONDS = 100
MIB = 1 << 20


@dataclass(frozen=True)
class Answered:
    """Seconds from the question."""

    first_byte: float
    answer: float
    failed: bool


class Memory(threading.Thread):
    """Looks at the memory of this process and all below it until it is told to stop."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most_mib = 0.0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(2):
            self.most_mib = max(self.most_mib, held_mib())


def held_mib() -> float:
    total = 0
    for process in (own := psutil.Process(), *own.children(recursive=True)):
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return total / MIB


def prepared(deployment: Deployment, *people: str) -> list[Conversation]:
    """Conversations that know the data set and have no sandbox."""
    together = Contract(concurrency=Concurrency(per_user=1, per_deployment=CROWD + 2))
    conversations = [deployment.create(person, together) for person in people]
    for conversation in conversations:
        conversation.add_sample(SAMPLES[0].name)
    for conversation in conversations:
        conversation.wait()
        conversation.restart_sandbox()
    while any(conversation.snapshot().sandbox.phase != "none" for conversation in conversations):
        time.sleep(0.02)
    return conversations


def asked(conversations: list[Conversation]) -> list[Answered]:
    before = [one.snapshot().last for one in conversations]
    began = time.monotonic()
    for one in conversations:
        one.ask(QUESTION)
    found = [Answered(0, 0, failed=True)] * len(conversations)
    heard: dict[int, float] = {}
    waiting = set(range(len(conversations)))
    while waiting and time.monotonic() - began < PATIENCE_SECONDS:
        for place in tuple(waiting):
            now = conversations[place].snapshot(before[place])
            events = [stored.event for stored in now.events]
            said = any(isinstance(event, AgentSaid | CodeStarted) for event in events)
            if said or (now.draft is not None and (now.draft.text or now.draft.code)):
                heard.setdefault(place, time.monotonic() - began)
            ended = next((event for event in events if isinstance(event, TurnEnded)), None)
            if ended is not None and not now.busy:
                took = time.monotonic() - began
                found[place] = Answered(heard.get(place, took), took, failed=ended.outcome != "done")
                waiting.discard(place)
        time.sleep(0.02)
    return found


def say(name: str, found: list[Answered]) -> None:
    first, answer = sorted(one.first_byte for one in found), sorted(one.answer for one in found)
    print(
        f"{name}: first byte p50 {statistics.median(first):.2f} s, most {first[-1]:.2f} s; "
        f"answer p50 {statistics.median(answer):.2f} s, most {answer[-1]:.2f} s"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        deployment = Deployment(Settings.from_environment({"RINGFENCE_HOME": str(Path(folder) / "home")}))
        try:
            asked(prepared(deployment, "first"))
            alone = asked(prepared(deployment, "alone"))
            crowd = prepared(deployment, *(f"person {number}" for number in range(CROWD)))
            memory = Memory()
            memory.start()
            together = asked(crowd)
            memory.ended.set()
            memory.join()
        finally:
            deployment.close()
    say("one conversation", alone)
    say(f"{CROWD} conversations at once", together)
    errors = sum(one.failed for one in together)
    ratio = statistics.median(one.answer for one in together) / alone[0].answer
    print(
        f"{CROWD} against one: {ratio:.1f}x the time to the answer, {ratio / CROWD:.2f}x of one after another; "
        f"{errors} errors; {memory.most_mib:.0f} MiB at most, {memory.most_mib / CROWD:.0f} MiB each"
    )


if __name__ == "__main__":
    main()
