"""What idle conversations hold: memory while loaded, what others need once these were let go, and the second's tick.

Each conversation has ten questions with code, a chart and an answer. The memory is this process's own (USS), after a
garbage collection, over what it was with none loaded. A working conversation's process is the SDK's.
"""

import gc
import tempfile
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import psutil

from agent_core.config import Settings
from agent_core.session import Deployment
from agent_core.session.deployment import Idle
from agent_core.storage.artifacts import ArtifactStore
from agent_core.storage.events import EventStore
from benchmarks.bench_screen import conversation
from tests.planning.stage import is_sdk
from tests.screen.turns import FIGURE

CONVERSATIONS = 1_000
MESSAGES, CHARTS = 20, 10
OWNER = "local"
KIB, MIB = 1 << 10, 1 << 20
TARGET = MIB
T = TypeVar("T")


def own_bytes() -> int:
    gc.collect()
    return int(psutil.Process().memory_full_info().uss)


def store(deployment: Deployment, home: Path) -> list[str]:
    """Write the conversations, and return their ids."""
    figure, _ = ArtifactStore(home / "artifacts").put(FIGURE)
    events = EventStore(deployment._database)
    made = [deployment._conversations.create(OWNER, "x") for _ in range(CONVERSATIONS)]
    for one in made:
        events.append(one, *conversation(MESSAGES, CHARTS, figure))
    return made


def tick_ms(deployment: Deployment) -> float:
    """What one look after all that are loaded takes."""
    return on_loop(deployment, _timed(deployment))


async def _timed(deployment: Deployment) -> float:
    began = time.thread_time()
    await deployment._upkeep.look_after_all()
    return (time.thread_time() - began) * 1_000


def on_loop(deployment: Deployment, work: Coroutine[Any, Any, T]) -> T:
    return deployment._loop.run(work)


def load(deployment: Deployment, ids: list[str]) -> tuple[int, float]:
    """What the process holds with all of them loaded, and the tick's milliseconds."""
    for one in ids:
        held = deployment.get(one, OWNER)  # whoever takes the seat has the conversation in hand
        assert held._seat.take()
    assert len(deployment._open) == len(ids)
    return own_bytes(), tick_ms(deployment)


def let_go(deployment: Deployment) -> None:
    usual, deployment._idle = deployment._idle, Idle(1.0, 0.0)
    on_loop(deployment, deployment._upkeep.look_after_all())
    deployment._idle = usual
    gc.collect()


def process(deployment: Deployment) -> tuple[int, float, int]:
    """The SDK's processes while a conversation works, what they hold in MiB, and how many are left a while later."""
    opened = deployment.create(OWNER)
    opened.ask("What can you do?")
    opened.wait()
    working = [child for child in psutil.Process().children(recursive=True) if is_sdk(child)]
    held = sum(child.memory_full_info().pss for child in working) / MIB
    until = time.monotonic() + 30
    while time.monotonic() < until and any(child.is_running() for child in working):
        time.sleep(0.1)
    return len(working), held, sum(child.is_running() for child in working)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        deployment = Deployment(Settings.from_environment({"RINGFENCE_HOME": str(home)}), idle=Idle(8.0, 3_600.0))
        try:
            count, held, left = process(deployment)
            made, others = store(deployment, home), store(deployment, home)
            let_go(deployment)
            none = own_bytes()
            full, tick = load(deployment, made)
            let_go(deployment)
            kept, after = len(deployment._open), tick_ms(deployment)
            again, _ = load(deployment, others)
        finally:
            deployment.close()
    print(f"at work: {count} process of the SDK with {held:.0f} MiB (PSS); idle: {left}")
    print(f"the second's tick: {tick:.1f} ms with {CONVERSATIONS} loaded, {after:.2f} ms with {kept} loaded")
    each, more = (full - none) / CONVERSATIONS, (again - full) / CONVERSATIONS
    print(
        f"{CONVERSATIONS} idle conversations: {each / KIB:.0f} KiB each while loaded, {each / TARGET:.2f}x of the "
        f"target; {CONVERSATIONS} others after they were let go: {more / KIB:.0f} KiB more each"
    )


if __name__ == "__main__":
    main()
