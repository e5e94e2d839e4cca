"""Waiting as long as a provider asks for, within bounds."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from agent_core.errors import RateLimited

T = TypeVar("T")

MOST_SECONDS = 30.0
"""How long one call waits in all; a person waits no longer for a chart."""
_UNSAID_SECONDS = 2.0
"""The first wait where the provider doesn't say how long; each further one is twice as long."""
_JITTER = 0.25
"""At most so much longer, so that those who were refused together don't come back together."""


async def patiently(
    call: Callable[[], Awaitable[T]], *, waiting: Callable[[float], None], most_seconds: float = MOST_SECONDS
) -> T:
    """Call, and call again after each RateLimited. `waiting` is told the seconds of each wait.

    Raises the last RateLimited where the next wait would pass `most_seconds`, and whatever else `call` raises.
    """
    until = time.monotonic() + most_seconds
    unsaid = _UNSAID_SECONDS
    while True:
        try:
            return await call()
        except RateLimited as refused:
            seconds = refused.retry_after_seconds
            if seconds is None:
                seconds, unsaid = unsaid, unsaid * 2
            seconds *= 1 + random.uniform(0, _JITTER)  # noqa: S311  nothing is kept secret by it
            if time.monotonic() + seconds > until:
                raise
        waiting(seconds)
        await asyncio.sleep(seconds)
