"""What an operator sees of everyone: live sandboxes, spending, the audit. No message and no file of anybody's."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from agent_core.billing.meter import METERED_KINDS, Cost, meter
from agent_core.events import Event, SandboxAmended, SandboxClosed, SandboxOpened, TurnEnded
from agent_core.session.audit import AUDIT_KINDS, AuditEntry, audit
from agent_core.session.spend import PURPOSES, DaySpend, by_day
from agent_core.session.spending import midnight
from agent_core.storage.errands import Errand, Errands
from agent_core.storage.events import EventStore, OwnedEvent
from agent_core.storage.people import People, Person
from agent_core.storage.sandboxes import SandboxLog

MODEL = "model"
"""What the planner's model cost, among the providers."""


@dataclass(frozen=True, slots=True)
class LiveSandbox:
    """A sandbox that is open somewhere in the deployment."""

    id: str
    conversation_id: str
    person: Person
    provider: str
    opened_at: datetime
    cost: Cost
    purpose: str = ""
    """What it is for, where it belongs to no conversation; such a sandbox ends with its run."""


@dataclass(frozen=True, slots=True)
class PersonSpend:
    """What one person's conversations have cost."""

    person: Person
    cost: Cost
    today_usd: Decimal
    """Since midnight UTC, which is what the budget of a day is about."""


@dataclass(frozen=True, slots=True)
class ProviderSpend:
    """What one provider, or `MODEL`, has cost."""

    provider: str
    cost: Cost


@dataclass(frozen=True, slots=True)
class PeoplesSpend:
    """Everyone's spending, cut along three lines; each adds up to the total."""

    total: Cost
    people: tuple[PersonSpend, ...]
    providers: tuple[ProviderSpend, ...]
    days: tuple[DaySpend, ...]


class Operations:
    """The operator's view. `end` ends a conversation's sandbox, in whichever process it is held."""

    def __init__(
        self,
        events: EventStore,
        sandboxes: SandboxLog,
        people: People,
        errands: Errands,
        *,
        end: Callable[[str], None],
    ) -> None:
        self._events = events
        self._sandboxes = sandboxes
        self._people = people
        self._errands = errands
        self._end = end

    def live(self) -> tuple[LiveSandbox, ...]:
        """Every open sandbox, the oldest first."""
        now, people = datetime.now(UTC), self._people.all()
        lives = _lives(owned for _, owned in self._metered())
        owners = {owned.conversation_id: owner for owner, owned in self._metered()}
        found = []
        for logged in self._sandboxes.alive():
            events = lives.get(logged.id, [])
            opened = next((event for event in events if isinstance(event, SandboxOpened)), None)
            owner = owners.get(logged.conversation_id, "")
            found.append(
                LiveSandbox(
                    logged.id,
                    logged.conversation_id,
                    people.get(owner, Person(owner)),
                    opened.provider if opened else "",
                    logged.opened_at,
                    meter(events, now),
                )
            )
        open_ones = [errand for errand in self._errands.everyones() if errand.closed is None]
        found += [_of_errand(errand, people, now) for errand in open_ones]
        return tuple(sorted(found, key=lambda one: one.opened_at))

    def end(self, conversation_id: str) -> None:
        """End a conversation's sandbox, with the call in it; its files are kept. Raises ProviderUnavailable."""
        self._end(conversation_id)

    def spend(self) -> PeoplesSpend:
        """What everyone has cost until now, the dearest first, the newest day first."""
        now, people, metered = datetime.now(UTC), self._people.all(), self._metered()
        metered += tuple(
            (errand.owner, OwnedEvent("", 0, event)) for errand in self._errands.everyones() for event in errand.events
        )
        by_person: dict[str, list[Event]] = defaultdict(list)
        for owner, owned in metered:
            by_person[owner].append(owned.event)
        everything = [owned.event for _, owned in metered]
        persons = [
            PersonSpend(people.get(who, Person(who)), meter(own, now), meter(own, now, since=midnight(now)).total_usd)
            for who, own in by_person.items()
        ]
        providers = [ProviderSpend(name, meter(own, now)) for name, own in _by_provider(metered).items()]
        return PeoplesSpend(
            meter(everything, now),
            tuple(sorted(persons, key=lambda one: _dear(one.cost), reverse=True)),
            tuple(sorted(providers, key=lambda one: _dear(one.cost), reverse=True)),
            by_day(everything, now),
        )

    def audit(self) -> tuple[AuditEntry, ...]:
        """Every denial and every change of a contract, newest first, by person and not by what they talk of."""
        people = self._people.all()
        owned = self._events.everyones(AUDIT_KINDS)
        names = {one.conversation_id: named(people.get(owner, Person(owner))) for owner, one in owned}
        return audit((one for _, one in owned), names)

    def _metered(self) -> tuple[tuple[str, OwnedEvent], ...]:
        return self._events.everyones(METERED_KINDS)


def _of_errand(errand: Errand, people: Mapping[str, Person], now: datetime) -> LiveSandbox:
    opened = errand.opened
    return LiveSandbox(
        opened.sandbox,
        "",
        people.get(errand.owner, Person(errand.owner)),
        opened.provider,
        opened.at,
        meter(errand.events, now),
        purpose=PURPOSES[errand.purpose],
    )


def named(person: Person) -> str:
    """What to call a person: the name, the address, or else the number."""
    return person.name or person.email or person.id


def _by_provider(metered: Iterable[tuple[str, OwnedEvent]]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    providers: dict[str, str] = {}
    for _, owned in metered:
        match owned.event:
            case SandboxOpened() as event:
                providers[event.sandbox] = event.provider
                found[event.provider].append(event)
            case SandboxAmended() | SandboxClosed() as event:
                found[providers.get(event.sandbox, "")].append(event)
            case TurnEnded() as event:
                found[MODEL].append(event)
            case _:
                pass
    return found


def _lives(metered: Iterable[OwnedEvent]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for owned in metered:
        if isinstance(owned.event, SandboxOpened | SandboxAmended | SandboxClosed):
            found[owned.event.sandbox].append(owned.event)
    return found


def _dear(cost: Cost) -> tuple[object, ...]:
    return (cost.total_usd, cost.sandbox_seconds)
