"""What one browser tab remembers. The only file that touches session state and the address."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from agent_core.session import IncomingFile

_KEY = "ringfence"
_CONVERSATION = "c"
_SHARE = "s"
SIGN_IN = "signin"
"""The part of the address that says what became of a sign-in that let nobody in."""
TURNS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that was written while a turn ran."""

    text: str
    files: tuple[IncomingFile, ...] = ()


@dataclass
class Tab:
    """One tab's own state; everything else is in the conversation."""

    turns_shown: int = TURNS_SHOWN
    contract_open: bool = False
    """Whether the contract drawer is open, on a narrow screen."""
    refusal: str = ""
    """Why the last edit of the contract was refused."""
    key_refusals: dict[str, str] = field(default_factory=dict)
    """Why what was entered as a provider's key is none."""
    keys_sent: int = 0
    """How many times the field for a key was used."""
    uploads: int = 0
    """How many times the upload field was used: its next use gets a fresh field."""
    compose: str = ""
    """What the composer begins with when it is drawn next."""
    waiting: dict[str, Waiting] = field(default_factory=dict)
    """What is asked next in each conversation, as soon as its turn is over."""


def tab() -> Tab:
    """This tab's state."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Tab()
    found: Tab = st.session_state[_KEY]
    return found


def conversation_id() -> str:
    """The conversation that the address names; empty when it names none."""
    return st.query_params.get(_CONVERSATION, "")


def share_token() -> str:
    """The token of a link to read a conversation; empty where the address has none."""
    return st.query_params.get(_SHARE, "")


def sign_in_became() -> str:
    """What became of the sign-in that led here; empty where none did, or where it let somebody in."""
    return st.query_params.get(SIGN_IN, "")


def page_address(path: str, token: str) -> str:
    """The whole address of a page of this app, for a link to read a conversation."""
    here = urlsplit(st.context.url or "")
    return urlunsplit((here.scheme, here.netloc, path, urlencode({_SHARE: token}), ""))


def open_conversation(conversation_id: str, compose: str = "") -> None:
    """Put a conversation in the address, and forget what belonged to the one before but what waits there.

    `compose` is put into its composer, for the person to change and send.
    """
    st.query_params[_CONVERSATION] = conversation_id
    st.session_state[_KEY] = Tab(waiting=tab().waiting, compose=compose)


def write(key: str, text: str) -> None:
    """Put text into a chat input, for the person to go on with."""
    st.session_state[key] = text


def control(key: str) -> Any:
    """What the person set a control to."""
    return st.session_state[key]


def make_way() -> None:
    """End the run of a fragment that waits, where Streamlit wants to run the page; any reading is where it can."""
    st.session_state.get(_KEY)


def follows(key: str, value: Any) -> bool:
    """Make a control that is on the page show a value; False for one that is there already or not yet drawn.

    Call it before the control is drawn, and give the control the value as its default where it
    returns False. A control without that default would begin with one of its own, which a browser that
    is quicker than the page reports back as an edit.
    """
    if key not in st.session_state or st.session_state[key] == value:
        return False
    st.session_state[key] = value
    return True
