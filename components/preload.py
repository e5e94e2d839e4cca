"""Tells the browser with a page which of Streamlit's scripts the page will need, and gives it the one of ours.

Streamlit loads the script of each kind of element when the first such element arrives, and then the scripts which that
one imports: dozens of requests, one after another, when everything else is there. Told at once, they are loaded while
the page's own script still starts.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import streamlit as st
from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from components import page_script
from components.own_files import is_file

_INDEX = Path(st.__file__).parent / "static" / "index.html"
_SCRIPTS = _INDEX.parent / "static" / "js"
_EVERYWHERE = (
    "Button",
    "ButtonGroup",
    "ChatInput",
    "FileUploader",
    "Html",
    "MenuButton",
    "NumberInput",
    "PageLink",
    "Progress",
    "Selectbox",
    "TextInput",
)
_IN_CONVERSATIONS = ("PlotlyChart", "StreamlitSyntaxHighlighter")
"""Large, and needed where there is code or a chart: announced with a conversation alone, as less urgent."""
_IMPORT = re.compile(rb"""(?:from|import)\s*["']\./([\w.-]+\.js)["']""")
_OF_THE_PLAIN_PAGE = {b"accept-encoding", b"if-none-match", b"if-modified-since"}
_SAYS_WHICH = ("etag", "last-modified")
"""They are the plain page's: a browser that kept one would not ask for what an upgrade has added to it."""
_IMPORTS_BYTES = 1 << 16
"""They are at a script's beginning."""


class Preload:
    """Middleware that adds the links, and our script, to each page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does, a page with links."""
        if not _asks_for_a_page(scope):
            await self._app(scope, receive, send)
            return
        added = await to_thread.run_sync(links, b"c=" in scope["query_string"]) + page_script.ELEMENT
        page = _Page(send, added)
        plain = [(name, value) for name, value in scope["headers"] if name not in _OF_THE_PLAIN_PAGE]
        await self._app({**scope, "headers": plain}, receive, page.send)


class _Page:
    """Passes an answer on; a page whole, once its last piece is there."""

    def __init__(self, send: Send, added: bytes) -> None:
        self._send, self._added = send, added
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
        elif message["type"] == "http.response.body" and self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._start)
        else:
            await self._send(message)

    async def _finish(self, start: Message) -> None:
        body = self._body.replace(b"</head>", self._added + b"</head>", 1)
        headers = MutableHeaders(scope=start)
        headers["content-length"] = str(len(body))
        for name in _SAYS_WHICH:
            del headers[name]
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


@cache
def links(conversation: bool) -> bytes:
    """The elements that name those scripts and what they import, but for those that Streamlit names or lacks."""
    announced = _INDEX.read_text(encoding="utf-8")
    first = _whole(_EVERYWHERE)
    later = _whole(_IN_CONVERSATIONS) if conversation else ()
    named = [(name, b"") for name in first] + [(name, b' fetchpriority="low"') for name in later if name not in first]
    return b"".join(
        b'<link rel="modulepreload"%b crossorigin href="./static/js/%b">' % (urgency, name.encode())
        for name, urgency in named
        if name not in announced
    )


def _whole(kinds: Sequence[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    waiting = [path.name for kind in kinds for path in _SCRIPTS.glob(f"{kind}.*.js")]
    while waiting:
        if (name := waiting.pop(0)) not in found:
            found[name] = None
            waiting += _imports(name)
    return tuple(found)


def _imports(name: str) -> Iterator[str]:
    with (_SCRIPTS / name).open("rb") as script:
        beginning = script.read(_IMPORTS_BYTES)
    return (match.decode() for match in _IMPORT.findall(beginning) if (_SCRIPTS / match.decode()).is_file())


def _asks_for_a_page(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET" or is_file(scope["path"]):
        return False
    return "text/html" in Headers(scope=scope).get("accept", "")


def _is_page(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return start["status"] == 200 and headers.get("content-type", "").startswith("text/html")  # noqa: PLR2004  OK
