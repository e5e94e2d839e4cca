"""Where the person writes, attaches files and stops a turn."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from agent_core.session import IncomingFile
from components import state, units
from components.markdown import plain
from components.state import Waiting
from components.uploads import incoming

_KEY = "composer"
_SHOWN = 80
"""How much of a waiting message is shown, in characters."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What the person sent: text, files or both."""

    text: str = ""
    files: tuple[IncomingFile, ...] = ()


def draw(conversation_id: str, *, busy: bool, stop: Callable[[], None]) -> Sent:
    """Show the composer at the foot of the page, and return what was sent since the last run.

    `stop` is called before the page runs again; what waits then goes back into the composer.

    While a turn runs, Stop stands beside Send, and the next message can be written. Call it outside of any
    container: Streamlit keeps the newest message in sight only beside a chat input that it placed itself.
    """
    if compose := state.tab().compose:
        state.write(_KEY, compose)
        state.tab().compose = ""
    with st.bottom:
        line = st.container(horizontal=True, vertical_alignment="center", wrap=False, key="waiting-line")
    label = "Write what to ask next" if busy else "Ask about your data, or drop files here"
    value = st.chat_input(label, key=_KEY, accept_file="multiple")
    with st.bottom:
        if busy:
            _stop(conversation_id, stop)
    if waiting := state.tab().waiting.get(conversation_id):
        with line:
            _waiting(conversation_id, waiting)
    if value is None or isinstance(value, str):
        return Sent()
    return Sent(value.text.strip(), incoming(value.files))


def keep(conversation_id: str, sent: Sent) -> None:
    """Keep a message that was sent while a turn ran; one more is added to it."""
    kept = state.tab().waiting
    before = kept.get(conversation_id, Waiting(""))
    text = "\n".join(filter(None, (before.text, sent.text)))
    kept[conversation_id] = Waiting(text, (*before.files, *sent.files))


def _stop(conversation_id: str, stop: Callable[[], None]) -> None:
    def stopped() -> None:
        stop()
        _take_back(conversation_id)

    st.button("Stop", key="stop", icon=":material/stop:", help="Stop this turn and its code", on_click=stopped)


def _waiting(conversation_id: str, waiting: Waiting) -> None:
    text = waiting.text if len(waiting.text) <= _SHOWN else f"{waiting.text[:_SHOWN]}…"
    said = " ".join(filter(None, (text, f"({units.count(len(waiting.files), 'file')})" if waiting.files else "")))
    st.caption(f":material/schedule_send: Next: {plain(said)}", width="stretch")
    st.button("Take back", key="take-back", type="tertiary", on_click=_take_back, args=(conversation_id,))


def _take_back(conversation_id: str) -> None:
    """The text goes into the composer, to be changed; files that came with it go on waiting by themselves."""
    waiting = state.tab().waiting.pop(conversation_id, Waiting(""))
    if waiting.text:
        state.write(_KEY, waiting.text)
        if waiting.files:
            state.tab().waiting[conversation_id] = Waiting("", waiting.files)
