"""Turns, by the SDK's real process against a scripted endpoint."""

import asyncio
import contextlib
import io
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import matplotlib.image
import numpy as np
import psutil
import pytest

from agent_core.contract import PlannerSettings
from agent_core.errors import BudgetExhausted, ProviderUnavailable
from agent_core.planning.base import CodeDelta, Retrying, TextDelta, ThinkingDone, Tokens
from agent_core.planning.endpoint import Endpoint
from agent_core.planning.models import PRICES
from agent_core.planning.relay import Relay
from agent_core.tools.base import Image, Text, ToolResult
from tests.emulators.messages import Answer, Fault, Hang, Reply, Say, Think
from tests.planning.stage import call, on_loopback, planner_processes, staged, until

pytestmark = pytest.mark.anyio

HELLO = Answer((Say("hello"),))


def picture() -> bytes:
    stream = io.BytesIO()
    matplotlib.image.imsave(stream, np.zeros((40, 40)))
    return stream.getvalue()


def texts(body: Mapping[str, Any]) -> list[str]:
    """All text of a request's messages."""
    found: list[str] = []
    for message in body["messages"]:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        found += [block["text"].strip() for block in blocks if block["type"] == "text"]
    return found


async def test_turns_share_one_process_and_one_context() -> None:
    """The second question comes with the first and its answer, from the same process."""
    async with staged() as stage:
        stage.endpoint.then(Answer((Think("Hm."), Say("hello there"))), Answer((Say("again"),)))
        planner = stage.planner()
        first = await stage.turn(planner, "one")
        before = planner_processes()
        second = await stage.turn(planner, "two")
        assert planner_processes() == before
        assert first.error is second.error is None
        assert first.tokens == second.tokens == Tokens(input=100, output=20)
        assert first.cost_usd == second.cost_usd == Decimal("0.0006")
        assert ThinkingDone("Hm.") in stage.signals
        assert "".join(s.text for s in stage.signals if isinstance(s, TextDelta)) == "hello thereagain"
        assert stage.said == ["hello there", "again"]
        assert texts(stage.endpoint.asked[1].body) == ["one", "hello there", "two"]
        assert stage.endpoint.violations == []


async def test_a_tool_call_goes_to_the_tool_and_its_picture_to_the_model() -> None:
    """The code is told while it is written; text, picture and the error mark come back to the model."""
    image = picture()

    async def run(arguments: Mapping[str, Any]) -> ToolResult:
        return ToolResult((Text("see"), Image(image, "image/png")), is_error=arguments["code"] == "bad()")

    async with staged() as stage:
        stage.run = run
        stage.endpoint.then(Answer((Say("I look."), call("good()"))), Answer((call("bad()", "toolu_2"),)), HELLO)
        turn = await stage.turn(stage.planner(), "draw")
        assert (turn.error, turn.model_calls, turn.tokens) == (None, 3, Tokens(input=300, output=60))
        assert [arguments["code"] for arguments in stage.calls] == ["good()", "bad()"]
        assert CodeDelta("good()", "python") in stage.signals
        good, bad = (stage.endpoint.asked[n].body["messages"][-1]["content"][0] for n in (1, 2))
        assert [block["type"] for block in good["content"][:2]] == ["text", "image"]
        assert not good.get("is_error")
        assert bad["is_error"] is True
        assert stage.endpoint.violations == []


@pytest.mark.parametrize("model", ["claude-sonnet-4-6", "claude-opus-4-6", "claude-opus-4-7"])
async def test_our_prices_are_the_sdks(model: str) -> None:
    """The SDK reckons the cost of a session by itself, and keeps it in the transcript; ours is the same."""
    async with staged() as stage:
        stage.endpoint.then(Answer((Say("x"),), input_tokens=4000, output_tokens=700))
        planner = stage.planner(model=model)
        turn = await stage.turn(planner, "one")
        await planner.release()
        (entries,) = stage.rows.rows.values()
        reckoned = [entry["totalCostUSD"] for entry in entries if entry["type"] == "cost-state"]
        assert turn.cost_usd > 0
        assert float(turn.cost_usd) == pytest.approx(reckoned[-1])


