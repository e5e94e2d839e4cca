"""Ringfence: a data analyst in a ring-fenced sandbox. Start with `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

from components import style
from components.places import CHAT, PLACES

_ICON = Path(__file__).parent / "components" / "favicon.svg"

st.set_page_config(page_title="Ringfence", page_icon=_ICON, layout="wide")
style.apply()
pages = [st.Page(place.path, title=place.title, icon=place.icon, default=place == CHAT) for place in PLACES]
st.navigation(pages, position="hidden").run()
