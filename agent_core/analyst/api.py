"""The endpoint: an ASGI application that answers the Messages API by rules. It keeps no state."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from agent_core.analyst.dialogue import read
from agent_core.analyst.plan import answer
from agent_core.analyst.reply import Reply
from agent_core.analyst.stream import Envelope, events, message

_LONGEST_PAUSE = 0.012
_CHARACTERS_PER_TOKEN = 4


def create_app(pace_seconds: float = 0.4) -> Starlette:
    """The application. A streamed reply takes about `pace_seconds`, so that it can be read as it appears."""

    async def messages(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return _refusal("The request's body is not a JSON object.")
        # Reading a question is a few milliseconds of pure computing; the loop is shared with the app.
        reply = await asyncio.to_thread(answer, body)
        envelope = _envelope(body)
        if body.get("stream") is not True:
            return JSONResponse(message(reply, envelope))
        paced = _paced(reply, envelope, pace_seconds)
        return StreamingResponse(paced, media_type="text/event-stream", headers={"cache-control": "no-cache"})

    async def count(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return _refusal("The request's body is not a JSON object.")
        return JSONResponse({"input_tokens": _envelope(body).input_characters // _CHARACTERS_PER_TOKEN})

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    return Starlette(
        routes=[
            Route("/v1/messages", messages, methods=["POST"]),
            Route("/v1/messages/count_tokens", count, methods=["POST"]),
            Route("/", health, methods=["GET", "HEAD"]),
        ]
    )


async def _paced(reply: Reply, envelope: Envelope, seconds: float) -> AsyncIterator[bytes]:
    parts = list(events(reply, envelope))
    pause = min(_LONGEST_PAUSE, seconds / len(parts))
    for part in parts:
        yield part
        if pause > 0:
            await asyncio.sleep(pause)


async def _body(request: Request) -> dict[str, Any] | None:
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _envelope(body: dict[str, Any]) -> Envelope:
    sent = json.dumps([body.get("system"), body.get("messages"), body.get("tools")], ensure_ascii=False)
    return Envelope(str(body.get("model", "built-in-analyst")), read(body).tool, len(sent))


def _refusal(sentence: str) -> Response:
    error = {"type": "error", "error": {"type": "invalid_request_error", "message": sentence}}
    return JSONResponse(error, status_code=400)
