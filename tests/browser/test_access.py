"""The pages for people who hear them, or who have no mouse."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.acting import ANSWER, ask, composer, drawn, panel, settled, talk
from tests.browser.axe import usable
from tests.browser.conftest import App

pytestmark = pytest.mark.browser

MOST_STOPS = 90
ANSWERED = """```python
import plotly.express as px, pandas as pd
frame = pd.DataFrame({"city": ["Oslo", "Rome"], "size": [7, 28]})
px.bar(frame, x="city", y="size", title="Cities").show()
frame
```"""
SLOW = "```python\nimport time\nfor n in range(100):\n    print('tick', n, flush=True)\n    time.sleep(0.2)\n```"
FOCUS = """() => {
  const ringed = (e) => {
    const {outlineStyle, outlineWidth, boxShadow, borderTopColor} = getComputedStyle(e);
    const outlined = outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
    return outlined || boxShadow !== "none" || borderTopColor === "rgb(31, 111, 92)";
  };
  for (let e = document.activeElement, up = 0; e && up < 6; e = e.parentElement, up++) if (ringed(e)) return true;
  return false;
}"""
"""Whether a ring, or a field's border in the theme's colour, is drawn around what has the focus."""


PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
DIALOG = "[role=dialog]"


def test_axe_finds_nothing_grave_on_any_page(own_page: Page, app: App) -> None:
    """In light and dark, and on a phone; the checks' reports are looked at where their test has made them."""
    page = own_page
    usable(page)
    for fold in ("provider", "network", "timeout", "languages"):
        panel(page).locator(f".st-key-panel-{fold}-fold summary").first.click()
    ask(page, ANSWERED)
    settled(page)
    talk(page).get_by_text(re.compile("Ran Python")).click()
    expect(talk(page).locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=ANSWER)
    usable(page)
    document = page.locator(".st-key-document")
    for place, tabs in {
        "Files": (),
        "Contract": ("Versions", "Providers", "Export and import"),
        "History": ("Audit", "Spend"),
        "Validate": ("A hostile model",),
        "Operator": ("Spend", "Providers and policy"),
    }.items():
        _go(page, place)
        expect(document.get_by_role("heading", level=2).first).to_be_visible()
        _at_both_widths(page)
        for tab in tabs:
            page.get_by_role("tab", name=tab).click()
            _at_both_widths(page)
    _what_opens(page, app)


def _go(page: Page, place: str) -> None:
    """A click that lands while the page is drawn anew is lost; a person clicks again."""
    link = page.locator(".st-key-places").get_by_role("link", name=place)
    there = re.compile(f"/{place.lower()}")
    drawn(page)
    link.click()
    try:
        expect(page).to_have_url(there, timeout=10_000)
    except AssertionError:
        link.click()
    expect(page).to_have_url(there)


def _at_both_widths(page: Page) -> None:
    """In a scheme each: the colours don't depend on the width, nor the layout on the scheme."""
    usable(page, ".st-key-document", ["dark"])
    page.set_viewport_size(PHONE)
    usable(page, ".st-key-document", ["light"])
    expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], page.url
    page.set_viewport_size(DESKTOP)


def _what_opens(page: Page, app: App) -> None:
    """What lies over the pages, on a phone: the contract, the question before a sandbox ends, and the dialogs."""
    page.get_by_role("tab", name="Sandboxes").click()
    page.set_viewport_size(PHONE)
    page.locator(".st-key-document").get_by_role("button", name="End").click()
    usable(page, "[data-testid=stPopoverBody]")
    page.goto(f"{app.url}/contract?{page.url.partition('?')[2]}")
    drawn(page)
    page.locator(".st-key-contract-button button").click()
    meter = page.locator(f"{DIALOG} .st-key-ticking-drawer-meter")
    expect(meter).to_contain_text("Sandbox ready")
    expect(meter).not_to_have_text(meter.text_content() or "")
    for fold in ("provider", "network", "billing"):
        page.locator(f".st-key-drawer-{fold}-fold summary").first.click()
    usable(page, DIALOG)
    page.goto(f"{app.url}/history")
    for act in ("Rename", "Share", "Delete"):
        drawn(page)
        page.locator(".st-key-found").get_by_role("button", name="Actions").first.click()
        page.get_by_role("menuitem", name=act).or_(page.get_by_role("option", name=act)).click()
        expect(page.locator(DIALOG)).to_be_visible()
        usable(page, DIALOG, ["dark", "light"] if act == "Delete" else ["light"])
        page.keyboard.press("Escape")
        expect(page.locator(DIALOG)).to_have_count(0)
    _asks_in_several_lines(page, app)


