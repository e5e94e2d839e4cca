"""What a conversation has cost: a pure fold over its events."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import reduce

from agent_core.billing.rates import RateCard, rate_card
from agent_core.events import Event, SandboxAmended, SandboxClosed, SandboxOpened, TurnEnded

METERED_KINDS = ("sandbox_opened", "sandbox_amended", "sandbox_closed", "turn_ended")
"""The kinds of event that can change a cost; the others may be left out."""

_NO_TIME = timedelta()
_SECOND = timedelta(seconds=1)
_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cost:
    """Sandbox seconds and dollars, and the model's beside them."""

    sandbox_seconds: float = 0.0
    sandbox_usd: Decimal = Decimal(0)
    model_usd: Decimal = Decimal(0)
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    running_since: float | None = None
    """Epoch seconds since when a sandbox is alive; None when none is. Its time so far is in the sums already."""
    usd_per_second: Decimal = Decimal(0)
    """What the live sandbox adds a second from now on."""

    @property
    def total_usd(self) -> Decimal:
        """Sandbox and model together."""
        return self.sandbox_usd + self.model_usd


@dataclass(frozen=True, slots=True)
class Meter:
    """The fold's state after some events. Frozen: `add` returns the next one.

    Sandbox ids are unique in a deployment, so one meter can take the events of many conversations.
    """

    since: datetime = _EVER
    """What was before this time is not counted; a sandbox that was alive then counts from then on."""
    alive: timedelta = _NO_TIME
    closed: Cost = field(default_factory=Cost)
    open: Mapping[str, SandboxOpened] = field(default_factory=dict)
    """The live sandboxes, each with its present price and the time from which that holds."""
    born: Mapping[str, datetime] = field(default_factory=dict)
    """When each live sandbox was opened."""

    def add(self, event: Event) -> "Meter":
        """The meter after one more event. A close without an open, and a second open, change nothing."""
        match event:
            case SandboxOpened():
                return self if event.sandbox in self.open else self._open(event)
            case SandboxAmended():
                return self._amend(event)
            case SandboxClosed():
                return self._close(event.sandbox, event.at, free=event.reason == "never_made")
            case TurnEnded():
                return self._spend(event) if event.at >= self.since else self
            case _:
                return self

    def cost(self, now: datetime) -> Cost:
        """What it comes to, with what is still open counted up to `now`."""
        lives = {name: self._life(opened, now) for name, opened in self.open.items()}
        live_usd = sum((self._usd(name, now) for name in lives), Decimal(0))
        return replace(
            self.closed,
            sandbox_seconds=sum(lives.values(), self.alive).total_seconds(),
            sandbox_usd=self.closed.sandbox_usd + live_usd,
            running_since=min((born.timestamp() for born in self.born.values()), default=None),
            usd_per_second=sum((self._rate(name, now) for name in self.open), Decimal(0)),
        )

    def _open(self, event: SandboxOpened) -> "Meter":
        born = {**self.born, event.sandbox: self.born.get(event.sandbox, event.at)}
        return replace(self, open={**self.open, event.sandbox: event}, born=born)

    def _amend(self, event: SandboxAmended) -> "Meter":
        opened = self.open.get(event.sandbox)
        if opened is None:
            return self
        prices = event.model_dump(include={"at", "vcpus", "memory_mib", "rate_card"})
        closed = self._close(event.sandbox, event.at)
        return replace(closed, born=self.born).add(opened.model_copy(update=prices))

    def _close(self, sandbox: str, at: datetime, *, free: bool = False) -> "Meter":
        opened = self.open.get(sandbox)
        if opened is None:
            return self
        life = _NO_TIME if free else self._life(opened, at)
        usd = -self._usd_before(sandbox) if free else self._usd(sandbox, at)
        closed = replace(self.closed, sandbox_usd=self.closed.sandbox_usd + usd)
        still_open = {name: other for name, other in self.open.items() if name != sandbox}
        born = {name: at for name, at in self.born.items() if name != sandbox}
        return replace(self, alive=self.alive + life, closed=closed, open=still_open, born=born)

    def _life(self, opened: SandboxOpened, until: datetime) -> timedelta:
        return max(_NO_TIME, until - max(opened.at, self.since))

    def _usd(self, sandbox: str, until: datetime) -> Decimal:
        """Each second of a sandbox's whole life is paid once, at the price in force when that second began."""
        opened, born = self.open[sandbox], self.born[sandbox]
        paid = self._billed_before(sandbox)
        return price(opened) * max(0, _seconds_billed(born, until, _minimum(opened)) - paid)

    def _usd_before(self, sandbox: str) -> Decimal:
        """What was paid under earlier versions of the contract, for a sandbox that turns out never to have been."""
        return price(self.open[sandbox]) * self._billed_before(sandbox)

    def _billed_before(self, sandbox: str) -> int:
        opened = self.open[sandbox]
        return _seconds_billed(self.born[sandbox], max(opened.at, self.since), _minimum(opened))

    def _rate(self, sandbox: str, now: datetime) -> Decimal:
        """What a live sandbox adds a second; nothing while the least that it can cost is not used up."""
        opened, born = self.open[sandbox], self.born[sandbox]
        return price(opened) if (now - born).total_seconds() >= _minimum(opened) else Decimal(0)

    def _spend(self, event: TurnEnded) -> "Meter":
        closed = replace(
            self.closed,
            model_usd=self.closed.model_usd + event.model_cost_usd,
            input_tokens=self.closed.input_tokens + event.input_tokens,
            output_tokens=self.closed.output_tokens + event.output_tokens,
            cache_read_tokens=self.closed.cache_read_tokens + event.cache_read_tokens,
        )
        return replace(self, closed=closed)


def meter(events: Iterable[Event], now: datetime, since: datetime | None = None) -> Cost:
    """What events cost up to `now`, counted from `since` on where it is given."""
    start = Meter() if since is None else Meter(since=since)
    return reduce(Meter.add, events, start).cost(now)


def price(opened: SandboxOpened) -> Decimal:
    """What a sandbox costs, in dollars a second."""
    card = _card(opened)
    return card.usd_per_second(opened.vcpus, opened.memory_mib) if card else Decimal(0)


def _minimum(opened: SandboxOpened) -> int:
    card = _card(opened)
    return card.minimum_seconds if card else 0


def _card(opened: SandboxOpened) -> RateCard | None:
    try:
        return rate_card(opened.rate_card, opened.at.date())
    except KeyError:  # a card that this version no longer knows: its time is counted, its price is not
        return None


def _seconds_billed(born: datetime, until: datetime, least: int) -> int:
    begun = max(0, math.ceil((until - born) / _SECOND))
    return max(begun, least) if begun else 0
