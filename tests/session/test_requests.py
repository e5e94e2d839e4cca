"""What a request to the model really holds: small, the same from turn to turn, and nothing of this machine."""

import copy
import itertools
import json
import math
import os
import platform
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent_core.contract import PRESETS, PlannerSettings
from agent_core.errors import ProviderUnavailable
from agent_core.events import PlannerChanged
from agent_core.planning.models import PRICES
from agent_core.session import Deployment
from agent_core.session.offer import PlannerOffer
from tests.emulators.messages import Answer, Call, MessagesEndpoint, Say
from tests.session.conftest import OWNER, ask, ended, file, settings
from tests.session.test_claude import KEY, TOOL

BYTES_A_TOKEN = 3.5
"""No tokenizer of today's models is public. Anthropic's own for Claude 2 (the npm package @anthropic-ai/tokenizer
0.0.4) takes 3.96 bytes of this prompt and 3.94 of this tool for a token; 3.5 leaves an eighth of room."""


def tokens(text: str) -> int:
    return math.ceil(len(text.encode()) / BYTES_A_TOKEN)


@pytest.fixture
def claude(home: Path, url: str) -> Iterator[Deployment]:
    home.mkdir()
    (home / "policy.yaml").write_text("models: [model-a, model-b]\nplanner: {most_steps: 20}\n")
    opened = Deployment(settings(home, ANTHROPIC_API_KEY=KEY, ANTHROPIC_BASE_URL=url, RINGFENCE_MODEL="model-a"))
    yield opened
    opened.close()


def unmarked(value: Any) -> Any:
    """A request's part without its marks for the cache, and with the one form of a text that the API knows."""
    if isinstance(value, dict):
        return {key: unmarked(inner) for key, inner in value.items() if key != "cache_control"}
    if isinstance(value, list):
        blocks = [unmarked(inner) for inner in value]
        return blocks[0]["text"] if len(blocks) == 1 and set(blocks[0]) == {"type", "text"} else blocks
    return value


def test_a_request_is_small_cached_and_tells_nothing_of_this_machine(
    claude: Deployment, endpoint: MessagesEndpoint
) -> None:
    """Three requests of two turns: what we add stays under its ceiling, and each begins as the one before."""
    endpoint.then(
        Answer((Call(TOOL, {"code": "print('x' * 200_000)", "language": "python"}),)),
        Answer((Say("Long."),)),
        Answer((Say("Again."),)),
    )
    conversation = claude.create(OWNER)
    ask(conversation, "How long?", file("n.csv", b"n,town\n20,Oslo\n22,Bergen\n"))
    ask(conversation, "And now?")
    bodies = [asked.body for asked in endpoint.asked]
    first = bodies[0]

    system = "".join(block["text"] for block in first["system"])
    tools = json.dumps(first["tools"])
    assert tokens(first["system"][-1]["text"]) < 800
    assert tokens(system + tools) < 1_500
    assert [tool["name"] for tool in first["tools"]] == [TOOL]

    for body in bodies:
        assert body["system"][-1]["cache_control"] == {"type": "ephemeral"}
        assert body["messages"][-1]["content"][-1]["cache_control"] == {"type": "ephemeral"}
        assert json.dumps(body).count('"cache_control"') <= 4, "The API takes no more marks."
    for before, after in itertools.pairwise(bodies):
        assert (before["system"], before["tools"]) == (after["system"], after["tools"])
        sent = unmarked(copy.deepcopy(before["messages"]))
        assert unmarked(copy.deepcopy(after["messages"]))[: len(sent)] == sent

    result = json.dumps(bodies[1]["messages"][-1])
    assert "characters left out" in result
    assert len(result) < 11_000
    assert json.dumps(bodies[-1]["messages"]).count("<files>") == 1, "The profile is told once."

    told = b"".join(asked.raw for asked in endpoint.asked).decode()
    for fact in (socket.gethostname(), platform.release(), str(Path.cwd()), str(Path.home()), os.environ["PATH"]):
        assert fact not in told
    assert platform.system() not in told


def test_every_presets_prompt_stays_small() -> None:
    """The contract is part of it."""
    from agent_core.contract import summarise
    from agent_core.planning.prompt import system_prompt

    assert all(tokens(system_prompt(summarise(preset))) < 800 for preset in PRESETS)


def test_another_model_plans_from_the_next_question_on(claude: Deployment, endpoint: MessagesEndpoint) -> None:
    """Recorded, kept when the conversation is opened again, named by the turn, and bounded by the operator."""
    endpoint.then(Answer((Say("One."),)), Answer((Say("Two."),)))
    conversation = claude.create(OWNER)
    assert ended(ask(conversation, "First?")).model == "model-a"
    chosen = PlannerSettings(model="model-b", most_steps=5)
    conversation.plan(chosen)
    conversation.plan(chosen)
    changed = [one.event for one in conversation.snapshot().events if isinstance(one.event, PlannerChanged)]
    assert [event.changes for event in changed] == [
        ("Model: model-a → model-b.", "Most steps a question: 20 → 5."),
    ]
    assert ended(ask(conversation, "Second?")).model == "model-b"
    assert [asked.body["model"] for asked in endpoint.asked] == ["model-a", "model-b"]
    assert conversation.planner_label == "Claude (model-b)"
    for refused, words in (
        (
            PlannerSettings(model="model-c"),
            "model-c is not allowed, as set by the operator's policy. Choose model-a or",
        ),
        (PlannerSettings(model="model-b", most_steps=21), "at most 20, set by the operator's policy"),
        (PlannerSettings(model="claude-opus-4-20250514"), "claude-opus-4-20250514 was retired. Choose one of"),
    ):
        with pytest.raises(ProviderUnavailable, match=words):
            conversation.plan(refused)
    assert conversation.planning == chosen


def test_anthropics_own_endpoint_offers_its_models_and_efforts() -> None:
    """As far as the operator allows; another endpoint's models can be named freely, and have no effort."""
    from agent_core.contract import Ceiling

    ceiling = Ceiling.model_validate(
        {"models": ["claude-opus-4-6", "x"], "planner": {"effort": ["low", "medium"], "most_steps": 10}}
    )
    usual = ceiling.usual_planner("claude-opus-4-6")
    assert (usual.effort, usual.most_steps) == ("medium", 10)
    own = PlannerOffer(usual, ceiling, anthropic=True)
    assert (own.models, own.efforts, own.most_steps) == (("claude-opus-4-6",), ("low", "medium"), 10)
    own.check(usual)
    with pytest.raises(ProviderUnavailable, match="effort can't be max, as set by the operator's policy"):
        own.check(PlannerSettings(model="claude-opus-4-6", effort="max", most_steps=10))
    free = PlannerOffer(usual, Ceiling(), anthropic=False)
    assert (free.models, free.efforts) == ((), ())
    assert PlannerOffer(usual, Ceiling(), anthropic=True).models == tuple(PRICES)
