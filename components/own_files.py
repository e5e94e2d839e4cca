"""Files that Streamlit serves under /media go to the browsers that were told of them, and to nobody else.

Streamlit's own rule is that whoever knows a file's address may have it, or change it while it is on its way in. Here,
where people sign in, an address that was passed on leads nowhere. What a browser is told comes over its websocket, so
that is where addresses are noted, by the cookie of whoever is signed in there.
"""

import hashlib
import re
from collections import OrderedDict
from http.cookies import CookieError, SimpleCookie

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_TOLD = re.compile(rb"/(?:media/([0-9a-f]{32})|upload_file/([0-9a-f-]{36}))")
"""Streamlit's name of a file, a digest of what it holds, or of the tab that uploads; what follows may be anything."""
_ASKED = re.compile(r"/media/([0-9a-f]{32})(?:\.\w+)?\Z|/upload_file/([0-9a-f-]{36})/[^/]+\Z")
_COOKIE = "_streamlit_user"
_MOST = 100_000
"""Addresses that are remembered; the oldest go first, and are told again when their page is drawn again."""


def is_file(path: str) -> bool:
    """Whether a person's file comes or goes there; under `static/media` lie the fonts of the page itself."""
    before, found, _ = path.partition("/media/")
    return "/upload_file/" in path or (bool(found) and not f"{before}/".endswith("/static/"))


class OwnFiles:
    """Middleware that answers 404 for a file that this browser's person was not told of."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._told: OrderedDict[tuple[bytes, str], None] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is allowed."""
        if scope["type"] == "websocket":
            await self._app(scope, receive, self._listening(_visitor(scope), send))
        elif scope["type"] == "http" and is_file(scope["path"]) and not self._may(scope):
            await PlainTextResponse("There is no such file.", status_code=404)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _listening(self, visitor: bytes, send: Send) -> Send:
        async def heard(message: Message) -> None:
            data = message.get("bytes")
            if data and (b"/media/" in data or b"/upload_file/" in data):
                for file, tab in _TOLD.findall(data):
                    self._note(visitor, (file or tab).decode("ascii"))
            await send(message)

        return heard

    def _note(self, visitor: bytes, name: str) -> None:
        self._told[visitor, name] = None
        self._told.move_to_end((visitor, name))
        while len(self._told) > _MOST:
            self._told.popitem(last=False)

    def _may(self, scope: Scope) -> bool:
        asked = _ASKED.search(scope["path"])
        return asked is not None and (_visitor(scope), asked[1] or asked[2]) in self._told


def _visitor(scope: Scope) -> bytes:
    """Who is signed in, as a digest of the signed cookie that says so; the same for all where nobody is."""
    digest = hashlib.sha256()
    for name, value in scope["headers"]:
        if name == b"cookie":
            for part in _signed_in(value.decode("latin-1")):
                digest.update(part.encode("latin-1") + b"\0")
    return digest.digest()


def _signed_in(header: str) -> list[str]:
    try:
        cookies = SimpleCookie(header)
    except CookieError:
        return []
    return [f"{name}={cookies[name].value}" for name in sorted(cookies) if re.fullmatch(rf"{_COOKIE}(_\d+)?", name)]
