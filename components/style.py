"""The few looks that Streamlit has no option for."""

from pathlib import Path

import streamlit as st

_SHEET = Path(__file__).with_name("style.css")


def apply() -> None:
    """Load the style sheet. It takes no room on the page."""
    st.html(_SHEET)
