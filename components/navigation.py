"""Which page is drawn, and what every page has.

Streamlit takes the folder `pages` for pages of its own until `st.navigation` was called once in the server's life. Who
opens the address of a page before that gets the page's script alone, without `app.py`: the page then navigates itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import streamlit as st

from components import style
from components.places import CHAT, PLACES

_ICON = Path(__file__).with_name("favicon.svg")
_under_way: ContextVar[bool] = ContextVar("under_way", default=False)


def run() -> None:
    """Draw the page that the address names."""
    st.set_page_config(page_title="Ringfence", page_icon=_ICON, layout="wide")
    style.apply()
    pages = [st.Page(place.path, title=place.title, icon=place.icon, default=place == CHAT) for place in PLACES]
    with _navigating():
        st.navigation(pages, position="hidden").run()


def ensure() -> None:
    """Called by every page: where nothing has navigated to it, do so, and end this run with that."""
    if not _under_way.get():
        run()
        st.stop()


@contextmanager
def _navigating() -> Iterator[None]:
    token = _under_way.set(True)
    try:
        yield
    finally:
        _under_way.reset(token)
