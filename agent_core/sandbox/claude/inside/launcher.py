"""One request in a process of its own: what `ClaudeRemote.execute` has the model start.

Files come in beside this one, and go out by `$OUTPUT_DIR`. The working folder stays from request to request;
variables do not.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from os import environ  # the container's own, which holds no secret

OVERRUN = 97
_GRACE_SECONDS = 0.5
_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  pathlib is slow to import
_HOME = f"{tempfile.gettempdir()}/ringfence"
_PRIVATE = f"{_HOME}/.ringfence"


def main(name: str) -> int:
    """Answer one request, within its time. Returns `OVERRUN` where it had to be killed."""
    with open(f"{_HERE}/{name}") as file:  # noqa: PTH123
        request = json.load(file)
    os.makedirs(_PRIVATE, exist_ok=True)  # noqa: PTH103
    for arrived in request["bring"]:
        shutil.copyfile(f"{_HERE}/{arrived}", f"{_PRIVATE}/{arrived}")
    started, begun = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(started)
        os.setsid()
        _work(request, begun)
    os.close(begun)
    os.read(started, 1)
    over = _waited(child, request["seconds"] + _GRACE_SECONDS)
    for made in os.listdir(_PRIVATE):  # noqa: PTH208
        shutil.copyfile(f"{_PRIVATE}/{made}", f"{environ.get('OUTPUT_DIR', '.')}/{made}")
        os.unlink(f"{_PRIVATE}/{made}")  # noqa: PTH108
    return OVERRUN if over else 0


def _work(request: dict[str, object], begun: int) -> None:
    sys.path.insert(0, f"{_HERE}/inside.zip")
    from ringfence_inside import session  # type: ignore[import-not-found]  # noqa: PLC0415

    said, sys.stdout = sys.stdout, open(os.devnull, "w")  # noqa: PTH123, SIM115
    session.begin(_HOME, request["limits"])
    sys.stdout = said
    session.session._disk_before = _disk_before(session.session._disk_before)  # noqa: SLF001
    os.write(begun, b"1")
    os.close(begun)
    exec(str(request["code"]), {})  # noqa: S102  a call of our own, by the host
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _disk_before(now: int) -> int:
    """What was on the disk when the first request came."""
    path = f"{_HOME}/.disk"
    try:
        with open(path) as file:  # noqa: PTH123
            return int(file.read())
    except (OSError, ValueError):
        with open(path, "w") as file:  # noqa: PTH123
            file.write(str(now))
        return now


def _waited(child: int, seconds: float) -> bool:
    """Whether the child took longer, and was killed with all that it had started in its group."""
    until = time.monotonic() + seconds
    while True:
        if os.waitpid(child, os.WNOHANG)[0]:
            return False
        if time.monotonic() > until:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return True
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
