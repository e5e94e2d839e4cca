"""A jail with its worker, fence and watch: what a sandbox is made of, from start to end."""

import asyncio
import contextlib
import os
import signal
import socket

from agent_core.contract import Contract
from agent_core.errors import ProviderUnavailable
from agent_core.sandbox.local import outside
from agent_core.sandbox.local.cgroups import Hierarchy
from agent_core.sandbox.local.fence import Fence, data_bytes
from agent_core.sandbox.local.launch import Inside, Launched, look_inside, take_listener
from agent_core.sandbox.local.link import Link, first_of, to_its_end
from agent_core.sandbox.local.messages import Message, Ready
from agent_core.sandbox.local.watch import Watch

_MIB = 1 << 20
_START_SECONDS = 20.0
_END_SECONDS = 5.0
_MOST_SAID = 300

NOT_STARTED = "A local sandbox could not be started."
"""How the sentence begins that goes on with what was said in the jail."""


class Machine:
    """Alive from the end of `start` until its worker is out of reach."""

    def __init__(self, launched: Launched, contract: Contract) -> None:
        self.link = Link(launched, contract.filesystem.largest_artifact_mib)
        self.over_memory = False
        """Whether the watch has killed it."""
        self.inside: Inside
        self.listener: socket.socket | None = None
        """On the sandbox's own loopback: what comes in there has been sent from inside."""
        self.fence: Fence
        self.watch: Watch | None = None
        self._launched = launched
        self._first_handle: int | None = None
        self._work: int | None = None

    @classmethod
    async def start(cls, launched: Launched, contract: Contract, hierarchy: Hierarchy | None, name: str) -> "Machine":
        """Bring up what has been launched, on the event loop's own thread.

        Raises ProviderUnavailable.
        """
        machine = cls(launched, contract)
        raising = asyncio.ensure_future(asyncio.to_thread(_raised, launched, contract, hierarchy, name))
        try:
            await machine._greet(contract)
            await machine._enclose(raising, contract)
        except BaseException:
            await machine.close()
            await to_its_end(_take_down(raising))
            raise
        return machine

    @property
    def alive(self) -> bool:
        """Whether the worker can be reached."""
        return not self.link.ended.done()

    @property
    def work(self) -> int:
        """The working folder, open. It belongs to the machine."""
        assert self._work is not None
        return self._work

    def kills(self) -> int:
        """How often the kernel has killed in it for want of memory."""
        return self.fence.out_of_memory_kills()

    def peak_mib(self) -> int:
        """The most memory that the watch has seen."""
        return round(self.watch.peak_bytes / _MIB) if self.watch is not None else 0

    def busy(self, *, now: bool) -> None:
        """Say whether a call is under way: memory is then read more often."""
        if self.watch is not None:
            self.watch.busy(now=now)

    def kill(self) -> None:
        """Kill everything in the namespace at once."""
        with contextlib.suppress(OSError):
            if self._first_handle is not None:
                signal.pidfd_send_signal(self._first_handle, signal.SIGKILL)
            else:
                self._launched.keeper.kill()
        self.link.give_up("it was killed")

    async def close(self) -> None:
        """Kill, wait until it is gone, and give everything back."""
        if self.watch is not None:
            await self.watch.stop()
        self.kill()
        await self._wait_for_end()
        self.link.close()
        if self.watch is not None:
            await asyncio.to_thread(self.fence.remove)
        for descriptor in (self._first_handle, self._work):
            if descriptor is not None:
                os.close(descriptor)
        self._first_handle = self._work = None
        self._launched.handover.close()
        if self.listener is not None:
            self.listener.close()

    async def _greet(self, contract: Contract) -> None:
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        said = bytearray()

        def take(message: Message) -> None:
            match message:
                case Ready() if not ready.done():
                    ready.set_result(None)
                case _:
                    pass

        self.link.on_message, self.link.on_output = take, lambda _, data: said.extend(data[:_MOST_SAID])
        await self.link.send(
            {
                "data_bytes": data_bytes(contract),
                "file_bytes": contract.filesystem.largest_file_mib * _MIB,
                "processes": contract.resources.processes,
            }
        )
        await first_of(ready, self.link.ended, seconds=_START_SECONDS)
        if not ready.done():
            self.link.drain()
            raise ProviderUnavailable(f"{NOT_STARTED} {_text(said)}".strip())
        self.link.silence()

    async def _enclose(self, raising: "asyncio.Future[Fence]", contract: Contract) -> None:
        inside, self.listener = look_inside(self._launched), take_listener(self._launched)
        if inside is None or self.listener is None:
            raise ProviderUnavailable("A local sandbox ended while it was starting. Try again.")
        self.inside = inside
        try:
            self._first_handle = os.pidfd_open(inside.first)
            self._work = outside.work(inside.first)
            fence = self.fence = await asyncio.shield(raising)
            self.watch = Watch(
                lambda limit: fence.memory(inside.first, limit), contract.resources.memory_mib, self._exceeded
            )
            if fence.has(inside.first) and fence.has(inside.worker):
                fence.admit(inside.first, inside.worker)
            else:
                await asyncio.to_thread(fence.admit, inside.first, inside.worker)
        except OSError as error:
            raise ProviderUnavailable(f"The limits of a local sandbox could not be set: {error.strerror}.") from error

    def _exceeded(self) -> None:
        self.over_memory = True
        self.kill()

    async def _wait_for_end(self) -> None:
        """Without a thread: the end of a process makes its handle readable."""
        keeper = self._launched.keeper
        if (handle := keeper.handle()) is not None:
            loop = asyncio.get_running_loop()
            gone = asyncio.Event()
            loop.add_reader(handle, gone.set)
            try:
                async with asyncio.timeout(_END_SECONDS):
                    await gone.wait()
            except TimeoutError:
                keeper.kill()
            finally:
                loop.remove_reader(handle)
                os.close(handle)
        keeper.release()


def _raised(launched: Launched, contract: Contract, hierarchy: Hierarchy | None, name: str) -> Fence:
    """A fence, and behind it the first process where it is known by now. Raises OSError.

    It takes as long as the process needs for its namespaces: both are done at once.
    """
    fence = Fence(hierarchy, name)
    try:
        fence.limit(contract)
        if (first := launched.keeper.early()) is not None:
            fence.admit(first)
    except OSError:
        fence.remove()
        raise
    return fence


async def _take_down(raising: "asyncio.Future[Fence]") -> None:
    with contextlib.suppress(OSError):
        await asyncio.to_thread((await raising).remove)


def _text(said: bytearray) -> str:
    return said.decode("utf-8", "replace").strip()[:_MOST_SAID]
