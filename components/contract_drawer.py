"""The contract on a narrow screen: a button, and a drawer that stays open while a turn runs."""

import streamlit as st

from agent_core.session import Conversation
from components import contract_panel, meter, state
from components.contract_groups import Unavailable


def draw(conversation: Conversation, unavailable: Unavailable) -> None:
    """Show the button, and the drawer while it is open."""
    tab = state.tab()
    with st.container(key="contract-button"):
        if st.button("Contract", icon=":material/contract:", key="open-contract"):
            tab.contract_open = True
    if tab.contract_open:
        _drawer(conversation, unavailable)


def _close() -> None:
    state.tab().contract_open = False


@st.dialog("Contract", position="right", on_dismiss=_close)
def _drawer(conversation: Conversation, unavailable: Unavailable) -> None:
    snapshot = conversation.snapshot()
    meter.beside(conversation, snapshot, "drawer")
    contract_panel.draw(conversation, snapshot, unavailable, place="drawer")
