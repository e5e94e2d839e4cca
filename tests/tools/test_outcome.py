"""What the model reads of a call."""

import json

from hypothesis import given
from hypothesis import strategies as st

from agent_core.errors import ClauseRefused, RingfenceError
from agent_core.events import Artifact
from agent_core.tools.base import Image, Text
from agent_core.tools.outcome import MODEL_TEXT, Outcome, cut_middle, to_result


def body(outcome: Outcome) -> dict[str, object]:
    text = to_result(outcome).content[0]
    assert isinstance(text, Text)
    return json.loads(text.text)


def test_a_result_is_the_three_fields_with_error_and_artifacts() -> None:
    """A call that went well says so in five fields."""
    assert body(Outcome(stdout="1\n")) == {
        "stdout": "1\n",
        "stderr": "",
        "exit_code": 0,
        "error": None,
        "artifacts": [],
    }


def test_an_error_carries_kind_message_and_advice() -> None:
    """The model is told what went wrong and what it may do."""
    error = body(Outcome(exit_code=1, error="timeout", message="Too long."))["error"]
    assert error == {
        "kind": "timeout",
        "message": "Too long.",
        "advice": "Try a smaller step, or a sample of the data.",
    }


def test_a_refused_clause_is_passed_on_to_the_person() -> None:
    """A policy that can't be read is of the same kind, and its advice is for an operator."""
    error = body(Outcome(exit_code=1, error="clause_refused", message="No."))["error"]
    assert error == {"kind": "clause_refused", "message": "No.", "advice": ClauseRefused.advice}


def test_an_artifact_is_named_and_never_sent_whole() -> None:
    """The bytes and the hash of an artifact stay here."""
    artifact = Artifact(id="1", name="a.csv", kind="file", media_type="text/csv", size=3, sha256="0" * 64)
    assert body(Outcome(artifacts=(artifact,)))["artifacts"] == [{"name": "a.csv", "kind": "file", "size": 3}]


def test_images_follow_the_text() -> None:
    """The model sees what it drew."""
    image = Image(b"png", "image/png")
    assert to_result(Outcome(images=(image,))).content[1:] == (image,)


def test_long_output_is_cut_in_the_middle_and_says_so() -> None:
    """Beginning and end stay, and the number of characters between them is told."""
    stdout = body(Outcome(stdout="a" * 9_000 + "b" * 9_000))["stdout"]
    assert isinstance(stdout, str)
    assert stdout.startswith("a" * 6_000)
    assert stdout.endswith("b" * 4_000)
    assert "[8,000 characters left out]" in stdout


@given(st.text(max_size=400), st.integers(5, 200))
def test_cutting_keeps_short_texts_and_bounds_long_ones(text: str, limit: int) -> None:
    """A text within the limit is untouched; a longer one is about as long as the limit."""
    cut = cut_middle(text, limit)
    assert cut == text if len(text) <= limit else len(cut) <= limit + 60


def test_every_failure_has_advice() -> None:
    """No kind of failure leaves the agent without a next step."""
    assert [kind.__name__ for kind in RingfenceError.__subclasses__() if not kind.advice] == []


def test_the_model_never_gets_more_than_the_limit_of_text() -> None:
    """Two streams of the longest text stay within their bounds."""
    sent = body(Outcome(stdout="x" * 1_000_000, stderr="y" * 1_000_000))
    assert len(json.dumps(sent)) < 3 * MODEL_TEXT
