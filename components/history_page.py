"""The history page: a person's conversations, what their contracts decided, and what was spent."""

import streamlit as st

from agent_core.session import Conversation, Deployment
from components import history_audit, history_conversations, history_spend


def draw(current: Conversation, deployment: Deployment, person: str) -> None:
    """Show what belongs to one person."""
    with st.container(key="document", gap="medium"):
        st.markdown("## History", anchors=False)
        conversations, audit, spend = st.tabs(["Conversations", "Audit", "Spend"])
        with conversations:
            history_conversations.draw(deployment, person, current.id)
        with audit:
            history_audit.draw(deployment.audit(person))
        with spend:
            history_spend.draw(deployment.spend(person))
