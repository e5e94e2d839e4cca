"""Code that misbehaves: each has its own clear error, and the next question works."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_core.contract import Contract, Filesystem, Resources, Timeout
from agent_core.events import ContractDenied
from agent_core.session import Conversation, Deployment
from tests.session.conftest import OWNER, ask, run

TIGHT = Contract(
    timeout=Timeout(call_seconds=3, turn_seconds=60),
    resources=Resources(memory_mib=512, processes=32),
    filesystem=Filesystem(disk_mib=128, largest_file_mib=64),
)


@pytest.fixture
def conversation(shared: Deployment, owner: str) -> Iterator[Conversation]:
    opened = shared.create(owner, TIGHT)
    yield opened
    opened.restart_sandbox()


@pytest.mark.parametrize(
    ("code", "error", "clause"),
    [
        ("while True: pass", "timeout", "timeout"),
        ("sum(range(10**13))", "timeout", "timeout"),
        ("x = bytearray(4 << 30)", "out_of_memory", "resources"),
        ("x = []\nwhile True: x.append(bytearray(8 << 20))", "out_of_memory", "resources"),
        ("f = open('big', 'wb')\nfor _ in range(4096): f.write(bytes(1 << 20))", "file_too_large", "filesystem"),
        (
            "for n in range(8):\n    with open(f'f{n}', 'wb') as f: f.write(bytes(32 << 20))",
            "disk_full",
            "filesystem",
        ),
        ("import urllib.request as u\nu.urlopen('http://example.com', timeout=2)", "network_denied", "network"),
        ("import socket\nsocket.create_connection(('203.0.113.1', 80), 2)", "network_denied", "network"),
    ],
    ids=["loop", "loop-in-c", "allocation", "growth", "4-gb-file", "many-files", "name", "address"],
)
def test_each_limit_has_its_own_error_and_clause(
    conversation: Conversation, code: str, error: str, clause: str
) -> None:
    """The kind of the failure is right, the denial names its clause, and the next question works."""
    events = ask(conversation, f"```python\n{code}\n```")
    denied = [event for event in events if isinstance(event, ContractDenied)]
    assert [(event.error, event.clause, event.version) for event in denied] == [(error, clause, 1)]
    assert all(event.message.endswith(".") or ":" in event.message for event in denied)
    assert run(conversation, "print('still here')").stdout == "still here"


def test_a_fork_bomb_hurts_nobody(conversation: Conversation) -> None:
    """Forking without end ends within the call's limit, and the next question works."""
    finished = run(conversation, "import os\nwhile True: os.fork()")
    assert finished.error is not None
    assert run(conversation, "print('still here')").stdout == "still here"


def test_the_home_of_the_host_is_not_there(conversation: Conversation, tmp_path: Path) -> None:
    """Code can't read a file of the host, and is told so by Python itself."""
    canary = tmp_path / "canary.txt"
    canary.write_text("the host's secret")
    finished = run(conversation, f"print(open({str(canary)!r}).read())")
    assert (finished.error, "the host's secret" in finished.stdout + finished.stderr) == ("code_error", False)
    assert "FileNotFoundError" in finished.message


def test_a_crash_is_told_from_the_limits(conversation: Conversation) -> None:
    """A sandbox that dies by itself says that variables are lost, and the next call has a new one."""
    finished = run(conversation, "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)")
    assert finished.error == "sandbox_crashed"
    assert "Variables are lost" in finished.message
    assert run(conversation, "print('a new one')").stdout == "a new one"


def test_a_secret_of_the_app_is_not_in_the_sandbox(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A canary in the app's environment is in no process of the sandbox."""
    monkeypatch.setenv("CANARY_SECRET", "canary-7f3a")
    from tests.session.conftest import settings

    deployment = Deployment(settings(home))
    try:
        code = (
            "import glob, os\nfound = dict(os.environ)\n"
            "for p in glob.glob('/proc/[0-9]*/environ'): found[p] = open(p, errors='replace').read()\nprint(found)"
        )
        finished = run(deployment.create(OWNER), code)
    finally:
        deployment.close()
    assert finished.exit_code == 0
    assert "canary-7f3a" not in finished.stdout
