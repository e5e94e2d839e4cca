"""What every page has around it: the sidebar, and the conversation that is open."""

import streamlit as st

from agent_core.session import Conversation
from components import places, services, sidebar, state
from components.places import CHAT, HISTORY, OPERATOR, Place


def conversation(here: Place) -> Conversation:
    """Show the sidebar and return the open conversation. What was chosen in the sidebar comes first."""
    deployment, who = services.deployment(), services.who()
    person = who.id
    found = services.conversation()
    choice = sidebar.draw(
        deployment.conversations(person, sidebar.LISTED),
        found.id,
        found.planner_label,
        builtin=deployment.builtin,
        who=who,
        operator=deployment.operates(who),
    )
    if choice.new or choice.open:
        chosen = choice.open or services.new_conversation().id
        state.open_conversation(chosen)
        if choice.new or here in {HISTORY, OPERATOR}:
            places.go(CHAT, chosen)
        st.rerun()
    return found
