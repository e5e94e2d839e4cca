"""Every denial and every change of a contract, filtered, and to take away as a file."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import streamlit as st

from agent_core.contract.terms import CLAUSES
from agent_core.session.audit import KINDS, AuditEntry, AuditKind, to_csv, to_json
from components import html_table, moments, units
from components.audit_filter import Wanted, chosen

_KINDS: dict[AuditKind, str] = {"denied": "Denials", "changed": "Changes"}
_KIND: dict[AuditKind, str] = {"denied": "Denied", "changed": "Changed"}
_PAGE = 50
_NAME = 40
"""Letters of a conversation's title, beside what was denied in it."""


def draw(entries: Sequence[AuditEntry], of: str = "Conversation") -> None:
    """Show audit entries; `of` says what each is named by."""
    if not entries:
        st.caption("Nothing was denied and no contract was changed yet.")
        return
    found = chosen(entries, _wanted(entries, of), moments.zone())
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(units.count(len(found), "entry", "entries"), width="content")
        with st.container(horizontal=True, gap="small", width="content"):
            _file("CSV", to_csv(found), "text/csv")
            _file("JSON", to_json(found), "application/json")
    pages = max(1, -(-len(found) // _PAGE))
    shown = st.pagination(pages, key=f"audit-page-of-{pages}") if pages > 1 else 1
    _table(found[(shown - 1) * _PAGE : shown * _PAGE], of)


def _wanted(entries: Sequence[AuditEntry], of: str) -> Wanted:
    clauses = [name for name in CLAUSES if any(name in entry.clauses for entry in entries)]
    named: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        named[entry.conversation].add(entry.conversation_id)
    kinds = st.pills("Show", KINDS, selection_mode="multi", format_func=_KINDS.__getitem__, key="audit-kinds")
    with st.container(horizontal=True, gap="small"):
        some = st.multiselect(
            "Clauses", clauses, format_func=CLAUSES.__getitem__, key="audit-clauses", placeholder="All", width=210
        )
        one = st.selectbox(
            of,
            list(named),
            None,
            format_func=_called,
            key="audit-conversation",
            placeholder="All",
            width=210,
        )
        days = st.date_input("Days", [], key="audit-days", format="YYYY-MM-DD", width=270)
    first, last = _range(days)
    return Wanted(frozenset(kinds), frozenset(some), frozenset(named[one] if one is not None else ()), first, last)


def _range(days: object) -> tuple[date | None, date | None]:
    """A range that has only its first day yet is that day and all after it."""
    match days:
        case (first, last) if isinstance(first, date) and isinstance(last, date):
            return first, last
        case (first,) if isinstance(first, date):
            return first, None
        case _:
            return None, None


def _table(entries: Sequence[AuditEntry], of: str) -> None:
    rows = [
        (
            moments.shown(entry.at),
            _what(entry),
            entry.message,
            str(entry.version),
            units.short(entry.conversation, _NAME),
        )
        for entry in entries
    ]
    html_table.draw(("When", "Clause", "What", "Version", of), rows, "audit")


def _called(name: str) -> str:
    return units.short(name, _NAME) or "New conversation"


def _what(entry: AuditEntry) -> str:
    named = ", ".join(CLAUSES.get(clause, clause) for clause in entry.clauses)
    by = "" if entry.kind == "denied" or entry.by == "you" else f" by {entry.by}"
    return f"{_KIND[entry.kind]}{by}: {named}"


def _file(label: str, text: str, media_type: str) -> None:
    st.download_button(
        label,
        text.encode(),
        file_name=f"ringfence-audit.{label.lower()}",
        mime=media_type,
        key=f"audit-{label}",
        icon=":material/download:",
        on_click="ignore",
        help=f"These entries as {label}",
    )
