"""Canaries in every secret that the app is given: none is found where anybody but the app could read it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import uvicorn

from agent_core.config import Settings
from agent_core.session import Deployment
from agent_core.session.deployment import LOCAL_PERSON
from tests.emulators.messages import Answer, Call, Fault, MessagesEndpoint, Say

ROOT = Path(__file__).parents[2]
TOOL = "mcp__sandbox__execute_code"
CANARIES = {
    name: f"canary-{name.lower().replace('_', '-')}-7f3a"
    for name in ("ANTHROPIC_API_KEY", "DAYTONA_API_KEY", "E2B_API_KEY", "AWS_SECRET_ACCESS_KEY", "SOMEBODYS_PASSWORD")
}
LOOK = """
import os, time
found = [dict(os.environ), open('/proc/self/environ', 'rb').read()]
for folder, _, names in os.walk('/proc'):
    if folder.count('/') > 2: continue
    for name in ('environ', 'cmdline'):
        try: found.append(open(f'{folder}/{name}', 'rb').read())
        except OSError: pass
print(found)
time.sleep(2)
"""


@pytest.fixture
def endpoint() -> Iterator[tuple[MessagesEndpoint, str]]:
    scripted = MessagesEndpoint()
    server = uvicorn.Server(uvicorn.Config(scripted, port=0, lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield scripted, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


class Watch:
    """What can be seen of a process and its children from outside while they run."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.seen: set[bytes] = set()
        self.others: set[int] = set()

    def look(self) -> None:
        try:
            app = psutil.Process(self._process.pid)
            own = app.cmdline()
            every = [app, *app.children(recursive=True)]
        except psutil.Error:
            return
        for one in every:
            try:
                # Between fork and exec a child is still the app itself.
                started = one.cmdline() != own
                self.seen.add(Path(f"/proc/{one.pid}/cmdline").read_bytes())
                if started:
                    self.seen.add(Path(f"/proc/{one.pid}/environ").read_bytes())
                    self.others.add(one.pid)
            except (OSError, psutil.Error):
                continue


@pytest.mark.parametrize("fault", [None, 400])
def test_no_canary_is_found_anywhere(tmp_path: Path, endpoint: tuple[MessagesEndpoint, str], fault: int | None) -> None:
    """Database, artifacts, answers, logs, arguments and the environments of every child process: not one."""
    scripted, url = endpoint
    if fault:
        refused = f"the key {CANARIES['ANTHROPIC_API_KEY']} is wrong"
        scripted.then(Fault(fault, "invalid_request_error", refused))
    else:
        scripted.then(Answer((Call(TOOL, {"code": LOOK, "language": "python"}),)), Answer((Say("Looked."),)))
    (tmp_path / "data.csv").write_text("a\n1\n")
    environment = {
        "PATH": os.environ["PATH"],
        "RINGFENCE_HOME": str(tmp_path / "home"),
        "RINGFENCE_LOGS": "json",
        "ANTHROPIC_BASE_URL": url,
        **CANARIES,
    }
    command = [sys.executable, "-m", "agent_core.cli", "ask", str(tmp_path / "data.csv"), "Look around.", "--json"]
    with (tmp_path / "out").open("wb") as out, (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=log)
        watch = Watch(process)
        until = time.monotonic() + 120
        while process.poll() is None:
            assert time.monotonic() < until
            watch.look()
            time.sleep(0.1)
    said = (tmp_path / "out").read_bytes() + (tmp_path / "log").read_bytes()
    assert process.returncode == (1 if fault else 0), said
    assert watch.others
    assert scripted.asked
    kept = {path: path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file()}
    assert any(path.suffix == ".db" for path in kept)
    deployment = Deployment(Settings.from_environment({"RINGFENCE_HOME": str(tmp_path / "home")}))
    try:
        (one,) = deployment.conversations(LOCAL_PERSON.id)
        events = deployment.get(one.id, LOCAL_PERSON.id).snapshot().events
        told = repr(events).encode()
    finally:
        deployment.close()
    for name, canary in CANARIES.items():
        for place, data in {"output": said, "events": told, **kept}.items():
            assert canary.encode() not in data, (name, place)
        assert not [data for data in watch.seen if canary.encode() in data], name
