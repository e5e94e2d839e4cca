"""Reads a sandbox's memory again and again, and says so when it is over the limit."""

import asyncio
from collections.abc import Callable

_BUSY_SECONDS = 0.03
_IDLE_SECONDS = 0.5
_MIB = 1 << 20


class Watch:
    """Runs from open to close: faster during a call, and slower between calls."""

    def __init__(self, read: Callable[[int], int], limit_mib: int, exceeded: Callable[[], None]) -> None:
        self.limit_mib = limit_mib
        self.peak_bytes = 0
        self._read = read
        self._exceeded = exceeded
        self._wake = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._run())

    def busy(self, *, now: bool) -> None:
        """Say whether a call is under way."""
        if now:
            self._wake.set()
        else:
            self._wake.clear()

    async def stop(self) -> None:
        """End the watch."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            limit = self.limit_mib * _MIB
            used = self._read(limit)
            if used > limit:
                self.peak_bytes = used
                self._exceeded()
                return
            if self._wake.is_set():
                await asyncio.sleep(_BUSY_SECONDS)
            else:
                await self._sleep_until_busy()

    async def _sleep_until_busy(self) -> None:
        try:
            async with asyncio.timeout(_IDLE_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            return
