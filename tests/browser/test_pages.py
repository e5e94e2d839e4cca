"""What a person does with the contract and the history: read, compare, go back, share, audit."""

import csv
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Locator, Page, expect

from agent_core.contract.forms import from_markdown, from_yaml
from tests.browser.acting import ANSWER, ask, drawn, panel, settled, talk

pytestmark = pytest.mark.browser

SLOW = "```python\nimport time\nfor n in range(50):\n    print('slow', n, flush=True)\n    time.sleep(0.2)\n```"
ENDLESS = SLOW.replace("range(50)", "range(500)")


def document(page: Page) -> Locator:
    return page.locator(".st-key-document")


def visit(page: Page, title: str, tab: str = "") -> None:
    link = page.get_by_role("link", name=title)
    drawn(page)
    link.click()
    try:
        expect(document(page)).to_be_visible(timeout=10_000)
    except AssertionError:
        # A click that lands while the page is drawn anew is lost; a person clicks again.
        link.click()
    expect(document(page)).to_be_visible()
    if tab:
        document(page).get_by_role("tab", name=tab).click()


def send(page: Page, question: str) -> None:
    """Send a message without waiting for it to be asked."""
    box = page.locator(".st-key-composer textarea")
    box.fill(question)
    box.press("Enter")


def set_call_seconds(page: Page, seconds: int) -> None:
    field = panel(page).get_by_label(re.compile("Seconds a call"))
    if not field.is_visible():
        panel(page).locator(".st-key-panel-timeout-fold summary").click()
    field.fill(str(seconds))
    field.press("Enter")
    expect(panel(page)).to_contain_text(f"at most {seconds} s a call")


def saved(page: Page, label: str, folder: Path) -> Path:
    with page.expect_download() as download:
        document(page).get_by_role("button", name=label, exact=True).click()
    target = folder / download.value.suggested_filename
    download.value.save_as(target)
    return target


def test_an_edit_is_a_version_is_compared_and_is_taken_back(own_page: Page) -> None:
    """Version 2 is edited in the panel, shown beside version 1 on the contract page, and undone as version 3."""
    page = own_page
    set_call_seconds(page, 45)
    visit(page, "Contract", "Versions")
    expect(document(page)).to_contain_text("Contract version 2")
    changed = document(page).locator("tr.changed")
    expect(changed).to_have_text(["Time limit for a call60 s45 s"])
    document(page).get_by_role("button", name="Put version 1 back in force").click()
    expect(document(page)).to_contain_text("Contract version 3")
    expect(changed).to_have_text(["Time limit for a call45 s60 s"])
    expect(panel(page)).to_contain_text("at most 60 s a call")
    document(page).get_by_role("combobox", name=re.compile("Compare")).click()
    page.get_by_role("option", name="Version 1").click()
    expect(document(page)).to_contain_text("Versions 1 and 3 say the same.")


def test_a_denial_is_told_once_audited_and_exported(own_page: Page, tmp_path: Path) -> None:
    """Hostile code meets a clause; the chat says which, the audit lists it, and its CSV opens."""
    page = own_page
    set_call_seconds(page, 1)
    ask(page, "```python\nwhile True: pass\n```")
    expect(talk(page)).to_contain_text("Time-out clause, contract version 2.", timeout=ANSWER)
    settled(page)
    assert talk(page).get_by_text(re.compile(r"^(Time-out clause.*)?The call was stopped")).count() == 1
    visit(page, "History", "Audit")
    expect(document(page)).to_contain_text("Denied: Time-out")
    document(page).get_by_role("button", name="Denials").click()
    expect(document(page)).to_contain_text("1 entry")
    with saved(page, "CSV", tmp_path).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["kind"], row["clauses"], row["version"]) for row in rows] == [("denied", "timeout", "2")]
    assert datetime.now(UTC) > datetime.fromisoformat(rows[0]["at"])
    document(page).get_by_role("tab", name="Spend").click()
    expect(document(page)).to_contain_text("By conversation")


def _needs_nothing_from_elsewhere(page: Page, printed: Path) -> None:
    """Opened as a file, it asks for nothing, and it fits a page's width."""
    asked: list[str] = []
    reader = page.context.new_page()
    reader.on("request", lambda request: asked.append(request.url))
    reader.goto(printed.as_uri())
    expect(reader.get_by_role("heading", name="Team analysis")).to_be_visible()
    expect(reader.get_by_text("Time limit for a call")).to_be_visible()
    assert asked == [printed.as_uri()]
    assert reader.evaluate("document.documentElement.scrollWidth <= innerWidth")
    reader.close()


