"""A page that nobody works on says nothing to the server, and hears nothing from it."""

import pytest
from playwright.sync_api import BrowserContext, WebSocket

from tests.browser.acting import ask, composer, drawn, panel, settled
from tests.browser.conftest import App

pytestmark = pytest.mark.browser

QUIET_MS = 2_000
MOST_WAITS = 15


def test_the_page_polls_only_while_a_turn_runs(context: BrowserContext, app: App) -> None:
    """Before the first question and after the last answer not one message goes over the socket."""
    frames: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda _: frames.append("sent"))
        socket.on("framereceived", lambda _: frames.append("received"))

    page = context.new_page()
    page.on("websocket", listen)
    page.goto(app.url)
    drawn(page)
    composer(page).wait_for()

    def quiet() -> bool:
        before = len(frames)
        page.wait_for_timeout(QUIET_MS)
        return len(frames) == before

    assert any(quiet() for _ in range(MOST_WAITS)), "It was never quiet before the first question."
    panel(page).locator(".st-key-panel-lifecycle-fold summary").click()
    drawn(page)
    panel(page).locator(".st-key-panel-lifecycle-mode").click()
    page.get_by_role("option", name="A fresh sandbox each turn").click()
    panel(page).get_by_text("version 2").wait_for()
    drawn(page)
    before = len(frames)
    ask(page, "```python\nimport time\nfor n in range(8):\n    time.sleep(0.25)\n    print('step', n)\n```")
    settled(page)
    assert len(frames) - before > 10
    assert any(quiet() for _ in range(MOST_WAITS)), "It was never quiet after the answer."
