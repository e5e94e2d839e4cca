"""A persistent bash: variables, functions and the current folder last from call to call."""

import contextlib
import fcntl
import os
import select
import signal
from os import environ  # the jail's, as the code in Python has left it

from .repl import Outcome

_LOOP = """
trap 'continue 999' INT
while test -z "$__call" || printf '%s %s\\n' "$__call" "$__exit" >&9
  __exit=130; IFS= read -r -d '' -u 8 __call && IFS= read -r -d '' -u 8 __code
do
  eval "$__code" 8<&- 9>&-
  __exit=$?
done
"""
"""An interrupt resumes the outermost loop, whatever the code was doing, and 130 is then its exit code."""
_INTERRUPTED = 130
_GRACE_MILLISECONDS = 400


class Shell:
    """One bash process, started when it is first needed."""

    def __init__(self) -> None:
        self._pid: int | None = None
        self._folder = "/work"
        self._count = 0

    def run(self, code: str) -> Outcome:
        """Run a script; its exit code is that of its last command. `exit` ends the shell and its variables."""
        if self._pid is None:
            self._start()
        self._send(code)
        try:
            return Outcome(self._wait(None))
        except KeyboardInterrupt:
            return self._interrupted()

    def _start(self) -> None:
        commands_end, self._commands = _pipe()
        self._status, status_end = _pipe()
        actions = [
            (os.POSIX_SPAWN_DUP2, commands_end, 8),
            (os.POSIX_SPAWN_DUP2, status_end, 9),
        ]
        argv = ["bash", "--norc", "--noprofile", "-c", _LOOP]
        folder = os.getcwd()  # noqa: PTH109
        with contextlib.suppress(OSError):
            os.chdir(self._folder)
        self._pid = os.posix_spawn(
            "/bin/bash",
            argv,
            environ,
            file_actions=actions,
            setpgroup=0,
            setsigdef=[signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ],
        )
        os.chdir(folder)
        self._handle = os.pidfd_open(self._pid)
        os.close(commands_end)
        os.close(status_end)

    def _send(self, code: str) -> None:
        self._count += 1
        text = code.replace("\0", "").encode("utf-8", "replace")
        data = memoryview(b"%d\0%s\0" % (self._count, text))
        while data:
            data = data[os.write(self._commands, data) :]

    def _wait(self, milliseconds: int | None) -> int:
        poll = select.poll()
        poll.register(self._status, select.POLLIN)
        poll.register(self._handle, select.POLLIN)
        said = b""
        while (ended := _exit_code(said, self._count)) is None:
            ready = dict(poll.poll(milliseconds))
            if not ready:
                raise TimeoutError
            if self._status in ready and (piece := os.read(self._status, 64)):
                said += piece
            else:
                return self._ended()
        return ended

    def _interrupted(self) -> Outcome:
        try:
            self._signal(signal.SIGINT)
            return Outcome(self._wait(_GRACE_MILLISECONDS))
        except (TimeoutError, KeyboardInterrupt):
            with contextlib.suppress(OSError):
                self._folder = os.readlink(f"/proc/{self._pid}/cwd")  # noqa: PTH115  pathlib takes 3 ms to import
            self._signal(signal.SIGKILL)
            self._ended()
            return Outcome(_INTERRUPTED, kept=False)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._pid or 0, number)

    def _ended(self) -> int:
        assert self._pid is not None
        _, status = os.waitpid(self._pid, 0)
        for descriptor in (self._handle, self._commands, self._status):
            os.close(descriptor)
        self._pid = None
        code = os.waitstatus_to_exitcode(status)
        return code if code >= 0 else 128 - code


def _exit_code(said: bytes, call: int) -> int | None:
    """What bash says about this call; a line about an earlier one may come before."""
    for line in said.split(b"\n")[:-1]:
        match line.split():
            case [number, code] if number == b"%d" % call and code.isdigit():
                return int(code) & 0xFF
    return None


def _pipe() -> tuple[int, int]:
    """A pipe whose ends lie above the two numbers that bash gets."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]
