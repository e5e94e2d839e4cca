"""The pages of the app, by name, and the way from one to another."""

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import streamlit as st

_PAGES = Path(__file__).parents[1] / "pages"


@dataclass(frozen=True, slots=True)
class Place:
    """One page."""

    title: str
    icon: str
    path: Path


CHAT = Place("Chat", ":material/chat:", _PAGES / "chat.py")
FILES = Place("Files", ":material/folder:", _PAGES / "files.py")
CONTRACT = Place("Contract", ":material/contract:", _PAGES / "contract.py")
VALIDATE = Place("Validate", ":material/verified_user:", _PAGES / "validate.py")
HISTORY = Place("History", ":material/history:", _PAGES / "history.py")
OPERATOR = Place("Operator", ":material/admin_panel_settings:", _PAGES / "operator.py")
SHARED = Place("Shared", ":material/link:", _PAGES / "shared.py")
PLACES = (CHAT, FILES, CONTRACT, VALIDATE, HISTORY)


def links(conversation_id: str, *, operator: bool) -> None:
    """Links to all pages, each at the conversation that is open."""
    for place in (*PLACES, OPERATOR) if operator else PLACES:
        st.page_link(
            place.path, label=place.title, icon=place.icon, width="stretch", query_params={"c": conversation_id}
        )


def go(place: Place, conversation_id: str) -> NoReturn:
    """Show a conversation on a page."""
    st.switch_page(place.path, query_params={"c": conversation_id})
