"""Code of a run, changed by the person and run again, or put into words by the planner."""

import re

import streamlit as st

from agent_core.errors import RingfenceError
from agent_core.events import CodeStarted
from agent_core.session import Conversation
from components.markdown import plain

_TALL = 420
"""Pixels."""


@st.dialog("Edit and run", width="large")
def draw(conversation: Conversation, started: CodeStarted) -> None:
    """Offer the code to be changed; running it is a turn of its own."""
    code = st.text_area(
        "Code", started.code.rstrip(), height=_TALL, key=f"code-{started.run}", label_visibility="collapsed"
    )
    st.caption(
        "It runs in this conversation's sandbox, under its contract, and the run above stays as it is. "
        "Who answers your next question is told of it."
    )
    if st.button("Run", key="run-edited", type="primary", icon=":material/play_arrow:", disabled=not code.strip()):
        if problem := _run(conversation, code, started):
            st.warning(plain(problem))
        else:
            st.rerun()


def _run(conversation: Conversation, code: str, started: CodeStarted) -> str:
    """Why it does not run; empty where it does."""
    try:
        taken = conversation.run_code(code, started.language)
    except RingfenceError as error:
        return str(error)
    return "" if taken else "Something runs in this conversation just now. Try again when it is over."


def explain(started: CodeStarted) -> str:
    """The question that asks to have code put into words."""
    longest = max((len(found) for found in re.findall(r"`{3,}", started.code)), default=2)
    fence = "`" * (longest + 1)
    return (
        f"Explain this code step by step, in plain words:\n\n{fence}{started.language}\n{started.code.strip()}\n{fence}"
    )
