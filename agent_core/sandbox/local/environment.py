"""The virtual environment that the jail's interpreter finds: small packages copied, large ones left where they are.

It is written by a process apart. Its thousands of small steps would each wait for the other threads of an
app that is busy, which made seconds out of one.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import agent_core
from agent_core.errors import ProviderUnavailable
from agent_core.sandbox.local.interpreter import interpreter
from agent_core.sandbox.local.packages import paths

ENVIRONMENT = "/opt/env"
SITE_PACKAGES = f"{ENVIRONMENT}/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"

_SMALL_PACKAGE_BYTES = 4 << 20
_SMALL_PACKAGE_FILES = 200
_POLL_SECONDS = 0.1
_MOST_SAID = 300


def build(folder: Path, stopped: Callable[[], bool]) -> tuple[Path, ...]:
    """Write an environment into a new folder. Returns the packages that are to be bound into it.

    Raises ProviderUnavailable where it can't be written, and as soon as it is `stopped`.
    """
    root = str(Path(agent_core.__file__).parent.parent)
    code = f"import sys; sys.path[:] = {[root, *sys.path]!r}; from {__name__} import write; write({str(folder)!r})"
    with subprocess.Popen(  # noqa: S603  the interpreter that runs the app
        [sys.executable, "-I", "-c", code],
        env={"LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        said, complaint = _until_done(process, stopped)
    if process.returncode:
        reason = complaint.decode("utf-8", "replace").strip().rpartition("\n")[2][:_MOST_SAID]
        raise ProviderUnavailable(f"What sandboxes are made of could not be written to disk ({reason}).")
    return tuple(Path(path) for path in json.loads(said))


def write(name: str) -> None:
    """The work of that process: prints the large packages' paths as JSON. Each has an empty place to be bound on."""
    folder, packages = Path(name), paths()
    site = folder / Path(SITE_PACKAGES).relative_to(ENVIRONMENT)
    site.mkdir(parents=True)
    _write_programs(folder)
    large = [path for path in packages if not _is_small(path)]
    for path in packages:
        if path in large:
            (site / path.name).mkdir()
        elif path.is_dir():
            shutil.copytree(path, site / path.name)
        else:
            shutil.copy2(path, site)
    sys.stdout.write(json.dumps([str(path) for path in large]))


def _until_done(process: "subprocess.Popen[bytes]", stopped: Callable[[], bool]) -> tuple[bytes, bytes]:
    while True:
        try:
            return process.communicate(timeout=_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            if stopped():
                process.kill()
                raise ProviderUnavailable("The app is closing.") from None


def _write_programs(folder: Path) -> None:
    found = interpreter()
    (folder / "bin").mkdir()
    for name in ("python", "python3"):
        (folder / "bin" / name).symlink_to(found.program)
    pip = folder / "bin" / "pip"
    pip.write_text('#!/bin/sh\nexec python3 -m pip "$@"\n')
    pip.chmod(0o755)
    (folder / "pyvenv.cfg").write_text(f"home = {found.home}\ninclude-system-site-packages = false\n")


def _is_small(path: Path) -> bool:
    """Whether copying costs less, once, than a mount at every start."""
    if not path.is_dir():
        return True
    size = 0
    for count, file in enumerate(path.rglob("*")):
        size += file.stat().st_size
        if size > _SMALL_PACKAGE_BYTES or count > _SMALL_PACKAGE_FILES:
            return False
    return True
