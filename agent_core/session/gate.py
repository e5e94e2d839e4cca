"""The way to a sandbox when there are only so many: a place in the queue, then a lease."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from agent_core.contract import Contract
from agent_core.errors import ConcurrencyFull, StoreUnavailable
from agent_core.storage.leases import Leases, Ticket

_ASK_AGAIN_SECONDS = 0.1
"""For the next in line; whoever is further back asks more seldom, since many who ask hold up one another."""
_LONGEST_PAUSE_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 300
"""After this long in the queue the person is told, instead of waiting on."""


class Gate:
    """Leases places to conversations, over all app processes of the deployment."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._leaving: set[str] = set()

    async def enter(
        self,
        place: str,
        owner: str,
        contract: Contract,
        *,
        waiting: Callable[[int], None],
        make_room: Callable[[], Awaitable[None]],
    ) -> None:
        """Take a place; while there is none, `waiting` is told how many others come first.

        `make_room` is asked each time to give up a place that rests.
        Raises ConcurrencyFull after `LONGEST_WAIT_SECONDS`. Cancelling gives the turn in the queue back.
        """
        self._leaving.discard(place)
        until = time.monotonic() + LONGEST_WAIT_SECONDS
        granted = False
        try:
            while not granted and time.monotonic() < until:
                ticket = self._ask(place, owner, contract)
                granted = ticket.granted
                if not granted:
                    waiting(ticket.ahead)
                    await make_room()
                    await asyncio.sleep(min(_LONGEST_PAUSE_SECONDS, _ASK_AGAIN_SECONDS * (1 + ticket.ahead)))
        finally:
            if not granted:
                self.leave(place)
        if not granted:
            raise ConcurrencyFull(contract.concurrency.per_deployment, "deployment")

    def enter_at_once(self, place: str, owner: str, contract: Contract) -> bool:
        """Take a place if there is one now; else whoever asks does without."""
        self._leaving.discard(place)
        granted = self._ask(place, owner, contract).granted
        if not granted:
            self.leave(place)
        return granted

    def beat(self, *places: str) -> None:
        """Say that places are still in use."""
        self._leases.beat(*places)

    def leave(self, place: str) -> None:
        """Give the place back: at once, or where the database doesn't answer with a later `settle`."""
        self._leaving.add(place)
        self.settle()

    def settle(self) -> None:
        """Give back what could not be given back yet."""
        with suppress(StoreUnavailable):
            for place in tuple(self._leaving):
                self._leases.release(place)
                self._leaving.discard(place)

    def _ask(self, place: str, owner: str, contract: Contract) -> Ticket:
        caps = contract.concurrency
        return self._leases.request(place, owner, per_user=caps.per_user, per_deployment=caps.per_deployment)