def _asks_in_several_lines(page: Page, app: App) -> None:
    """On a phone: the field is as low again after that as it was before, though Stop had taken its room."""
    page.goto(app.url)
    drawn(page)
    field = composer(page).get_by_test_id("stChatInput")
    low = field.bounding_box()
    ask(page, SLOW)
    expect(talk(page)).to_contain_text("tick 3", timeout=ANSWER)
    page.get_by_role("button", name="Stop").click()
    settled(page)
    drawn(page)
    assert low
    expect(field).to_have_css("height", f"{low['height']:g}px")


def reach(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Go there by one key, and see that the page shows where one is."""
    expect(wanted).to_be_visible()
    for _ in range(MOST_STOPS):
        if wanted.evaluate("element => element === document.activeElement"):
            page.wait_for_function(FOCUS)  # a field's border takes a moment to change
            return
        page.keyboard.press(key)
    raise AssertionError(f"{wanted} was not reached in {MOST_STOPS} stops")


def test_all_is_done_without_a_mouse(own_page: Page, tmp_path: Path) -> None:
    """A file, a question, its code; a turn stopped and asked again; the conversation renamed, and back to it."""
    _give(own_page, tmp_path)
    _ask_and_open_the_code(own_page)
    _stop_and_ask_again(own_page)
    _rename_and_go_back(own_page)


def _give(page: Page, folder: Path) -> None:
    (folder / "cities.csv").write_text("city,size\nOslo,7\nRome,28\nBonn,3\n")
    with page.expect_file_chooser() as chosen:
        reach(page, page.locator(".st-key-first-run [data-testid=stFileUploaderDropzone] button"))
        page.keyboard.press("Enter")
    chosen.value.set_files(folder / "cities.csv")
    expect(talk(page)).to_contain_text("3 rows × 2 columns", timeout=ANSWER)
    settled(page)


def _ask_and_open_the_code(page: Page) -> None:
    _say(page, "What is the total size by city?")
    settled(page)
    drawn(page)
    reach(page, talk(page).locator("summary").filter(has_text="Ran Python").last, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(talk(page).get_by_test_id("stCode").first).to_be_visible()


def _stop_and_ask_again(page: Page) -> None:
    _say(page, SLOW)
    expect(talk(page)).to_contain_text("tick 3", timeout=ANSWER)
    reach(page, page.get_by_role("button", name="Stop"))
    page.keyboard.press("Enter")
    settled(page)
    expect(talk(page)).to_contain_text("was stopped")
    drawn(page)
    reach(page, page.get_by_role("button", name="Ask differently").last, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(composer(page).locator("textarea")).to_have_value(SLOW)
    drawn(page)
    _say(page, "```python\nprint('asked', 'again')\n```")
    settled(page)
    expect(talk(page)).to_contain_text("asked again")


def _rename_and_go_back(page: Page) -> None:
    drawn(page)
    found = page.locator(".st-key-found")
    reach(page, page.locator(".st-key-places").get_by_role("link", name="History"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(found).to_be_visible()
    drawn(page)
    reach(page, found.get_by_role("button", name="Actions").first)
    page.keyboard.press("Enter")
    reach(page, page.get_by_role("menuitem", name="Rename").or_(page.get_by_role("option", name="Rename")), "ArrowDown")
    page.keyboard.press("Enter")
    reach(page, page.get_by_role("dialog").get_by_label("Title"))
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("Cities")
    page.keyboard.press("Enter")
    reach(page, found.get_by_role("button", name="Cities"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(talk(page)).to_contain_text("asked again")


def _say(page: Page, words: str) -> None:
    reach(page, composer(page).locator("textarea"))
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(words)
    page.keyboard.press("Enter")