async def test_another_endpoints_model_is_taken_as_it_is() -> None:
    """Any name goes, without a price."""
    async with staged() as stage:
        stage.endpoint.then(HELLO)
        turn = await stage.turn(stage.planner(model="llama3.1:8b", anthropic=False), "one")
        assert (turn.error, turn.cost_usd) == (None, 0)
        assert stage.endpoint.asked[0].body["model"] == "llama3.1:8b"


async def test_a_retired_model_is_refused_before_anything_starts() -> None:
    """By its name."""
    async with staged() as stage:
        with pytest.raises(ProviderUnavailable, match="claude-sonnet-4-20250514 was retired"):
            await stage.turn(stage.planner(model="claude-sonnet-4-20250514"), "one")
        assert planner_processes() == []


async def test_release_gives_the_process_back_and_keeps_the_context() -> None:
    """The next turn resumes in a new process and an empty home."""
    async with staged() as stage:
        stage.endpoint.then(Answer((call("a = 1"),)), Answer((Say("first answer"),)), HELLO)
        planner = stage.planner()
        await stage.turn(planner, "one")
        await planner.release()
        assert planner_processes() == []
        await stage.turn(planner, "two")
        body = stage.endpoint.asked[2].body
        assert texts(body) == ["one", "first answer", "two"]
        assert body["messages"][1]["content"][0]["input"] == {"code": "a = 1", "language": "python"}
        assert stage.endpoint.violations == []


async def test_an_idle_process_is_released_by_itself() -> None:
    """It holds much memory, and nobody may come back."""
    async with staged() as stage:
        stage.endpoint.then(HELLO, HELLO)
        planner = stage.planner(idle_seconds=0.2)
        await stage.turn(planner, "one")
        await until(lambda: planner_processes() == [])
        await stage.turn(planner, "two")
        assert texts(stage.endpoint.asked[1].body) == ["one", "hello", "two"]


async def test_a_conversation_goes_on_after_the_app_was_restarted() -> None:
    """A new planner has only the conversation's id and the store, and another conversation sees nothing of it."""
    async with staged() as stage:
        stage.endpoint.then(HELLO, HELLO, HELLO)
        await stage.turn(stage.planner(), "one")
        await stage.planners[0].close()
        await stage.turn(stage.planner(), "two")
        await stage.turn(stage.planner(conversation_id="other"), "three")
        assert texts(stage.endpoint.asked[1].body) == ["one", "hello", "two"]
        assert texts(stage.endpoint.asked[2].body) == ["three"]


async def test_a_changed_system_prompt_holds_from_the_next_turn_on() -> None:
    """The contract is in it, and was edited."""
    async with staged() as stage:
        stage.endpoint.then(HELLO, HELLO)
        planner = stage.planner()
        await stage.turn(planner, "one")
        stage.prompt = "The network is open now."
        await stage.turn(planner, "two")
        systems = [asked.body["system"][-1]["text"] for asked in stage.endpoint.asked]
        assert systems == ["You analyse data.", "The network is open now."]
        assert texts(stage.endpoint.asked[1].body) == ["one", "hello", "two"]


async def test_another_model_and_effort_hold_from_the_next_turn_on() -> None:
    """The conversation is kept, the turn costs by its own model, and what is unchanged starts nothing anew."""
    async with staged() as stage:
        stage.endpoint.then(Answer((Think("Hm."), Say("hello"))), HELLO, HELLO)
        planner = stage.planner()
        await stage.turn(planner, "one")
        stage.settings = PlannerSettings(model="claude-opus-4-7", effort="low")
        second = await stage.turn(planner, "two")
        running = planner_processes()
        third = await stage.turn(planner, "three")
        assert planner_processes() == running
        asked = [(asked.body["model"], asked.body["output_config"]["effort"]) for asked in stage.endpoint.asked]
        assert asked == [("claude-sonnet-4-6", "high"), *[("claude-opus-4-7", "low")] * 2]
        assert second.cost_usd == third.cost_usd == PRICES["claude-opus-4-7"].cost(second.tokens)
        assert texts(stage.endpoint.asked[2].body) == ["one", "hello", "two", "hello", "three"]
        assert stage.endpoint.violations == []


