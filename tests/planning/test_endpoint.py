"""The unix socket that a planner's process reaches."""

import os
import signal
import stat
import tempfile
import time
from pathlib import Path

import httpx
import pytest

from agent_core.planning.endpoint import Endpoint
from agent_core.planning.folders import PrivateFolder, sweep
from tests.emulators.messages import Answer, MessagesEndpoint, Say

pytestmark = pytest.mark.anyio

QUESTION = {"model": "m", "messages": [{"role": "user", "content": "x"}]}


async def test_it_serves_an_app_and_leaves_nothing_behind() -> None:
    """The socket answers inside the context, and is gone with its folder after it."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    async with Endpoint(MessagesEndpoint().then(Answer((Say("hi"),)))) as endpoint:
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
        socket = endpoint.socket
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
        async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(socket))) as client:
            answer = await client.post("http://endpoint/v1/messages", json=QUESTION)
        assert answer.json()["content"] == [{"type": "text", "text": "hi"}]
    assert not socket.parent.exists()
    with pytest.raises(RuntimeError, match="not open"):
        _ = endpoint.socket


async def test_closing_does_not_wait_for_a_request_that_hangs() -> None:
    """An answer that never comes must not hold up the end of the app."""
    endpoint = Endpoint(MessagesEndpoint().then(Answer((Say("hi"),), hang_after_events=2)))
    async with endpoint:
        client = httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(endpoint.socket)))
        request = client.build_request("POST", "http://endpoint/v1/messages", json={**QUESTION, "stream": True})
        response = await client.send(request, stream=True)
    await response.aclose()
    await client.aclose()


def test_the_folders_of_a_killed_app_are_removed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """But not one that is in use, nor one that is just being made, nor what is not ours."""
    with tempfile.TemporaryDirectory(prefix="w-") as top:
        monkeypatch.setattr(tempfile, "tempdir", top)
        used = PrivateFolder()
        os.utime(used.path / "lock", (0, 0))
        for name, age in (("abandoned", 3600), ("young", 0)):
            lock = Path(top, f"ringfence-run-{name}", "lock")
            lock.parent.mkdir()
            lock.touch()
            os.utime(lock, (time.time() - age,) * 2)
        Path(top, "ringfence-run-strange").mkdir()
        Path(top, "other").mkdir()
        sweep()
        left = {path.name for path in Path(top).iterdir()}
        assert left == {used.path.name, "ringfence-run-young", "ringfence-run-strange", "other"}
        used.remove()
        used.remove()
        assert not used.path.exists()
        monkeypatch.undo()


async def test_a_long_temporary_folder_is_no_obstacle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The kernel takes only short names of sockets."""
    long = tmp_path / ("x" * 120)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    async with Endpoint(MessagesEndpoint()) as endpoint:
        assert endpoint.socket.is_socket()
    assert list(long.iterdir()) == []
