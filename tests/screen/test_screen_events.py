"""Every kind of event is drawn, whatever it says."""

import io
from pathlib import Path

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from agent_core.contract import PlannerSettings
from agent_core.events import (
    AgentSaid,
    AgentThought,
    Artifact,
    CodeFinished,
    CodeStarted,
    ContractDenied,
    Event,
    FileRemoved,
    PlannerChanged,
    PlannerRetried,
    SandboxAmended,
    SandboxClosed,
    SandboxResumed,
    TurnEnded,
    UserAsked,
)
from components import artifact
from tests.screen import turns
from tests.screen.conftest import as_read, fresh, open_page
from tests.screen.scripted import ScriptedConversation
from tests.strategies import EVENT_TYPES, events, events_of


def shown(page: AppTest) -> str:
    texts = [
        element.value for element in [*page.main.markdown, *page.main.caption, *page.main.warning, *page.main.code]
    ]
    return as_read("\n".join([*texts, *(fold.label for fold in page.main.expander)]))


@settings(max_examples=25, deadline=None)
@given(st.lists(events, max_size=10))
def test_whatever_happened_the_page_draws_without_an_exception(happened):
    conversation = fresh().create("local")
    for event in happened:
        conversation.tell(event)
    assert not open_page(conversation).exception


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.__name__)
def test_each_kind_of_event_is_drawn(kind):
    """None is left to the branch that no event should reach."""
    conversation = fresh().create("local")
    conversation.tell(find(events_of(kind), lambda _: True))
    assert not open_page(conversation).exception


def ended(model: str = "claude-sonnet-4-6") -> TurnEnded:
    used = {"input_tokens": 100, "cache_read_tokens": 900, "cache_write_tokens": 300, "output_tokens": 50}
    given = {"turn": "t", "outcome": "done", "seconds": 4.2, "model_cost_usd": "0.0123"}
    return TurnEnded.model_validate({**given, **used, "model": model})


SAYS: list[tuple[Event, str]] = [
    (UserAsked(turn="t", text="How many?", contract_version=1), "How many?"),
    (AgentThought(turn="t", text="I should count."), "I should count."),
    (AgentSaid(turn="t", text="There are **3**."), "There are **3**."),
    (CodeStarted(turn="t", run="r", code="1 + 1", language="python", contract_version=1), "Python did not finish"),
    (CodeFinished(turn="t", run="r", exit_code=0, seconds=1.24, stdout="2"), "Ran Python, 1.2 s"),
    (CodeFinished(turn="t", run="r", exit_code=3, seconds=1.0), "Exit code 3"),
    (
        CodeFinished(turn="t", run="r", exit_code=1, seconds=2.0, error="out_of_memory", message="Too much."),
        "**Resources clause.** Too much.",
    ),
    (
        CodeFinished(turn="t", run="r", exit_code=1, seconds=2.0, error="disk_full", message="OSError: No space left"),
        "The files together grew larger than the contract allows. OSError: No space left",
    ),
    (turns.refused("a.csv", 200), "a.csv was not taken"),
    (FileRemoved(name="a.csv"), "a.csv was removed"),
    (
        ContractDenied(clause="network", error="network_denied", message="No way out.", version=4),
        "No way out. (Network clause, contract version 4)",
    ),
    (turns.opened(), "Sandbox opened: this machine, 1 GiB, 1 vCPU, contract version 1"),
    (
        SandboxAmended(
            sandbox="s",
            contract_version=2,
            vcpus=1,
            memory_mib=512,
            rate_card="local",
            pending=("filesystem", "resources"),
        ),
        "Waiting for the next sandbox, of contract version 2: Files and Resources",
    ),
    (SandboxResumed(sandbox="s"), "the sandbox has stayed: variables and files are still there"),
    (SandboxClosed(sandbox="s", reason="idle", seconds=61.0), "Sandbox closed after 1 min 01 s: it was idle"),
    (PlannerRetried(turn="t", attempt=2, most=4, delay_seconds=3.0, error="rate_limited"), "(2 of 4)"),
    (turns.ended("t", "stopped"), "Stopped after 4.0 s"),
    (
        PlannerChanged(settings=PlannerSettings(model="m"), changes=("Effort: low → high.",)),
        "Planner, from the next question on. Effort: low → high.",
    ),
    (ended(), "4.2 s, claude-sonnet-4-6: 1,300 tokens read (900 of them cached), 50 written, $0.01"),
    (TurnEnded(turn="t", outcome="failed", error="auth", message="Set the key.", seconds=1.0), "Set the key."),
]


@pytest.mark.parametrize(("event", "words"), SAYS, ids=lambda value: getattr(value, "kind", ""))
def test_an_event_says_what_happened(conversation, event, words):
    conversation.tell(event)
    assert words in shown(open_page(conversation))


