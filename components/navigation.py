"""Which page is drawn, and what every page has."""

from pathlib import Path

import streamlit as st

from components import page_script, style
from components.places import CHAT, OPERATOR, PLACES, SHARED

_ICON = Path(__file__).with_name("favicon.svg")


def run() -> None:
    """Draw the page that the address names."""
    st.set_page_config(page_title="Ringfence", page_icon=_ICON, layout="wide")
    style.apply()
    page_script.apply()
    # Who isn't an operator meets a refusal on that page, and no link to it.
    places = (*PLACES, OPERATOR, SHARED)
    pages = [st.Page(place.path, title=place.title, icon=place.icon, default=place == CHAT) for place in places]
    st.navigation(pages, position="hidden").run()
