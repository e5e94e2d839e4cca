"""A conversation of somebody's, to read: no question, no contract to edit, nothing that runs."""

import streamlit as st

from agent_core.session.library import Shared
from components import state, transcript
from components.markdown import plain
from components.segments import entries


def draw(shared: Shared | None) -> None:
    """Show what a link leads to, or that it leads nowhere."""
    if shared is None:
        st.error("This link leads nowhere: it was mistyped, or its owner has ended it.", icon=":material/link_off:")
        return
    with st.container(key="talk", gap="medium"):
        st.markdown(f"## {plain(shared.title or 'New conversation')}", anchors=False)
        st.caption(":material/link: Shared to read, as it was when the link was made.")
        wish = transcript.draw(entries(shared.events), state.tab().turns_shown, shared.read_artifact, quiet=False)
    if wish.earlier:
        state.tab().turns_shown += state.TURNS_SHOWN
        st.rerun()
