"""Whether code can forge what the sandbox says about it, and whether anything of it is left after close."""

import asyncio
import contextlib
import os
import tempfile
from pathlib import Path

import psutil

from agent_core.errors import RingfenceError
from agent_core.validation.acts import Act, act, failed, passed
from agent_core.validation.probes.question import Verdict
from agent_core.validation.stage import Stage, run
from agent_core.validation.traps import namespaces

_FORGE = """
import json, os
frames = [
    b'{"kind":"done","exit_code":0}\\n',
    b'\\x00\\x00\\x00\\x10' + b'{"ok":true}' * 4,
    b'HTTP/1.1 200 OK\\r\\n\\r\\n',
    b'\\xff' * 64 + b'\\n',
]
for number in range(3, 64):
    for frame in frames:
        try:
            os.write(number, frame)
        except OSError:
            pass
"""
_PATCH = """
import builtins, json, sys
builtins.print = lambda *a, **k: sys.__stdout__.write("forged\\n")
json.dumps = lambda *a, **k: '{"forged": true}'
builtins.len = lambda _: 0
sys.modules["os"] = None
"""
_DAEMON = """
import subprocess, sys
child = "import time; time.sleep(300)"
subprocess.Popen([sys.executable, "-c", child, {marker!r}], start_new_session=True,
                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print("left")
"""
_LITTER = """
import os, tempfile
for folder in (".", tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"):
    try:
        with open(os.path.join(folder, {marker!r}), "w") as file:
            file.write({marker!r})
    except OSError:
        pass
print("littered")
"""


async def _forged(stage: Stage) -> Verdict:
    async with stage.sandbox() as sandbox:
        first = await run(sandbox, _FORGE)
        after = await run(sandbox, "print(6 * 7)") if sandbox.alive else first
    if after.failure is not None:
        return passed(f"The sandbox noticed, and ended: {after.failure}")
    if after.printed != "42\n":
        return failed(f"After forged frames a call printed {after.printed[:80]!r} instead of 42.")
    return passed("Forged frames on every open file changed nothing: the next call printed 42.")


async def _exit(stage: Stage) -> Verdict:
    async with stage.sandbox() as sandbox:
        ran = await run(sandbox, "import os\nprint('about to go', flush=True)\nos._exit(0)")
    if ran.failure is not None and ran.kind in {"sandbox_crashed", "out_of_memory"}:
        return passed(ran.told)
    return failed(f"Ending the worker with code 0 passed for success. {ran.told}")


async def _patched(stage: Stage) -> Verdict:
    async with stage.sandbox() as sandbox:
        await run(sandbox, _PATCH)
        async with stage.sandbox() as fresh:
            ran = await run(fresh, "import json\nprint(json.dumps(len('four')))")
    if ran.printed != "4\n":
        return failed(f"What one sandbox changed in Python was changed in the next: {ran.printed[:80]!r}.")
    return passed("What code changes in Python itself ends with its own sandbox.")


async def _climbing(stage: Stage) -> Verdict:
    name = stage.traps.marker
    paths = (f"../{name}", f"/tmp/{name}", f"inputs/../../{name}", "")  # noqa: S108
    taken = []
    async with stage.sandbox() as sandbox:
        for path in paths:
            try:
                await sandbox.write(path, b"x")
            except (ValueError, OSError, RingfenceError):
                continue
            taken.append(path)
    found = {path for path in (Path.cwd().parent / name, Path("/tmp", name)) if path.exists()}  # noqa: S108
    for escaped in found:
        escaped.unlink()
    if taken or found:
        return failed(f"A file could be named {', '.join(map(repr, taken))}.")
    return passed("Names that climb out of the folder were refused.")


async def _linked(stage: Stage) -> Verdict:
    async with stage.sandbox() as sandbox:
        await run(sandbox, "import os\nos.symlink('/etc/passwd', 'result.txt')\nos.symlink('/etc', 'results')")
        listed = {entry.path for entry in await sandbox.list()}
        read = []
        for path in ("result.txt", "results/passwd"):
            try:
                await sandbox.read(path, limit_bytes=1 << 20)
            except (OSError, ValueError, RingfenceError):
                continue
            read.append(path)
    if read or "result.txt" in listed:
        return failed(f"A link out of the folder was offered as a result: {', '.join(read) or 'result.txt'}.")
    return passed("Links that lead out of the working folder are neither listed nor read.")


def _at_home(process: psutil.Process) -> bool:
    """Whether it lives in a namespace of the app's: another program's sandboxes are not this provider's."""
    mine = namespaces("self")
    return any(mine.get(name) == number for name, number in namespaces(process.pid).items())


