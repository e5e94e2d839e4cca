"""One fork server on the host's side: its jail, its start, and one request after another.

The jail has the interpreter and the libraries, the folder of all sandboxes' inputs, and no network. What
runs in it is `worker/forkserver.py`, which says what becomes of a request.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

from agent_core.errors import ProviderUnavailable
from agent_core.jail import Bind, Jail
from agent_core.sandbox.local import seccomp
from agent_core.sandbox.local.launch import Launched, end, ends, spawn
from agent_core.sandbox.local.runtime import Runtime

INPUTS = "/inputs"
"""Where its jail has the folders that hold each sandbox's inputs."""

_START_SECONDS = 60.0
_FORK_SECONDS = 5.0
_END_SECONDS = 5.0
_MOST_ANSWER = 4_096
_MOST_SAID = 300


class Forked:
    """A sandbox that a fork server has forked. See `Keeper`."""

    def __init__(self, handle: int, released: Callable[[], None]) -> None:
        self._handle, self._released = handle, released

    def first(self) -> int | None:
        """See `Keeper.first`: the kernel knows the host's number of whom a handle leads to."""
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/self/fdinfo/{self._handle}").read_text().splitlines():
                name, _, value = line.partition(":")
                if name == "Pid" and int(value) > 0:
                    return int(value)
        return None

    def early(self) -> int | None:
        """See `Keeper.early`."""
        return self.first()

    def handle(self) -> int | None:
        """See `Keeper.handle`."""
        return os.dup(self._handle)

    def kill(self) -> None:
        """See `Keeper.kill`."""
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def release(self) -> None:
        """See `Keeper.release`."""
        os.close(self._handle)
        self._released()


class ForkServer:
    """Made by `start`. Retired, it forks no more, and its jail lasts until the last sandbox in it has ended."""

    def __init__(self, runtime: Runtime, sandboxes: Path) -> None:
        """Start it, on the thread that lives as long as its sandboxes. Raises as `launch.launch` does."""
        self.retired = False
        self.forks = 0
        """How many sandboxes it has forked."""
        self.data_bytes = 0
        """What each sandbox's first limit on memory counts from the beginning: the libraries' data."""
        self._lock = asyncio.Lock()
        self._living = 0
        jail = Jail(
            mounts=(*runtime.mounts, Bind(sandboxes, INPUTS)),
            working_folder="/",
            environment=runtime.environment,
            hostname="forkserver",
            nests=True,
            readonly_after=(*runtime.readonly, "/dev", "/"),
        )
        self._control, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        life, self._life = os.pipe()
        self._said, said = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            argv = runtime.server_argv(life, control.fileno())
            self._process = spawn(jail, argv, (life, control.fileno()), stdout=said, stderr=said)
        except BaseException:
            self._control.close()
            os.close(self._life)
            os.close(self._said)
            raise
        finally:
            control.close()
            os.close(life)
            os.close(said)
        self._control.setblocking(False)  # noqa: FBT003

    @classmethod
    async def start(cls, runtime: Runtime, sandboxes: Path) -> "ForkServer":
        """Start one, and wait until it has loaded the libraries, for a second or more. Raises ProviderUnavailable."""
        try:
            server = cls(runtime, sandboxes)
        except OSError as error:
            raise ProviderUnavailable(f"The fork server could not be started: {error.strerror}.") from error
        try:
            ready, _ = await server._exchange(seccomp.program(), (), _START_SECONDS)
            server.data_bytes = _told(ready)
        except BaseException as error:
            said = server._complaint()
            await server.close()
            if isinstance(error, (OSError, TimeoutError, LookupError, ValueError)):
                raise ProviderUnavailable(f"The fork server could not be started: {said or error}.") from error
            raise
        return server

    @property
    def living(self) -> int:
        """How many of its sandboxes have not been released."""
        return self._living

    async def fork(self, disk_mib: int, inputs: str, environment: dict[str, str], *, ahead: bool = False) -> Launched:
        """Fork a sandbox. `inputs` is the path of its folder of inputs below the one of all.

        `ahead` of who asks for it, it uses its libraries a little.
        Raises ProviderUnavailable; the server is retired where that is for good.
        """
        plan = json.dumps({"disk_mib": disk_mib, "inputs": inputs, "environment": environment, "ahead": ahead}).encode()
        with ends() as both:
            async with self._lock:
                answer, handles = await self._ask(plan, both.theirs)
            if len(handles) != 1:
                raise ProviderUnavailable(f"The fork server could not fork: {answer.get('error', 'no reason given')}.")
            self.forks += 1
            self._living += 1
            return both.launched(Forked(handles[0], self._release))

    def retire(self) -> None:
        """Have it fork no more. It gives its memory back, but for what its sandboxes share."""
        if not self.retired:
            self.retired = True
            with contextlib.suppress(OSError):
                self._control.shutdown(socket.SHUT_RDWR)

    async def succeed(self) -> None:
        """Retire it as soon as who is waiting for a fork has got it."""
        async with self._lock:
            self.retire()

    async def close(self) -> None:
        """End its jail, and every sandbox that is left in it."""
        self.retire()
        if self._life >= 0:
            self._control.close()
            os.close(self._life)
            os.close(self._said)
            self._life = self._said = -1
        try:
            await asyncio.to_thread(self._process.wait, _END_SECONDS)
        except TimeoutExpired:
            end(self._process)
            await asyncio.to_thread(self._process.wait)

    def _release(self) -> None:
        self._living -= 1

    async def _ask(self, plan: bytes, descriptors: tuple[int, ...]) -> tuple[dict[str, Any], list[int]]:
        """One at a time. Whoever gives up in the middle leaves an answer behind that nobody may take for theirs."""
        if self.retired:
            raise ProviderUnavailable("The fork server has ended.")
        try:
            return await self._exchange(plan, descriptors, _FORK_SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            self.retire()
            raise ProviderUnavailable(f"The fork server did not answer: {str(error) or 'it took too long'}.") from error
        except asyncio.CancelledError:
            self.retire()
            raise

    async def _exchange(
        self, data: bytes, descriptors: tuple[int, ...], seconds: float
    ) -> tuple[dict[str, Any], list[int]]:
        async with asyncio.timeout(seconds):
            socket.send_fds(self._control, [data], descriptors)
            await self._readable()
            answer, handles, _, _ = socket.recv_fds(self._control, _MOST_ANSWER, 1)
        for handle in handles:
            os.set_inheritable(handle, False)  # noqa: FBT003
        if not answer:
            raise ConnectionResetError("it has ended")
        return json.loads(answer), handles

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._control, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self._control)

    def _complaint(self) -> str:
        try:
            return os.read(self._said, _MOST_SAID * 8).decode("utf-8", "replace").strip()[-_MOST_SAID:]
        except OSError:
            return ""


def _told(ready: dict[str, Any]) -> int:
    if (complaint := ready.get("error")) is not None:
        raise ValueError(complaint)
    return int(ready["data_bytes"])