async def test_stop_ends_a_tool_call_and_the_conversation_goes_on() -> None:
    """The call is cancelled and has cleaned up when the turn is over; the half transcript is no obstacle."""
    ended = []

    async def run(arguments: Mapping[str, Any]) -> ToolResult:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.2)
            ended.append(arguments["code"])
        raise AssertionError

    async with staged() as stage:
        stage.run = run
        stage.endpoint.then(Answer((Say("I try."), call("while True: pass"))))
        planner = stage.planner()
        turn = asyncio.create_task(stage.turn(planner, "one"))
        # The call begins while the end of the model's answer, with its count of tokens, is on its way.
        await until(lambda: stage.calls and planner.used.tokens.output)
        turn.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turn
        assert ended == ["while True: pass"]
        assert planner_processes() == []
        assert planner.used.tokens == Tokens(input=100, output=20)
        stage.endpoint.then(HELLO)
        assert (await stage.turn(planner, "two")).error is None
        assert len(stage.endpoint.asked) == 2
        assert texts(stage.endpoint.asked[1].body)[:2] == ["one", "I try."]
        assert stage.endpoint.violations == []


async def test_stop_ends_the_models_answer_and_the_conversation_goes_on() -> None:
    """The endpoint sees the connection close at once; what was asked stays in the context."""
    async with staged() as stage:
        stage.endpoint.then(Answer((Say("word " * 100),), pause_seconds=0.05))
        planner = stage.planner()
        turn = asyncio.create_task(stage.turn(planner, "one"))
        await until(lambda: stage.signals)
        turn.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turn
        await until(lambda: stage.endpoint.abandoned, timeout_seconds=2)
        assert planner_processes() == []
        assert planner.used.tokens.input == 100
        stage.endpoint.then(HELLO)
        assert (await stage.turn(planner, "two")).error is None
        assert "one" in texts(stage.endpoint.asked[1].body)
        assert stage.endpoint.violations == []


@pytest.mark.parametrize("delay", [0.0, 0.01, 0.1, 0.3])
async def test_stop_may_come_at_any_moment_of_the_start(delay: float) -> None:
    """Nothing is left running, and the next turn works."""
    async with staged() as stage:
        planner = stage.planner()
        stage.endpoint.otherwise = HELLO
        turn = asyncio.create_task(stage.turn(planner, "one"))
        await asyncio.sleep(delay)
        turn.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turn
        assert planner_processes() == []
        assert (await stage.turn(planner, "two")).error is None
        assert texts(stage.endpoint.asked[-1].body)[-1] == "two"


@pytest.mark.parametrize("error", [BudgetExhausted("1", "1", "conversation"), ZeroDivisionError("a bug")])
async def test_what_a_tool_raises_ends_the_turn_and_not_the_conversation(error: Exception) -> None:
    """The model is not told of it; whoever asked is."""

    async def run(arguments: Mapping[str, Any]) -> ToolResult:
        raise error

    async with staged() as stage:
        stage.run = run
        stage.endpoint.then(Answer((call("x"),)))
        planner = stage.planner()
        with pytest.raises(type(error), match=str(error)[:10].replace("$", ".")):
            await stage.turn(planner, "one")
        assert len(stage.endpoint.asked) == 1
        assert planner_processes() == []
        stage.endpoint.then(HELLO)
        assert (await stage.turn(planner, "two")).error is None
        assert stage.endpoint.violations == []


FAULTS: list[tuple[Reply, str, str]] = [
    (Fault(401, "authentication_error"), "auth", "ANTHROPIC_API_KEY"),
    (Fault(429, "rate_limit_error"), "rate_limited", "too many requests"),
    (Fault(500, "api_error"), "provider_unavailable", "could not be reached or failed"),
    (Answer((Say("half an answer"),), cut_after_events=4, pause_seconds=0.05), "provider_unavailable", "failed"),
]


