"""The part of a turn that is not an event yet, redrawn as it grows while a turn runs.

What is an event already is drawn by the script run and stays as it is: a new event asks for one.
"""

import time

import streamlit as st

from agent_core.session import Conversation, Draft, Snapshot
from components import code_cell, prose, state, ticking, units
from components.markdown import plain
from components.segments import Run

_EVERY_SECONDS = 0.16
_PATIENCE_SECONDS = 0.13
"""How long a run of the fragment waits for something new: the browser asks for the next one a little later."""
_STEP_SECONDS = 0.02
"""Within this the wait makes room for a run of the page."""
_BEFORE_CODE = ("Waiting for a sandbox", "Opening a sandbox")
"""How a draft's status begins while its code has no sandbox yet."""


class _Ear:
    """What one page's fragment has heard of a conversation."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._heard = conversation.listen(0, 0.0)
        self._drawn = False

    def wait(self) -> None:
        """Wait for news since the last time, if it was drawn once, and not for long."""
        until = time.monotonic() + (_PATIENCE_SECONDS if self._drawn else 0.0)
        self._drawn = True
        heard = self._heard
        while heard == self._heard and (left := until - time.monotonic()) > 0:
            heard = self._conversation.listen(self._heard, min(left, _STEP_SECONDS))
            state.make_way()
        self._heard = heard


def draw(conversation: Conversation, snapshot: Snapshot, under_way: Run | None) -> None:
    """Follow the running turn, or draw nothing while none runs."""
    every = _EVERY_SECONDS if snapshot.busy else None
    with ticking.place("live"):
        follow = st.fragment(run_every=every)(_follow)
        follow(conversation, _Ear(conversation), snapshot.last, under_way, busy=snapshot.busy)


def _follow(conversation: Conversation, ear: _Ear, seen: int, under_way: Run | None, *, busy: bool) -> None:
    ear.wait()
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
        waits = draft.status.startswith(_BEFORE_CODE)
        headline = (code_cell.waiting if waits else code_cell.running)(started.language)
        code_cell.draw_live(headline, started.code, started.language, draft.output)
    elif draft.code:
        code_cell.draw_live(code_cell.writing(draft.language), draft.code, draft.language, "")
    else:
        st.empty()
