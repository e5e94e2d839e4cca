"""The one Deployment of this process, and whose conversations are shown."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from agent_core.contract import PROVIDERS, ProviderName
from agent_core.errors import RingfenceError
from agent_core.events import ContractChanged
from agent_core.session import Conversation, Deployment
from agent_core.session.deployment import LOCAL_PERSON
from agent_core.session.library import Shared
from agent_core.storage.people import Person
from components import sign_in, state
from components.markdown import plain

_FRESH_SECONDS = 60


class _Composition:
    """How this process opens its Deployment."""

    open: Callable[[], Deployment] = staticmethod(lambda: Deployment.start(_secrets()))


def _secrets() -> dict[str, str]:
    """What Streamlit's secrets name at the top level; the environment comes first."""
    try:
        return {name: value for name, value in st.secrets.items() if isinstance(value, str)}
    except StreamlitSecretNotFoundError:
        return {}


def compose(open_deployment: Callable[[], Deployment]) -> None:
    """Have this process serve another Deployment than the one that its environment describes.

    Call it before the first page is drawn: a Deployment that is open already stays.
    """
    _Composition.open = staticmethod(open_deployment)


def _close(opened: Deployment) -> None:
    opened.close()


@st.cache_resource(show_spinner=False, on_release=_close)
def _opened() -> Deployment:
    return _Composition.open()


def deployment() -> Deployment:
    """The Deployment that every browser session shares; where it can't start, the page says why and ends."""
    try:
        return _opened()
    except RingfenceError as error:
        st.error(plain(str(error)), icon=":material/error:")
        st.stop()


def check_ready() -> None:
    """Open the Deployment where it isn't yet, and see that it can serve. Raises RingfenceError with the reason."""
    _opened().check()


def metrics() -> bytes | None:
    """The Deployment's metrics, if they are switched on. Raises RingfenceError where it can't start."""
    return _opened().metrics()


def close() -> None:
    """Close the Deployment, if it was opened; the process ends after this."""
    _opened.clear()


def unavailable() -> dict[ProviderName, str]:
    """Why this person can't use providers here; those that they can are left out."""
    mine = person()
    keys = tuple(str(deployment().keys.state(mine, name)) for name in PROVIDERS)
    return _unavailable(mine, keys)


@st.cache_data(ttl=_FRESH_SECONDS, max_entries=256, show_spinner=False)
def _unavailable(owner: str, keys: tuple[str, ...]) -> dict[ProviderName, str]:
    """Asked again when a key comes or goes: `keys` says which there are, and holds none."""
    del keys
    reasons = {name: deployment().unavailable(name, owner) for name in PROVIDERS}
    return {name: reason for name, reason in reasons.items() if reason}


def who() -> Person:
    """Who is signed in; everybody is the same person where signing in is not set up.

    Where it is, and nobody is, the page asks for it and ends.
    """
    if not sign_in.wanted():
        return LOCAL_PERSON
    found = sign_in.person()
    _noted(found)
    return found


@dataclass(frozen=True, slots=True)
class _Tab:
    """A browser tab that a person has open."""

    deployment: Deployment
    person: str


def _gone(tab: _Tab) -> None:
    tab.deployment.keys.left(tab.person)


@st.cache_resource(scope="session", show_spinner=False, on_release=_gone)
def _here(person: str) -> _Tab:
    """Once for each tab: Streamlit lets go of it when the tab is closed, and the keys know that."""
    opened = deployment()
    opened.keys.arrived(person)
    return _Tab(opened, person)


def sign_out() -> None:
    """The person leaves, and their keys go with them."""
    deployment().keys.forget_all(person())
    st.logout()


def person() -> str:
    """By what the one who is signed in owns conversations."""
    found = who().id
    _here(found)
    return found


@st.cache_data(ttl=_FRESH_SECONDS, max_entries=1024, show_spinner=False)
def _noted(found: Person) -> None:
    deployment().seen(found)


def conversation() -> Conversation:
    """The conversation that the address names, or one that nothing was asked in yet."""
    wanted = state.conversation_id()
    if wanted:
        try:
            return deployment().get(wanted, person())
        except KeyError:
            st.toast("That conversation doesn't exist, or isn't yours.", icon=":material/search_off:")
    found = _unused() or deployment().create(person())
    state.open_conversation(found.id)
    return found


def new_conversation() -> Conversation:
    """One that nothing was asked in and nothing changed: the newest, where it is so, or another."""
    found = _unused()
    return found if found and found.snapshot().contract_version == 1 else deployment().create(person())


def shared(token: str) -> Shared | None:
    """What a link to read leads whoever is let in here; None where it leads nowhere."""
    who()
    try:
        return deployment().library.shared(token)
    except KeyError:
        return None


def title(conversation_id: str) -> str:
    """What a conversation of this person's is called."""
    mine = deployment().conversations(person())
    return next((summary.title for summary in mine if summary.id == conversation_id), "") or "New conversation"


def _unused() -> Conversation | None:
    newest = deployment().conversations(person())[:1]
    for summary in newest:
        candidate = deployment().get(summary.id, person())
        if all(isinstance(stored.event, ContractChanged) for stored in candidate.snapshot().events):
            return candidate
    return None
