"""What the SDK's process can see, reach, write and tell: next to nothing."""
# ruff: noqa: ASYNC220  # reading /proc does not wait

import asyncio
import json
import os
import platform
import socket as sockets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from agent_core.jail import Bind, command
from agent_core.planning.confined import jail
from agent_core.planning.prompt import system_prompt
from agent_core.tools.execute_code import execute_code
from tests.emulators.messages import Answer, Say
from tests.planning.stage import TOOL, Stage, call, end, is_sdk, planner_processes, sdk_process, staged, until

pytestmark = pytest.mark.anyio

HELLO = Answer((Say("hello"),))

COUNTERS = {
    "snmp": ("Ip.OutNoRoutes", "Ip.OutRequests", "Tcp.ActiveOpens", "Udp.OutDatagrams", "Udp.NoPorts"),
    "snmp6": ("Ip6OutNoRoutes", "Udp6OutDatagrams"),
}
"""What the kernel counts in a network namespace when anything in it tries to reach anything."""


def counted(process: psutil.Process) -> dict[str, int]:
    """The counters of the network namespace that a process is in."""
    lines = Path(f"/proc/{process.pid}/net/snmp").read_text().splitlines()
    found: dict[str, int] = {}
    for names, values in zip(lines[::2], lines[1::2], strict=True):
        kind, *columns = names.split()
        found |= {
            f"{kind.rstrip(':')}.{name}": int(value) for name, value in zip(columns, values.split()[1:], strict=True)
        }
    for line in Path(f"/proc/{process.pid}/net/snmp6").read_text().splitlines():
        name, value = line.split()
        found[name] = int(value)
    return {name: found[name] for names in COUNTERS.values() for name in names}


def told(stage: Stage) -> bytes:
    """All that has left the process."""
    return b"\n".join(asked.raw + json.dumps(dict(asked.headers)).encode() for asked in stage.endpoint.asked)


async def test_the_only_tools_in_a_request_are_ours() -> None:
    """In the request that the SDK really sends, in the first turn, after a tool call and after a resume."""
    async with staged() as stage:
        stage.endpoint.then(Answer((call("x"),)), HELLO, HELLO)
        planner = stage.planner()
        await stage.turn(planner, "one")
        await planner.release()
        await stage.turn(planner, "two")
        assert len(stage.endpoint.asked) == 3
        for asked in stage.endpoint.asked:
            assert [tool["name"] for tool in asked.body["tools"]] == [TOOL]
            assert asked.path == "/v1/messages"


async def test_what_we_add_to_a_request_is_small() -> None:
    """System and tools, with the real prompt and the real tool, in tokens of four characters."""
    contract = "Code runs alone on this machine without network, for at most 60 s a call. " * 4
    async with staged() as stage:
        stage.prompt = system_prompt(contract)
        stage.endpoint.then(HELLO)
        await stage.turn(stage.planner(tools=[execute_code(None)]), "one")  # type: ignore[arg-type]
        body = stage.endpoint.asked[0].body
        texts = [block["text"] for block in body["system"]]
        tokens = (sum(map(len, texts)) + len(json.dumps(body["tools"]))) / 4
        assert tokens <= 1_500
        assert [message["content"][0]["text"] for message in body["messages"]] == ["one"]


async def test_a_request_tells_nothing_of_the_host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither its name, nor its kernel, nor a folder, nor the person's account."""
    monkeypatch.chdir(tmp_path)
    async with staged() as stage:
        stage.endpoint.then(Answer((call("x"),)), HELLO)
        await stage.turn(stage.planner(), "one")
        said = told(stage).decode()
        facts = (
            platform.release(),
            sockets.gethostname(),
            str(Path.home()),
            str(tmp_path),
            tempfile.gettempdir() + "/",
        )
        for fact in (*facts, "OS Version", "Platform:", "working directory"):
            assert fact not in said, fact


@pytest.mark.parametrize("mention", ["what is in @{} ?", "@{}", "/init @{}", "!cat {}", "#{}"])
async def test_a_mentioned_file_of_the_host_is_not_read(mention: str, tmp_path: Path) -> None:
    """A chat message is text, whatever it names; it reaches the model as it was written."""
    secret = uuid4().hex
    canary = tmp_path / "canary.txt"
    canary.write_text(secret)
    prompt = mention.format(canary)
    async with staged() as stage:
        stage.endpoint.then(HELLO)
        await stage.turn(stage.planner(), prompt)
        assert secret.encode() not in told(stage)
        assert stage.endpoint.asked[0].body["messages"][-1]["content"][-1]["text"] == prompt


