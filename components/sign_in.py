"""Signing in by OpenID Connect, where the `[auth]` section of Streamlit's secrets names a provider."""

from collections.abc import Callable, Mapping
from ipaddress import ip_address

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from agent_core.storage.people import Person
from components import state

_OPEN = (
    "This app listens beyond this machine, and nobody has to sign in: anyone who reaches it could run code here. "
    "Set up signing in (README, Several people), or start it on localhost."
)
_BECAME: Mapping[str, str] = {
    "refused": "You were not signed in: it was cancelled, or refused where you sign in. Try again, or ask whoever runs "
    "this app.",
    "failed": "You were not signed in: what came back was out of date, or could not be confirmed. Try again.",
    "unreachable": "You were not signed in: the place where you sign in can't be reached. Try again in a minute, or "
    "tell whoever runs this app.",
}


def wanted() -> bool:
    """Whether people sign in here. Where they don't and others could reach the app, the page says so and ends."""
    try:
        if "auth" in st.secrets:
            return True
    except StreamlitSecretNotFoundError:
        pass
    if not _this_machine_only(st.get_option("server.address")):
        st.error(_OPEN, icon=":material/lock_open:")
        st.stop()
    return False


def person() -> Person:
    """Who is signed in. Where nobody is, the page asks for it and ends."""
    if not st.user.get("is_logged_in"):
        _ask()
        st.stop()
    subject = st.user.get("sub")
    issuer = st.user.get("iss")
    if not (isinstance(subject, str) and isinstance(issuer, str) and subject and issuer):
        _nobody()
        st.stop()
    verified = st.user.get("email_verified") is True
    return Person(f"{issuer}|{subject}", _text("name"), _text("email") if verified else "")


def sign_out(leave: Callable[[], None] = st.logout) -> None:
    """A button that ends the visit."""
    st.button("Sign out", icon=":material/logout:", type="tertiary", key="sign-out", on_click=leave)


def _ask() -> None:
    with st.container(key="sign-in", width=420, gap="medium"):
        _head()
        st.markdown("A data analyst in a ring-fenced sandbox. Sign in to see your conversations.")
        if became := _BECAME.get(state.sign_in_became()):
            st.warning(became, icon=":material/lock:")
        st.button("Sign in", type="primary", key="sign-in-button", on_click=st.login)
        if state.share_token():
            st.caption("You came by a link to a conversation: open it again when you are signed in.")


def _nobody() -> None:
    with st.container(key="sign-in", width=420, gap="medium"):
        _head()
        st.error("Your sign-in names nobody. Sign out, and try again.", icon=":material/error:")
        sign_out()


def _head() -> None:
    st.markdown("## :material/fence: Ringfence", anchors=False)


def _text(claim: str) -> str:
    value = st.user.get(claim)
    return value if isinstance(value, str) else ""


def _this_machine_only(address: object) -> bool:
    if address == "localhost":
        return True
    try:
        return ip_address(str(address)).is_loopback
    except ValueError:
        return False
