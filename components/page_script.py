"""The little that a page can't do by Streamlit alone: a script of ours, beside Streamlit's in each page."""

from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

_SOURCE = Path(__file__).with_name("page.js")
_NAME = "ringfence.js"

ELEMENT = b'<script type="module" src="./%b"></script>' % _NAME.encode()
"""What a page asks for it by."""


async def _script(_: Request) -> FileResponse:
    return FileResponse(_SOURCE, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


ROUTE = Route(f"/{_NAME}", _script)


def scheme() -> str:
    """Whether the browser shows the page dark or light, for what has to be drawn anew when that changes."""
    return st.context.theme.type or ""


def apply() -> None:
    """What the script presses to have the page drawn anew. Nobody sees it, and it takes no room."""
    st.button("Draw the page anew", key="repaint")
