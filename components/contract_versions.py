"""Who changed what in a contract and when, any two versions side by side, and the way back."""

from collections.abc import Mapping, Sequence

import streamlit as st

from agent_core.contract.printing import comparison_table
from agent_core.events import ContractChanged
from agent_core.session import Conversation, Snapshot
from components import html_table, moments
from components.contract_controls import amend

_LISTED = 50


def draw(conversation: Conversation, snapshot: Snapshot) -> None:
    """Show the versions, and the comparison of two."""
    versions = {
        stored.event.version: stored.event for stored in snapshot.events if isinstance(stored.event, ContractChanged)
    }
    if len(versions) > 1:
        _compare(conversation, snapshot, versions)
    _list(list(versions.values()))


def _list(versions: Sequence[ContractChanged]) -> None:
    newest = list(reversed(versions))[:_LISTED]
    rows = [(str(version.version), moments.shown(version.at), version.by, _what(version)) for version in newest]
    html_table.draw(("Version", "When", "By", "What changed"), rows, "versions")
    if hidden := len(versions) - len(newest):
        st.caption(f"And {hidden} earlier, to choose from above.")


def _what(version: ContractChanged) -> str:
    return " ".join(version.changes) or "The conversation began."


def _compare(conversation: Conversation, snapshot: Snapshot, versions: Mapping[int, ContractChanged]) -> None:
    numbers, in_force = list(versions), snapshot.contract_version
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        before = _choose("Compare", numbers, len(numbers) - 2, f"compare-{in_force}")
        after = _choose("with", numbers, len(numbers) - 1, f"with-{in_force}")
        short = st.toggle("Changes only", value=True, key="changes-only")
    old, new = versions[before].contract, versions[after].contract
    if old == new:
        st.caption(f":material/check: Versions {before} and {after} say the same.")
    if old != new or not short:
        titles = (f"Version {before}", f"Version {after}")
        st.html(comparison_table(old, new, titles, changed_only=short))
    if old != snapshot.contract:
        st.button(
            f"Put version {before} back in force",
            key="put-back",
            icon=":material/undo:",
            on_click=amend,
            args=(conversation, lambda _: old),
        )


def _choose(label: str, numbers: Sequence[int], index: int, key: str) -> int:
    return st.selectbox(label, numbers, index, format_func=lambda number: f"Version {number}", key=key, width=160)
