"""The SDK's messages become signals."""

from typing import Any

from claude_agent_sdk import (
    AssistantMessage,
    ConversationResetMessage,
    Message,
    MirrorErrorMessage,
    StreamEvent,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolUseBlock,
    UserMessage,
)
from structlog.testing import capture_logs

from agent_core.planning.base import (
    CodeDelta,
    Retrying,
    Signal,
    TextDelta,
    TextDone,
    ThinkingDelta,
    ThinkingDone,
    Tokens,
)
from agent_core.planning.translate import Translator
from tests.emulators.messages import Answer, Call, Say, Think, events

MODEL = "claude-sonnet-4-6"


def event(body: dict[str, Any]) -> StreamEvent:
    return StreamEvent(uuid="u", session_id="s", event=body)


def translated(translator: Translator, *messages: Message) -> list[Signal]:
    return [signal for message in messages for signal in translator.translate(message)]


def test_a_streamed_answer_is_told_piece_by_piece_and_then_whole() -> None:
    """Thinking, text and code each appear as they are written."""
    answer = Answer((Think("Hm."), Say("Hello"), Call("t", {"code": "print(1)", "language": "bash"})), piece=20)
    translator = Translator()
    pieces = translated(translator, *(event(body) for body in events(answer, MODEL)))
    assert pieces == [
        ThinkingDelta("Hm."),
        TextDelta("Hello"),
        CodeDelta("print(1)", "python"),
        CodeDelta("print(1)", "bash"),
    ]
    whole = AssistantMessage([ThinkingBlock("Hm.", "sig"), TextBlock("Hello"), ToolUseBlock("i", "t", {})], MODEL)
    assert translated(translator, whole) == [ThinkingDone("Hm."), TextDone("Hello")]
    assert translator.model_calls == 1
    assert translator.tokens == Tokens(input=100, output=20)


def test_text_that_the_sdk_wrote_itself_is_never_an_answer() -> None:
    """An API error comes as an assistant's message; it is an error, not a text."""
    translator = Translator()
    error = AssistantMessage([TextBlock("API Error: 429")], "<synthetic>", error="rate_limit")
    assert translated(translator, error) == []
    assert translator.answer_error == "rate_limit"
    assert translated(translator, AssistantMessage([TextBlock("No response requested.")], "<synthetic>")) == []


def test_a_retry_takes_back_what_was_half_written_and_says_when_it_comes() -> None:
    """The text begins anew after a broken stream, so the half of it must not stay."""
    translator = Translator()
    begun = [event(body) for body in events(Answer((Say("Half a"),), piece=20), MODEL)][:3]
    data = {"attempt": 1, "max_retries": 2, "retry_delay_ms": 500, "error_status": 429}
    retry = SystemMessage("api_retry", data)
    assert translated(translator, *begun, retry) == [
        TextDelta("Half a"),
        TextDone(""),
        Retrying(attempt=1, most=2, delay_seconds=0.5, reason="rate_limited"),
    ]


def test_retries_name_their_reason() -> None:
    """401 is the key's fault, 429 the rate's, and all else the endpoint's."""
    reasons = [
        signal.reason
        for status in (401, 429, 500, None)
        for signal in translated(Translator(), SystemMessage("api_retry", {"error_status": status}))
        if isinstance(signal, Retrying)
    ]
    assert reasons == ["auth", "rate_limited", "provider_unavailable", "provider_unavailable"]


def test_unknown_kinds_are_ignored_with_one_warning_each() -> None:
    """A newer SDK may say more; that breaks nothing, and is logged without its content."""
    translator = Translator()
    with capture_logs() as logs:
        for _ in range(3):
            strange = {"type": "content_block_delta", "delta": {"type": "new_delta", "x": "private"}}
            assert translated(translator, event({"type": "new", "x": "private"}), event(strange)) == []
    assert [entry["kind"] for entry in logs] == ["event new", "delta new_delta"]
    assert "private" not in str(logs)


def test_messages_that_say_nothing_to_the_person_are_quiet() -> None:
    """Notes of the SDK are neither signals nor warnings."""
    quiet = (UserMessage("x"), SystemMessage("init", {}), SystemMessage("thinking_tokens", {}), event({"type": "ping"}))
    with capture_logs() as logs:
        assert translated(Translator(), *quiet, ConversationResetMessage("n", "u", "s")) == []
    assert logs == []


def test_a_transcript_that_could_not_be_kept_is_logged() -> None:
    """Without it the conversation can't be resumed, which an operator must know."""
    with capture_logs() as logs:
        translated(Translator(), MirrorErrorMessage("mirror_error", {}, key=None, error="disk"))
    assert [entry["event"] for entry in logs] == ["transcript_not_kept"]
