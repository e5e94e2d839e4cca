"""Translates the SDK's messages into signals."""

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from claude_agent_sdk import (
    AssistantMessage,
    ConversationResetMessage,
    Message,
    MirrorErrorMessage,
    RateLimitEvent,
    ResultMessage,
    StreamEvent,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    UserMessage,
)

from agent_core.contract import LANGUAGES
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
from agent_core.planning.failures import retry_reason
from agent_core.planning.partial import PartialStrings

_log = structlog.get_logger(__name__)

_SYNTHETIC = "<synthetic>"
"""The model's name on text that the SDK wrote itself."""

_QUIET_EVENTS = frozenset({"content_block_stop", "message_stop", "ping"})
_QUIET_DELTAS = frozenset({"signature_delta", "citations_delta"})


class Translator:
    """One turn's messages, in order. Nothing is told that the model did not write."""

    def __init__(self) -> None:
        self.answer_error: str | None = None
        """The SDK's name for the error that ended the turn."""
        self.model_calls = 0
        self.tokens = Tokens()
        """What has been used so far, also when the turn never gets to its end."""
        self._begun: TextDone | ThinkingDone | None = None
        self._code: PartialStrings | None = None
        self._unknown: set[str] = set()

    def translate(self, message: Message) -> Iterator[Signal]:
        """The signals of one message."""
        match message:
            case StreamEvent(event=event):
                yield from self._event(event)
            case AssistantMessage():
                yield from self._answer(message)
            case MirrorErrorMessage():
                _log.warning("transcript_not_kept")
            case SystemMessage(subtype="api_retry", data=data):
                yield from self._taken_back()
                yield _retrying(data)
            case SystemMessage() | UserMessage() | ResultMessage() | RateLimitEvent() | ConversationResetMessage():
                pass
            case _:
                self._ignore(type(message).__name__)

    def _answer(self, message: AssistantMessage) -> Iterator[Signal]:
        if message.error is not None:
            self.answer_error = message.error
        if message.error is not None or message.model == _SYNTHETIC:
            return
        for block in message.content:
            self._begun = None
            match block:
                case TextBlock(text=text):
                    yield TextDone(text)
                case ThinkingBlock(thinking=thinking):
                    yield ThinkingDone(thinking)
                case _:
                    pass

    def _event(self, event: Mapping[str, Any]) -> Iterator[Signal]:
        match event:
            case {"type": "message_start", "message": {"usage": usage}}:
                yield from self._taken_back()
                self.model_calls += 1
                self.tokens = add(self.tokens, tokens_of({**usage, "output_tokens": 0}))
            case {"type": "message_delta", "usage": {"output_tokens": int(output)}}:
                self.tokens = add(self.tokens, Tokens(output=output))
            case {"type": "content_block_start", "content_block": {"type": kind}}:
                self._code = PartialStrings(("code", "language")) if kind == "tool_use" else None
            case {"type": "content_block_delta", "delta": delta}:
                yield from self._delta(delta)
            case {"type": kind} if kind in _QUIET_EVENTS:
                pass
            case _:
                self._ignore(f"event {event.get('type')}")

    def _delta(self, delta: Mapping[str, Any]) -> Iterator[Signal]:
        match delta:
            case {"type": "text_delta", "text": str(text)}:
                self._begun = TextDone("")
                yield TextDelta(text)
            case {"type": "thinking_delta", "thinking": str(thinking)}:
                self._begun = ThinkingDone("")
                yield ThinkingDelta(thinking)
            case {"type": "input_json_delta", "partial_json": str(piece)} if self._code is not None:
                before = _written(self._code)
                self._code.feed(piece)
                if (written := _written(self._code)).code and written != before:
                    yield written
            case {"type": kind} if kind in _QUIET_DELTAS:
                pass
            case _:
                self._ignore(f"delta {delta.get('type')}")

    def _taken_back(self) -> Iterator[Signal]:
        begun, self._begun = self._begun, None
        if begun is not None:
            yield begun

    def _ignore(self, kind: str) -> None:
        if kind not in self._unknown:
            self._unknown.add(kind)
            _log.warning("unknown_message_ignored", kind=kind)


def _written(code: PartialStrings) -> CodeDelta:
    language = code["language"]
    return CodeDelta(code["code"], language if language in LANGUAGES else "python")


def tokens_of(usage: Mapping[str, Any]) -> Tokens:
    """The API's usage object as tokens; what is missing counts as none."""

    def count(name: str) -> int:
        value = usage.get(name)
        return value if isinstance(value, int) else 0

    return Tokens(
        input=count("input_tokens"),
        output=count("output_tokens"),
        cache_read=count("cache_read_input_tokens"),
        cache_write=count("cache_creation_input_tokens"),
    )


def add(one: Tokens, other: Tokens) -> Tokens:
    """Both together."""
    return Tokens(
        one.input + other.input,
        one.output + other.output,
        one.cache_read + other.cache_read,
        one.cache_write + other.cache_write,
    )


def _retrying(data: Mapping[str, Any]) -> Retrying:
    def number(name: str) -> float:
        value = data.get(name)
        return value if isinstance(value, int | float) else 0

    status = data.get("error_status")
    return Retrying(
        attempt=int(number("attempt")),
        most=int(number("max_retries")),
        delay_seconds=number("retry_delay_ms") / 1000,
        reason=retry_reason(status if isinstance(status, int) else None),
    )
