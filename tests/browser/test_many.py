"""Three processes of the app behind nginx, on one PostgreSQL: any of them shows a conversation, and goes on with it."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import nginx
from tests.browser.acting import ask, drawn, settled, talk
from tests.browser.conftest import PATIENCE, App
from tests.ports import free_port
from tests.postgresql import postgresql

pytestmark = [pytest.mark.browser, pytest.mark.skipif(nginx.program() is None, reason=nginx.MISSING)]


class Site:
    def __init__(self, url: str, apps: dict[int, App]) -> None:
        self.url = url
        self.apps = apps

    def app_of(self, cookie: str) -> App:
        """Whom nginx sends a visitor with this cookie to."""
        asked = urllib.request.Request(f"{self.url}/healthz", headers={"Cookie": cookie} if cookie else {})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return self.apps[int(answer.headers["X-Served-By"].rsplit(":", 1)[-1])]

    def cookie_for_another(self, app: App) -> str:
        """One by which nginx sends a visitor to another process."""
        found = (f"_streamlit_user=visitor-{number}" for number in range(100))
        return next(cookie for cookie in found if self.app_of(cookie) is not app)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with postgresql() as server:
        shared = {"DATABASE_URL": server.database(), "RINGFENCE_ARTIFACTS": str(tmp_path / "artifacts")}
        apps = {}
        for number in range(3):
            folder = tmp_path / f"process-{number}"
            folder.mkdir()
            apps[free_port()] = App(folder / "home", **shared)
        try:
            for port, app in apps.items():
                app.start(port)
            with nginx.balancer(tmp_path, list(apps)) as url:
                yield Site(url, apps)
        finally:
            for app in apps.values():
                app.stop()


def visit(browser: Browser, url: str, cookie: str = "") -> tuple[BrowserContext, Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    context.set_default_timeout(PATIENCE)
    if cookie:
        name, _, value = cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": url}])
    page = context.new_page()
    page.goto(url)
    drawn(page)
    return context, page


def test_a_turn_is_seen_from_another_process_and_the_conversation_outlives_the_first(
    site: Site, browser: Browser, tmp_path: Path
) -> None:
    """What one process does is shown by another; killed in the middle of a turn, it is told, and the other goes on."""
    first = site.app_of("")
    cookie = site.cookie_for_another(first)
    context, page = visit(browser, site.url)
    ask(page, "```python\nopen('kept.txt', 'w').write('from the first')\nx = 41\n```")
    settled(page)
    conversation = page.url
    assert "conversation" in conversation or "?" in conversation

    other_context, other = visit(browser, conversation.replace("127.0.0.1", "127.0.0.1"), cookie)
    expect(talk(other)).to_contain_text("kept.txt")
    ask(other, "```python\nprint('x is', x + 1)\n```")
    settled(other)
    expect(talk(other)).to_contain_text("x is 42")

    page.reload()
    drawn(page)
    expect(talk(page)).to_contain_text("x is 42")
    ask(page, "```python\nimport time\nprint('begun')\ntime.sleep(600)\n```")
    other.reload()
    drawn(other)
    expect(other.locator(".st-key-stop")).to_have_count(1)
    other.screenshot(path=tmp_path / "elsewhere.png")
    first.kill()
    expect(talk(other)).to_contain_text("stopped in the middle of this turn")
    settled(other)
    other.screenshot(path=tmp_path / "taken-over.png")
    ask(other, "```python\nprint(open('kept.txt').read())\n```")
    settled(other)
    expect(talk(other)).to_contain_text("from the first")
    context.close()
    other_context.close()
    assert site.app_of("") is not first
