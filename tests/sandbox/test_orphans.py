"""An app that is killed leaves nothing behind."""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from agent_core.sandbox.local import cgroups, folders, processes

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
