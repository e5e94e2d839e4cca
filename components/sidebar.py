"""The list of conversations, and who plans."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from agent_core.session import ConversationSummary
from agent_core.session.deployment import LOCAL_PERSON
from agent_core.session.operations import named
from agent_core.storage.people import Person
from components import places, services, sign_in
from components.markdown import plain

LISTED = 30
"""How many conversations the list has, the pinned first."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the person chose: a conversation, or a new one."""

    open: str = ""
    new: bool = False


def draw(
    conversations: Sequence[ConversationSummary],
    current: str,
    planner: str,
    *,
    builtin: bool,
    who: Person,
    operator: bool,
) -> Choice:
    """Show the sidebar, and return what was chosen."""
    with st.sidebar:
        with st.container(key="brand"):
            st.markdown("### :material/fence: Ringfence", anchors=False)
        with st.container(key="places", gap=None):
            places.links(current, operator=operator)
        new = st.button("New conversation", icon=":material/add:", width="stretch", key="new-conversation")
        opened = _list(conversations, current)
        with st.container(key="planner"):
            st.caption(_planner(planner, builtin=builtin))
            if who != LOCAL_PERSON:
                st.caption(plain(f"Signed in as {named(who)}."))
                sign_in.sign_out(services.sign_out)
    return Choice(opened, new)


def _list(conversations: Sequence[ConversationSummary], current: str) -> str:
    opened = ""
    if conversations:
        with st.container(key="recent"):
            st.caption("Recent")
    with st.container(key="conversations", gap=None):
        for summary in conversations:
            here = summary.id == current
            clicked = st.button(
                plain(summary.title) or "New conversation",
                key=f"open-{summary.id}",
                type="secondary" if here else "tertiary",
                icon=_icon(summary, here=here),
                width="stretch",
                wrap=False,
            )
            if clicked and not here:
                opened = summary.id
    return opened


def _icon(summary: ConversationSummary, *, here: bool) -> str | None:
    # The open conversation shows itself whether it works; here the list would lag behind at a turn's end.
    if summary.busy and not here:
        return "spinner"
    return ":material/keep:" if summary.pinned else None


def _planner(label: str, *, builtin: bool) -> str:
    if builtin:
        return "Built-in analyst: understands common questions. Add an API key for Claude."
    return plain(label)
