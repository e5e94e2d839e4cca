"""What a person does with the hands, each step waiting until the page has taken it."""

import os
from pathlib import Path

from playwright.sync_api import Locator, Page, Response, expect

ANSWER = 60_000
"""Milliseconds from the open page to a chart."""


def talk(page: Page) -> Locator:
    return page.locator(".st-key-talk")


def panel(page: Page) -> Locator:
    return page.locator(".st-key-panel")


def composer(page: Page) -> Locator:
    return page.locator(".st-key-composer")


def drawn(page: Page) -> None:
    """The script has run through: what is on the page now stays there."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=ANSWER)


def ask(page: Page, question: str) -> None:
    box = composer(page).locator("textarea")
    expect(box).to_be_enabled()
    asked = page.get_by_label("Chat message from user")
    before = asked.count()
    box.fill(question)
    # Not by Enter: a file that is still on its way holds the message back, without a word to a test.
    composer(page).get_by_role("button", name="Send message").click()
    expect(asked).to_have_count(before + 1)


def attach(page: Page, *files: Path) -> None:
    """Put files into the composer; the first that is not too large for it has arrived at the end."""
    expect(composer(page)).to_be_visible()
    drawn(page)
    with page.expect_response(_upload) as arrived:
        composer(page).locator("input[type=file]").set_input_files([str(file) for file in files])
    assert arrived.value.ok, f"the upload was answered with {arrived.value.status}: {arrived.value.text()}"
    for file in files:
        expect(composer(page)).to_contain_text(file.name)


def _upload(response: Response) -> bool:
    return "/upload_file/" in response.url and response.request.method == "PUT"


def saved(page: Page, button: Locator, folder: Path) -> Path:
    """Click a download, and return where it was put."""
    with page.expect_download() as download:
        button.click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def picture(page: Page, name: str) -> None:
    """A picture of the page for a person to look at, where `STORY_PICTURES` names a folder for them."""
    if folder := os.environ.get("STORY_PICTURES"):
        page.mouse.move(0, 0)
        page.wait_for_timeout(700)
        page.screenshot(path=Path(folder) / f"{name}.png")


def settled(page: Page, milliseconds: float = ANSWER) -> None:
    """The turn is over: Stop is gone and the next question can be written."""
    expect(page.locator(".st-key-stop")).to_have_count(0, timeout=milliseconds)
    expect(composer(page).locator("textarea")).to_be_enabled(timeout=milliseconds)


def set_number(page: Page, clause: str, field: str, value: str) -> None:
    """Open a clause of the panel and type a number."""
    number = panel(page).locator(f".st-key-panel-{clause}-{field} input")
    if not number.is_visible():
        panel(page).locator(f".st-key-panel-{clause}-fold summary").click()
    number.fill(value)
    number.press("Enter")
