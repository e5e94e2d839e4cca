"""With a key, Claude plans: the same loop, tool and sandbox, against another endpoint."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from agent_core.errors import ProviderUnavailable
from agent_core.events import AgentSaid, CodeFinished, TurnEnded
from agent_core.session import Deployment
from tests.emulators.messages import Answer, Call, Fault, MessagesEndpoint, Say
from tests.session.conftest import OWNER, ask, ended, file, settings

KEY = "sk-canary-5b1d"
TOOL = "mcp__sandbox__execute_code"


@pytest.fixture
def claude(home: Path, url: str) -> Iterator[Deployment]:
    opened = Deployment(settings(home, ANTHROPIC_API_KEY=KEY, ANTHROPIC_BASE_URL=url))
    yield opened
    opened.close()


def test_the_model_plans_and_the_sandbox_runs(claude: Deployment, endpoint: MessagesEndpoint) -> None:
    """The model's call runs in the sandbox, it reads the result, and its words are the answer."""
    endpoint.then(
        Answer((Say("Let me add."), Call(TOOL, {"code": "print(20 + 22)", "language": "python"}))),
        Answer((Say("The sum is 42."),)),
    )
    events = ask(claude.create(OWNER), "Add the numbers.", file("n.csv", b"n\n20\n22\n"))

    assert ended(events).outcome == "done"
    assert [event.text for event in events if isinstance(event, AgentSaid)] == ["Let me add.", "The sum is 42."]
    (finished,) = [event for event in events if isinstance(event, CodeFinished)]
    assert finished.stdout == "42"
    result = json.dumps(endpoint.asked[-1].body["messages"][-1])
    assert '\\"stdout\\": \\"42\\"' in result or "42" in result
    assert (claude.builtin, claude.planner_label) == (False, "Claude (claude-sonnet-4-6)")


def test_the_files_profile_reaches_the_model_once(claude: Deployment, endpoint: MessagesEndpoint) -> None:
    """The columns are told with the first question, and not told again with the second."""
    endpoint.then(Answer((Say("One."),)), Answer((Say("Two."),)))
    conversation = claude.create(OWNER)
    ask(conversation, "First?", file("towns.csv", b"town,people\nOslo,7\n"))
    ask(conversation, "Second?")
    sent = json.dumps(endpoint.asked[-1].body["messages"])
    assert sent.count("inputs/towns.csv") >= 1
    assert sent.count("<files>") == 1


def test_the_key_goes_to_the_endpoint_and_nowhere_else(
    claude: Deployment, endpoint: MessagesEndpoint, home: Path
) -> None:
    """The endpoint gets the key; no event, file or value shown has it."""
    endpoint.then(Answer((Say("Hello."),)))
    conversation = claude.create(OWNER)
    ask(conversation, "Hello?")
    assert endpoint.asked[0].headers["x-api-key"] == KEY
    assert KEY not in repr(conversation.snapshot())
    kept = [path for path in home.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert kept == []


def test_a_refused_key_is_told_plainly(claude: Deployment, endpoint: MessagesEndpoint) -> None:
    """401 is an error of its own, not the model's answer."""
    for _ in range(6):
        endpoint.then(Fault(401, "authentication_error", "invalid x-api-key"))
    events = ask(claude.create(OWNER), "Hello?")
    turn = ended(events)
    assert (turn.outcome, turn.error) == ("failed", "auth")
    assert "ANTHROPIC_API_KEY" in turn.message
    assert not [event for event in events if isinstance(event, AgentSaid)]


def test_tokens_are_counted(claude: Deployment, endpoint: MessagesEndpoint) -> None:
    """What the endpoint says that it used is in the turn's last event and in the meter."""
    endpoint.then(Answer((Say("Hello."),), input_tokens=1_000, output_tokens=50))
    conversation = claude.create(OWNER)
    turn = next(event for event in ask(conversation, "Hello?") if isinstance(event, TurnEnded))
    assert (turn.input_tokens, turn.output_tokens) == (1_000, 50)
    assert conversation.snapshot().cost.input_tokens == 1_000
    assert turn.model_cost_usd == Decimal(0), "The price at another endpoint than Anthropic's is not known."


def test_a_retired_model_is_refused_by_name(home: Path) -> None:
    """The app doesn't start on a model that is gone, and names those that are offered."""
    retired = settings(home, ANTHROPIC_API_KEY=KEY, RINGFENCE_MODEL="claude-sonnet-4-20250514")
    with pytest.raises(ProviderUnavailable, match="claude-sonnet-4-20250514 was retired") as refusal:
        Deployment(retired)
    assert "claude-sonnet-4-6" in str(refusal.value)
