"""What is asked before a conversation is renamed, shared or deleted."""

import streamlit as st

from agent_core.session import ConversationSummary, Deployment
from agent_core.session.library import Library
from components import moments, places, state
from components.markdown import plain

_UNTITLED = "New conversation"


@st.dialog("Rename conversation")
def rename(deployment: Deployment, person: str, summary: ConversationSummary) -> None:
    """Ask for another title."""
    with st.form("rename", border=False):
        title = st.text_input("Title", summary.title or _UNTITLED)
        if st.form_submit_button("Rename", type="primary") and title.strip():
            deployment.get(summary.id, person).rename(title.strip())
            st.rerun()


@st.dialog("Share conversation")
def share(library: Library, person: str, summary: ConversationSummary) -> None:
    """Offer a link to read the conversation, or to end it."""
    link = library.link(summary.id, person)
    st.markdown(
        f"Whoever can open this app and has the link reads **{plain(summary.title or _UNTITLED)}** with its charts and "
        "files as they were when the link was made. They can't ask, run or change anything."
    )
    if link is not None:
        st.code(state.page_address(places.SHARED.path.stem, link.token), language=None, wrap_lines=True)
        st.caption(f"Made {moments.shown(link.made_at)}. What came later is not shown.")
    with st.container(horizontal=True, gap="small"):
        label = "Make a link" if link is None else "Make a new link"
        if st.button(label, key="make-link", type="primary" if link is None else "secondary", icon=":material/link:"):
            library.share(summary.id, person)
            st.rerun(scope="fragment")
        if link is not None and st.button("End the link", key="end-link", icon=":material/link_off:"):
            library.unshare(summary.id, person)
            st.rerun(scope="fragment")


@st.dialog("Delete conversation")
def delete(deployment: Deployment, person: str, summary: ConversationSummary, current: str) -> None:
    """Ask whether it goes for good."""
    st.markdown(
        f"**{plain(summary.title or _UNTITLED)}** goes for good, with its files, charts, audit, spending and link. "
        "A turn that runs is stopped."
    )
    with st.container(horizontal=True, gap="small"):
        if st.button("Delete", key="delete-for-good", type="primary", icon=":material/delete:"):
            deployment.delete(summary.id, person)
            if summary.id == current:
                state.open_conversation("")
            st.rerun()
        if st.button("Keep", key="keep"):
            st.rerun()
