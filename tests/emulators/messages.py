"""An Anthropic Messages endpoint that says what a test scripted, and keeps what it was asked.

It refuses what the real one refuses: a `tool_use` that is not answered in the next message, and a
`tool_result` that answers nothing. `MessagesEndpoint` is an ASGI app; serve it over any socket.
"""

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

_NUMBERS = itertools.count(1)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class Say:
    """A text block, streamed in pieces."""

    text: str


@dataclass(frozen=True)
class Think:
    """A block of thinking, with the signature that the real endpoint adds."""

    text: str


@dataclass(frozen=True)
class Call:
    """A tool call. `name` is the tool's name as the request listed it."""

    name: str
    input: Mapping[str, Any]
    id: str = "toolu_1"


@dataclass(frozen=True)
class Answer:
    """One streamed message. `piece` characters go in a delta, and `pause_seconds` pass between two."""

    blocks: tuple[Say | Think | Call, ...]
    piece: int = 12
    pause_seconds: float = 0.0
    cut_after_events: int | None = None
    """After so many events the connection is dropped, with the message unfinished."""
    hang_after_events: int | None = None
    """After so many events nothing more comes until the client goes away."""
    input_tokens: int = 100
    output_tokens: int = 20


@dataclass(frozen=True)
class Fault:
    """An error answer in the API's own form."""

    status: int
    kind: str
    message: str = "scripted fault"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Hang:
    """No answer at all, until the client goes away."""


Reply = Answer | Fault | Hang


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The JSON document; {} where there was none."""
        return json.loads(self.raw) if self.raw else {}


@dataclass
class MessagesEndpoint:
    """The ASGI app: `script` replies in order, then `otherwise` for ever."""

    script: deque[Reply] = field(default_factory=deque)
    otherwise: Reply = Fault(400, "invalid_request_error", "the script has no more replies")
    asked: list[Asked] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    """What a request did against the rules of the Messages API."""
    abandoned: int = 0
    """How many replies the client did not wait for."""

    def then(self, *replies: Reply) -> "MessagesEndpoint":
        self.script.extend(replies)
        return self

    async def until_asked(self, count: int, timeout_seconds: float = 10) -> None:
        async with asyncio.timeout(timeout_seconds):
            while len(self.asked) < count:  # noqa: ASYNC110  # a test may look away
                await asyncio.sleep(0.01)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        asked = Asked(scope["method"], scope["path"], _headers(scope), await _body(receive))
        self.asked.append(asked)
        if asked.path.endswith("/count_tokens"):
            await _respond(send, 200, {"input_tokens": len(asked.raw) // 4})
            return
        if (scope["method"], scope["path"]) != ("POST", "/v1/messages"):
            await _respond(send, 404, _error("not_found_error", "no such path"))
            return
        if broken := violation(asked.body):
            self.violations.append(broken)
            await _respond(send, 400, _error("invalid_request_error", broken))
            return
        await self._reply(asked.body, receive, send)

    async def _reply(self, body: Mapping[str, Any], receive: Receive, send: Send) -> None:
        match self.script.popleft() if self.script else self.otherwise:
            case Fault(status, kind, message, headers):
                await _respond(send, status, _error(kind, message), headers)
            case Hang():
                await self._hang(receive)
            case Answer() as answer if body.get("stream"):
                await self._stream(answer, str(body["model"]), receive, send)
            case Answer() as answer:
                await _respond(send, 200, _message(answer, str(body["model"])))

    async def _stream(self, answer: Answer, model: str, receive: Receive, send: Send) -> None:
        await send(_start(200, [("content-type", "text/event-stream")]))
        gone = asyncio.create_task(_disconnected(receive))
        try:
            for number, event in enumerate(events(answer, model)):
                if number == answer.cut_after_events:
                    raise ConnectionResetError("scripted cut")
                if number == answer.hang_after_events:
                    await self._hang_on(gone)
                    return
                data = f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()
                await send({"type": "http.response.body", "body": data, "more_body": True})
                if answer.pause_seconds:
                    await asyncio.wait([gone], timeout=answer.pause_seconds)
                if gone.done():
                    self.abandoned += 1
                    return
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()

    async def _hang(self, receive: Receive) -> None:
        await self._hang_on(asyncio.create_task(_disconnected(receive)))

    async def _hang_on(self, gone: asyncio.Task[None]) -> None:
        try:
            await gone
            self.abandoned += 1
        finally:
            gone.cancel()


def events(answer: Answer, model: str) -> Iterator[dict[str, Any]]:
    """The stream's events for an answer."""
    usage = {"input_tokens": answer.input_tokens, "output_tokens": 1}
    yield {"type": "message_start", "message": {**_message(answer, model), "content": [], "usage": usage}}
    for index, block in enumerate(answer.blocks):
        yield from _block_events(index, block, answer.piece)
    delta = {"stop_reason": _stop_reason(answer), "stop_sequence": None}
    yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": answer.output_tokens}}
    yield {"type": "message_stop"}


