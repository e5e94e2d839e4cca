"""The relay holds the key, and lets only our own kind of request pass."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from agent_core.planning.endpoint import Endpoint
from agent_core.planning.relay import LARGEST_REQUEST, Relay
from tests.emulators.messages import Answer, Fault, Hang, MessagesEndpoint, Say
from tests.planning.stage import TOOL, on_loopback, until

pytestmark = pytest.mark.anyio

KEY = "sk-canary-key"
QUESTION: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "x"}], "stream": True}
PATH = "http://endpoint/v1/messages?beta=true"


@asynccontextmanager
async def relayed(upstream: MessagesEndpoint, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with on_loopback(upstream) as address:
        relay = Relay(**{"base_url": address, "api_key": SecretStr(KEY), **settings})
        async with (
            Endpoint(relay) as endpoint,
            httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(endpoint.socket))) as client,
        ):
            yield client
        await relay.aclose()


async def test_the_key_is_put_in_and_only_known_headers_pass() -> None:
    """What the process sends as a key, a cookie or a name of its own never leaves the machine."""
    upstream = MessagesEndpoint().then(Answer((Say("hello"),)))
    given = {"x-api-key": "false", "authorization": "Bearer false", "cookie": "c", "x-stainless-os": "Linux"}
    async with relayed(upstream) as client:
        answer = await client.post(PATH, json=QUESTION, headers={**given, "anthropic-version": "2023-06-01"})
    assert '"text": "hello"' in answer.text
    (asked,) = upstream.asked
    assert asked.headers["x-api-key"] == KEY
    assert asked.headers["anthropic-version"] == "2023-06-01"
    assert {"authorization", "cookie", "x-stainless-os"}.isdisjoint(asked.headers)
    assert asked.body == QUESTION


async def test_a_token_is_sent_as_a_bearer() -> None:
    """Gateways take a token in place of a key."""
    upstream = MessagesEndpoint().then(Answer((Say("hello"),)))
    async with relayed(upstream, api_key=None, auth_token=SecretStr("canary-token")) as client:
        await client.post(PATH, json=QUESTION)
    assert upstream.asked[0].headers["authorization"] == "Bearer canary-token"
    assert "x-api-key" not in upstream.asked[0].headers


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/messages"), ("POST", "/v1/files"), ("POST", "/v1/messages/batches"), ("DELETE", "/v1/messages")],
)
async def test_no_other_path_passes(method: str, path: str) -> None:
    """The key opens more than the process needs, so only what it needs is open."""
    upstream = MessagesEndpoint()
    async with relayed(upstream) as client:
        answer = await client.request(method, f"http://endpoint{path}", json=QUESTION)
    assert (answer.status_code, answer.json()["type"], upstream.asked) == (404, "error", [])


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        {"tools": [{"type": "code_execution_20260120", "name": TOOL}]},
        {"tools": [{"name": "Bash", "input_schema": {}}]},
        {"tools": [{"name": TOOL, "input_schema": {}}, "odd"]},
        {"tools": {"name": TOOL}},
        {"mcp_servers": [{"url": "https://example.org"}]},
        {"container": "container_1"},
    ],
)
async def test_no_tool_but_ours_passes(more: dict[str, Any]) -> None:
    """A tool that runs at the provider would be a way out of the contract."""
    upstream = MessagesEndpoint()
    async with relayed(upstream) as client:
        answer = await client.post(PATH, json={**QUESTION, **more})
    assert (answer.status_code, upstream.asked) == (403, [])


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
async def test_what_is_no_request_is_refused(body: bytes) -> None:
    """Any bytes get an answer in the API's form."""
    upstream = MessagesEndpoint()
    async with relayed(upstream) as client:
        answer = await client.post(PATH, content=body)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


async def test_a_request_beyond_the_limit_is_refused() -> None:
    """Memory is bounded."""
    async with relayed(MessagesEndpoint()) as client:
        answer = await client.post(PATH, content=b" " * (LARGEST_REQUEST + 1))
    assert answer.status_code == 413


async def test_an_answer_is_passed_on_while_it_is_written() -> None:
    """The first piece is there long before the last."""
    upstream = MessagesEndpoint().then(Answer((Say("some words"),), hang_after_events=3))
    async with relayed(upstream) as client, client.stream("POST", PATH, json=QUESTION) as response:
        first = await anext(response.aiter_text())
        assert "message_start" in first


async def test_an_answer_that_nobody_waits_for_is_ended_upstream() -> None:
    """A model that was stopped must not go on costing."""
    upstream = MessagesEndpoint().then(Answer((Say("some words"),), hang_after_events=3))
    async with relayed(upstream) as client:
        async with client.stream("POST", PATH, json=QUESTION) as response:
            await anext(response.aiter_text())
        await until(lambda: upstream.abandoned)


async def test_errors_of_the_api_are_passed_on() -> None:
    """The SDK retries by them."""
    upstream = MessagesEndpoint().then(Fault(429, "rate_limit_error", headers=(("retry-after", "3"),)))
    async with relayed(upstream) as client:
        answer = await client.post(PATH, json=QUESTION)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
    assert answer.json()["error"]["type"] == "rate_limit_error"


@pytest.mark.parametrize(
    ("wait", "repeat"), [("3600", "false"), ("60", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("nan", None)]
)
async def test_a_long_wait_is_not_sat_out(wait: str, repeat: str | None) -> None:
    """The SDK obeys this header, and would otherwise wait as long as it is told."""
    upstream = MessagesEndpoint().then(Fault(429, "rate_limit_error", headers=(("retry-after", wait),)))
    async with relayed(upstream) as client:
        answer = await client.post(PATH, json=QUESTION)
    assert answer.headers.get("x-should-retry") == repeat


async def test_an_upstream_that_is_not_there_or_silent_is_a_bad_gateway() -> None:
    """In the API's own form; the log says so without a header, a body or a key."""
    with capture_logs() as logs:
        async with relayed(MessagesEndpoint(), base_url="http://127.0.0.1:9") as client:
            refused = await client.post(PATH, json=QUESTION)
        async with relayed(MessagesEndpoint().then(Hang()), answer_seconds=0.2) as client:
            silent = await client.post(PATH, json=QUESTION)
    for answer in (refused, silent):
        assert (answer.status_code, answer.json()["error"]["type"]) == (502, "api_error")
    assert [entry["error"] for entry in logs] == ["ConnectError", "ReadTimeout"]
    assert KEY not in json.dumps(logs)


async def test_an_answer_that_breaks_off_stays_broken_off() -> None:
    """Half an answer must not look like a whole one."""
    upstream = MessagesEndpoint().then(Answer((Say("some words"),), cut_after_events=3, pause_seconds=0.05))
    async with relayed(upstream) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(PATH, json=QUESTION)
