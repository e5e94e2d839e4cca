"""A transcript of 500 messages and 50 charts, beside one of 10 messages, in Chromium.

Each row opens a stored conversation and edits the contract five times beside it. The ratios at the end compare the
longest transcript with the shortest, of the same run.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from playwright.sync_api import Browser, Page, WebSocket, sync_playwright

from agent_core.config import Settings
from agent_core.contract import Contract
from agent_core.events import (
    AgentSaid,
    Artifact,
    CodeFinished,
    CodeStarted,
    ContractChanged,
    Event,
    TurnEnded,
    UserAsked,
)
from agent_core.storage.artifacts import ArtifactStore
from agent_core.storage.conversations import ConversationStore
from agent_core.storage.database import Database
from agent_core.storage.events import EventStore
from tests.browser.acting import drawn, panel, set_number, talk
from tests.browser.chromium import launch_options
from tests.browser.conftest import App
from tests.screen.turns import ANSWER, CODE, FIGURE

TRANSCRIPTS = ((10, 0), (100, 25), (500, 50))
"""Messages, and charts among them."""
EDITS = 5
OWNER = "local"


@dataclass(frozen=True)
class Row:
    """What one transcript cost."""

    first_ms: float
    rerun_ms: float
    rerun_kib: float
    heap_mib: float


def conversation(messages: int, charts: int, figure: str) -> Iterator[Event]:
    """A question and an answer make two messages; the charts are spread over the answers evenly."""
    yield ContractChanged(version=1, contract=Contract())
    turns = messages // 2
    for place in range(turns):
        turn = f"t{place}"
        yield UserAsked(turn=turn, text=f"Question {place}: what is the mean body mass?", contract_version=1)
        if charts and place % max(1, turns // charts) == 0:
            chart = Artifact(
                id=turn, name="chart", kind="chart", media_type="application/vnd.plotly.v1+json",
                size=len(FIGURE), sha256=figure,
            )  # fmt: skip
            yield CodeStarted(turn=turn, run=turn, code=CODE, language="python", contract_version=1)
            yield CodeFinished(turn=turn, run=turn, exit_code=0, seconds=0.2, artifacts=(chart,))
        yield AgentSaid(turn=turn, text=ANSWER)
        yield TurnEnded(turn=turn, outcome="done", seconds=1.0, model="m", model_cost_usd=Decimal("0.01"))


def store(home: Path) -> list[str]:
    """Write the conversations, and return their ids."""
    settings = Settings.from_environment({"RINGFENCE_HOME": str(home)})
    home.mkdir(parents=True)
    figure, _ = ArtifactStore(home / "artifacts").put(FIGURE)
    database = Database.open(settings.database_url)
    conversations, events = ConversationStore(database), EventStore(database)
    ids = []
    for messages, charts in TRANSCRIPTS:
        ids.append(conversations.create(OWNER, f"{messages} messages"))
        events.append(ids[-1], *conversation(messages, charts, figure))
    database.close()
    return ids


def measure(browser: Browser, address: str) -> Row:
    """Open one conversation in a fresh context, and edit its contract."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    received = [0]

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: received.__setitem__(0, received[0] + len(frame)))

    page.on("websocket", listen)
    began = time.perf_counter()
    page.goto(address)
    talk(page).get_by_text("Two penguins have no weight").last.wait_for()
    drawn(page)
    first = time.perf_counter() - began
    set_number(page, "timeout", "call_seconds", "50")
    page.wait_for_timeout(1_000)
    before = received[0]
    reruns = [edit(page, 40 + place) for place in range(EDITS)]
    heap = page.evaluate("performance.memory.usedJSHeapSize")
    context.close()
    kib = (received[0] - before) / EDITS / 1024
    return Row(first * 1_000, statistics.median(reruns) * 1_000, kib, heap / (1 << 20))


def edit(page: Page, seconds: int) -> float:
    """From the key to the sentence that says so; then the page comes to rest before the next."""
    began = time.perf_counter()
    set_number(page, "timeout", "call_seconds", str(seconds))
    panel(page).get_by_text(f"at most {seconds} s a call").wait_for()
    taken = time.perf_counter() - began
    drawn(page)
    page.wait_for_timeout(500)
    return taken


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        ids = store(Path(folder) / "home")
        app = App(Path(folder) / "home")
        app.start()
        browser = playwright.chromium.launch(**launch_options())  # type: ignore[arg-type]
        try:
            measure(browser, f"{app.url}/?c={ids[0]}")
            rows = [measure(browser, f"{app.url}/?c={one}") for one in ids]
        finally:
            browser.close()
            app.stop()
    for (messages, charts), row in zip(TRANSCRIPTS, rows, strict=True):
        print(
            f"{messages} messages, {charts} charts: first paint {row.first_ms:.0f} ms, an edit {row.rerun_ms:.0f} ms "
            f"and {row.rerun_kib:.0f} KiB, heap {row.heap_mib:.0f} MiB"
        )
    shortest, longest = rows[0], rows[-1]
    print(
        f"500 messages against 10: first paint {longest.first_ms / shortest.first_ms:.2f}x, "
        f"an edit {longest.rerun_ms / shortest.rerun_ms:.2f}x, bytes {longest.rerun_kib / shortest.rerun_kib:.2f}x, "
        f"heap {longest.heap_mib / shortest.heap_mib:.2f}x"
    )


if __name__ == "__main__":
    main()