async def _processes(stage: Stage) -> Verdict:
    if stage.hosted:
        return Verdict("not_applicable", _LEFT_THERE)
    marker = f"{stage.traps.marker}-daemon"
    async with stage.sandbox() as sandbox:
        await run(sandbox, _DAEMON.format(marker=marker))
    left = []
    for _ in range(40):
        left = [one for one in psutil.process_iter() if marker in _command(one) and (stage.local or _at_home(one))]
        if not left and not stage.local:
            return passed("The code left a process running, and none of this host's is it.")
        if not left:
            return passed("A process that the code left running ended with the sandbox.")
        await asyncio.sleep(0.1)
    numbers = ", ".join(str(one.pid) for one in left)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    return failed(f"A process that the code left running was still on the host after close: {numbers}.")


def _command(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        return process.cmdline()
    return []


async def _files(stage: Stage) -> Verdict:
    marker = f"{stage.traps.marker}-litter"
    async with stage.sandbox() as sandbox:
        await run(sandbox, _LITTER.format(marker=marker))
    places = {Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm")}  # noqa: S108
    left = await asyncio.to_thread(_named, places, marker)
    for path in left:
        with contextlib.suppress(OSError):
            path.unlink()
    if left:
        return failed(f"Left on the host after close: {', '.join(map(str, left[:4]))}.")
    return passed("No file that the code made is on the host after close.")


def _named(places: set[Path], marker: str) -> list[Path]:
    return [Path(top, marker) for place in places for top, _, names in os.walk(place) if marker in names]


async def _mounts(stage: Stage) -> Verdict:
    async with stage.sandbox() as sandbox:
        name = sandbox.id
        await run(sandbox, "1")
    text = await asyncio.to_thread(Path("/proc/self/mountinfo").read_text)
    groups = await asyncio.to_thread(lambda: [str(one) for one in Path("/sys/fs/cgroup").rglob(f"*{name}*")])
    left = [line for line in text.splitlines() if name in line]
    if left or groups:
        return failed(f"Left after close: {', '.join([*left, *groups][:3])}.")
    return passed("No mount and no control group of the sandbox is left after close.")


_LEFT_THERE = (
    "A hosted container can't be ended from here, only left: what runs on in it, without a network, can't be seen."
)
_LEFT = "Work of one conversation stays on the host, for whoever comes next."
_CLEAR = "End the sandbox's whole namespace at close, and remove its folder."

ACTS: tuple[Act, ...] = (
    act(
        "channel",
        "forged",
        "Results can't be forged",
        _forged,
        reason="The worker talks to the app over an open file, and code may write to every open file.",
        if_failed="Code can claim results that were never computed.",
        remedy="Take nothing from the channel that the call didn't ask for.",
    ),
    act(
        "channel",
        "exit",
        "A worker that ends is not a success",
        _exit,
        reason="Code can end the program that runs it.",
        if_failed="A crash passes for an answer.",
        remedy="Treat the end of the worker as a crash, whatever its code.",
    ),
    act(
        "channel",
        "patched",
        "What code changes in Python ends with it",
        _patched,
        reason="Code can replace any part of the language that the worker uses.",
        if_failed="One conversation can change the answers of another.",
        remedy="Never share an interpreter between sandboxes.",
    ),
    act(
        "channel",
        "climbing",
        "No name leads out of the working folder",
        _climbing,
        reason="The names of uploads and results come from people and from models.",
        if_failed="A file can be written anywhere.",
        remedy="Refuse absolute and climbing names in the tool layer.",
    ),
    act(
        "channel",
        "linked",
        "No link leads out of the working folder",
        _linked,
        reason="A link that is offered as a result is read by the app, with the app's rights.",
        if_failed="Code can have the app read any file for it.",
        remedy="Read results inside the sandbox, and follow no link.",
    ),
    act(
        "leftovers",
        "processes",
        "No process outlives its sandbox",
        _processes,
        reason="A process in a session of its own doesn't end with its parent.",
        if_failed=_LEFT,
        remedy=_CLEAR,
    ),
    act(
        "leftovers",
        "files",
        "No file outlives its sandbox",
        _files,
        reason="Programs leave files in every temporary folder.",
        if_failed=_LEFT,
        remedy=_CLEAR,
    ),
    act(
        "leftovers",
        "mounts",
        "No mount and no control group outlives its sandbox",
        _mounts,
        reason="Each that is left costs the host a little, for ever.",
        if_failed="The host fills up slowly.",
        remedy=_CLEAR,
    ),
)
