"""What a person's conversations cost, each and by the day: the meter's fold, cut along other lines."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from agent_core.billing.meter import Cost, meter
from agent_core.events import Event, SandboxAmended, SandboxClosed, SandboxOpened
from agent_core.storage.errands import Errand, Purpose
from agent_core.storage.events import OwnedEvent

_DAY = timedelta(days=1)

PURPOSES: Mapping[Purpose, str] = {
    "checks": "Checks of the Validate page",
    "attempts": "The Validate page's hostile model",
    "key": "Checks of keys",
}
"""What is spent in no conversation, as people call it."""


@dataclass(frozen=True, slots=True)
class ConversationSpend:
    """What one conversation has cost."""

    conversation_id: str
    """Empty for what belongs to no conversation."""
    title: str
    cost: Cost


@dataclass(frozen=True, slots=True)
class DaySpend:
    """What one day, which begins at midnight UTC, has cost."""

    day: date
    cost: Cost


@dataclass(frozen=True, slots=True)
class Spend:
    """A person's spending. The days, and the conversations with what belongs to none, each add up to the total."""

    total: Cost
    conversations: tuple[ConversationSpend, ...]
    """The dearest first; those that cost nothing and used nothing are left out."""
    days: tuple[DaySpend, ...]
    """The newest first; days without any use are left out."""


def spend(
    events: Iterable[OwnedEvent], titles: Mapping[str, str], now: datetime, errands: Iterable[Errand] = ()
) -> Spend:
    """What metered events, and sandboxes of no conversation, come to, until `now`."""
    by_conversation: dict[str, list[Event]] = defaultdict(list)
    for owned in events:
        by_conversation[owned.conversation_id].append(owned.event)
    by_purpose: dict[Purpose, list[Event]] = defaultdict(list)
    for errand in errands:
        by_purpose[errand.purpose].extend(errand.events)
    found = [ConversationSpend(name, titles.get(name, ""), meter(own, now)) for name, own in by_conversation.items()]
    found += [ConversationSpend("", PURPOSES[what], meter(own, now)) for what, own in by_purpose.items()]
    used = [one for one in found if _used(one.cost)]
    used.sort(key=lambda one: (one.cost.total_usd, one.cost.sandbox_seconds), reverse=True)
    everything = [event for own in (*by_conversation.values(), *by_purpose.values()) for event in own]
    return Spend(_sum(one.cost for one in found), tuple(used), by_day(everything, now))


def by_day(events: Iterable[Event], now: datetime) -> tuple[DaySpend, ...]:
    """What each day of metered events has cost, until `now`, the newest first."""
    lives: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        lives[_life(event)].append(event)
    costs: dict[date, list[Cost]] = defaultdict(list)
    for life in lives.values():
        for day, cost in _by_day(life, now):
            costs[day].append(cost)
    found = (DaySpend(day, _sum(costs[day])) for day in sorted(costs, reverse=True))
    return tuple(one for one in found if _used(one.cost))


def _life(event: Event) -> str:
    """Events of one sandbox belong together; all others stand for themselves, by their day."""
    match event:
        case SandboxOpened() | SandboxAmended() | SandboxClosed():
            return f"sandbox {event.sandbox}"
        case _:
            return f"day {event.at.astimezone(UTC).date()}"


def _by_day(life: list[Event], now: datetime) -> list[tuple[date, Cost]]:
    """Each day's share is what is counted from its midnight on, less what is from the next: they add up."""
    first = min(event.at for event in life).astimezone(UTC).date()
    last = max(event.at for event in life).astimezone(UTC).date()
    if any(isinstance(event, SandboxOpened) for event in life) and not isinstance(life[-1], SandboxClosed):
        last = max(last, now.astimezone(UTC).date())
    midnights = [datetime.combine(first + _DAY * place, time(), UTC) for place in range((last - first).days + 2)]
    costs = [meter(life, now, since=midnight) for midnight in midnights[:-1]] + [Cost()]
    return [
        (start.date(), _less(here, after))
        for start, here, after in zip(midnights[:-1], costs[:-1], costs[1:], strict=True)
    ]


def _sum(costs: Iterable[Cost]) -> Cost:
    total = Cost()
    for cost in costs:
        total = _plus(total, cost, 1)
    return total


def _less(cost: Cost, other: Cost) -> Cost:
    return _plus(cost, other, -1)


def _plus(cost: Cost, other: Cost, sign: int) -> Cost:
    return Cost(
        sandbox_seconds=cost.sandbox_seconds + sign * other.sandbox_seconds,
        sandbox_usd=cost.sandbox_usd + sign * other.sandbox_usd,
        model_usd=cost.model_usd + sign * other.model_usd,
        input_tokens=cost.input_tokens + sign * other.input_tokens,
        output_tokens=cost.output_tokens + sign * other.output_tokens,
        cache_read_tokens=cost.cache_read_tokens + sign * other.cache_read_tokens,
    )


def _used(cost: Cost) -> bool:
    return bool(cost.sandbox_seconds or cost.total_usd or cost.input_tokens or cost.output_tokens)
