"""What every sandbox of this process finds read-only: interpreter, packages, accounts, fonts and the worker.

A `Runtime` is a folder on the host, made once a process, with what has to be written for the jail;
the rest is bound from where it is installed.
"""

import contextlib
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent_core.jail import Bind, Mount, Tmpfs, system_binds
from agent_core.sandbox.local import environment
from agent_core.sandbox.local.environment import ENVIRONMENT, SITE_PACKAGES
from agent_core.sandbox.local.interpreter import Interpreter, interpreter
from agent_core.sandbox.local.network.variables import CERTIFICATES, certificates, variables
from agent_core.sandbox.surroundings import VARIABLES

_WORKER = "/opt/ringfence"
_FONTS = "/opt/matplotlib"
_SOURCE = Path(__file__).parent / "worker"
_START = "import sys; sys.path.insert(0, {!r}); from worker.{} import main; del sys.path[0]; main()"
_FONT_SECONDS = 60
_SMALL_MIB = 64
_HIDDEN = ("/usr/local", "/usr/src")


@dataclass(frozen=True, slots=True)
class Runtime:
    """What is mounted before the working folder, and how the worker, or the fork server, is started in it."""

    mounts: tuple[Mount, ...]
    readonly: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]

    def argv(self, channel_fd: int, handover_fd: int) -> tuple[str, ...]:
        """The worker's command line in the jail."""
        return self._argv("serve", channel_fd, handover_fd)

    def server_argv(self, life_fd: int, control_fd: int) -> tuple[str, ...]:
        """The fork server's command line in its jail."""
        return self._argv("forkserver", life_fd, control_fd)

    def _argv(self, module: str, *descriptors: int) -> tuple[str, ...]:
        start = _START.format(_WORKER, module)
        return (f"{ENVIRONMENT}/bin/python3", "-I", "-c", start, *map(str, descriptors))


def build(folder: Path, stopped: Callable[[], bool] = lambda: False) -> Runtime:
    """Write a runtime into a new folder, which takes seconds where the machine is busy.

    Raises ProviderUnavailable as soon as it is `stopped`.
    """
    found = interpreter()
    folder.mkdir()
    fonts = _write_fonts(folder / "matplotlib")
    _write_accounts(folder / "etc")
    try:
        large = environment.build(folder / "env", stopped)
        _write_worker(folder / "ringfence" / "worker")
        with contextlib.suppress(subprocess.TimeoutExpired):
            fonts.wait(_FONT_SECONDS)
    finally:
        fonts.kill()
        fonts.wait()
    for path in (folder / "matplotlib").iterdir():
        path.chmod(0o644)
    folder.chmod(0o755)
    hidden = tuple(path for path in _HIDDEN if Path(path).is_dir())
    mounts: list[Mount] = [*system_binds()[0], *(Tmpfs(path, 1, "0755") for path in hidden), *found.mounts]
    mounts += [Bind(folder / "etc", "/etc"), *_alternatives()]
    mounts += [Bind(folder / "env", ENVIRONMENT), Bind(folder / "ringfence", _WORKER)]
    mounts += [Bind(folder / "matplotlib", _FONTS)]
    mounts += [Bind(path, f"{SITE_PACKAGES}/{path.name}") for path in large]
    mounts += [Tmpfs("/tmp", _SMALL_MIB, "1777"), Tmpfs("/dev/shm", _SMALL_MIB, "1777")]  # noqa: S108  the jail's own
    return Runtime(tuple(mounts), (*hidden, *found.readonly), _variables(found))


def _variables(found: Interpreter) -> tuple[tuple[str, str], ...]:
    told = (
        VARIABLES
        | {
            "PATH": f"{ENVIRONMENT}/bin:/usr/bin:/bin",
            "HOME": "/work",
            "TMPDIR": "/tmp",  # noqa: S108  the jail's own
            "MPLCONFIGDIR": "/tmp/matplotlib",  # noqa: S108  as above
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
            "NUMEXPR_NUM_THREADS": "1",
            "ARROW_DEFAULT_MEMORY_POOL": "system",
            "JE_ARROW_MALLOC_CONF": "background_thread:false",
        }
        | variables()
    )
    if found.library_path:
        told["LD_LIBRARY_PATH"] = found.library_path
    return tuple(told.items())


def _write_accounts(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "passwd").write_text("sandbox:x:1000:1000:sandbox:/work:/bin/bash\n")
    (folder / "group").write_text("sandbox:x:1000:\n")
    (folder / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    (folder / "nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files dns\n")
    bundle = folder.parent / CERTIFICATES.lstrip("/")
    bundle.parent.mkdir(parents=True)
    bundle.write_bytes(certificates())
    if Path("/etc/alternatives").is_dir():
        (folder / "alternatives").mkdir()


def _alternatives() -> list[Mount]:
    """Debian's links: programs such as awk, and libraries, are reached through them."""
    path = Path("/etc/alternatives")
    return [Bind(path, str(path))] if path.is_dir() else []


def _write_worker(folder: Path) -> None:
    shutil.copytree(_SOURCE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for source in folder.glob("*.py"):
        inside = f"{_WORKER}/worker/{source.name}"
        py_compile.compile(
            str(source), dfile=inside, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
        )


def _write_fonts(folder: Path) -> "subprocess.Popen[bytes]":
    """Matplotlib's list of fonts: without it each sandbox would look for them again, for half a second."""
    folder.mkdir()
    return subprocess.Popen(
        [sys.executable, "-I", "-c", "import matplotlib.font_manager"],
        env={"MPLCONFIGDIR": str(folder), "MPLBACKEND": "agg"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
