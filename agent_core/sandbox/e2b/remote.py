"""Requests to the interpreter of one E2B sandbox, and files to and from it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from agent_core.errors import OutOfMemory, SandboxCrashed
from agent_core.sandbox.e2b.errors import translated
from agent_core.sandbox.hosted import remote
from agent_core.sandbox.hosted.remote import Hear

if TYPE_CHECKING:
    from e2b_code_interpreter import AsyncSandbox

_SPARE_SECONDS = 30
_INTERRUPT_SECONDS = 1.5
_METRICS_SECONDS = 3.0
_SAMPLES = 3
_NEARLY_ALL = 0.9
_HOSTS = "/etc/hosts"
_MARK = "# names of the contract's allowlist\n"
_MOST_HOSTS = 100_000
_MOST_UNREAD = 10_000
_RESTARTED = "ContextRestarting"


class Remote(remote.Remote):
    """Every deadline is ours: the SDK's own come at twice their value, or never."""

    def __init__(self, sandbox: "AsyncSandbox", home: str) -> None:
        super().__init__(home)
        self.sandbox = sandbox
        self._signals: set[asyncio.Future[object]] = set()

    async def execute(self, code: str, hear: Hear, seconds: float) -> None:
        """See `hosted.Remote.execute`. Raises OutOfMemory where the machine, not the guard inside, ran out."""
        with translated(opened=True):
            done = await self.sandbox.run_code(
                code,
                on_stdout=lambda message: hear("stdout", str(message.line)),
                on_stderr=lambda message: hear("stderr", str(message.line)),
                on_result=_Unread(),
                timeout=seconds + _SPARE_SECONDS,
            )
        if done.error is None:
            return
        if done.error.name != _RESTARTED:
            raise SandboxCrashed(f"its interpreter failed with {str(done.error.name)[:80]}")
        if (memory_mib := await self._ran_out()) is not None:
            raise OutOfMemory(memory_mib, state_kept=False)
        raise SandboxCrashed("its interpreter ended, and E2B put an empty one in its place")

    async def interrupt(self) -> None:
        """See `hosted.Remote.interrupt`.

        A signal of our own: the request goes on to its orderly end. Were it broken off, the next one would hang.
        """
        command = self.sandbox.commands.run(f"kill -INT {self.pid}", user="root", timeout=_INTERRUPT_SECONDS)
        task = asyncio.ensure_future(command)
        self._signals.add(task)
        task.add_done_callback(self._signalled)
        # It is left alone where it takes longer: cancelled, it would leave an error behind that nobody catches.
        await asyncio.wait({task}, timeout=_INTERRUPT_SECONDS)

    async def upload(self, name: str, data: bytes | AsyncIterator[bytes]) -> None:
        """See `hosted.Remote.upload`."""
        with translated(opened=True):
            async with asyncio.timeout(remote.FILE_SECONDS):
                await self.sandbox.files.write(f"{self.private}/{name}", data, use_octet_stream=True)

    async def download(self, name: str, limit_bytes: int) -> bytes | None:
        """See `hosted.Remote.download`."""
        with translated(opened=True):
            async with asyncio.timeout(remote.SILENT_SECONDS):
                stream = await self.sandbox.files.read(f"{self.private}/{name}", format="stream")
            async with asyncio.timeout(remote.FILE_SECONDS), stream as pieces:
                return await self.whole(pieces, limit_bytes)

    async def name_hosts(self, lines: str) -> None:
        """Have exactly these names found inside, beside those that were there before any of ours."""
        with translated(opened=True):
            async with asyncio.timeout(remote.SECONDS):
                found = str(await self.sandbox.files.read(_HOSTS, user="root"))[:_MOST_HOSTS]
                own = found.partition(_MARK)[0].rstrip("\n") + "\n"
                await self.sandbox.files.write(_HOSTS, own + (_MARK + lines if lines else ""), user="root")

    def _signalled(self, task: "asyncio.Future[object]") -> None:
        self._signals.discard(task)
        if not task.cancelled():
            task.exception()

    async def _ran_out(self) -> int | None:
        """The machine's memory in MiB where it was all in use, as far as E2B's samples tell."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_METRICS_SECONDS):
                samples = (await self.sandbox.get_metrics())[-_SAMPLES:]
            if any(one.mem_used >= one.mem_total * _NEARLY_ALL for one in samples if one.mem_total):
                return int(samples[-1].mem_total) >> 20
        return None


class _Unread:
    """What the kernel shows by itself, such as an image that is saved: our part shows all that is wanted.

    The SDK collects it, so it is emptied, and there is a bound.
    """

    def __init__(self) -> None:
        self._left = _MOST_UNREAD

    def __call__(self, result: object) -> None:
        vars(result).update(dict.fromkeys(vars(result)))
        self._left -= 1
        if self._left < 0:
            raise SandboxCrashed("its interpreter did not answer as agreed")
