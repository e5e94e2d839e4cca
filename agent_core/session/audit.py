"""What a person's contracts stopped, and how they were changed: a pure reading of events, and its files."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from agent_core.contract import Contract, changed_clauses
from agent_core.errors import ErrorKind, meaning
from agent_core.events import ContractChanged, ContractDenied, ConversationForked
from agent_core.files.formulas import harmless
from agent_core.storage.events import OwnedEvent

AUDIT_KINDS = ("contract_changed", "contract_denied", "conversation_forked")
"""The kinds of event that are audited; the others may be left out."""

AuditKind = Literal["denied", "changed"]
KINDS: tuple[AuditKind, ...] = get_args(AuditKind)

_COLUMNS = ("at", "kind", "conversation", "conversation_id", "clauses", "error", "message", "version", "by")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One denial, or one version of a contract."""

    at: datetime
    kind: AuditKind
    conversation_id: str
    conversation: str
    """The conversation's title, hostile."""
    seq: int
    clauses: tuple[str, ...]
    message: str
    version: int
    """The version in force at a denial, or the one that a change made."""
    error: ErrorKind | None = None
    by: str = ""


def audit(events: Iterable[OwnedEvent], titles: Mapping[str, str]) -> tuple[AuditEntry, ...]:
    """Denials and changes, newest first. `events` are ordered by conversation, then by number.

    The version that a conversation opens with is not a change, and what a fork has copied is told of its source.
    """
    found: list[AuditEntry] = []
    contracts: dict[str, Contract] = {}
    for owned in events:
        title = titles.get(owned.conversation_id, "")
        match owned.event:
            case ContractDenied():
                found.append(_denied(owned, owned.event, title))
            case ContractChanged():
                before = contracts.get(owned.conversation_id)
                contracts[owned.conversation_id] = owned.event.contract
                if before is not None:
                    found.append(_changed(owned, owned.event, before, title))
            case ConversationForked():
                found = [entry for entry in found if entry.conversation_id != owned.conversation_id]
            case _:
                pass
    return tuple(sorted(found, key=lambda entry: (entry.at, entry.seq), reverse=True))


def to_csv(entries: Iterable[AuditEntry]) -> str:
    """The entries as CSV for a spreadsheet: no cell of it is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for entry in entries:
        values = {**_plain(entry), "clauses": ", ".join(entry.clauses)}
        writer.writerow([harmless(str(values[column] or "")) for column in _COLUMNS])
    return out.getvalue()


def to_json(entries: Iterable[AuditEntry]) -> str:
    """The entries as a JSON list of objects, each value as it is."""
    return json.dumps([_plain(entry) for entry in entries], indent=2, ensure_ascii=False)


def _denied(owned: OwnedEvent, event: ContractDenied, title: str) -> AuditEntry:
    return AuditEntry(
        at=event.at,
        kind="denied",
        conversation_id=owned.conversation_id,
        conversation=title,
        seq=owned.seq,
        clauses=(event.clause,),
        message=meaning(event.error, event.message) or event.message,
        version=event.version,
        error=event.error,
    )


def _changed(owned: OwnedEvent, event: ContractChanged, before: Contract, title: str) -> AuditEntry:
    return AuditEntry(
        at=event.at,
        kind="changed",
        conversation_id=owned.conversation_id,
        conversation=title,
        seq=owned.seq,
        clauses=tuple(sorted(changed_clauses(before, event.contract))),
        message=" ".join(event.changes),
        version=event.version,
        by=event.by,
    )


def _plain(entry: AuditEntry) -> dict[str, object]:
    return {
        "at": entry.at.isoformat(),
        "kind": entry.kind,
        "conversation": entry.conversation,
        "conversation_id": entry.conversation_id,
        "clauses": list(entry.clauses),
        "error": entry.error,
        "message": entry.message,
        "version": entry.version,
        "by": entry.by,
    }
