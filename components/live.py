"""The part of a turn that is not an event yet, redrawn several times a second while a turn runs.

What is an event already is drawn by the script run and stays as it is: a new event asks for one.
"""

import streamlit as st

from agent_core.session import Conversation, Draft, Snapshot
from components import code_cell, prose, ticking, units
from components.markdown import plain
from components.segments import Run

_EVERY_SECONDS = 0.12


def draw(conversation: Conversation, snapshot: Snapshot, under_way: Run | None) -> None:
    """Follow the running turn, or draw nothing while none runs."""
    every = _EVERY_SECONDS if snapshot.busy else None
    with ticking.place("live"):
        st.fragment(run_every=every)(_follow)(conversation, snapshot.last, under_way, busy=snapshot.busy)


def _follow(conversation: Conversation, seen: int, under_way: Run | None, *, busy: bool) -> None:
    now = conversation.snapshot(after=seen)
    if now.events or now.busy != busy:
        st.rerun()
    if now.draft is None:
        st.empty()
        return
    with st.chat_message("assistant"):
        _draft(now.draft, under_way)


def _draft(draft: Draft, under_way: Run | None) -> None:
    """Fixed places, and an empty element where one has nothing: it replaces at once what was there.

    Without it the browser would show what has become an event twice, until the run ends.
    """
    text, code, status = st.container(), st.container(), st.empty()
    with text:
        if draft.text:
            prose.draw(draft.text)
        else:
            st.empty()
    with code:
        _code(draft, under_way)
    status.caption(f":material/more_horiz: {plain(draft.status)}, {units.since(draft.since)}")


def _code(draft: Draft, under_way: Run | None) -> None:
    if draft.running and under_way is not None:
        started = under_way.started
        code_cell.draw_live(code_cell.running(started.language), started.code, started.language, draft.output)
    elif draft.code:
        code_cell.draw_live(code_cell.writing(draft.language), draft.code, draft.language, "")
    else:
        st.empty()
