"""A whole deployment, keyless, in a folder of its own: the real planner, tool, sandbox and store."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import uvicorn

from agent_core.config import Settings
from agent_core.events import CodeFinished, Event, TurnEnded
from agent_core.session import Conversation, Deployment, IncomingFile
from tests.emulators.messages import MessagesEndpoint

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


@pytest.fixture
def endpoint() -> MessagesEndpoint:
    return MessagesEndpoint()


@pytest.fixture
def url(endpoint: MessagesEndpoint) -> Iterator[str]:
    """The scripted endpoint on a port of this machine."""
    server = uvicorn.Server(uvicorn.Config(endpoint, port=0, lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


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
