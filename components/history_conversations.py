"""Conversations, to find, open, and do something with."""

from collections.abc import Sequence
from typing import Literal, get_args

import streamlit as st

from agent_core.session import ConversationSummary, Deployment
from components import history_dialogs, history_volume, moments, places
from components.markdown import plain

_PAGE = 25
_UNTITLED = "New conversation"

_Act = Literal["Pin", "Unpin", "Rename", "Copy", "Share", "Delete"]
_ICONS: dict[_Act, str] = dict(
    zip(get_args(_Act), ("keep", "keep_off", "edit", "content_copy", "link", "delete"), strict=True)
)


def draw(deployment: Deployment, person: str, current: str) -> None:
    """Show the person's conversations; what is done to one is done at once."""
    wanted = st.text_input(
        "Search",
        key="search",
        icon=":material/search:",
        placeholder="Search titles, questions, answers and file names",
        label_visibility="collapsed",
    ).strip()
    everything = deployment.conversations(person)
    excerpts = {one.conversation_id: one.excerpt for one in deployment.library.search(person, wanted)} if wanted else {}
    found = [one for one in everything if not wanted or one.id in excerpts]
    found.sort(key=lambda one: not one.pinned)
    if not found:
        st.caption("No conversation holds all of these words." if wanted else "There is no conversation yet.")
    else:
        _lines(deployment, person, found, excerpts, current)
    history_volume.draw(deployment.library, person)


def _lines(
    deployment: Deployment,
    person: str,
    found: Sequence[ConversationSummary],
    excerpts: dict[str, str],
    current: str,
) -> None:
    pages = -(-len(found) // _PAGE)
    shown = st.pagination(pages, key=f"page-of-{pages}") if pages > 1 else 1
    with st.container(key="found", gap=None):
        for summary in found[(shown - 1) * _PAGE : shown * _PAGE]:
            act = _line(summary, excerpts.get(summary.id, ""))
            if act:
                _do(act, deployment, person, summary, current)


def _line(summary: ConversationSummary, excerpt: str) -> _Act | None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        with st.container(key=f"title-{summary.id}", gap=None):
            label = plain(summary.title or _UNTITLED)
            if st.button(label, key=f"go-{summary.id}", type="tertiary", icon=_icon(summary), wrap=False):
                places.go(places.CHAT, summary.id)
            st.caption(" · ".join(filter(None, (moments.shown(summary.updated_at), plain(excerpt)))))
        acts: list[_Act] = ["Unpin" if summary.pinned else "Pin", "Rename", "Copy", "Share", "Delete"]
        return st.menu_button(
            "Actions",
            acts,
            key=f"acts-{summary.id}",
            type="tertiary",
            icon=":material/more_horiz:",
            format_func=lambda act: f":material/{_ICONS[act]}: {act}",
        )


def _do(act: _Act, deployment: Deployment, person: str, summary: ConversationSummary, current: str) -> None:
    match act:
        case "Pin" | "Unpin":
            deployment.library.pin(summary.id, person, pinned=act == "Pin")
            st.rerun()
        case "Copy":
            last = deployment.get(summary.id, person).snapshot().last
            places.go(places.CHAT, deployment.library.fork(summary.id, person, last))
        case "Rename":
            history_dialogs.rename(deployment, person, summary)
        case "Share":
            history_dialogs.share(deployment.library, person, summary)
        case "Delete":
            history_dialogs.delete(deployment, person, summary, current)


def _icon(summary: ConversationSummary) -> str | None:
    return "spinner" if summary.busy else ":material/keep:" if summary.pinned else None