@pytest.mark.parametrize(
    ("error", "message", "words"),
    [
        ("out_of_memory", "MemoryError: ", "The code needed more memory than the contract allows."),
        (
            "network_denied",
            "URLError: <urlopen error Tunnel failed: 403 Ringfence: a.b can't be reached, because of this>",
            "The code tried to reach what the contract doesn't allow: a.b can't be reached, because of this.",
        ),
    ],
)
def test_an_exception_says_only_what_a_person_can_use(conversation, error, message, words):
    conversation.tell(CodeFinished(turn="t", run="r", exit_code=1, seconds=2.0, error=error, message=message))
    (callout,) = open_page(conversation).warning
    assert callout.value.replace("\\", "").endswith(f"clause.** {words}")


def test_a_turn_that_is_done_and_a_first_contract_add_no_line(conversation: ScriptedConversation):
    conversation.tell(turns.ended("t"))
    before = shown(open_page(conversation))
    assert "Contract version 1" not in before
    assert "Stopped" not in before


def test_the_built_in_analysts_turn_adds_no_line(conversation):
    conversation.tell(ended("built-in analyst"))
    assert "tokens" not in shown(open_page(conversation))


def test_what_stands_between_texts_stays_there(conversation):
    """A chart comes first by itself, and below the heading that the code shows above it."""
    chart = next(made for made in turns.artifacts(conversation) if made.kind == "chart")
    text = Artifact(
        id="t", name="text.md", kind="text", media_type="text/markdown", size=1, sha256=conversation.keep(b"Above")
    )
    assert [place for place, _ in artifact.ordered((text, chart))] == [0, 1]
    assert [place for place, _ in artifact.ordered((text.model_copy(update={"media_type": "text/plain"}), chart))] == [
        1,
        0,
    ]


def test_each_artifact_is_shown_by_its_kind(conversation):
    conversation.tell(
        CodeFinished(turn="t", run="r", exit_code=0, seconds=1.0, artifacts=turns.artifacts(conversation))
    )
    page = open_page(conversation)
    assert not page.exception
    assert len(page.get("plotly_chart")) == 1
    assert len(page.dataframe) == 1
    assert len(page.image) == 1
    assert any(code.value == "344 penguins, 2 without a weight" for code in page.code)
    labels = [button.label.replace("\\", "").split(",")[0] for button in page.download_button]
    assert labels == ["HTML", "drawing.svg", "CSV", "Excel", "Parquet", "means.csv"]


@pytest.mark.parametrize("kind", ["chart", "table"])
def test_a_damaged_artifact_is_offered_as_a_file_with_a_sentence(conversation, kind):
    sha256 = conversation.keep(b"\x00 not json")
    made = Artifact(id="a", name="odd", kind=kind, media_type="application/json", size=10, sha256=sha256)
    conversation.tell(CodeFinished(turn="t", run="r", exit_code=0, seconds=1.0, artifacts=(made,)))
    page = open_page(conversation)
    assert not page.exception
    assert "damaged" in shown(page)
    assert [as_read(button.label) for button in page.download_button] == ["odd, 10 bytes"]


BOMB = io.BytesIO()
Image.new("1", (12_000, 12_000)).save(BOMB, "PNG")

NO_PICTURES = {
    "an address": ("image/svg+xml", b"http://127.0.0.1:9/?stolen", "is none"),
    "a path": ("image/svg+xml", str(Path(__file__)).encode(), "is none"),
    "noise": ("image/png", b"\x89PNG\r\n\x1a\n nothing", "damaged"),
    "a bomb": ("image/png", BOMB.getvalue(), "too large"),
    "a program": ("image/png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", "damaged"),
}


@pytest.mark.parametrize("case", NO_PICTURES)
def test_an_image_that_is_none_is_offered_as_a_file_with_a_sentence(conversation, case):
    """An address is not loaded, and a path of this machine not read, because a file says it is an image."""
    media_type, data, words = NO_PICTURES[case]
    made = Artifact(
        id="a", name="odd", kind="image", media_type=media_type, size=len(data), sha256=conversation.keep(data)
    )
    conversation.tell(CodeFinished(turn="t", run="r", exit_code=0, seconds=1.0, artifacts=(made,)))
    page = open_page(conversation)
    assert not page.exception
    assert len(page.image) == 0
    assert words in shown(page)
    assert len(page.download_button) == 1


def test_an_artifact_that_is_gone_is_said_to_be_gone(conversation):
    made = Artifact(id="a", name="a.png", kind="image", media_type="image/png", size=10, sha256="0" * 64)
    conversation.tell(CodeFinished(turn="t", run="r", exit_code=0, seconds=1.0, artifacts=(made,)))
    assert "a.png is no longer stored" in shown(open_page(conversation))


def test_the_sandbox_counts_in_the_meter(conversation):
    conversation.tell(turns.opened())
    assert "Sandbox ready" in shown(open_page(conversation))
