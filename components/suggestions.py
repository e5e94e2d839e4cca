"""Questions that fit the data, a click each."""

from collections.abc import Sequence

import streamlit as st

from components.markdown import plain

_MOST = 3


def draw(questions: Sequence[str], key: str) -> str:
    """Show up to three questions, and return the one that was clicked, or an empty string."""
    picked = ""
    with st.container(horizontal=True, gap="xsmall", key=f"suggestions-{key}"):
        for place, question in enumerate(questions[:_MOST]):
            if st.button(plain(question), key=f"suggestion-{key}-{place}", wrap=True):
                picked = question
    return picked
