"""A reply in the Messages API's two forms: one JSON document, or server-sent events."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from agent_core.analyst.reply import Reply

_CHARACTERS_PER_TOKEN = 4
_PIECE = 24


@dataclass(frozen=True, slots=True)
class Envelope:
    """What of the request comes back in the response."""

    model: str
    tool: str | None
    input_characters: int


def message(reply: Reply, envelope: Envelope) -> dict[str, Any]:
    """The whole message."""
    return {
        **_opening(envelope),
        "content": _blocks(reply, envelope),
        "stop_reason": _stop_reason(reply),
        "usage": _usage(reply, envelope),
    }


def events(reply: Reply, envelope: Envelope) -> Iterator[bytes]:
    """The message as server-sent events, its text and code in small pieces."""
    opening = {**_opening(envelope), "content": [], "stop_reason": None}
    opening["usage"] = {**_usage(reply, envelope), "output_tokens": 1}
    yield _event("message_start", {"message": opening})
    for index, block in enumerate(_blocks(reply, envelope)):
        yield from _block(index, block)
    ending = {"stop_reason": _stop_reason(reply), "stop_sequence": None}
    yield _event("message_delta", {"delta": ending, "usage": _usage(reply, envelope)})
    yield _event("message_stop", {})


def _block(index: int, block: dict[str, Any]) -> Iterator[bytes]:
    if block["type"] == "text":
        start, whole, kind, key = {**block, "text": ""}, block["text"], "text_delta", "text"
    else:
        start, whole, kind, key = {**block, "input": {}}, json.dumps(block["input"]), "input_json_delta", "partial_json"
    yield _event("content_block_start", {"index": index, "content_block": start})
    for piece in pieces(whole):
        yield _event("content_block_delta", {"index": index, "delta": {"type": kind, key: piece}})
    yield _event("content_block_stop", {"index": index})


def pieces(text: str) -> Iterator[str]:
    """The text in small pieces that together are the text."""
    for start in range(0, len(text), _PIECE):
        yield text[start : start + _PIECE]


def _blocks(reply: Reply, envelope: Envelope) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": reply.text}] if reply.text else []
    if reply.call and envelope.tool:
        given = {"code": reply.call.code, "language": reply.call.language}
        blocks.append({"type": "tool_use", "id": f"toolu_{uuid4().hex}", "name": envelope.tool, "input": given})
    return blocks


def _opening(envelope: Envelope) -> dict[str, Any]:
    return {
        "id": f"msg_{uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": envelope.model,
        "stop_sequence": None,
    }


def _stop_reason(reply: Reply) -> str:
    return "tool_use" if reply.call else "end_turn"


def _usage(reply: Reply, envelope: Envelope) -> dict[str, int]:
    written = len(reply.text) + (len(reply.call.code) if reply.call else 0)
    return {
        "input_tokens": max(1, envelope.input_characters // _CHARACTERS_PER_TOKEN),
        "output_tokens": max(1, written // _CHARACTERS_PER_TOKEN),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
    }


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()
