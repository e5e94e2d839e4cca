"""Which entries of an audit are wanted. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, tzinfo

from agent_core.session.audit import AuditEntry, AuditKind


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an entry has to be; what is empty leaves all in."""

    kinds: frozenset[AuditKind] = frozenset()
    clauses: frozenset[str] = frozenset()
    conversations: frozenset[str] = frozenset()
    first: date | None = None
    last: date | None = None


def chosen(entries: Iterable[AuditEntry], wanted: Wanted, zone: tzinfo) -> tuple[AuditEntry, ...]:
    """The entries that are wanted, in their order. Days are those of the zone."""
    return tuple(entry for entry in entries if _fits(entry, wanted, zone))


def _fits(entry: AuditEntry, wanted: Wanted, zone: tzinfo) -> bool:
    day = entry.at.astimezone(zone).date()
    return (
        (not wanted.kinds or entry.kind in wanted.kinds)
        and (not wanted.clauses or not wanted.clauses.isdisjoint(entry.clauses))
        and (not wanted.conversations or entry.conversation_id in wanted.conversations)
        and (wanted.first is None or wanted.first <= day)
        and (wanted.last is None or day <= wanted.last)
    )
