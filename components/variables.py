"""The variables of the live session, looked up when somebody asks to see them."""

import streamlit as st

from agent_core.session import Conversation
from components import html_table


def offer(conversation: Conversation) -> None:
    """A button that shows them."""
    if st.button("Variables", key="variables", icon=":material/data_object:", type="tertiary"):
        _draw(conversation)


@st.dialog("Variables", width="large")
def _draw(conversation: Conversation) -> None:
    found = conversation.variables()
    if found is None:
        st.caption(
            "Nothing to show: variables live in a sandbox that is open and has nothing to do. "
            "The next question opens one, or wait until the code that runs is over."
        )
    elif not found:
        st.caption("No variable is set.")
    else:
        st.caption("What the code has set so far, and what the next question can go on with.")
        html_table.draw(
            ("Name", "Type", "Size or value"), [(one.name, one.kind, one.size) for one in found], "variables"
        )
