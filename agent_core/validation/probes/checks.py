"""The five checks that a stakeholder asks for: filesystem, network, process, time-out, state."""

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import psutil

from agent_core.errors import SandboxCrashed
from agent_core.validation.acts import act, failed, passed, unclear
from agent_core.validation.probes.question import Verdict
from agent_core.validation.stage import Stage, run
from agent_core.validation.traps import namespaces

LIMIT_SECONDS = 2.0
"""A shorter limit than the contract's, which holds by the same means: so that the check takes seconds."""
GRACE_SECONDS = 5.0
"""What interrupting, killing and saying so may take on a busy machine."""
_MOST_FILES = 20_000
_HASHED_BYTES = 1 << 16

_WRITER = """
import os
for folder in {folders!r}:
    try:
        with open(os.path.join(folder, {marker!r}), "a") as file:
            file.write({marker!r})
    except OSError:
        pass
print("tried")
"""
_CHILD = """
import subprocess, sys
done = subprocess.run([sys.executable, "-c", "import time; time.sleep(1.5)", {marker!r}])
print("ran", done.returncode)
"""
_SWALLOWS = """
while True:
    try:
        while True: pass
    except BaseException: pass
"""
_LOOPS = {
    "a loop": "while True: pass",
    "a loop that swallows interrupts": _SWALLOWS,
    "one long call into C": "import ctypes\nctypes.CDLL(None).sleep(600)",
}


async def _filesystem(stage: Stage) -> Verdict:
    folders = [Path.home(), Path(tempfile.gettempdir()), Path.home() / ".cache", Path.cwd(), *_own(stage)]
    before = await asyncio.to_thread(_snapshot, folders)
    async with stage.sandbox() as sandbox:
        code = _WRITER.format(folders=[str(one) for one in folders], marker=stage.traps.marker)
        ran = await run(sandbox, code)
    after = await asyncio.to_thread(_snapshot, folders)
    if "tried" not in ran.printed:
        return unclear(f"The code that tries to write did not run: {ran.told}")
    changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    ours = [path for path in changed if stage.traps.marker in path or _bears(path, stage.traps.marker)]
    await asyncio.to_thread(_remove, [path for path in ours if Path(path).name.startswith(stage.traps.marker)])
    if ours:
        return failed(f"Changed on the host: {', '.join(ours[:5])}")
    others = f" {len(changed)} changed meanwhile without a trace of ours: other programs work here." if changed else ""
    return passed(f"{len(before):,} files of the host were listed before and after, by size, time and hash.{others}")


def _remove(paths: list[str]) -> None:
    for path in paths:
        Path(path).unlink(missing_ok=True)


def _own(stage: Stage) -> list[Path]:
    return [Path(folder) for folder in stage.traps.told["folders"]]


def _snapshot(folders: list[Path]) -> dict[str, tuple[int, int, str]]:
    found: dict[str, tuple[int, int, str]] = {}
    for path in _files(folders):
        if len(found) >= _MOST_FILES:
            break
        with contextlib.suppress(OSError):
            seen = path.lstat()
            small = path.is_file() and not path.is_symlink() and seen.st_size <= _HASHED_BYTES
            digest = sha256(path.read_bytes()).hexdigest() if small else ""
            found[str(path)] = (seen.st_size, seen.st_mtime_ns, digest)
    return found


def _files(folders: list[Path]) -> Iterator[Path]:
    """What is in the folders, and in the folders there."""
    for folder in dict.fromkeys(folders):
        for top, below, names in os.walk(folder, onerror=lambda _: None):
            if len(Path(top).relative_to(folder).parts) >= 1:
                below.clear()
            yield from (Path(top, name) for name in sorted(names))


def _bears(path: str, marker: str) -> bool:
    try:
        return Path(path).stat().st_size <= _HASHED_BYTES and marker.encode() in Path(path).read_bytes()
    except OSError:
        return False


async def _network(stage: Stage) -> Verdict:
    async with stage.sandbox() as sandbox:
        told = stage.traps.told
        code = (
            "import socket\n"
            f"for address in {['127.0.0.1', *told['addresses']]!r}:\n"
            "    try:\n"
            f"        socket.create_connection((address, {told['tcp']}), 2).recv(64)\n"
            "        print('reached', address)\n"
            "    except OSError as error:\n        print('refused', address)\n"
            "try:\n    print('name resolved to', socket.getaddrinfo('example.com', 443)[0][4][0])\n"
            "except OSError as error:\n    print('no name was resolved')\n"
        )
        before = len(stage.traps.reached)
        ran = await run(sandbox, code)
    came = stage.traps.reached[before:]
    if came or "reached" in ran.printed:
        return failed("A connection from the sandbox arrived at a listener on the host.")
    if "refused" not in ran.printed:
        return unclear(f"The code that tries to connect did not run: {ran.told}")
    mode = stage.contract.network.mode
    if mode == "deny" and "resolved to" in ran.printed:
        return failed("A name was resolved although the contract allows no network: data can leave in names.")
    names = "no name was resolved" if "no name" in ran.printed else "names can be resolved, as the contract allows"
    return passed(f"No connection arrived at the listeners on the host, and {names}.")


