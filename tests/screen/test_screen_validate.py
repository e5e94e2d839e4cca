"""The validate page: what a run found is told as it is, and nothing that a sandbox printed becomes markup."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from agent_core.contract import Contract, Timeout
from agent_core.session.reports import KeptReport
from agent_core.session.validation import Run
from agent_core.validation.base import Finding, Group, Outcome, Probe, Report
from agent_core.validation.forms import digest
from agent_core.validation.hostile.attempt import Attempt, Ending, HostileReport
from components.places import VALIDATE
from tests.screen.conftest import open_page
from tests.screen.scripted import ScriptedConversation, ScriptedDeployment
from tests.screen.test_screen_pages import HOSTILE, html, visit, words

WITHHELD = "No sandbox opens on this machine yet: run the checks. [a](http://evil.example)"


def report(*endings: Ending, text: str = "seen", here: bool = True) -> HostileReport:
    attempts = [
        Attempt(f"a{number}", f"Attempt {number}", text, ending, "sandbox", text, text, here=here)
        for number, ending in enumerate(endings)
    ]
    return HostileReport(datetime.now(UTC), "local", "Team analysis", 2, tuple(attempts))


def button(page: AppTest, key: str):
    return next(one for one in page.button if one.key == key)


def notes(page: AppTest) -> str:
    return "\n".join(one.value for one in [*page.success, *page.warning, *page.error]).replace("\\", "")


def test_a_run_is_started_under_the_contract_in_force(scripted: ScriptedDeployment, conversation):
    conversation.amend(Contract(name="Mine"))
    page = visit(VALIDATE, conversation)
    assert "Mine, version 2" in words(page)
    button(page, "validate-start-attempts").click().run()
    assert scripted.validations.started == [("local", "attempts", Contract(name="Mine"), 2)]
    assert button(page, "validate-start-attempts").disabled
    button(page, "validate-stop-attempts").click().run()
    assert scripted.validations.stopped == 1


def test_a_run_under_way_says_what_is_tried(scripted: ScriptedDeployment, conversation):
    run = Run("attempts", "local", datetime.now(UTC), 1, done=3, of=11, trying="Reading files of this machine")
    scripted.validations.current = run
    page = visit(VALIDATE, conversation)
    (bar,) = page.get("progress")
    assert "Reading files of this machine, 3 of 11" in bar.proto.text.replace("\\", "")
    scripted.validations.current = replace(run, running=False, problem=HOSTILE)
    assert HOSTILE.split("|")[0].strip() in notes(visit(VALIDATE, conversation))


@pytest.mark.parametrize(
    ("endings", "told"),
    [
        (("stopped", "page", "allowed"), "Nothing got through: 3 attempts, each held."),
        (("stopped", "got_through"), "1 attempt got through."),
        (("stopped", "inconclusive"), "Nothing got through, but 1 attempt could not be tried."),
    ],
)
def test_what_a_run_came_to_is_told_in_a_sentence(scripted: ScriptedDeployment, conversation, endings, told):
    scripted.validations.found = report(*endings)
    assert told in notes(visit(VALIDATE, conversation))


def test_what_could_not_be_tried_is_not_called_stopped(scripted: ScriptedDeployment, conversation):
    scripted.validations.found = report("inconclusive")
    table = html(visit(VALIDATE, conversation))
    assert "Not tried" in table
    assert "Stopped" not in table
    scripted.validations.found = report("stopped", here=False)
    page = visit(VALIDATE, conversation)
    assert "Sandbox, not tried here" in html(page)
    assert "Nothing got through: 0 attempts" in notes(page)


def test_nothing_that_was_seen_becomes_markup(scripted: ScriptedDeployment, conversation):
    scripted.validations.found = report("stopped", "got_through", text=HOSTILE)
    page = visit(VALIDATE, conversation)
    table = html(page)
    assert "<img" not in table
    assert table.count("&lt;img src=x onerror=alert(1)&gt;") == 6


@pytest.mark.parametrize("place", ["chat", "panel", "validate"])
def test_a_contract_that_was_not_checked_says_so_with_the_way_to_the_page(conversation: ScriptedConversation, place):
    conversation.withheld = WITHHELD
    page = visit(VALIDATE, conversation) if place == "validate" else open_page(conversation)
    told = [one.value for one in page.warning]
    assert len(told) == (1 if place == "validate" else 2)
    assert all("[a](" not in one for one in told)
    ways = [link for link in page.main.get("page_link") if link.proto.label == "Go to Validate"]
    assert len(ways) == (0 if place == "validate" else 2)
    conversation.withheld = ""
    assert not open_page(conversation).warning


def checked(*outcomes: Outcome, text: str = "seen", contract: Contract | None = None, group: Group = "checks"):
    """A kept report with a finding for each outcome."""
    findings = tuple(
        Finding(Probe(f"p{number}", group, f"{text} holds", text, f"{text} is open", f"{text} to do"), outcome, text)
        for number, outcome in enumerate(outcomes)
    )
    found = Report("local", contract or Contract(), 1, datetime.now(UTC), 2.0, {}, findings)
    return KeptReport(digest(found), digest(found), found)


def test_each_outcome_is_told_apart_and_a_failure_says_what_to_do(scripted: ScriptedDeployment, conversation):
    scripted.validations.kept = (checked("passed", "failed", "inconclusive", "not_applicable"),)
    page = visit(VALIDATE, conversation)
    table = html(page)
    for word in ("Passed", "Failed", "Inconclusive", "Not applicable"):
        assert f">{word}</span>" in table
    assert table.count("seen is open") == table.count("seen to do") == 2, "Once on each of two tabs."
    assert "Not everything held: 1 failed, 1 inconclusive, 1 passed, 1 not applicable. This must hold" in notes(page)


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [(("passed", "inconclusive"), "not everything could be seen"), (("passed", "not_applicable"), "Everything held")],
)
def test_what_was_not_seen_is_not_called_held(scripted: ScriptedDeployment, conversation, outcomes, told):
    scripted.validations.kept = (checked(*outcomes),)
    assert told in notes(visit(VALIDATE, conversation))


def test_deeper_probes_are_folded_with_their_counts(scripted: ScriptedDeployment, conversation):
    scripted.validations.kept = (checked("passed", "passed", "failed", group="network"),)
    labels = [fold.label.replace("\\", "") for fold in visit(VALIDATE, conversation).main.expander]
    assert "Network :gray[1 failed, 2 passed]" in labels


def test_a_report_about_another_contract_is_not_shown_as_this_one_s(scripted: ScriptedDeployment, conversation):
    """It is among the reports, but the checks say that they were not run under this contract."""
    scripted.validations.kept = (checked("passed", contract=Contract(timeout=Timeout(call_seconds=5))),)
    assert "They were not run under this contract yet" in words(visit(VALIDATE, conversation))
    conversation.amend(Contract(timeout=Timeout(call_seconds=5), name="Renamed"))
    assert "They were not run under this contract yet" not in words(visit(VALIDATE, conversation))


def test_reports_are_listed_and_two_compared(scripted: ScriptedDeployment, conversation):
    later, earlier = checked("failed", "passed"), checked("passed", "passed", text="before")
    scripted.validations.kept = (later, earlier)
    page = visit(VALIDATE, conversation)
    table = html(page)
    assert later.digest[:12] in table
    assert earlier.digest[:12] in table
    comparison = next(one.proto.body for one in page.get("html") if ">Earlier<" in one.proto.body)
    assert comparison.count("<tr>") == 2, "The head, and the one probe that came out otherwise."
    assert "Passed" in comparison
    assert "Failed" in comparison


def test_nothing_of_a_report_becomes_markup(scripted: ScriptedDeployment, conversation):
    hostile = Contract(name=HOSTILE[:80])
    conversation.amend(hostile)
    kept = [checked("failed", "passed", text=HOSTILE, contract=hostile, group=group) for group in ("checks", "network")]
    scripted.validations.kept = tuple(kept)
    page = visit(VALIDATE, conversation)
    assert "<img" not in html(page)
    texts = [one.value for one in [*page.main.markdown, *page.main.caption, *page.error]]
    assert not any("![b]" in text or "[a](" in text for text in texts)