def test_a_contract_goes_out_as_a_file_and_comes_in_again(own_page: Page, tmp_path: Path) -> None:
    """YAML and Markdown say the same; an edited file shows its difference, then a button puts it in force."""
    page = own_page
    visit(page, "Contract", "Export and import")
    _needs_nothing_from_elsewhere(page, saved(page, "HTML to print", tmp_path))
    out = saved(page, "YAML", tmp_path)
    assert from_yaml(out.read_text()) == from_markdown(saved(page, "Markdown", tmp_path).read_text())
    edited = tmp_path / "stricter.yaml"
    values = yaml.safe_load(out.read_text())
    values["timeout"]["call_seconds"] = 7
    edited.write_text(yaml.safe_dump(values))
    (tmp_path / "broken.yaml").write_text("timeout: {call_seconds: soon}")
    field = document(page).locator("input[type=file]")
    field.set_input_files(tmp_path / "broken.yaml")
    expect(document(page)).to_contain_text("broken.yaml is not a contract.")
    expect(document(page)).to_contain_text("must be a whole number")
    field.set_input_files(edited)
    expect(document(page).locator("tr.changed").filter(has_text="7 s")).to_be_visible()
    expect(document(page)).to_contain_text("Contract version 1")
    document(page).get_by_role("button", name="Put it in force").click()
    expect(document(page)).to_contain_text("Contract version 2")
    expect(panel(page)).to_contain_text("at most 7 s a call")


def act(page: Page, name: str) -> None:
    """Choose from the actions of the one conversation that is listed."""
    document(page).get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name=name).or_(page.get_by_role("option", name=name)).click()


def test_conversations_are_found_renamed_and_deleted(own_page: Page) -> None:
    """A name too long is cut. Deleting asks first, and takes the conversation out of every list."""
    page = own_page
    ask(page, "Hello there")
    settled(page)
    visit(page, "History")
    act(page, "Rename")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("as " * 65 + "Birds and what else was pasted")
    dialog.get_by_role("button", name="Rename").click()
    expect(document(page).get_by_role("button", name="Birds")).to_be_visible()
    search = document(page).get_by_role("textbox", name="Search")
    search.fill("bir")
    search.press("Enter")
    act(page, "Delete")
    expect(dialog).to_contain_text("Birds goes for good")
    dialog.get_by_role("button", name="Delete").click()
    expect(document(page)).to_contain_text("No conversation holds all of these words.")
    expect(page.get_by_role("button", name="Birds")).to_have_count(0)


def test_a_resting_sandbox_counts_down_and_is_extended(own_page: Page) -> None:
    """The panel says when the sandbox closes; Extend begins its idle time anew."""
    page = own_page
    panel(page).locator(".st-key-panel-lifecycle-fold summary").click()
    idle = panel(page).get_by_label(re.compile("Idle seconds"))
    idle.fill("60")
    idle.press("Enter")
    expect(panel(page)).to_contain_text("version 2")
    ask(page, "```python\nprint(1)\n```")
    settled(page)
    expect(panel(page)).to_contain_text(re.compile(r"Closes in (5[0-6])\ss"), timeout=ANSWER)
    panel(page).get_by_role("button", name="Extend").click()
    expect(panel(page)).to_contain_text(re.compile(r"Closes in (60|59|58)\ss"))


def test_the_next_question_is_written_while_a_turn_runs(page: Page) -> None:
    """What is sent then waits and is asked next; what is only written stays where it was; neither is lost."""
    box = page.locator(".st-key-composer textarea")
    ask(page, SLOW)
    expect(talk(page)).to_contain_text("slow 3", timeout=ANSWER)
    send(page, "```python\nprint('the', 'second')\n```")
    expect(page.locator(".st-key-waiting-line")).to_contain_text("Next:")
    page.get_by_role("button", name="Take back").click()
    expect(box).to_have_value(re.compile("the', 'second"))
    expect(page.locator(".st-key-take-back")).to_have_count(0)
    box.press("Enter")
    expect(page.locator(".st-key-take-back")).to_be_visible()
    box.fill("a thought for later")
    expect(talk(page)).to_contain_text("the second", timeout=ANSWER)
    settled(page)
    expect(box).to_have_value("a thought for later")
    assert talk(page).get_by_text(re.compile("Ran Python")).count() == 2


def test_stop_gives_back_what_waits(page: Page) -> None:
    """Nothing is asked after Stop that was not sent again."""
    ask(page, ENDLESS)
    expect(talk(page)).to_contain_text("slow 3", timeout=ANSWER)
    send(page, "the next one")
    expect(page.locator(".st-key-waiting-line")).to_contain_text("Next: the next one")
    page.get_by_role("button", name="Stop").click()
    settled(page)
    expect(page.locator(".st-key-composer textarea")).to_have_value("the next one")
    expect(talk(page)).not_to_contain_text("the next one")