async def _process(stage: Stage) -> Verdict:
    mine = namespaces("self")
    shared: set[str] = set()
    watched = 0
    async with stage.sandbox() as sandbox:
        running = asyncio.create_task(run(sandbox, _CHILD.format(marker=stage.traps.marker)))
        while not running.done():
            for process in await asyncio.to_thread(_bearing, stage.traps.marker):
                theirs = await asyncio.to_thread(namespaces, process.pid)
                watched += bool(theirs)
                shared |= {name for name, number in theirs.items() if mine.get(name) == number}
            await asyncio.wait([running], timeout=0.05)
        ran = running.result()
    if "ran 0" not in ran.printed:
        return unclear(f"The code that starts a process did not run: {ran.told}")
    if shared:
        return failed(f"A process that the code started shares the host's namespaces: {', '.join(sorted(shared))}.")
    if not stage.local:
        return passed("The code started a process, and none appeared on this host.")
    if not watched:
        return unclear("The process that the code started was not seen from outside.")
    return passed(
        f"The process that the code started was seen {watched} times from outside, never in the host's namespaces."
    )


def _bearing(marker: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if marker in process.cmdline():
                found.append(process)
    return found


async def _timeout(stage: Stage) -> Verdict:
    limit = min(LIMIT_SECONDS, float(stage.contract.timeout.call_seconds))
    took = []
    for what, code in _LOOPS.items():
        async with stage.sandbox() as sandbox:
            began = time.monotonic()
            ran = await run(sandbox, code, limit)
            seconds = time.monotonic() - began
        if ran.kind not in {"timeout", "sandbox_crashed"}:
            return failed(f"For {what}: {ran.told}")
        if seconds > limit + GRACE_SECONDS:
            return failed(f"{what.capitalize()} ended only after {seconds:.1f} s.")
        if sandbox.alive:
            return failed(f"The sandbox of {what} was still alive after it was closed, and its meter ran on.")
        took.append(f"{what} after {seconds:.1f} s")
    return passed(f"With a limit of {limit:g} s, ended: {', '.join(took)}. The meter stops with the sandbox.")


async def _state(stage: Stage) -> Verdict:
    async with stage.sandbox() as one, stage.sandbox() as two:
        await run(one, "kept = 41\nopen('kept.txt', 'w').write('41')")
        look = "'kept' in globals()" if stage.hosted else "kept + 1"
        again = await run(one, f"print({look}, open('kept.txt').read())")
        other = await run(two, "import os\nprint('kept' in globals(), os.path.exists('kept.txt'))")
    async with stage.sandbox() as later:
        after = await run(later, "import os\nprint('kept' in globals(), os.path.exists('kept.txt'))")
    if again.printed.split() != ["False" if stage.hosted else "42", "41"]:
        return failed(f"A variable or a file did not last to the next call: {again.told}")
    for which, ran in (("at the same time", other), ("opened later", after)):
        if ran.printed.split() != ["False", "False"]:
            return failed(f"A variable or a file was found in a sandbox {which}.")
    try:
        await one.run("1", emit=lambda _: None)
    except SandboxCrashed:
        pass
    else:
        return failed("A closed sandbox still ran code.")
    how = "with the question" if stage.contract.lifecycle.mode == "ephemeral" else "with the sandbox"
    what = "Files, and no variables, last" if stage.hosted else "Variables and files last"
    return passed(f"{what} from call to call, end {how}, and are in no other sandbox.")


ACTS = (
    act(
        "checks",
        "filesystem",
        "The host's files are as they were",
        _filesystem,
        reason="Code tried to write into the home folder, the temporary folder, the cache, the app's folder and the "
        "working folder of the host. They were listed before and after.",
        if_failed="Code can change files of the host.",
        remedy="Close this provider to conversations; the folders named above were reached.",
    ),
    act(
        "checks",
        "network",
        "Connections go only where the contract allows",
        _network,
        reason="Listeners wait on the host while code tries to reach them, and to have a name resolved.",
        if_failed="Data can leave the sandbox past the contract.",
        remedy="Give the sandbox an empty network namespace, or mend the provider's rules for egress.",
    ),
    act(
        "checks",
        "process",
        "What code starts runs in the sandbox",
        _process,
        reason="Code starts a process, and the host's list of processes is watched while it runs.",
        if_failed="Model-written code runs on the host itself.",
        remedy="Close this provider to conversations: it does not isolate.",
    ),
    act(
        "checks",
        "timeout",
        "Every call ends at its limit",
        _timeout,
        reason="A loop, a loop that swallows interrupts and one long call into C each run into a limit.",
        if_failed="A call can run for ever, and be paid for.",
        remedy="Have what can't be interrupted killed from outside of the sandbox.",
    ),
    act(
        "checks",
        "state",
        "Variables live exactly as long as the contract says",
        _state,
        reason="A variable and a file are sought in the next call, in a sandbox beside, and in a later one.",
        if_failed="One conversation can see what another computed, or loses its own.",
        remedy="Open a fresh sandbox for each conversation, and never use one twice.",
    ),
)
