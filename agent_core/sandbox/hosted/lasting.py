"""A sandbox elsewhere that outlives the app process that opened it, and that another one can go on with."""

import time
from abc import abstractmethod
from datetime import UTC, datetime

from agent_core.contract import Contract
from agent_core.sandbox.base import Amendment
from agent_core.sandbox.hosted.sandbox import HostedSandbox


class LastingSandbox(HostedSandbox):
    """Has a machine of its own, and on it an interpreter that our part is put into."""

    @abstractmethod
    async def start(self) -> None:
        """Make a new one ready. Raises ClauseRefused where its machine is smaller than the contract."""

    @abstractmethod
    async def rejoin(self) -> None:
        """Go on with one that another process has made ready. Raises SandboxCrashed where it is not as it was left."""

    async def amend(self, contract: Contract) -> Amendment:
        """See `Sandbox.amend`."""
        told = await super().amend(contract)
        self._remote.hold_to(self._contract)
        return told

    def _lives_since(self, made: datetime) -> None:
        """It was made before this process knew of it."""
        self._opened, self._began = made, time.monotonic() - max(0.0, (datetime.now(UTC) - made).total_seconds())
