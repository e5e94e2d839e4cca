"""A key that is entered in the panel: refused or good, checked, masked, metered, forgotten, and nowhere else."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from agent_core.background import BackgroundLoop
from tests.browser.acting import drawn, panel, picture
from tests.browser.conftest import PATIENCE, App
from tests.emulators.e2b import Emulator

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    loop = BackgroundLoop()
    running = Emulator()
    loop.run(running.__aenter__())
    yield running
    loop.run(running.__aexit__(None, None, None))
    loop.close()


@pytest.fixture
def keyless(browser: Browser, emulator: Emulator, tmp_path: Path) -> Iterator[tuple[Page, App]]:
    """An app that has no key of its own."""
    app = App(tmp_path / "home", E2B_API_URL=emulator.url, E2B_SANDBOX_URL=emulator.url)
    app.start()
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(app.url)
    drawn(page)
    yield page, app
    context.close()
    app.stop()
    assert emulator.alive() == ()


def folded(page: Page) -> Locator:
    return panel(page).locator(".st-key-panel-key-e2b")


def enter(page: Page, key: str, uses: int) -> None:
    """Type a key, see that it can't be read, and use it: the field is empty then."""
    field = panel(page).locator(f".st-key-panel-e2b-key-text-{uses} input")
    field.fill(key)
    expect(field).to_have_attribute("type", "password")
    picture(page, f"key {uses}")
    panel(page).locator(".st-key-panel-e2b-key-use").get_by_role("button").click()
    expect(panel(page).locator(f".st-key-panel-e2b-key-text-{uses + 1} input")).to_have_value("")
    drawn(page)


def check(page: Page, says: str) -> str:
    folded(page).get_by_role("button", name="Check this key").click()
    said = folded(page).get_by_text(re.compile(says)).last
    expect(said).to_be_visible()
    return said.inner_text()


def test_a_key_is_entered_checked_and_forgotten(keyless: tuple[Page, App], emulator: Emulator) -> None:
    """A wrong one is told in words; a good one opens a sandbox, and what that cost is said. Neither is kept."""
    page, app = keyless
    wrong = "e2b_0badbadbadbadbadbadbadbadbadbadbad"
    panel(page).locator(".st-key-panel-provider-fold summary").first.click()
    folded(page).locator("summary").click()
    enter(page, wrong, 0)
    check(page, "E2B refused the key")
    picture(page, "key refused")
    enter(page, emulator.key, 1)
    told = check(page, "It works: a sandbox opened, printed 1")
    picture(page, "key works")
    metered = re.search(r"closed after ([\d.]+)\ss\. Metered: \$([\d.]+) at E2B's rates", told)
    assert metered is not None, told
    assert float(metered[1]) > 0
    assert float(metered[2]) > 0
    (made,) = [body for method, path, body in emulator.asked if (method, path) == ("POST", "v2/sandboxes")][-1:]
    assert (made["templateID"], emulator.alive()) == ("code-interpreter-v1", ())

    kept = "".join("\n".join(sqlite3.connect(file).iterdump()) for file in app.home.rglob("*.db"))
    assert "errands" in kept
    for key in (wrong, emulator.key):
        assert key not in page.content() + app.log() + kept
        assert not any(key.encode() in file.read_bytes() for file in app.home.rglob("*") if file.is_file())
    folded(page).get_by_role("button", name="Forget it").click()
    expect(folded(page).locator("summary")).to_contain_text("none")
