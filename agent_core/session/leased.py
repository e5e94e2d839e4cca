"""A provider whose sandboxes count, and cost, like any other's: for sandboxes that belong to no conversation."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import uuid4

from agent_core.contract import Contract
from agent_core.sandbox.base import Leftover, Provider, Sandbox
from agent_core.session.gate import Gate
from agent_core.session.spending import Till


class Leased:
    """Satisfies `Provider`. Each of its sandboxes takes a place of its owner's, and gives it back when it closes.

    A run that needs two at once, to see that they don't meet, has the second one share the place of the first
    where the contract allows no more.
    """

    def __init__(
        self, provider: Provider, gate: Gate, owner: str, make_room: Callable[[], Awaitable[None]], till: Till
    ) -> None:
        self.name = provider.name
        self.provider = provider
        """Who opens them."""
        self._gate = gate
        self._owner = owner
        self._make_room = make_room
        self._till = till
        self._places: set[str] = set()
        self._contract: Contract | None = None

    def open(self, contract: Contract) -> AbstractAsyncContextManager[Sandbox]:
        """Open a sandbox once there is a place for it.

        Raises ConcurrencyFull, BudgetExhausted, and what the provider raises.
        """
        return self._opened(contract)

    @asynccontextmanager
    async def _opened(self, contract: Contract) -> AsyncIterator[Sandbox]:
        if len(self._places) >= min(contract.concurrency.per_user, contract.concurrency.per_deployment):
            # Waiting would never end: the place would have to come from whoever waits.
            async with self._metered(contract) as beside:
                yield beside
            return
        place = f"checks-{uuid4().hex}"
        self._places.add(place)
        try:
            await self._gate.enter(place, self._owner, contract, waiting=lambda _: None, make_room=self._make_room)
            async with self._metered(contract) as sandbox:
                yield sandbox
        finally:
            self._places.discard(place)
            self._gate.leave(place)

    @asynccontextmanager
    async def _metered(self, contract: Contract) -> AsyncIterator[Sandbox]:
        self._till.check(contract)
        self._contract = contract
        errand: int | None = None
        try:
            async with self.provider.open(contract) as sandbox:
                errand = self._till.opened(sandbox.id, contract)
                yield sandbox
        finally:
            if errand is not None:
                self._till.closed(errand)

    def beat(self) -> None:
        """Say that the places are still in use. Raises BudgetExhausted where the day's budget is used up."""
        for place in tuple(self._places):
            self._gate.beat(place)
        if self._contract is not None:
            self._till.beat(self._contract)

    async def available(self) -> str | None:
        """As the provider says."""
        return await self.provider.available()

    async def leftovers(self) -> tuple[Leftover, ...]:
        """As the provider says."""
        return await self.provider.leftovers()

    async def end(self, sandbox_id: str) -> None:
        """As the provider does."""
        await self.provider.end(sandbox_id)

    async def warm(self) -> None:
        """As the provider does."""
        await self.provider.warm()

    async def aclose(self) -> None:
        """Nothing: the provider goes on serving others."""
