"""A contract that might come into force: first what would change, then a button."""

import streamlit as st

from agent_core.contract import Contract
from agent_core.contract.printing import comparison_table
from agent_core.session import Conversation, Snapshot
from components.contract_controls import amend


def draw(conversation: Conversation, snapshot: Snapshot, proposed: Contract, named: str, key: str) -> None:
    """Show how a contract differs from the one in force, and offer to put it in force."""
    if proposed == snapshot.contract:
        st.caption(":material/check: This is the contract in force.")
        return
    titles = (f"In force: version {snapshot.contract_version}", named)
    st.html(comparison_table(snapshot.contract, proposed, titles, changed_only=True))
    st.button(
        "Put it in force",
        key=f"{key}-adopt",
        icon=":material/gavel:",
        on_click=amend,
        args=(conversation, lambda _: proposed),
    )
