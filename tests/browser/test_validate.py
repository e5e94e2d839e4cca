"""The validate page in the browser: a run that goes on while the person looks elsewhere, and the operator's gate."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from agent_core.validation.forms import from_json
from tests.browser.axe import usable
from tests.browser.conftest import App
from tests.browser.test_story import ask, settled, talk

pytestmark = pytest.mark.browser

RUN = 120_000
"""Milliseconds that a run may take on a busy machine; it takes about 15 s where nothing else runs."""


@pytest.fixture
def gated(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """An app whose operator wants the checks first."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "policy.yaml").write_text("validation: {required_within_hours: 24}\n")
    app = App(home)
    app.start()
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.goto(app.url)
    yield page
    context.close()
    app.stop()


def test_the_checks_open_the_gate_and_go_on_while_the_page_is_left(gated: Page, tmp_path: Path) -> None:
    """The chat says why nothing runs and where to go; the run outlives a reload; then the same question works.

    Then a hostile model is let loose, and what it came to fits a phone.
    """
    page = gated
    ask(page, "```python\nprint('it', 'runs')\n```")
    settled(page)
    expect(talk(page).get_by_text(re.compile("the checks to have passed")).first).to_be_visible()
    expect(talk(page).get_by_text(re.compile("Ran Python"))).to_have_count(0)

    talk(page).get_by_role("link", name="Go to Validate").click()
    start = page.locator(".st-key-validate-start-checks button")
    start.click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(start).to_be_disabled()
    page.reload()
    expect(page.locator(".ringfence.check")).to_have_count(10, timeout=RUN)  # five, on each of two tabs
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.get_by_text(re.compile(r"No sandbox opens"))).to_have_count(0)
    usable(page, ".st-key-document")
    assert from_json(saved(page, "JSON", tmp_path)).passed
    assert "The five checks" in saved(page, "HTML", tmp_path)
    assert saved(page, "JUnit", tmp_path).startswith("<?xml")

    page.locator(".st-key-places").get_by_role("link", name="Chat").click()
    ask(page, "```python\nprint('it', 'runs')\n```")
    settled(page)
    expect(talk(page).get_by_text(re.compile("Ran Python")).first).to_be_visible()

    page.locator(".st-key-places").get_by_role("link", name="Validate").click()
    page.get_by_role("tab", name="A hostile model").click()
    page.locator(".st-key-validate-start-attempts button").click()
    expect(page.get_by_text("Nothing got through: 11 attempts, each held.")).to_be_visible(timeout=RUN)
    usable(page, ".st-key-document")
    page.get_by_role("tab", name="Reports").click()
    usable(page, ".st-key-document")
    page.get_by_role("tab", name="A hostile model").click()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".ringfence.attempts:visible").first).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def saved(page: Page, form: str, folder: Path) -> str:
    """The report that a button of the page hands out."""
    with page.expect_download() as download:
        page.get_by_role("button", name=form).click()
    file = folder / f"report-{form}"
    download.value.save_as(file)
    return file.read_text()
