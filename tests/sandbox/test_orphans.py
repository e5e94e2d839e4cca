"""An app that is killed leaves nothing behind."""

import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from agent_core.jail import Jail, command_by_descriptor, system_binds
from agent_core.sandbox.local import cgroups, folders, jails, launch, processes

ROOT = Path(__file__).parent.parent.parent
APP = """
import asyncio, sys
from agent_core.contract import Contract
from agent_core.sandbox.local.provider import LocalProvider

async def main():
    async with LocalProvider().open(Contract()) as sandbox:
        start = f"import subprocess; subprocess.Popen(['sleep', {sys.argv[1]!r}], start_new_session=True)"
        await sandbox.run(start, emit=lambda output: None)
        print(sandbox.id, flush=True)
        await sandbox.run(f"import time; time.sleep(1000) # {sys.argv[1]}", emit=lambda output: None)

asyncio.run(main())
"""

HALTED = "import sys, time; from tests.sandbox.test_orphans import halted; print(halted(int(sys.argv[1]))[1], flush=True); time.sleep(600)"


def halted(until: int) -> tuple[subprocess.Popen[bytes], int]:
    """A jail, and its first process, in the moment when that waits for bubblewrap: until a descriptor can be read."""
    arguments = os.memfd_create("arguments")
    told, info = os.pipe()
    jail = Jail(system_binds()[0], "/", info_fd=info, nests=True)
    argv, packed = command_by_descriptor(jail, ["/usr/bin/sleep", "600"], arguments)
    os.write(arguments, packed + f"--userns-block-fd\0{until}\0".encode())
    os.lseek(arguments, 0, os.SEEK_SET)
    process = subprocess.Popen(argv, env={}, cwd="/", pass_fds=(arguments, info, until))
    for descriptor in (arguments, info):
        os.close(descriptor)
    with os.fdopen(told) as answer:
        return process, int(re.findall(r"\d+", answer.readline() + answer.readline())[0])


def running(marker: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:
            continue
        if line.startswith(b"sleep\0" + marker.encode()):
            found.append(path.parent.name)
    return found


def test_a_killed_app_leaves_nothing():
    """After `kill -9` of the app its sandboxes end by themselves; their groups and folders go when the next app starts."""
    marker = f"88.{secrets.randbelow(10**9)}"
    with subprocess.Popen([sys.executable, "-c", APP, marker], cwd=ROOT, stdout=subprocess.PIPE, text=True) as app:
        name = app.stdout.readline().strip()
        assert name.startswith("local-")
        assert len(running(marker)) == 1
        app.send_signal(signal.SIGKILL)
        app.wait(5)
    deadline = time.monotonic() + 5
    while running(marker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running(marker) == []
    folders.clear_leftovers()
    assert list(Path(tempfile.gettempdir()).glob(f"ringfence-sandboxes-*-{app.pid}-*")) == []
    if (hierarchy := cgroups.detect()) is not None:
        cgroups.clear_leftovers(hierarchy)
        assert [path for parent in hierarchy.parents.values() for path in parent.glob(f"*{name}")] == []


def test_a_jail_that_was_only_beginning_when_its_app_was_killed_is_cleared_by_the_next():
    """No signal of the kernel's ends it: bubblewrap dies with the app, and what it was to wake waits."""
    until, held = os.pipe()
    argv = [sys.executable, "-c", HALTED, str(until)]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True, pass_fds=(until,)) as app:
        try:
            first = psutil.Process(int(app.stdout.readline()))
            bubblewrap = first.parent()
            assert bubblewrap.ppid() == app.pid
            jails.clear_leftovers()
            assert first.is_running()
        finally:
            app.kill()
    psutil.wait_procs([bubblewrap], 10)
    jails.clear_leftovers()
    assert psutil.wait_procs([first], 10)[1] == []
    os.close(until)
    os.close(held)


def test_a_jail_that_is_only_beginning_ends_whole():
    """Also while its first process waits for bubblewrap."""
    until, held = os.pipe()
    process, first = halted(until)
    waiting = psutil.Process(first)
    launch.end(process)
    process.wait(10)
    assert psutil.wait_procs([waiting], 10)[1] == []
    os.close(until)
    os.close(held)


def test_folders_of_the_dead_are_removed(tmp_path):
    """What a killed app left on disk goes; the living, other containers and strangers keep theirs."""
    me, start = os.getpid(), processes.started(os.getpid())
    here = processes.pid_namespace(me)
    gone = [f"{here}-999999999-5-a", f"{here}-{me}-1-b"]
    kept = [f"{here}-{me}-{start}-c", f"{here + 1}-999999999-5-d", "x"]
    for name in (*gone, *kept):
        (tmp_path / f"ringfence-sandboxes-{name}" / "inputs").mkdir(parents=True)
    assert folders.clear_leftovers(tmp_path) == 2
    assert {path.name for path in tmp_path.iterdir()} == {f"ringfence-sandboxes-{name}" for name in kept}
