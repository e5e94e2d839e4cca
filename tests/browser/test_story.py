"""What a person does: upload, ask, look, change the rules, stop, come back."""

import os
import re
import time
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.acting import ANSWER, ask, attach, panel, set_number, settled, talk
from tests.browser.conftest import ROOT, App

pytestmark = pytest.mark.browser

TICKS = "```python\nimport time\nfor n in range(40):\n    print('tick', n, flush=True)\n    time.sleep(0.2)\n```"


@pytest.fixture(scope="session")
def penguins() -> Path:
    """A real data set, with missing values."""
    spec = find_spec("palmerpenguins")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0], "data", "penguins.csv")


def test_a_file_a_question_a_chart_a_table_and_a_download(page: Page, penguins: Path, tmp_path: Path) -> None:
    """The main job, within a minute of the page being open, then a follow-up and a file to keep."""
    opened = time.monotonic()
    attach(page, penguins)
    ask(page, "What is the average body mass by species?")
    expect(talk(page).locator(".js-plotly-plot").first).to_be_visible(timeout=ANSWER)
    assert time.monotonic() - opened < ANSWER / 1000
    settled(page)
    expect(talk(page).get_by_text(re.compile("Ran Python")).first).to_be_visible()
    expect(talk(page).locator("[data-testid=stDataFrame]:visible").first).to_be_visible()
    expect(talk(page)).to_contain_text("Gentoo")
    expect(talk(page)).to_contain_text("5,076")
    expect(panel(page)).to_contain_text("Sandbox ready")
    expect(panel(page).locator(".st-key-ticking-meter")).to_contain_text(re.compile(r"ready\s*\d+\ss"))
    screenshot(page)

    ask(page, "as a pie chart")
    settled(page)
    assert talk(page).locator(".js-plotly-plot .pielayer .slice").count() >= 3

    ask(page, "Give me a cleaned file as Excel")
    settled(page)
    with page.expect_download() as download:
        talk(page).get_by_test_id("stDownloadButton").last.locator("button").click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    assert saved.suffix == ".xlsx"
    assert "species" in pd.read_excel(saved).columns


def test_everything_is_there_after_a_reload_and_after_a_restart(
    browser: Browser, tmp_path: Path, penguins: Path
) -> None:
    """Neither closing the tab nor killing the app loses a message or a chart."""
    app = App(tmp_path / "home")
    app.start()
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        page = context.new_page()
        page.goto(app.url)
        attach(page, penguins)
        ask(page, "What is the average body mass by species?")
        expect(talk(page).locator(".js-plotly-plot").first).to_be_visible(timeout=ANSWER)
        settled(page)
        before = words(page)
        page.reload()
        expect(talk(page).locator(".js-plotly-plot").first).to_be_visible(timeout=ANSWER)
        assert words(page) == before

        conversation = page.url.split("?", 1)[1]
        app.kill()
        app.start()
        page.goto(f"{app.url}/?{conversation}")
        expect(talk(page).locator(".js-plotly-plot").first).to_be_visible(timeout=ANSWER)
        assert before in words(page)
        ask(page, "as a pie chart")
        settled(page)
        expect(talk(page).locator(".pielayer .slice").first).to_be_visible(timeout=ANSWER)
    finally:
        context.close()
        app.stop()


def test_an_edit_in_the_middle_of_a_turn_neither_stops_nor_doubles_it(page: Page) -> None:
    """The contract is edited and the page reloaded while code runs; every tick is there, once."""
    ask(page, TICKS)
    expect(talk(page)).to_contain_text("tick 3", timeout=ANSWER)
    set_number(page, "timeout", "call_seconds", "45")
    expect(panel(page)).to_contain_text("version 2")
    expect(panel(page)).to_contain_text("at most 45 s a call")
    page.reload()
    expect(page.locator(".st-key-stop")).to_be_visible(timeout=ANSWER)
    settled(page)
    talk(page).get_by_text(re.compile("Ran Python")).first.click()
    output = talk(page).locator("[data-testid=stCode]").last
    expect(output).to_contain_text("tick 39")
    assert output.inner_text().split("\n") == [f"tick {n}" for n in range(40)]
    assert talk(page).get_by_text(re.compile("Ran Python")).count() == 1


