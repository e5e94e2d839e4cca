"""Every road that leads into the app, by the app's own tables, and what becomes of a stranger on it.

A route or a page that comes needs a line here: without one the tests that walk the roads fail.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from enum import Enum, auto
from functools import cache

from playwright.sync_api import APIRequestContext

from tests.browser.conftest import ROOT


class Stranger(Enum):
    """What somebody else gets, or anybody who is not signed in."""

    THE_SAME = auto()
    """What everybody gets: it is nobody's."""
    NOTHING = auto()
    """404, as everybody does."""
    NOT_MINE = auto()
    """404 at an address that its owner was told of."""
    A_PAGE = auto()
    """What the pages show, each by itself."""
    THEIR_OWN = auto()
    """The beginning or the end of a visit of their own."""


ROUTES: Mapping[str, Stranger] = {
    "": Stranger.THE_SAME,
    "/healthz": Stranger.THE_SAME,
    "/readyz": Stranger.THE_SAME,
    "/ringfence.js": Stranger.THE_SAME,
    "/_stcore/health": Stranger.THE_SAME,
    "/_stcore/host-config": Stranger.THE_SAME,
    "/_stcore/bidi-components/{path:path}": Stranger.THE_SAME,
    "/metrics": Stranger.NOTHING,
    "/_stcore/metrics": Stranger.NOTHING,
    "/component/{path:path}": Stranger.NOTHING,
    "/_stcore/agent/interact": Stranger.NOTHING,
    "/_stcore/agent/openapi.json": Stranger.NOTHING,
    "/_stcore/agent/mcp": Stranger.NOTHING,
    "/media/{file_id:path}": Stranger.NOT_MINE,
    "/_stcore/upload_file/{session_id}/{file_id}": Stranger.NOT_MINE,
    "/_stcore/stream": Stranger.A_PAGE,
    "/auth/login": Stranger.THEIR_OWN,
    "/auth/logout": Stranger.THEIR_OWN,
    "/oauth2callback": Stranger.THEIR_OWN,
}

PAGES: Mapping[str, str] = {
    "chat": "",
    "contract": "",
    "files": "",
    "history": "",
    "validate": "",
    "operator": "Only an operator may see this.",
    "shared": "This link leads nowhere",
}
"""What a page says to somebody else at another's conversation, beside showing them their own."""

_TABLE = """
import json
from app import app
print(json.dumps([[one.path, sorted(getattr(one, "methods", None) or ())] for one in app._build_starlette_app().routes]))
"""


@cache
def routes() -> dict[str, set[str]]:
    """The methods of each path that the running app answers."""
    listed = subprocess.run([sys.executable, "-c", _TABLE], cwd=ROOT, capture_output=True, check=True, timeout=60)
    found: dict[str, set[str]] = {}
    for path, methods in json.loads(listed.stdout.splitlines()[-1]):
        found.setdefault(path, set()).update(methods)
    return found


def pages() -> dict[str, str]:
    """The path of each page, by its file."""
    names = sorted(file.stem for file in (ROOT / "pages").glob("*.py"))
    return {name: "/" if name == "chat" else f"/{name}" for name in names}


def wrong(
    url: str, stranger: APIRequestContext, owner: APIRequestContext, hers: Mapping[str, list[str]]
) -> Iterator[str]:
    """Where a stranger gets more than was decided. `hers` are the owner's addresses, by the route they belong to."""
    for path, methods in routes().items():
        for address in hers.get(path, [url + path.replace("{path:path}", "x")]):
            for method in sorted(methods or {"GET"}):
                told = f"{method} {address}"
                match ROUTES[path]:
                    case Stranger.THE_SAME if method == "GET":
                        theirs, owners = (one.get(address) for one in (stranger, owner))
                        if (theirs.status, theirs.body()) != (owners.status, owners.body()):
                            yield f"{told} differs"
                    case Stranger.NOTHING | Stranger.NOT_MINE:
                        status = stranger.fetch(address, method=method).status
                        if status != 404:
                            yield f"{told} is answered with {status}"
                    case _:
                        pass
