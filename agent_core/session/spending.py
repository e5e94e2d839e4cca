"""Whether a person may go on spending: the conversation's budget, and the day's over all of theirs."""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from agent_core.billing.budget import check
from agent_core.billing.meter import METERED_KINDS, meter
from agent_core.session.log import Log
from agent_core.storage.events import EventStore

_REMEMBERED_SECONDS = 5.0
"""How old the reading of the person's other conversations may be."""


class Spending:
    """One conversation's budgets. A day begins at midnight UTC."""

    def __init__(self, events: EventStore, owner: str, conversation: str) -> None:
        self._events = events
        self._owner = owner
        self._conversation = conversation
        self._elsewhere = Decimal(0)
        self._read_at = -_REMEMBERED_SECONDS

    def check(self, log: Log) -> None:
        """Raises BudgetExhausted where a budget of the contract in force is used up."""
        now = datetime.now(UTC)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if time.monotonic() - self._read_at > _REMEMBERED_SECONDS:
            self._elsewhere = self._spent_elsewhere(midnight, now)
            self._read_at = time.monotonic()
        check(log.cost(), log.state.contract, self._elsewhere + log.cost_today().total_usd)

    def _spent_elsewhere(self, midnight: datetime, now: datetime) -> Decimal:
        # A sandbox may have been opened the day before: no life of one is longer than a day.
        owned = self._events.owned(self._owner, METERED_KINDS, since=midnight - timedelta(days=1))
        others = (one.event for one in owned if one.conversation_id != self._conversation)
        return meter(others, now, since=midnight).total_usd