def _block_events(index: int, block: Say | Think | Call, piece: int) -> Iterator[dict[str, Any]]:
    match block:
        case Say(text):
            empty, deltas = {"type": "text", "text": ""}, _deltas("text_delta", "text", text, piece)
        case Think(text):
            empty = {"type": "thinking", "thinking": "", "signature": ""}
            deltas = [
                *_deltas("thinking_delta", "thinking", text, piece),
                {"type": "signature_delta", "signature": "sig"},
            ]
        case Call(name, input_, id_):
            empty = {"type": "tool_use", "id": id_, "name": name, "input": {}}
            deltas = _deltas("input_json_delta", "partial_json", json.dumps(dict(input_)), piece)
    yield {"type": "content_block_start", "index": index, "content_block": empty}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def _deltas(kind: str, field_name: str, text: str, piece: int) -> list[dict[str, str]]:
    return [{"type": kind, field_name: text[at : at + piece]} for at in range(0, len(text), piece)]


def _message(answer: Answer, model: str) -> dict[str, Any]:
    return {
        "id": f"msg_{next(_NUMBERS)}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [_whole(block) for block in answer.blocks],
        "stop_reason": _stop_reason(answer),
        "stop_sequence": None,
        "usage": {"input_tokens": answer.input_tokens, "output_tokens": answer.output_tokens},
    }


def _whole(block: Say | Think | Call) -> dict[str, Any]:
    match block:
        case Say(text):
            return {"type": "text", "text": text}
        case Think(text):
            return {"type": "thinking", "thinking": text, "signature": "sig"}
        case Call(name, input_, id_):
            return {"type": "tool_use", "id": id_, "name": name, "input": dict(input_)}


def _stop_reason(answer: Answer) -> str:
    return "tool_use" if any(isinstance(block, Call) for block in answer.blocks) else "end_turn"


def violation(body: Mapping[str, Any]) -> str | None:
    """The first rule on tool calls that a request breaks; None for a good one."""
    waiting: set[str] = set()
    for message in body.get("messages", ()):
        blocks = message["content"] if isinstance(message["content"], list) else []
        results = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
        if waiting - results:
            return f"tool_use without tool_result: {sorted(waiting - results)}"
        if results - waiting:
            return f"tool_result without tool_use: {sorted(results - waiting)}"
        waiting = {block["id"] for block in blocks if block["type"] == "tool_use"}
    return f"tool_use at the end: {sorted(waiting)}" if waiting else None


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode().lower(): value.decode() for name, value in scope["headers"]}


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}}


def _start(status: int, headers: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "type": "http.response.start",
        "status": status,
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }


async def _respond(send: Send, status: int, body: Mapping[str, Any], headers: tuple[tuple[str, str], ...] = ()) -> None:
    await send(_start(status, [("content-type", "application/json"), *headers]))
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
