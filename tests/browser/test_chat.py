"""The chat as one looks at it: what is asked comes into view, charts follow the scheme, and it fits a phone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from agent_core.config import Settings
from agent_core.contract import Contract
from agent_core.events import AgentSaid, ContractChanged, UserAsked
from agent_core.storage.conversations import ConversationStore
from agent_core.storage.database import Database
from agent_core.storage.events import EventStore
from tests.browser.acting import ANSWER, ask, drawn, settled, talk
from tests.browser.axe import usable
from tests.browser.conftest import PATIENCE, App

pytestmark = pytest.mark.browser

CODE = """```python
import pandas as pd, plotly.express as px
frame = pd.DataFrame({"city": ["Oslo", "Rome"], "size": [7, 28]})
display(px.bar(frame, x="city", y="size", title="Cities"))
frame
```"""
TICKS = "```python\nimport time\nfor n in range(400):\n    print('tick', n, flush=True)\n    time.sleep(0.1)\n```"
NEAR = 5
"""Pixels."""
STAYS_UP = """() => new Promise(
    (told) => setTimeout(() => told(document.querySelector(".stMain").scrollTop === 0), 500)
)"""
LIGHT, DARK = "rgb(31, 111, 92)", "rgb(88, 184, 156)"
"""The first colour of charts, as `config.toml` has it for each scheme."""


@pytest.fixture(scope="module")
def chat(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page on a low screen, at a long conversation; for all tests here, in their order."""
    app = App(tmp_path_factory.mktemp("chat") / "home")
    long = stored(app.home)
    app.start()
    with browser.new_context(viewport={"width": 1440, "height": 600}, color_scheme="light") as context:
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto(f"{app.url}/?c={long}")
        yield page
    app.stop()


def stored(home: Path) -> str:
    """A conversation of more turns than a page shows at first; its id."""
    home.mkdir()
    database = Database.open(Settings.from_environment({"RINGFENCE_HOME": str(home)}).database_url)
    conversation = ConversationStore(database).create("local", "Long")
    asked = (UserAsked(turn=f"t{n}", text=f"Question {n}", contract_version=1) for n in range(30))
    said = (AgentSaid(turn=f"t{n}", text="An answer of some length. " * 20) for n in range(30))
    turns = (event for turn in zip(asked, said, strict=True) for event in turn)
    EventStore(database).append(conversation, ContractChanged(version=1, contract=Contract()), *turns)
    database.close()
    return conversation


def bar(page: Page) -> Locator:
    return talk(page).locator(".js-plotly-plot .barlayer path").first


def scroll_up(page: Page) -> Locator:
    """Go to the first question that is shown, and return it."""
    first = talk(page).get_by_label("Chat message from user").first
    talk(page).hover()
    for _ in range(20):  # a page that is on its way to its end goes on, whatever the first turn of the wheel
        page.mouse.wheel(0, -90_000)
        if page.evaluate(STAYS_UP):
            break
    expect(first).to_be_in_viewport()
    return first


def test_earlier_turns_come_above_what_one_reads(chat: Page) -> None:
    """Which stays where it is on the screen."""
    chat.reload()
    expect(talk(chat).get_by_text("Question 29", exact=True)).to_be_attached()
    drawn(chat)
    earlier = chat.get_by_role("button", name=re.compile("Show earlier"))
    scroll_up(chat)
    expect(earlier).to_be_in_viewport()
    read = talk(chat).get_by_text("Question 18", exact=True)
    before = read.bounding_box()
    earlier.click()
    expect(talk(chat).get_by_text("Question 6", exact=True)).to_be_attached()
    drawn(chat)
    after = read.bounding_box()
    assert before
    assert after
    assert abs(after["y"] - before["y"]) < NEAR


def test_charts_follow_the_scheme(chat: Page) -> None:
    """The system goes dark and light again while the page is open."""
    chat.get_by_role("button", name="New conversation").first.click()
    expect(talk(chat)).to_contain_text("Ask your data anything")
    ask(chat, CODE)
    settled(chat)
    expect(bar(chat)).to_be_visible(timeout=ANSWER)
    for scheme, colour in (("dark", DARK), ("light", LIGHT)):
        chat.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        expect(bar(chat)).to_have_css("fill", colour)


def test_a_question_comes_into_view_with_its_answer(chat: Page) -> None:
    """From wherever one has scrolled to; and who scrolls away again stays there."""
    first = scroll_up(chat)
    ask(chat, TICKS)
    expect(talk(chat).get_by_test_id("stCode").last).to_contain_text("tick 3", timeout=ANSWER)
    expect(first).not_to_be_in_viewport()
    expect(talk(chat).get_by_text(re.compile("Running code"))).to_be_in_viewport()
    scroll_up(chat)
    expect(talk(chat).get_by_test_id("stCode").last).to_contain_text("tick 25")
    chat.get_by_role("button", name="Stop").click()
    settled(chat)
    expect(first).to_be_in_viewport()


OPENERS = {
    "Save chart": ("[data-testid=stPopoverBody]", "As a picture"),
    "Take away": ("[data-testid=stPopoverBody]", "Jupyter notebook"),
    "Variables": ("[role=dialog]", "DataFrame"),
    "Edit and run": ("[role=dialog]", "It runs in this conversation's sandbox"),
    "Contract": ("[role=dialog]", "Code runs alone on this machine"),
}
"""What is pressed, what then opens, and a part of what that says."""


def test_axe_finds_nothing_grave_on_a_phone(chat: Page, browser: Browser) -> None:
    """The conversation itself, each dialog and popover, and the list of all, which goes once one is chosen."""
    with browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True) as context:
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto(chat.url)
        expect(bar(page)).to_be_visible(timeout=ANSWER)
        talk(page).get_by_text(re.compile("Ran Python")).first.click()
        for opener, (opened, says) in OPENERS.items():
            _open(page, opener, opened, says)
        usable(page)
        page.get_by_test_id("stExpandSidebarButton").click()
        usable(page, "[data-testid=stSidebar]", ("light",))
        page.get_by_role("button", name="New conversation").first.click()
        expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")


def _open(page: Page, opener: str, opened: str, says: str) -> None:
    drawn(page)
    page.get_by_role("button", name=re.compile(opener)).first.click()
    expect(page.locator(opened).last).to_contain_text(says)
    drawn(page)
    usable(page, opened, ("light",))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, opener
    page.keyboard.press("Escape")
    expect(page.locator(opened)).to_have_count(0)