async def test_the_apps_environment_reaches_no_process_and_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read from the kernel for every process of the tree: the jail's own, and the SDK's."""
    canary = uuid4().hex
    for name in ("CANARY", "ANTHROPIC_API_KEY", "ANTHROPIC_CUSTOM_HEADERS", "CLAUDE_CODE_EXTRA_BODY", "NODE_OPTIONS"):
        monkeypatch.setenv(name, canary)
    async with staged() as stage:
        stage.endpoint.then(HELLO)
        await stage.turn(stage.planner(), "one")
        tree = planner_processes()
        assert sdk_process() in tree
        for process in tree:
            assert canary.encode() not in Path(f"/proc/{process.pid}/environ").read_bytes(), process
            assert canary not in " ".join(process.cmdline())
        assert canary.encode() not in told(stage)


async def test_nothing_but_the_endpoint_is_contacted() -> None:
    """By the kernel's own counters of the process's network namespace, over a turn with a tool call."""
    async with staged() as stage:
        stage.endpoint.then(Answer((call("x"),)), HELLO)
        await stage.turn(stage.planner(), "one")
        process = sdk_process()
        assert counted(process) == dict.fromkeys(counted(process), 0)
        own = Path("/proc/self/ns/net").readlink()
        assert Path(f"/proc/{process.pid}/ns/net").readlink() != own


TRIES = {
    "an address": "s = socket.socket(); s.settimeout(1); s.connect_ex(('203.0.113.1', 443))",
    "a name": "socket.getaddrinfo('example.org', 443)",
    "an address of the new kind": "s = socket.socket(socket.AF_INET6); s.connect_ex(('2001:db8::1', 443))",
    "the machine itself": "s = socket.socket(); s.connect_ex(('127.0.0.1', 80))",
}


@pytest.mark.parametrize("tried", TRIES)
async def test_the_counters_move_when_anything_is_tried(tried: str) -> None:
    """The control of the test above: in the same jail, a program that tries is seen."""
    program = "import socket, sys, time\ntry:\n {}\nexcept OSError: pass\nprint('tried', flush=True)\ntime.sleep(30)"
    async with staged() as stage:
        same = jail(stage.socket)
        wider = replace(
            same, mounts=(Bind(Path("/usr"), "/usr"), *(m for m in same.mounts if not m.target.startswith("/usr")))
        )
        argv = command(wider, ["/usr/bin/python3", "-c", program.format(TRIES[tried])])
        running = subprocess.Popen(argv, env={}, stdout=subprocess.PIPE)
        try:
            assert running.stdout is not None
            assert await asyncio.to_thread(running.stdout.readline) == b"tried\n"
            inside = [
                p
                for p in psutil.Process(running.pid).children(recursive=True)
                if "python3" in " ".join(p.cmdline()[:1])
            ]
            assert sum(counted(inside[-1]).values()) > 0
        finally:
            end([*psutil.Process(running.pid).children(recursive=True), psutil.Process(running.pid)])
            running.communicate()


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], set[str]]]:
    """The home, temporary and working folders of the app, and a way to list all that is in them."""
    with tempfile.TemporaryDirectory(prefix="w-") as top:
        folders = {name: Path(top) / name for name in ("home", "temp", "work")}
        for folder in folders.values():
            folder.mkdir()
        monkeypatch.setenv("HOME", str(folders["home"]))
        monkeypatch.setattr(tempfile, "tempdir", str(folders["temp"]))
        monkeypatch.chdir(folders["work"])
        yield lambda: {str(path) for path in Path(top).rglob("*")} - set(map(str, folders.values()))
        monkeypatch.undo()


async def test_the_process_writes_to_memory_alone(watched: Callable[[], set[str]]) -> None:
    """On the host there are only our socket, our starter and the transcript to go on with; then nothing."""
    async with staged() as stage:
        stage.endpoint.then(Answer((call("x"),)), HELLO, HELLO)
        planner = stage.planner()
        await stage.turn(planner, "one")
        await planner.release()
        await stage.turn(planner, "two")
        names = {Path(path).name for path in watched() if "ringfence-run-" not in Path(path).name}
        assert names == {"lock", "endpoint.sock", "planner", "pid", "arguments", "transcript.jsonl"}
        inside = Path(f"/proc/{sdk_process().pid}/root")
        assert (inside / "home/planner/.claude").is_dir()
        writable = {
            fields[4]
            for line in Path(f"/proc/{sdk_process().pid}/mountinfo").read_text().splitlines()
            if "rw" in (fields := line.split())[5].split(",")
        }
        ours = {place for place in writable if not place.startswith(("/proc", "/dev"))}
        (session,) = {entry["sessionId"] for entry in next(iter(stage.rows.rows.values()))}
        transcript = f"/home/planner/.claude/projects/-work/{session}.jsonl"
        assert ours == {"/home/planner", "/work", "/tmp", transcript}
        assert [path.name for path in (inside / "work").iterdir()] == []
    assert watched() == set()


async def test_the_jail_holds_the_program_and_its_libraries_alone() -> None:
    """No shell, no interpreter, no file of the host, no key."""
    async with staged() as stage:
        stage.endpoint.then(HELLO)
        await stage.turn(stage.planner(), "one")
        root = Path(f"/proc/{sdk_process().pid}/root")
        files = [path for top in ("usr", "opt", "run", "etc", "var", "root", "srv") for path in (root / top).rglob("*")]
        names = {path.name for path in files if not path.is_dir()}
        assert {"claude", "endpoint.sock"} <= names
        assert all(name in {"claude", "endpoint.sock"} or ".so" in name for name in names), names
        assert Path(f"/proc/{sdk_process().pid}/status").read_text().count("CapEff:\t0000000000000000") == 1


APP = """
import asyncio, sys
from tests.planning.stage import staged
from tests.emulators.messages import Hang
async def main():
    async with staged() as stage:
        stage.endpoint.otherwise = Hang()
        turn = asyncio.create_task(stage.turn(stage.planner(), "one"))
        await stage.endpoint.until_asked(1)
        print("asked", flush=True)
        await turn
asyncio.run(main())
"""


async def test_no_process_outlives_an_app_that_was_killed() -> None:
    """In the middle of a turn, without a chance to clean up: all are gone within ten seconds."""
    temp = tempfile.TemporaryDirectory(prefix="w-")
    app = subprocess.Popen([sys.executable, "-c", APP], env={**os.environ, "TMPDIR": temp.name}, stdout=subprocess.PIPE)
    assert app.stdout is not None
    assert await asyncio.to_thread(app.stdout.readline) == b"asked\n"
    below = psutil.Process(app.pid).children(recursive=True)
    assert any(is_sdk(process) for process in below)
    app.kill()
    app.communicate()
    try:
        await until(lambda: not any(process.is_running() for process in below), timeout_seconds=10)
    finally:
        end(below)
        temp.cleanup()
