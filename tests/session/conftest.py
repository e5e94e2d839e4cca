"""A whole deployment, keyless, in a folder of its own: the real planner, tool, sandbox and store."""

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from agent_core.config import Settings
from agent_core.events import CodeFinished, Event, TurnEnded
from agent_core.session import Conversation, Deployment, IncomingFile

OWNER = "local"


def settings(home: Path, **variables: str) -> Settings:
    return Settings.from_environment({"RINGFENCE_HOME": str(home), **variables})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def deployment(home: Path) -> Iterator[Deployment]:
    opened = Deployment(settings(home))
    yield opened
    opened.close()


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment for all conversations that need none of their own."""
    opened = Deployment(settings(tmp_path_factory.mktemp("shared") / "home"))
    yield opened
    opened.close()


@pytest.fixture
def owner() -> str:
    """A person of this test alone."""
    return uuid4().hex


@pytest.fixture
def conversation(shared: Deployment, owner: str) -> Iterator[Conversation]:
    opened = shared.create(owner)
    yield opened
    opened.restart_sandbox()


def file(name: str, content: bytes) -> IncomingFile:
    return IncomingFile(name, io.BytesIO(content), len(content))


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something holds; fail loudly when it never does."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "It never came true."
        time.sleep(0.02)


def settle(conversation: Conversation, seconds: float = 90.0) -> None:
    wait_for(lambda: not conversation.busy, seconds)


def ask(conversation: Conversation, text: str, *files: IncomingFile) -> list[Event]:
    """Ask, wait for the end of the turn, and return the events that it made."""
    before = conversation.snapshot().last
    conversation.ask(text, files)
    settle(conversation)
    return [stored.event for stored in conversation.snapshot(before).events]


def run(conversation: Conversation, code: str, language: str = "python") -> CodeFinished:
    """Have code run as it is, and return how it ended."""
    events = ask(conversation, f"```{language}\n{code}\n```")
    return next(event for event in events if isinstance(event, CodeFinished))


def ended(events: list[Event]) -> TurnEnded:
    return next(event for event in events if isinstance(event, TurnEnded))
