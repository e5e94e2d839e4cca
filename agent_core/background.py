"""The one event loop that turns run on, in a thread of its own, for as long as the process lives."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_CLOSE_SECONDS = 15


class Job:
    """Work on the background loop. It is done when its clean-up is, also after it was cancelled."""

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, None]) -> None:
        self._loop = loop
        self._ended = threading.Event()
        self._task: asyncio.Task[None] | None = None
        self._cancelled = False
        loop.call_soon_threadsafe(self._begin, work)

    @property
    def done(self) -> bool:
        """Whether nothing of it runs any more."""
        return self._ended.is_set()

    def cancel(self) -> None:
        """Ask the work to end. Returns at once, from any thread; asking again changes nothing."""
        self._loop.call_soon_threadsafe(self._cancel)

    async def wait(self) -> None:
        """Wait, on the loop, until the work is done."""
        await asyncio.to_thread(self._ended.wait)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._task = self._loop.create_task(work)
        self._task.add_done_callback(self._end)

    def _cancel(self) -> None:
        if self._task is not None and not self._cancelled:
            self._cancelled = True
            self._task.cancel()

    def _end(self, task: asyncio.Task[None]) -> None:
        self._ended.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._loop.call_exception_handler({"message": "background work failed", "exception": error, "task": task})


class BackgroundLoop:
    """An asyncio loop in a daemon thread. Streamlit's script runs come and go; this stays."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ringfence-loop", daemon=True)
        self._thread.start()

    def start(self, work: Coroutine[Any, Any, None]) -> Job:
        """Start work on the loop, from any thread."""
        return Job(self._loop, work)

    def run(self, work: Coroutine[Any, Any, T], timeout_seconds: float | None = None) -> T:
        """Run work on the loop and wait for it. Never call this from the loop's own thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout_seconds)

    def close(self) -> None:
        """Cancel what still runs, and end the thread."""
        if self._loop.is_closed():
            return
        self.run(self._cancel_all(), _CLOSE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CLOSE_SECONDS)
        self._loop.close()

    async def _cancel_all(self) -> None:
        others = [task for task in asyncio.all_tasks(self._loop) if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._loop.shutdown_asyncgens()
