"""Where the SDK's process runs: a jail without network that holds the program, its libraries and a socket."""

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import claude_agent_sdk
import psutil

from agent_core.errors import ProviderUnavailable
from agent_core.jail import UNPRIVILEGED_ID, Bind, Jail, Mount, Tmpfs, command_by_descriptor
from agent_core.planning.folders import PrivateFolder

WORKING_FOLDER = "/work"
"""The same for every conversation: the SDK's key of a transcript is made from it, and it tells nothing."""
CONFIG_FOLDER = "/home/planner/.claude"
PROJECT_KEY = claude_agent_sdk.project_key_for_directory(WORKING_FOLDER)

_PROGRAM = "/opt/claude"
_SOCKET = "/run/endpoint.sock"
_LARGEST_FILE_MIB = 512
_ARGUMENTS_FD = 9
_LIBRARY = re.compile(r"(?:=> )?(/\S+) \(0x[0-9a-f]+\)")
_TEN_DAYS_MS = str(10 * 86_400_000)

_ENVIRONMENT: Mapping[str, str] = {
    "HOME": "/home/planner",
    "CLAUDE_CONFIG_DIR": CONFIG_FOLDER,
    "ANTHROPIC_UNIX_SOCKET": _SOCKET,
    "ANTHROPIC_BASE_URL": "http://endpoint.invalid",
    "ANTHROPIC_API_KEY": "the-host-adds-the-key",
    "CLAUDE_CODE_ENTRYPOINT": "sdk-py",
    "CLAUDE_CODE_SDK_READS_SESSION_STATE": "1",
    "CLAUDE_CODE_MAX_RETRIES": "2",
    "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",
    "CLAUDE_CODE_DISABLE_MCP_TASK_BACKGROUND": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_TELEMETRY": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "MCP_TOOL_TIMEOUT": _TEN_DAYS_MS,
    "CLAUDE_CODE_SDK_MCP_TOOL_IDLE_TIMEOUT": _TEN_DAYS_MS,
    "MAX_MCP_OUTPUT_TOKENS": "200000",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
}
"""All that the process is told. How long a tool may take is the contract's business, not the SDK's."""


class Confined:
    """One process's private folder on the host: what starts it, and the transcript that it goes on with.

    Everything else that the process writes goes to memory, and is gone with it.
    """

    def __init__(self, socket: Path, session_id: str, transcript: Iterable[Mapping[str, Any]] = ()) -> None:
        self._private = PrivateFolder()
        self._folder = self._private.path
        try:
            self._write(socket, session_id, transcript)
        except BaseException:
            self.remove()
            raise

    @property
    def program(self) -> Path:
        """What to execute: it takes the CLI's arguments."""
        return self._folder / "planner"

    @property
    def processes(self) -> list[psutil.Process]:
        """The outermost process and all that is under it; none before it runs and after it has ended."""
        try:
            outermost = psutil.Process(int((self._folder / "pid").read_text()))
            return [outermost, *outermost.children(recursive=True)] if outermost.ppid() == os.getpid() else []
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return []

    def kill(self) -> None:
        """End the process, and with it everything in the jail, at once."""
        # One by one: a parent that has dropped root may not signal a child of another user when it dies.
        for process in self.processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def remove(self) -> None:
        """Remove the folder."""
        self._private.remove()

    def _write(self, socket: Path, session_id: str, transcript: Iterable[Mapping[str, Any]]) -> None:
        mounts = list[Mount]()
        if lines := "".join(json.dumps(entry) + "\n" for entry in transcript):
            seed = self._folder / "transcript.jsonl"
            seed.write_text(lines, "utf-8")
            if os.geteuid() == 0:
                os.chown(seed, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
            mounts.append(Bind(seed, f"{CONFIG_FOLDER}/projects/{PROJECT_KEY}/{session_id}.jsonl", writable=True))
        argv, packed = command_by_descriptor(jail(socket, mounts), [_PROGRAM], _ARGUMENTS_FD)
        (self._folder / "arguments").write_bytes(packed)
        self.program.write_text(self._script(argv), "utf-8")
        self.program.chmod(0o700)

    def _script(self, argv: list[str]) -> str:
        # The SDK starts its process with the app's environment, by now without values: `env -i` drops the names too.
        folder = shlex.quote(str(self._folder))
        return (
            "#!/bin/sh\n"
            f"echo $$ > {folder}/pid\n"
            "ulimit -c 0\n"
            f"ulimit -f {_LARGEST_FILE_MIB * 2048}\n"
            f"exec {_ARGUMENTS_FD}< {folder}/arguments\n"
            f'exec /usr/bin/env -i {shlex.join(argv)} "$@"\n'
        )


def jail(socket: Path, more: Iterable[Mount] = ()) -> Jail:
    """What the process sees: itself, its libraries, empty folders in memory, and the socket.

    Raises ProviderUnavailable where the SDK's program is missing.
    """
    return Jail(
        mounts=(*_mounts(), Bind(socket, _SOCKET), *more),
        working_folder=WORKING_FOLDER,
        environment=tuple(_ENVIRONMENT.items()),
        hostname="planner",
    )


@cache
def _mounts() -> tuple[Mount, ...]:
    program = _cli()
    libraries = tuple(Bind(source.resolve(), str(_in_jail(source))) for source in _libraries(program))
    return (
        Tmpfs("/home/planner", 256),
        Tmpfs(WORKING_FOLDER, 1),
        Tmpfs("/tmp", 64),  # noqa: S108  # the jail's own
        Bind(program, _PROGRAM),
        *libraries,
    )


def _cli() -> Path:
    bundled = Path(claude_agent_sdk.__file__).with_name("_bundled") / "claude"
    if bundled.is_file():
        return bundled
    if found := shutil.which("claude"):
        return Path(found).resolve()
    raise ProviderUnavailable("The Claude Agent SDK's program is missing. Install the project's requirements again.")


def _libraries(program: Path) -> list[Path]:
    """The shared libraries of a program, as its loader finds them."""
    listed = subprocess.run(  # noqa: S603  a fixed program
        ["ldd", str(program)],  # noqa: S607
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    return [Path(path) for path in _LIBRARY.findall(listed.stdout)]


def _in_jail(library: Path) -> Path:
    """Where a library goes: the jail's /lib and /lib64 are links into /usr where the host's are."""
    top = Path("/", library.parts[1])
    return Path("/", top.readlink(), *library.parts[2:]) if top.is_symlink() else library
