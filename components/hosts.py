"""The names that this app answers to.

A page elsewhere whose name suddenly means this machine's address has, to the browser, the same origin as itself, and
could otherwise drive an app that listens on this machine only.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from streamlit.errors import StreamlitSecretNotFoundError

from agent_core.config import hosts

_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_OF_SUPERVISORS = frozenset({"/healthz", "/readyz", "/metrics", "/_stcore/health"})
"""Asked by address, and they tell nothing of anybody."""

_WRONG = (
    "This app doesn't answer to that name. Whoever runs it can add the name to RINGFENCE_HOSTS, "
    "or set up signing in at it.\n"
)


class KnownHosts:
    """Middleware that refuses requests for any other name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._known: frozenset[str] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what was asked of this app by one of its names."""
        if scope["type"] not in {"http", "websocket"} or scope["path"] in _OF_SUPERVISORS or self._answers_to(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(1008)(scope, receive, send)
        else:
            await PlainTextResponse(_WRONG, status_code=421)(scope, receive, send)

    def _answers_to(self, scope: Scope) -> bool:
        if self._known is None:
            self._known = known(hosts())
        return "*" in self._known or _name(Headers(scope=scope).get("host", "")) in self._known


def known(named: Iterable[str]) -> frozenset[str]:
    """This machine's own names, those that the operator named, and the one that people sign in at."""
    return _THIS_MACHINE | frozenset(named) | _signed_in_at()


def _signed_in_at() -> frozenset[str]:
    try:
        address = st.secrets["auth"]["redirect_uri"]
    except (StreamlitSecretNotFoundError, KeyError):
        return frozenset()
    return frozenset({urlsplit(str(address)).hostname or ""}) - {""}


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
