"""A person's conversations: found, pinned, asked differently, shared and ended."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.acting import ask, composer, drawn, settled, talk
from tests.browser.conftest import PATIENCE

pytestmark = pytest.mark.browser


def test_found_forked_and_shared(browser: Browser, own_page: Page) -> None:
    page = own_page
    ask(page, "```python\nprint('xylo' + 'phone')\n```")
    settled(page)
    ask(page, "```python\nprint('glocken' + 'spiel')\n```")
    settled(page)
    original = page.url

    page.get_by_role("button", name="Ask differently").last.click()
    expect(composer(page).locator("textarea")).to_have_value("```python\nprint('glocken' + 'spiel')\n```")
    expect(talk(page)).to_contain_text("Copied from")
    expect(talk(page)).to_contain_text("xylophone")
    expect(talk(page)).not_to_contain_text("glockenspiel")
    assert page.url != original

    page.get_by_role("link", name="History").click()
    found = page.locator(".st-key-found")
    expect(found.get_by_role("button", name="Actions")).to_have_count(2)
    page.get_by_role("textbox", name="Search").fill("GLOCKEN")
    page.keyboard.press("Enter")
    expect(found.get_by_role("button", name="Actions")).to_have_count(1)
    found.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Share").or_(page.get_by_role("option", name="Share")).click()
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_role("dialog").locator("code").inner_text()

    with browser.new_context(viewport={"width": 390, "height": 844}) as other:
        other.set_default_timeout(PATIENCE)
        reader = other.new_page()
        reader.goto(link)
        expect(talk(reader)).to_contain_text("glockenspiel")
        expect(composer(reader)).to_have_count(0)
        expect(reader.get_by_role("button", name="Fork")).to_have_count(0)
        page.get_by_role("button", name="End the link").click()
        expect(page.get_by_role("button", name="Make a link")).to_be_visible()
        reader.reload()
        drawn(reader)
        expect(reader.get_by_text("This link leads nowhere")).to_be_visible()
        expect(reader.locator("body")).not_to_contain_text("glockenspiel")