@pytest.mark.parametrize(("reply", "kind", "words"), FAULTS)
async def test_faults_are_retried_then_told_in_a_sentence(reply: Reply, kind: str, words: str) -> None:
    """Twice, visibly; the SDK's own text about it is never an answer; and the conversation goes on."""
    async with staged() as stage:
        stage.endpoint.then(reply, reply, reply, HELLO)
        planner = stage.planner()
        turn = await stage.turn(planner, "one")
        assert turn.error == kind
        assert words in turn.message
        retries = [signal for signal in stage.signals if isinstance(signal, Retrying)]
        assert [(retry.attempt, retry.most, retry.reason) for retry in retries] == [(1, 2, kind), (2, 2, kind)]
        assert [said for said in stage.said if said] == []
        assert len(stage.endpoint.asked) == 3
        assert (await stage.turn(planner, "two")).error is None
        assert stage.said[-1] == "hello"


async def test_a_request_that_is_not_accepted_is_not_repeated() -> None:
    """Asking again would not help."""
    async with staged() as stage:
        stage.endpoint.then(Fault(400, "invalid_request_error", "prompt is too long"))
        turn = await stage.turn(stage.planner(), "one")
        assert (turn.error, len(stage.endpoint.asked)) == ("provider_unavailable", 1)
        assert "Start a new conversation" in turn.message


async def test_an_endpoint_that_hangs_is_given_up() -> None:
    """The relay's own limit turns silence into an error that is retried and then told."""
    async with staged() as stage:
        stage.endpoint.otherwise = Hang()
        async with on_loopback(stage.endpoint) as address:
            relay = Relay(address, answer_seconds=0.2)
            async with Endpoint(relay) as endpoint:
                turn = await stage.turn(stage.planner(socket=endpoint.socket), "one")
            await relay.aclose()
        assert turn.error == "provider_unavailable"
        assert len([signal for signal in stage.signals if isinstance(signal, Retrying)]) == 2


async def test_a_long_wait_is_told_at_once() -> None:
    """Through the relay, an hour's wait becomes a sentence and not an hour."""
    async with staged() as stage, on_loopback(stage.endpoint) as address:
        stage.endpoint.then(Fault(429, "rate_limit_error", headers=(("retry-after", "3600"),)))
        relay = Relay(address)
        async with Endpoint(relay) as endpoint:
            turn = await stage.turn(stage.planner(socket=endpoint.socket), "one")
            await stage.planners[0].release()
        await relay.aclose()
        assert (turn.error, len(stage.endpoint.asked)) == ("rate_limited", 1)


async def test_a_process_that_dies_is_told_and_replaced() -> None:
    """The person reads a sentence; the next turn starts a new process with the same context."""
    async with staged() as stage:
        stage.endpoint.then(HELLO, Hang())
        planner = stage.planner()
        await stage.turn(planner, "one")
        turn = asyncio.create_task(stage.turn(planner, "two"))
        await stage.endpoint.until_asked(2)
        for process in planner_processes():
            # The jail's own process takes the others along.
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        ended = await turn
        assert (ended.error, ended.message[-1]) == ("provider_unavailable", ".")
        assert "ended unexpectedly" in ended.message
        stage.endpoint.then(HELLO)
        assert (await stage.turn(planner, "three")).error is None
        assert texts(stage.endpoint.asked[2].body)[:2] == ["one", "hello"]


async def test_a_jail_that_can_not_be_made_is_told_as_such() -> None:
    """It never runs outside of one instead."""
    async with staged() as stage:
        missing = stage.socket.with_name("missing.sock")
        turn = await stage.turn(stage.planner(socket=missing), "one")
        assert turn.error == "provider_unavailable"
        assert "could not be confined" in turn.message
        assert stage.endpoint.asked == []


async def test_a_turn_has_a_bounded_number_of_steps() -> None:
    """A model that calls its tool for ever is stopped, and the person is told."""
    async with staged() as stage:
        stage.endpoint.then(*(Answer((call("x", f"toolu_{number}"),)) for number in range(4)))
        stage.settings = PlannerSettings(model="claude-sonnet-4-6", most_steps=3)
        turn = await stage.turn(stage.planner(), "one")
        assert (turn.error, len(stage.endpoint.asked)) == ("timeout", 3)
        assert "too many steps" in turn.message
