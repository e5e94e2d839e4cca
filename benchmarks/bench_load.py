"""Fifty people who ask at the same moment, each a conversation of their own, on this machine with local sandboxes.

The built-in analyst plans. Memory is that of all of the app's processes together (PSS), at its most; a round is one
question of each. The first byte is the first of the answer or of its code that a screen could show; a turn's wait is
the time from the question to its end. Fairness is Jain's index of the waits (R. Jain et al., 1984): 1 where all wait
alike, 1/50 where one alone is served.
"""

import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from agent_core.config import Settings
from agent_core.contract import Contract
from agent_core.contract.clauses import Concurrency
from agent_core.events import AgentSaid, CodeFinished, CodeStarted, SandboxClosed, SandboxOpened, TurnEnded, UserAsked
from agent_core.session import Conversation, Deployment, Snapshot
from agent_core.session.crew import most_processes
from tests.planning.stage import is_sdk

PEOPLE, ROUNDS = 50, 2
PATIENCE_SECONDS = 600
MIB = 1 << 20


class Watch(threading.Thread):
    """Samples the memory of this process and all below it, and counts the SDK's."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most_bytes = self.most_sdks = 0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(2.0):
            family = [psutil.Process(), *psutil.Process().children(recursive=True)]
            self.most_sdks = max(self.most_sdks, sum(is_sdk(one) for one in family))
            self.most_bytes = max(self.most_bytes, sum(map(_pss, family)))


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


def one_round(conversations: list[Conversation], number: int) -> tuple[list[float], list[float]]:
    """How long each waited for the first byte, and for the end."""
    before = [conversation.snapshot().last for conversation in conversations]
    began = time.monotonic()
    for place, conversation in enumerate(conversations):
        assert conversation.ask(f"```python\nprint({number}, {place}, sum(range(10_000)))\n```")
    first: dict[int, float] = {}
    waits: dict[int, float] = {}
    while len(waits) < len(conversations):
        assert time.monotonic() - began < PATIENCE_SECONDS
        for place, conversation in enumerate(conversations):
            if place not in waits:
                now = conversation.snapshot(before[place])
                if _heard(now):
                    first.setdefault(place, time.monotonic() - began)
                if not now.busy:
                    waits[place] = time.monotonic() - began
        time.sleep(0.05)
    return list(first.values()), list(waits.values())


def _heard(now: Snapshot) -> bool:
    said = any(isinstance(stored.event, AgentSaid | CodeStarted) for stored in now.events)
    return said or (now.draft is not None and bool(now.draft.text or now.draft.code))


def fairness(waits: list[float]) -> float:
    """Jain's index."""
    return sum(waits) ** 2 / (len(waits) * sum(wait * wait for wait in waits))


def lost(conversations: list[Conversation]) -> int:
    """Answers that are missing, doubled or wrong, and events without their end."""
    found = 0
    for place, conversation in enumerate(conversations):
        events = [stored.event for stored in conversation.snapshot().events]
        said = [event.stdout.strip() for event in events if isinstance(event, CodeFinished)]
        found += said != [f"{number} {place} 49995000" for number in range(ROUNDS)]
        for kind in (UserAsked, TurnEnded):
            found += sum(isinstance(event, kind) for event in events) != ROUNDS
        opened, closed = (sum(isinstance(event, kind) for event in events) for kind in (SandboxOpened, SandboxClosed))
        found += opened - closed not in {0, 1}
    return found


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        deployment = Deployment(Settings.from_environment({"RINGFENCE_HOME": str(Path(folder) / "home")}))
        watch = Watch()
        try:
            contract = Contract(concurrency=Concurrency(per_user=1, per_deployment=PEOPLE))
            conversations = [deployment.create(f"person-{number}", contract) for number in range(PEOPLE)]
            watch.start()
            rounds = [one_round(conversations, number) for number in range(ROUNDS)]
            watch.ended.set()
            watch.join()
            missing = lost(conversations)
        finally:
            deployment.close()
    for number, (first, waits) in enumerate(rounds, 1):
        last = max(waits)
        print(
            f"round {number}: first byte median {statistics.median(first):.1f} s, most {max(first):.1f} s; "
            f"waits {min(waits):.1f} to {last:.1f} s, median {statistics.median(waits):.1f} s, "
            f"{len(waits) / last:.1f} turns a second; fairness {fairness(waits):.2f}"
        )
    print(f"at most {watch.most_sdks} processes of the SDK of {most_processes()} allowed")
    print(
        f"{PEOPLE} conversations at once, {PEOPLE * ROUNDS} turns: {missing} lost, "
        f"at most {watch.most_bytes / MIB:.0f} MiB (PSS)"
    )
    return missing


if __name__ == "__main__":
    sys.exit(main())
