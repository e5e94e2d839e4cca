"""Relays the planner's requests to a Messages API, and is the only part that holds the key.

The process that plans is not trusted with the key, nor with a request of its own making: only the
Messages paths pass, only with tools of ours, and only the headers that the API needs.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import httpx
import structlog
from pydantic import SecretStr

from agent_core.planning.masking import Masking

_log = structlog.get_logger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LARGEST_REQUEST = 32 << 20
"""Bytes; the API's own limit."""

LONGEST_WAIT_SECONDS = 60
"""An upstream that asks for a longer wait than this is not asked again."""

TOOL_PREFIX = "mcp__sandbox__"
"""How the SDK names the tools of ours."""

_PATHS = frozenset({"/v1/messages", "/v1/messages/count_tokens"})
_REQUEST_HEADERS = ("content-type", "accept", "anthropic-version", "anthropic-beta")
_RESPONSE_HEADERS = ("content-type", "retry-after", "request-id")
_RUNS_ELSEWHERE = ("mcp_servers", "container")
_BAD_GATEWAY = 502


class Refused(Exception):
    """A request that is answered with an error instead of being relayed."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind


class Relay:
    """An ASGI app in front of a Messages API. It asks with the key, or with the token where there is one.

    `answer_seconds` is the longest silence of the upstream, before and during an answer.
    """

    def __init__(
        self,
        base_url: str,
        api_key: SecretStr | None = None,
        auth_token: SecretStr | None = None,
        *,
        answer_seconds: float = 300,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key
        self._auth_token = auth_token
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(answer_seconds, connect=10, write=60, pool=10))

    async def aclose(self) -> None:
        """Close the connections to the upstream."""
        await self._client.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        try:
            request = self._request(scope, await _body(receive))
            await _until_disconnect(self._relay(request, send), receive)
        except Refused as refused:
            await _refuse(send, refused)

    def _request(self, scope: Scope, body: bytes) -> httpx.Request:
        path = scope["path"]
        if scope["method"] != "POST" or path not in _PATHS:
            raise Refused(404, "not_found_error", "Only the Messages API is behind this endpoint.")
        _check(body)
        query = scope.get("query_string", b"").decode("ascii", "replace")
        url = f"{self._base_url}{path}" + (f"?{query}" if query else "")
        given = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        headers = {name: given[name] for name in _REQUEST_HEADERS if name in given}
        headers |= {"user-agent": "ringfence", "accept-encoding": "identity", **self._credentials()}
        return self._client.build_request("POST", url, content=body, headers=headers)

    def _credentials(self) -> dict[str, str]:
        if self._auth_token is not None:
            return {"authorization": f"Bearer {self._auth_token.get_secret_value()}"}
        if self._api_key is not None:
            return {"x-api-key": self._api_key.get_secret_value()}
        return {}

    def _secrets(self) -> list[bytes]:
        return [one.get_secret_value().encode() for one in (self._api_key, self._auth_token) if one is not None]

    async def _relay(self, request: httpx.Request, send: Send) -> None:
        try:
            response = await self._client.send(request, stream=True)
        except httpx.HTTPError as error:
            _log.warning("upstream_unreachable", error=type(error).__name__)
            raise Refused(_BAD_GATEWAY, "api_error", "The model's endpoint could not be reached.") from error
        try:
            await send(_start(response))
            masked = Masking(self._secrets())
            async for piece in response.aiter_bytes():
                if passed := masked(piece):
                    await send({"type": "http.response.body", "body": passed, "more_body": True})
            await send({"type": "http.response.body", "body": masked.rest()})
        except httpx.HTTPError as error:
            # The answer is left unfinished: the server then drops the connection, which is what happened.
            _log.warning("upstream_broke_off", error=type(error).__name__)
        finally:
            await response.aclose()


def _check(body: bytes) -> None:
    """Let a request pass only if everything that it asks for happens here, in our sandbox."""
    try:
        document = json.loads(body)
    except ValueError as error:
        raise Refused(400, "invalid_request_error", "The request is not JSON.") from error
    if not isinstance(document, Mapping):
        raise Refused(400, "invalid_request_error", "The request is not a JSON object.")
    tools = document.get("tools") or []
    ours = isinstance(tools, list) and all(_is_ours(tool) for tool in tools)
    if not ours or any(document.get(name) for name in _RUNS_ELSEWHERE):
        raise Refused(403, "permission_error", "The request asks for a tool that is not the sandbox's.")


def _is_ours(tool: object) -> bool:
    if not isinstance(tool, Mapping):
        return False
    return tool.get("type", "custom") == "custom" and str(tool.get("name", "")).startswith(TOOL_PREFIX)


async def _body(receive: Receive) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        piece = message.get("body", b"")
        size += len(piece)
        if size > LARGEST_REQUEST:
            raise Refused(413, "request_too_large", "The request is larger than the API allows.")
        pieces.append(piece)
        if not message.get("more_body"):
            return b"".join(pieces)


async def _until_disconnect(work: Awaitable[None], receive: Receive) -> None:
    """Do the work, but stop as soon as nobody waits for it: a model that is stopped must not go on costing."""
    working = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait((working, gone), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        for task in (working, gone):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(working, gone, return_exceptions=True)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _start(response: httpx.Response) -> dict[str, Any]:
    headers = [(name, response.headers[name]) for name in _RESPONSE_HEADERS if name in response.headers]
    if _seconds(response.headers.get("retry-after")) > LONGEST_WAIT_SECONDS:
        # The SDK would sit and wait; the person had better be told.
        headers.append(("x-should-retry", "false"))
    return {
        "type": "http.response.start",
        "status": response.status_code,
        "headers": [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers],
    }


def _seconds(retry_after: str | None) -> float:
    try:
        return float(retry_after or 0)
    except ValueError:
        return 0.0


async def _refuse(send: Send, refused: Refused) -> None:
    body = json.dumps({"type": "error", "error": {"type": refused.kind, "message": str(refused)}}).encode()
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
