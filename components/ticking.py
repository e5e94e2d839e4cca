"""Where a fragment that redraws itself lives."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def place(key: str) -> DeltaGenerator:
    """A container for one fragment and nothing else.

    When a fragment runs right after the page, Streamlit sends only its newer elements, after the page's
    end, where the browser has already dropped the older ones and moved the next siblings up: the fragment
    would overwrite its neighbour. Alone in a container, it has none.
    """
    return st.container(key=f"ticking-{key}")
