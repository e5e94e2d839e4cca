"""Has a sign-in that came to nothing say so: Streamlit leads back to the page without a word, or to bare text."""

from http import HTTPStatus
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from components.state import SIGN_IN

_LOGIN, _CALLBACK = "/auth/login", "/oauth2callback"
_COOKIE = "_streamlit_user"


class Refused:
    """Middleware that puts what became of the sign-in into the address that it leads back to."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on everything else."""
        path = scope["path"] if scope["type"] == "http" else ""
        if path.endswith(_LOGIN):
            await self._app(scope, receive, _login(path.removesuffix(_LOGIN), send))
        elif path.endswith(_CALLBACK):
            await self._app(scope, receive, _callback(parse_qs(scope["query_string"].decode("latin-1")), send))
        else:
            await self._app(scope, receive, send)


def _login(base: str, send: Send) -> Send:
    """A provider that can't be asked leads back to the page."""

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] >= HTTPStatus.BAD_REQUEST:
            message["status"] = HTTPStatus.FOUND
            _lead(message, f"{base}/", "unreachable")
        await send(message)

    return told


def _callback(asked: dict[str, list[str]], send: Send) -> Send:
    """Back from the provider, with its refusal, or with a code that got nobody in."""

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start" and not _let_in(message):
            headers = MutableHeaders(raw=message["headers"])
            if "error" in asked:
                _lead(message, headers.get("location", "/"), "refused")
            elif "code" in asked:
                _lead(message, headers.get("location", "/"), "failed")
        await send(message)

    return told


def _let_in(message: Message) -> bool:
    cookies = MutableHeaders(raw=message["headers"]).getlist("set-cookie")
    values = (cookie.partition(";")[0].partition("=") for cookie in cookies)
    return any(name.startswith(_COOKIE) and value.strip('"') not in {"", "null"} for name, _, value in values)


def _lead(message: Message, address: str, became: str) -> None:
    MutableHeaders(raw=message["headers"])["location"] = f"{address}?{urlencode({SIGN_IN: became})}"
