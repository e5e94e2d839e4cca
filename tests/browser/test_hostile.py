"""A hostile model and a hostile file in the real browser: nothing leaves it, and the machine is as it was."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.conftest import ROOT, App
from tests.browser.test_story import ask, attach, settled, talk
from tests.emulators.messages import MessagesEndpoint
from tests.session.hostile_model import CANARY, UPLOAD, Listener, customers, listening, script
from tests.session.test_hostile_model import Serving

pytestmark = pytest.mark.browser

LEFT_BEHIND = ("climbed", "stolen", "escaped", ".bash", ".written", "evil.bat")
"""What the names of the files have in common that the hostile model tries to leave outside its folder."""


@dataclass
class Attacked:
    """The app with a hostile model behind it, and all that its page has asked for."""

    page: Page
    app: App
    listener: Listener
    secret: Path
    requests: list[str] = field(default_factory=list)

    def rest(self) -> None:
        """Wait until nothing was asked for in a second. The browser's own word for it never comes beside locked frames."""
        before = -1
        while before != len(self.requests):
            before = len(self.requests)
            self.page.wait_for_timeout(1000)

    def elsewhere(self) -> list[str]:
        """Requests to anything but the app itself."""
        mine = urlsplit(self.app.url).netloc
        ours = {mine, mine.replace("127.0.0.1", "localhost")}
        return [
            url
            for url in self.requests
            if urlsplit(url).scheme not in {"data", "blob"} and urlsplit(url).netloc not in ours
        ]


def outside(*folders: Path) -> set[str]:
    """The files of some folders, by their paths."""
    return {str(path) for folder in folders for path in folder.rglob("*")}


@pytest.fixture
def attacked(browser: Browser, tmp_path: Path) -> Iterator[Attacked]:
    home, temporary, host = (tmp_path / name for name in ("person", "temporary", "host"))
    for folder in (home, temporary, host):
        folder.mkdir()
    secret = host / "secret.txt"
    secret.write_text(CANARY)
    before = outside(home, host)
    endpoint = MessagesEndpoint()
    with listening() as listener, Serving(endpoint) as url:
        endpoint.then(*script(secret, listener))
        places = {"HOME": str(home), "TMPDIR": str(temporary), "RINGFENCE_CANARY": CANARY}
        app = App(tmp_path / "ringfence", ANTHROPIC_API_KEY="sk-canary-77aa", ANTHROPIC_BASE_URL=url, **places)
        app.start()
        context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
        try:
            found = Attacked(context.new_page(), app, listener, secret)
            context.on("request", lambda request: _heard(found, request))
            found.page.goto(app.url)
            yield found
        finally:
            context.close()
            app.stop()
    assert outside(home, host) == before
    left = [path for path in outside(temporary) | set(map(str, ROOT.glob("*"))) if path.endswith(LEFT_BEHIND)]
    assert left == []


def _heard(found: Attacked, request: Request) -> None:
    found.requests.append(request.url)


def test_nothing_leaves_the_browser_and_nothing_of_the_machine_is_shown(attacked: Attacked, tmp_path: Path) -> None:
    """Every attempt in one conversation: the chat is drawn, told, scrolled and unfolded, and stays at home."""
    page = attacked.page
    (tmp_path / UPLOAD).write_bytes(customers(attacked.listener.address))
    attach(page, tmp_path / UPLOAD)
    ask(page, "What is in my file?")
    settled(page, 120_000)
    expect(talk(page)).to_contain_text("Here is your chart")
    for fold in talk(page).locator("details").all():
        if fold.get_attribute("open") is None:
            fold.locator("summary").first.click()
            expect(fold).to_have_attribute("open", "")
    expect(talk(page).get_by_text("still here").first).to_be_attached()
    expect(talk(page).locator("img").first).to_be_attached()
    attacked.rest()

    sources = talk(page).locator("img").evaluate_all("images => images.map(image => image.src)")
    assert sources
    assert all(source.startswith("data:image/svg+xml") for source in sources)
    assert talk(page).locator("script, object, embed").count() == 0
    frames = talk(page).locator("iframe").evaluate_all("frames => frames.map(frame => frame.src)")
    assert all(source.startswith("data:text/html;base64,") for source in frames)
    links = (
        talk(page)
        .locator("a[href]")
        .evaluate_all("links => links.map(link => [link.href, link.parentElement.innerText])")
    )
    assert all("127.0.0.1" in text for href, text in links if attacked.listener.address in href)
    assert CANARY not in page.content()
    assert attacked.elsewhere() == []
    assert attacked.listener.heard == []

    expect(talk(page).get_by_label("Download as CSV").locator("visible=true")).to_have_count(0, timeout=5_000)
    with page.expect_download() as download:
        talk(page).locator("[class*=st-key-download-][class*=table-csv] button").first.click()
    saved = tmp_path / "table.csv"
    download.value.save_as(saved)
    text = saved.read_text()
    assert "'=HYPERLINK" in text
    assert "'=1+1" in text
    assert not any(
        line.startswith(("=", "@")) or ",=" in line or ",@" in line or ',"=' in line for line in text.splitlines()
    )
