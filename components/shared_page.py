"""A conversation of somebody's, to read: no question, no contract to edit, nothing that runs."""

import streamlit as st

from agent_core.session.library import Shared
from components import state, transcript
from components.markdown import plain
from components.places import CHAT
from components.segments import entries


def draw(shared: Shared | None) -> None:
    """Show what a link leads to, or that it leads nowhere."""
    _head()
    if shared is None:
        with st.container(key="document", gap="xsmall"):
            st.markdown("## This link leads nowhere", anchors=False)
            st.caption("It was mistyped, or its owner has ended it. Ask them for another.")
        return
    with st.container(key="talk", gap="medium"):
        st.markdown(f"## {plain(shared.title or 'New conversation')}", anchors=False)
        st.caption(":material/link: Shared to read, as it was when the link was made.")
        wish = transcript.draw(entries(shared.events), state.tab().turns_shown, shared.read_artifact, quiet=False)
    if wish.earlier:
        state.tab().turns_shown += state.TURNS_SHOWN
        st.rerun()


def _head() -> None:
    """Where one is, and the way to what is one's own."""
    with st.container(
        key="visitor", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", wrap=False
    ):
        st.markdown("**:material/fence: Ringfence**", width="content")
        st.page_link(CHAT.path, label="Your conversations", icon=CHAT.icon, width="content")
