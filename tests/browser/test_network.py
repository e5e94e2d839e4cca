"""The network clause, edited in the panel while a turn runs, against a real server of this machine."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.acting import ask, panel, set_number, settled, talk
from tests.browser.conftest import App

pytestmark = pytest.mark.browser


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A web server that serves one file."""
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "data.csv").write_text("city,size\nOslo,7\n")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path / "www"))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    app = App(tmp_path / "home", "tests/browser/network_app.py")
    app.start()
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.goto(app.url)
    yield opened
    context.close()
    app.stop()


def fetching(host: str, port: int) -> str:
    return (
        "```python\nimport time, urllib.request\nfor n in range(100):\n"
        f"    try:\n        print(urllib.request.urlopen('http://{host}:{port}/data.csv', timeout=5).read().decode())\n"
        "        break\n    except OSError as error:\n        print(n, 'refused:', error, flush=True)\n        time.sleep(0.3)\n```"
    )


def test_a_host_is_denied_then_allowed_while_the_code_runs(page: Page, port: int) -> None:
    """Denied under deny-all, let in by an edit in the middle of the call; another host is still denied."""
    ask(page, fetching("files.example.test", port))
    expect(talk(page)).to_contain_text("2 refused:")
    allow(page, f"files.example.test:{port}")
    settled(page)
    expect(talk(page)).to_contain_text("Oslo,7")
    expect(talk(page)).to_contain_text("files.example.test")
    expect(talk(page)).to_contain_text("Network clause")

    ask(page, f"```python\nimport urllib.request\nurllib.request.urlopen('http://other.example.test:{port}/')\n```")
    settled(page)
    expect(talk(page)).to_contain_text("other.example.test")
    expect(talk(page).get_by_text("Network clause").last).to_be_visible()


def test_a_budget_below_what_was_spent_closes_the_sandbox_at_once(page: Page) -> None:
    """At a real provider's price, lowering the budget ends the running call, and says so."""
    panel(page).locator(".st-key-panel-billing-fold summary").click()
    card = panel(page).locator(".st-key-panel-billing-rate_card").get_by_role("combobox")
    card.focus()
    # A list closes when the page scrolls under it.
    page.wait_for_timeout(1_000)
    card.press("ArrowDown")
    page.get_by_role("option", name="E2B").click()
    expect(panel(page)).to_contain_text("version 2")
    ask(page, "```python\nimport time\nprint('begun', flush=True)\ntime.sleep(40)\n```")
    expect(talk(page)).to_contain_text("begun")
    page.wait_for_timeout(2_500)
    set_number(page, "billing", "conversation_budget_usd", "0.00")
    settled(page, 25_000)
    expect(talk(page)).to_contain_text("budget")
    expect(panel(page)).to_contain_text("No sandbox")


def allow(page: Page, host: str) -> None:
    """Choose an allowlist in the panel, with one host."""
    panel(page).locator(".st-key-panel-network-fold summary").click()
    hosts = panel(page).locator(".st-key-panel-network-domains input")
    hosts.fill(host)
    hosts.press("Enter")
    expect(panel(page)).to_contain_text(host)
