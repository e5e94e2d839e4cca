"""Whether a person may go on spending: the conversation's budget, and the day's over everything of theirs."""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from agent_core.billing.budget import check
from agent_core.billing.meter import METERED_KINDS, Cost, meter
from agent_core.contract import Contract
from agent_core.events import SandboxOpened
from agent_core.session.log import Log
from agent_core.storage.errands import Errands, Purpose
from agent_core.storage.events import EventStore

_REMEMBERED_SECONDS = 5.0
"""How old the reading of what else the person spends may be."""


class Ledger:
    """What everyone has spent: the events of conversations, and the sandboxes that belong to none."""

    def __init__(self, events: EventStore, errands: Errands) -> None:
        self.events = events
        self.errands = errands

    def spent(self, owner: str, since: datetime, now: datetime, *, without: str = "") -> Decimal:
        """What a person has spent between two times, in dollars; `without` leaves one conversation out."""
        # A sandbox may have been opened the day before: no life of one is longer than a day.
        opened_since = since - timedelta(days=1)
        owned = self.events.owned(owner, METERED_KINDS, since=opened_since)
        events = [one.event for one in owned if one.conversation_id != without]
        events += [event for errand in self.errands.of(owner, opened_since) for event in errand.events]
        return meter(events, now, since=since).total_usd


class Spending:
    """One conversation's budgets. A day begins at midnight UTC."""

    def __init__(self, ledger: Ledger, owner: str, conversation: str) -> None:
        self._ledger = ledger
        self._owner = owner
        self._conversation = conversation
        self._elsewhere = Decimal(0)
        self._read_at = -_REMEMBERED_SECONDS

    def check(self, log: Log) -> None:
        """Raises BudgetExhausted where a budget of the contract in force is used up."""
        if time.monotonic() - self._read_at > _REMEMBERED_SECONDS:
            now = datetime.now(UTC)
            self._elsewhere = self._ledger.spent(self._owner, midnight(now), now, without=self._conversation)
            self._read_at = time.monotonic()
        check(log.cost(), log.state.contract, self._elsewhere + log.cost_today().total_usd)


class Till:
    """Where the sandboxes of one errand are noted and paid for. Of the budgets only the day's holds for them."""

    def __init__(self, ledger: Ledger, owner: str, purpose: Purpose) -> None:
        self._ledger = ledger
        self._owner = owner
        self._purpose = purpose
        self._open: set[int] = set()
        self._checked_at = -_REMEMBERED_SECONDS

    def check(self, contract: Contract) -> None:
        """Raises BudgetExhausted where the day's budget of the contract is used up."""
        now = datetime.now(UTC)
        check(Cost(), contract, self._ledger.spent(self._owner, midnight(now), now))
        self._checked_at = time.monotonic()

    def opened(self, sandbox: str, contract: Contract) -> int:
        """From now on a sandbox costs what the contract says. Returns the errand's number."""
        opened = SandboxOpened(
            sandbox=sandbox,
            provider=contract.provider,
            contract_version=0,
            vcpus=contract.resources.vcpus,
            memory_mib=contract.resources.memory_mib,
            rate_card=contract.billing.rate_card,
        )
        errand = self._ledger.errands.opened(self._owner, self._purpose, opened)
        self._open.add(errand)
        return errand

    def closed(self, errand: int) -> None:
        """It has ended, and costs no more."""
        self._open.discard(errand)
        self._ledger.errands.closed(errand)

    def beat(self, contract: Contract) -> None:
        """Called about once a second. Raises BudgetExhausted where the day's budget was used up meanwhile."""
        self._ledger.errands.beat(*self._open)
        if time.monotonic() - self._checked_at > _REMEMBERED_SECONDS:
            self.check(contract)


def midnight(now: datetime) -> datetime:
    """When the day of a time began."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
