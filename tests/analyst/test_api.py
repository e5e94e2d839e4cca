"""The endpoint speaks the Messages API: streamed and whole, with honest usage, and small requests besides."""

import json
from typing import Any

import httpx
import pytest

from agent_core.analyst.api import create_app
from agent_core.analyst.stream import pieces
from tests.analyst import data
from tests.analyst.running import TOOL

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def body(question: str, **more: Any) -> dict[str, Any]:
    made = data.profile(data.frame("iris.json"), data.read_with("iris.json"))
    messages = [{"role": "user", "content": data.briefing("iris.json", made) + question}]
    return {"model": "some-model", "max_tokens": 1000, "messages": messages, "tools": [{"name": TOOL}], **more}


async def post(document: Any, path: str = "/v1/messages?beta=true") -> httpx.Response:
    transport = httpx.ASGITransport(create_app(pace_seconds=0))
    async with httpx.AsyncClient(transport=transport, base_url="http://analyst") as client:
        return await client.post(path, json=document)


def events(text: str) -> list[dict[str, Any]]:
    found = []
    for part in text.strip().split("\n\n"):
        name, _, line = part.partition("\n")
        event = json.loads(line.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        found.append(event)
    return found


async def test_a_stream_holds_the_same_as_the_whole_message() -> None:
    """Text and code arrive in pieces that together are those of the document."""
    whole = (await post(body("average petal length by species"))).json()
    response = await post(body("average petal length by species", stream=True))
    assert response.headers["content-type"].startswith("text/event-stream")
    told = events(response.text)
    text = "".join(event["delta"]["text"] for event in told if event.get("delta", {}).get("type") == "text_delta")
    given = "".join(
        event["delta"]["partial_json"] for event in told if event.get("delta", {}).get("type") == "input_json_delta"
    )
    assert text == whole["content"][0]["text"]
    assert json.loads(given) == whole["content"][1]["input"]
    assert sum(event["type"] == "content_block_delta" for event in told) > 20


async def test_the_events_come_in_the_order_of_the_api() -> None:
    """message_start, the blocks one after the other, message_delta with why it stopped, message_stop."""
    told = events((await post(body("average petal length by species", stream=True))).text)
    kinds = [event["type"] for event in told if event["type"] != "content_block_delta"]
    block = ["content_block_start", "content_block_stop"]
    assert kinds == ["message_start", *block, *block, "message_delta", "message_stop"]
    assert told[0]["message"]["model"] == "some-model"
    assert told[-2]["delta"]["stop_reason"] == "tool_use"
    starts = [event["content_block"] for event in told if event["type"] == "content_block_start"]
    assert [start["type"] for start in starts] == ["text", "tool_use"]
    assert starts[1]["name"] == TOOL
    assert starts[1]["input"] == {}


async def test_usage_is_estimated_from_what_was_sent_and_said() -> None:
    """Four characters count as a token."""
    document = body("average petal length by species")
    message = (await post(document)).json()
    sent = len(json.dumps([None, document["messages"], document["tools"]], ensure_ascii=False))
    said = len(message["content"][0]["text"]) + len(message["content"][1]["input"]["code"])
    assert message["usage"]["input_tokens"] == sent // 4
    assert message["usage"]["output_tokens"] == said // 4
    counted = (await post(document, "/v1/messages/count_tokens")).json()
    assert counted == {"input_tokens": sent // 4}


async def test_an_answer_without_a_call_ends_the_turn() -> None:
    """Where nothing is to be run, the stop reason is end_turn."""
    message = (await post(body("hello"))).json()
    assert message["stop_reason"] == "end_turn"
    assert [block["type"] for block in message["content"]] == ["text"]


async def test_small_requests_are_answered() -> None:
    """A check of the quota, and a title, need no tool."""
    ping = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "quota"}]}
    assert (await post(ping)).json()["content"][0]["text"] == "OK"
    title = {
        "model": "m",
        "max_tokens": 500,
        "system": "Write a short title for this conversation as JSON.",
        "messages": [{"role": "user", "content": "average price by region"}],
    }
    assert json.loads((await post(title)).json()["content"][0]["text"]) == {"title": "average price by region"}


@pytest.mark.parametrize("document", [[], "x", 5, None])
async def test_a_body_that_is_no_object_is_refused_in_the_apis_form(document: Any) -> None:
    """The error has a type and a sentence."""
    response = await post(document)
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


async def test_the_tools_name_is_the_requests_own() -> None:
    """Whatever server the tool comes from, it is called by the name that was sent."""
    message = (
        await post(body("what is in this file?", tools=[{"name": "other"}, {"name": "mcp__x__execute_code"}]))
    ).json()
    assert message["content"][1]["name"] == "mcp__x__execute_code"


async def test_without_the_tool_nothing_is_called() -> None:
    """A request that offers no way to run code is told so."""
    message = (await post(body("what is in this file?", tools=[]))).json()
    assert message["stop_reason"] == "end_turn"
    assert "tool" in message["content"][0]["text"]


def test_pieces_together_are_the_text() -> None:
    """Nothing is lost or doubled by cutting."""
    text = "äöü " * 30
    assert "".join(pieces(text)) == text
    assert max(map(len, pieces(text))) < 40