def test_stop_ends_the_turn_and_the_next_question_works(page: Page) -> None:
    """Stop is one click; the code is interrupted, the chat says so, and the variables are kept."""
    ask(page, "```python\nkept = 'still here'\n```")
    settled(page)
    ask(page, TICKS)
    expect(talk(page)).to_contain_text("tick 3", timeout=ANSWER)
    page.get_by_role("button", name="Stop").click()
    settled(page, 20_000)
    expect(talk(page).get_by_text(re.compile("was stopped"))).to_be_visible()
    ask(page, "```python\nprint(kept)\n```")
    settled(page)
    expect(talk(page)).to_contain_text("still here")


HOSTILE = {
    "while True: pass": "Time-out clause",
    "x = bytearray(8 << 30)": "Resources clause",
    "f = open('big', 'wb')\nfor _ in range(4096): f.write(bytes(1 << 20))": "Files clause",
    "import os\nwhile True: os.fork()": "failed after",
    "import socket\nsocket.create_connection(('example.com', 80), 2)": "Network clause",
    "import os, pathlib\nprint(os.listdir('/home'))": "FileNotFoundError",
}


def test_hostile_code_has_its_own_error_each_and_the_app_answers_on(page: Page) -> None:
    """Loop, memory, 4 GB, forks, a socket, the host's home: each is told apart, and the next question works."""
    set_number(page, "timeout", "call_seconds", "3")
    expect(panel(page)).to_contain_text("at most 3 s a call")
    for code, told in HOSTILE.items():
        ask(page, f"```python\n{code}\n```")
        settled(page)
        expect(talk(page).get_by_text(re.compile(told)).last).to_be_visible()
    ask(page, "```python\nprint('answers', 'on')\n```")
    settled(page)
    expect(talk(page)).to_contain_text("answers on")


def test_bad_files_get_a_clear_message_each_and_the_good_one_is_read(page: Page, tmp_path: Path) -> None:
    """Empty, corrupt, too large: said in plain words; the good file beside them comes in."""
    bad = {"empty.csv": b"", "broken.xlsx": b"PK\x03\x04 no workbook", "good.csv": b"city,size\nOslo,7\nRome,28\n"}
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    with (tmp_path / "large.csv").open("wb") as large:
        large.truncate(300_000_000)
    attach(page, *(tmp_path / name for name in (*bad, "large.csv")))
    ask(page, "How many rows are in good.csv?")
    settled(page)
    for told in ("is empty", "not an Excel workbook", "200 MiB", "2"):
        expect(talk(page)).to_contain_text(told)


def test_a_sample_can_be_tried_at_once(page: Page) -> None:
    """First run: a sample, then one of the questions that are offered for it."""
    page.get_by_role("button", name="Seattle weather").click()
    question = page.locator("[class*=st-key-suggestion] button").first
    expect(question).to_be_visible(timeout=ANSWER)
    question.click()
    expect(talk(page).locator(".js-plotly-plot").first).to_be_visible(timeout=ANSWER)
    # A click that came before the page was whole once edited every number of the contract.
    expect(panel(page)).to_contain_text("version 1")


def words(page: Page) -> str:
    """All that was said, without the suggestions and the times that go on."""
    return "\n".join(talk(page).locator("[data-testid=stChatMessage]").all_inner_texts())


def screenshot(page: Page) -> None:
    """The picture of the README, drawn anew when it is asked for."""
    target = ROOT / "docs" / "screenshot.png"
    if os.environ.get("UPDATE_SCREENSHOT") or not target.exists():
        target.parent.mkdir(exist_ok=True)
        page.set_viewport_size({"width": 1440, "height": 1300})
        talk(page).get_by_label("Chat message from user").last.evaluate("message => message.scrollIntoView()")
        page.mouse.move(0, 0)
        page.wait_for_timeout(1_000)
        page.screenshot(path=target)
