"""What can be done with the whole conversation: it is taken away in one of several forms."""

from collections.abc import Callable

import streamlit as st

from agent_core.exports.forms import FORMS, Form
from agent_core.session import Conversation


def draw(conversation: Conversation, title: Callable[[str], str]) -> None:
    """Offer the forms behind one button; each is written when it is asked for."""
    # The forms are written in a thread of the server's, where nobody is signed in.
    named = title(conversation.id)
    with st.popover("Take away", icon=":material/ios_share:", type="tertiary", key="take-away"):
        for form in FORMS:
            with st.container(gap=None, key=f"form-{form.key}"):
                st.download_button(
                    form.label,
                    _written(form, conversation, named),
                    file_name=form.file_name(named),
                    mime=form.media_type,
                    key=f"take-{form.key}",
                    icon=":material/download:",
                    on_click="ignore",
                    type="tertiary",
                )
                st.caption(form.purpose)


def _written(form: Form, conversation: Conversation, named: str) -> Callable[[], bytes]:
    def written() -> bytes:
        events = [stored.event for stored in conversation.snapshot().events]
        return form.make(named, events, conversation.read_artifact)

    return written
