"""Conversations, to find, open, rename and delete."""

import streamlit as st

from agent_core.session import ConversationSummary, Deployment
from components import moments, places, state
from components.markdown import plain

_PAGE = 25
_UNTITLED = "New conversation"


def draw(deployment: Deployment, person: str, current: str) -> None:
    """Show the person's conversations; what is done to one is done at once."""
    wanted = st.text_input(
        "Search by title",
        key="search",
        icon=":material/search:",
        placeholder="Search by title",
        label_visibility="collapsed",
    )
    found = [one for one in deployment.conversations(person) if wanted.strip().lower() in (one.title or "").lower()]
    if not found:
        st.caption("No conversation has that in its title." if wanted.strip() else "There is no conversation yet.")
        return
    pages = -(-len(found) // _PAGE)
    shown = st.pagination(pages, key=f"page-of-{pages}") if pages > 1 else 1
    with st.container(key="found", gap=None):
        for summary in found[(shown - 1) * _PAGE : shown * _PAGE]:
            _line(deployment, person, summary, current)


def _line(deployment: Deployment, person: str, summary: ConversationSummary, current: str) -> None:
    title = summary.title or _UNTITLED
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        with st.container(key=f"title-{summary.id}", gap=None):
            if st.button(plain(title), key=f"go-{summary.id}", type="tertiary", icon=_icon(summary), wrap=False):
                places.go(places.CHAT, summary.id)
            st.caption(moments.shown(summary.updated_at))
        if st.button("Rename", key=f"rename-{summary.id}", type="tertiary"):
            _rename(deployment, person, summary)
        if st.button("Delete", key=f"delete-{summary.id}", type="tertiary"):
            _delete(deployment, person, summary, current)


def _icon(summary: ConversationSummary) -> str | None:
    return "spinner" if summary.busy else None


@st.dialog("Rename conversation")
def _rename(deployment: Deployment, person: str, summary: ConversationSummary) -> None:
    with st.form("rename", border=False):
        title = st.text_input("Title", summary.title or _UNTITLED, max_chars=200)
        if st.form_submit_button("Rename", type="primary") and title.strip():
            deployment.get(summary.id, person).rename(title.strip())
            st.rerun()


@st.dialog("Delete conversation")
def _delete(deployment: Deployment, person: str, summary: ConversationSummary, current: str) -> None:
    st.markdown(
        f"**{plain(summary.title or _UNTITLED)}** goes for good, with its files, charts, audit and spending. "
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
