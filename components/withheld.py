"""Why no sandbox opens before the contract was checked, and the way to the page that checks it."""

import streamlit as st

from components.markdown import plain
from components.places import VALIDATE


def draw(sentence: str, conversation_id: str, *, said: bool = False) -> None:
    """Say it, unless it was `said` just above, with a link; draw nothing where sandboxes may open."""
    if not sentence:
        return
    if not said:
        st.warning(plain(sentence), icon=":material/front_hand:")
    st.page_link(
        VALIDATE.path, label="Go to Validate", icon=VALIDATE.icon, query_params={"c": conversation_id}, width="content"
    )
